"""Parts that are due and that no job is for, where work is shared by a queue in the same PostgreSQL."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, String, cast, column, func, literal, select, table
from sqlalchemy.orm import Session

from domain.messages import Lane, Status
from storage.claims import PUT_BACK, has_earlier
from storage.models import OutboundRow

SWEEP = "sweep"
ALIVE = ("todo", "doing")
_JOBS = table("procrastinate_jobs", column("lock"), column("status"))


def lock_of(lane: Lane, contact_id: int | None, outbound_id: int) -> str:
    """Return the name under which only one job at a time runs: a person's lane, or a stranger's part."""
    return f"{lane}:{outbound_id if contact_id is None else -contact_id}"


def is_alone(db: Session) -> bool:
    """Whether no other process sweeps now; holds until the transaction ends."""
    return bool(db.scalar(select(func.pg_try_advisory_xact_lock(func.hashtextextended(SWEEP, 0)))))


def without_job(db: Session, now: datetime, scheme: str, lane: Lane, most: int) -> list[tuple[int, int | None]]:
    """Return (part id, contact id) of parts that could go now and have no job that waits or runs, oldest first."""
    if most <= 0:
        return []
    job = select(_JOBS.c.lock).where(_JOBS.c.lock == _lock(lane), cast(_JOBS.c.status, String).in_(ALIVE)).exists()
    query = (
        select(OutboundRow.id, OutboundRow.contact_id)
        .where(OutboundRow.status == str(Status.QUEUED), OutboundRow.lane == str(lane), OutboundRow.due_at <= now)
        .where(OutboundRow.scheme == scheme, ~has_earlier(now, now + PUT_BACK), ~job)
        .order_by(OutboundRow.due_at, OutboundRow.id)
        .limit(most)
    )
    return [(row.id, row.contact_id) for row in db.execute(query)]


def _lock(lane: Lane) -> ColumnElement[str]:
    whose = func.coalesce(-OutboundRow.contact_id, OutboundRow.id)
    return literal(f"{lane}:") + cast(whose, String)
