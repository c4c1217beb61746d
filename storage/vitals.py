"""What an operator watches, read from the tables at one moment: what waits, what is late, what was understood."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Float, cast, extract, func, literal_column, select
from sqlalchemy.orm import Session

from domain.messages import Lane, Status
from domain.people import SCHEMES
from storage.holds import Hold, held
from storage.job_runs import JobRun, job_runs
from storage.levels import level
from storage.models import InboundRow, OutboundRow

MOVING = timedelta(minutes=5)  # what has waited longer is looked at twice: is its channel busy with others?
DAY = timedelta(days=1)
LATELY = timedelta(hours=1)  # a window, since counting all there ever was takes longer each year
MOST_PUT_OFF = 200  # parts looked at, those that are tried next: of a crowd that all fail they say enough
NIGHT = "quiet hours"  # the reason of a part that waits for its reader's morning
UNDER_WAY = (Status.QUEUED, Status.SENDING, Status.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Lateness:
    """How long after its time what we send unasked went, of what went in the last hour: how many parts, seconds."""

    parts: int = 0
    mean: float = 0.0
    most: float = 0.0


@dataclass(frozen=True, slots=True)
class Vitals:
    """The state of an installation. `lately` is the last hour."""

    outbox_age: timedelta
    waiting: dict[str, int]
    ended_lately: dict[str, int]
    lateness: Lateness
    understood_lately: dict[tuple[str, str], int]
    unanswered: int
    holds: list[Hold]
    jobs: list[JobRun]


def vitals(db: Session, now: datetime, schemes: Collection[str] | None = None) -> Vitals:
    """Read the state of an installation; what it costs does not grow with its age.

    `outbox_age` is that of what waits for `schemes`, or for all.
    """
    return Vitals(
        outbox_age=outbox_age(db, now, schemes),
        waiting=_by_status(db, _is_under_way()),
        ended_lately=_by_status(db, *_ended_since(now - LATELY)),
        lateness=_lateness(db, now - LATELY),
        understood_lately=_understood(db, now - LATELY),
        unanswered=_unanswered(db),
        holds=held(db, now),
        jobs=job_runs(db),
    )


def outbox_age(db: Session, now: datetime, schemes: Collection[str] | None = None) -> timedelta:
    """Return how long the oldest part that is due has waited, on channels that are not held; on `schemes` or on all.

    What was tried in vain waits since it was first due, as far as that is known. What goes out unasked goes at the rate
    of its channel, which takes hours for a crowd: as long as some of it leaves, the rest has waited only since the last
    of it left.
    """
    closed = [hold.scheme for hold in held(db, now)]
    part = OutboundRow
    query = select(part.scheme, part.lane, func.min(part.due_at)).where(_is_under_way())
    if schemes is not None:
        query = query.where(part.scheme.in_(schemes))
    oldest = db.execute(query.where(part.scheme.not_in(closed)).group_by(part.scheme, part.lane))
    waits = [now - _waits_since(db, scheme, lane, due, now) for scheme, lane, due in oldest]
    return max([timedelta(), *waits])


def _waits_since(db: Session, scheme: str, lane: str, due: datetime, now: datetime) -> datetime:
    alike = OutboundRow.scheme == scheme, OutboundRow.lane == lane
    if lane != str(Lane.BULK):
        return min(due, _first_tried(db, *alike) or due)
    since = min([due, *_put_off(db, now, *alike)])
    if now - since <= MOVING:
        return since
    last = db.execute(select(func.max(OutboundRow.sent_at)).where(*_due_since(since - DAY), *alike)).scalar()
    return max(since, last or since)


def _first_tried(db: Session, *where: ColumnElement[bool]) -> datetime | None:
    """Return when the oldest answer or alert was queued, and so due, that was tried in vain."""
    part = OutboundRow
    in_vain = (part.attempts > 1) | ((part.attempts == 1) & (part.status == str(Status.QUEUED)))
    return db.execute(select(func.min(part.created_at)).where(_is_under_way(), in_vain, *where)).scalar()


def _put_off(db: Session, now: datetime, *where: ColumnElement[bool]) -> list[datetime]:
    """Return since when about those unasked parts were tried that wait for another try.

    They may have been queued long before they were due. Each pause is twice the one before, so a part was tried for
    about as long before its last try as it waits after it.
    """
    part = OutboundRow
    query = select(part.attempts, part.created_at, part.claimed_at, part.due_at, part.reason)
    waiting = query.where(part.status == str(Status.QUEUED), part.due_at > now, *where)
    return [
        max(row.created_at, row.claimed_at - (row.due_at - row.claimed_at))
        for row in db.execute(waiting.order_by(part.due_at).limit(MOST_PUT_OFF))
        if row.attempts and row.claimed_at and row.reason != NIGHT
    ]


def long_in_doubt(db: Session, before: datetime) -> int:
    """Count the parts whose outcome has not been known since a moment."""
    since = func.coalesce(OutboundRow.claimed_at, OutboundRow.created_at)
    stuck = OutboundRow.status == str(Status.UNKNOWN), since < before
    return db.execute(select(func.count()).select_from(OutboundRow).where(*stuck)).scalar_one()


def first_message(db: Session) -> datetime | None:
    """Return when the first message ever came in."""
    return db.execute(select(func.min(InboundRow.received_at))).scalar()


def tables_level(db: Session) -> str | None:
    """Return the number of the last migration that was done, or None when there are no tables of ours."""
    return level(db.connection())


def _is_under_way() -> ColumnElement[bool]:
    return OutboundRow.status.in_([str(status) for status in UNDER_WAY])


def _by_status(db: Session, *where: ColumnElement[bool]) -> dict[str, int]:
    rows = db.execute(select(OutboundRow.status, func.count()).where(*where).group_by(OutboundRow.status))
    return {row[0]: row[1] for row in rows}


def _ended_since(since: datetime) -> tuple[ColumnElement[bool], ...]:
    """Pick what ended after a moment, of what was due in the day before it or later."""
    ended_at = func.coalesce(OutboundRow.sent_at, OutboundRow.claimed_at, OutboundRow.due_at)
    return *_due_since(since - DAY), ended_at > since


def _due_since(since: datetime) -> tuple[ColumnElement[bool], ...]:
    """Pick what ended and was due after a moment; the lists of all there are lead an index to it."""
    part, ended = OutboundRow, [str(status) for status in Status if status not in UNDER_WAY]
    listed = part.status.in_(ended), part.scheme.in_(SCHEMES), part.lane.in_([str(lane) for lane in Lane])
    return *listed, part.due_at > since


def _lateness(db: Session, since: datetime) -> Lateness:
    late = _seconds(db, OutboundRow.sent_at, OutboundRow.due_at)
    query = select(func.count(), func.avg(late), func.max(late)).where(
        *_ended_since(since), OutboundRow.lane == str(Lane.BULK), OutboundRow.sent_at.is_not(None)
    )
    parts, mean, most = db.execute(query).one()
    return Lateness(parts, max(mean or 0.0, 0.0), max(most or 0.0, 0.0))


def _seconds(db: Session, later: Any, earlier: Any) -> ColumnElement[float]:
    if db.get_bind().dialect.name == "postgresql":
        return cast(extract("epoch", later - earlier), Float)
    days: ColumnElement[float] = func.julianday(later, type_=Float) - func.julianday(earlier, type_=Float)
    return days * literal_column("86400.0")


def _understood(db: Session, since: datetime) -> dict[tuple[str, str], int]:
    kinds = (InboundRow.intent, InboundRow.reply)
    rows = db.execute(select(*kinds, func.count()).where(InboundRow.handled_at > since).group_by(*kinds))
    return {(intent or "none", reply or "none"): count for intent, reply, count in rows}


def _unanswered(db: Session) -> int:
    raised = select(func.count()).where(InboundRow.handled_at.is_(None), InboundRow.error.is_not(None))
    return db.execute(raised).scalar_one()
