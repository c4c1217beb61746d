"""What went to people unasked in the last week, and the alerts that wait until there is room for them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from domain.alerts import Cause
from domain.attention import ENOUGH, UNASKED, WEEK, is_asked_for
from domain.messages import Lane, Status
from storage.inserting import insert_once
from storage.models import AlertRow, OccurrenceRow, OutboundRow
from storage.occurrences import SKIPPED

ONE_NIGHT = timedelta(days=1)  # what is queued in quiet hours goes on the next day
WAITS, TOLD = "waits", "told later"
FAILED, AT_FIRST = "could not be said; it is tried again", "could not be said at first"
KIND, SETTLED = "alert_waits", "settled_waits"  # what waits: the words that there is an alert, or that it is over


def lately(db: Session, contact_ids: Collection[int], now: datetime) -> dict[int, list[tuple[str, datetime]]]:
    """Return the unasked messages of the last week to some people: the kind of each, and when it went or will go.

    Critical alerts are left out: they may pass.
    """
    row, found = OutboundRow, defaultdict[int, list[tuple[str, datetime]]](list)
    query = select(row.contact_id, row.key, row.kind, row.due_at).where(
        row.contact_id.in_(contact_ids),
        row.created_at > now - WEEK - ONE_NIGHT,
        row.kind.in_(UNASKED),
        row.lane == str(Lane.BULK),
        row.status != str(Status.DROPPED),
        row.key.endswith(":0") | row.key.endswith(":document"),
    )
    rows = [row for row in db.execute(query) if not is_asked_for(row.key)]
    loud = _loud(db, {int(row.key.split(":")[1]) for row in rows if row.key.startswith("alert:")})
    for contact_id, key, kind, due_at in rows:
        if not (key.startswith("alert:") and int(key.split(":")[1]) in loud):
            found[contact_id or 0].append((kind, due_at))
    return dict(found)


def _loud(db: Session, alert_ids: Collection[int]) -> set[int]:
    critical = [str(cause) for cause in Cause if cause.critical]
    query = select(AlertRow.id).where(AlertRow.id.in_(alert_ids), AlertRow.cause.in_(critical))
    return set(db.scalars(query)) if alert_ids else set()


def let_wait(
    db: Session, alert_id: int, contact_id: int, key: str, now: datetime, why: str = ENOUGH, kind: str = KIND
) -> None:
    """Write down that an alert waits, until there is room for it in somebody's week; its `key` names the telling."""
    values = {"key": f"waits:{alert_id}:{key}", "kind": kind, "contact_id": contact_id, "outcome": WAITS}
    reason = f"{why}; ALERTS shows it" if kind == KIND else why
    insert_once(db, OccurrenceRow, {**values, "reason": reason, "at": now}, ["key"])


def waiting(db: Session, kind: str = KIND) -> dict[int, set[int]]:
    """Return the ids of the alerts that wait, by whom they wait for."""
    found = defaultdict[int, set[int]](set)
    query = select(OccurrenceRow.contact_id, OccurrenceRow.key).where(OccurrenceRow.kind == kind)
    for contact_id, key in db.execute(query):
        found[contact_id or 0].add(int(key.split(":")[1]))
    return dict(found)


def settle(db: Session, contact_id: int, alert_ids: Collection[int], told: bool, kind: str = KIND) -> None:
    """Say of alerts that waited for somebody that they were told, or that they are over or somebody else's."""
    mine = update(OccurrenceRow).where(OccurrenceRow.kind == kind, OccurrenceRow.contact_id == contact_id)
    outcome, reason = (
        (TOLD, ENOUGH if kind == KIND else AT_FIRST)
        if told
        else (SKIPPED, "over, or somebody else's, when there was room")
    )
    for alert_id in alert_ids:
        named = mine.where(OccurrenceRow.key.startswith(f"waits:{alert_id}:"))
        db.execute(named.values(kind="alert", outcome=outcome, reason=reason))


def give_up(db: Session, before: datetime) -> None:
    """Let go of the words that an alert is over which could not be said since a moment: they are no news any more."""
    old = update(OccurrenceRow).where(OccurrenceRow.kind == SETTLED, OccurrenceRow.at < before)
    db.execute(old.values(kind="alert", outcome=SKIPPED, reason="could not be said for a week"))
