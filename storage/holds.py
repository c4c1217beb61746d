"""Channels that are left alone for a while, because their provider asked for it or does not take our account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, or_, select
from sqlalchemy.orm import Session

from domain.messages import Lane, Status
from domain.people import SCHEMES
from storage.inserting import lock, rows_of, upsert
from storage.models import HoldRow, OutboundRow
from storage.prepared import Prepared

RESTORED = "restored from a backup: what came in since is read before anything goes"
SAME_TROUBLE = timedelta(minutes=30)  # a hold that begins again within this time has lasted all along

CLOCKS_APART = timedelta(minutes=5)  # at most; what is further ahead was written by a clock that has been put right

_ROWS = rows_of(HoldRow)
_HELD = Prepared(
    select(_ROWS)
    .where(_ROWS.c.until > bindparam("now"), or_(_ROWS.c.since <= bindparam("latest"), _ROWS.c.reason == RESTORED))
    .order_by(_ROWS.c.scheme)
)


@dataclass(frozen=True, slots=True)
class Hold:
    """That nothing goes out by a channel, since when, until when at least, and why.

    `broken` says that a person has to mend our account; otherwise the provider only asked for a pause.
    """

    scheme: str
    reason: str
    since: datetime
    until: datetime
    broken: bool

    def __str__(self) -> str:
        return f"channel {self.scheme} held since {self.since:%Y-%m-%d %H:%M} UTC because {self.reason}"


def hold(db: Session, scheme: str, reason: str, now: datetime, until: datetime, *, broken: bool = False) -> Hold:
    """Leave a channel alone until a moment, and return that; trouble that goes on keeps the moment it began.

    While one hold lasts another can make it longer, never shorter; an account that is broken stays the reason, and a
    restore is the reason before all others.
    """
    lock(db, f"hold:{scheme}")  # a crowd of senders meets the same trouble at the same moment
    row = db.get(HoldRow, scheme, populate_existing=True)
    if row is not None and row.since > now + CLOCKS_APART and row.reason != RESTORED:
        row = None
    if row is not None and now < row.until:
        until = max(until, row.until)
        if reason != RESTORED and (row.reason == RESTORED or (row.broken and not broken)):
            reason, broken = row.reason, row.broken
    goes_on = row is not None and now <= row.until + SAME_TROUBLE and row.broken == broken
    since = row.since if row is not None and goes_on else now
    values = {"scheme": scheme, "reason": reason[:200], "since": since, "until": until, "broken": broken}
    upsert(db, HoldRow, values, ["scheme"])
    return Hold(scheme, reason[:200], since, until, broken)


def lift(db: Session, reason: str) -> None:
    """End the holds that have this reason."""
    db.execute(delete(HoldRow).where(HoldRow.reason == reason))


def held(db: Session, now: datetime) -> list[Hold]:
    """Return the channels that are left alone now, by name."""
    rows = _HELD.all(db, {"now": now, "latest": now + CLOCKS_APART})
    return [Hold(row.scheme, row.reason, row.since, row.until, row.broken) for row in rows]


def refused(db: Session, since: datetime) -> list[tuple[str, str, int]]:
    """Return (channel, code, people) of what was refused since a moment; the code is how its reason begins."""
    part = OutboundRow
    query = (
        select(part.scheme, part.reason, part.contact_id)
        .where(part.status == str(Status.FAILED), part.due_at > since)
        .where(part.scheme.in_(SCHEMES), part.lane.in_([str(lane) for lane in Lane]))  # for the index
        .where(part.reason.is_not(None), part.contact_id.is_not(None))
    )
    people: dict[tuple[str, str], set[int]] = {}
    for scheme, reason, contact_id in db.execute(query):
        people.setdefault((scheme, str(reason).partition(" ")[0]), set()).add(contact_id or 0)
    return [(scheme, code, len(found)) for (scheme, code), found in sorted(people.items())]
