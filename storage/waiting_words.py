"""Words in the outbox that wait for somebody's return from leave: queued as of the day on which they are back."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from domain.messages import Lane, Status
from storage.models import OutboundRow

QUEUED = (OutboundRow.status == str(Status.QUEUED)) & (OutboundRow.lane == str(Lane.BULK))
A_LATER_DAY = timedelta(minutes=10)  # at least; what other processes queue at this moment is not meant


def readers(db: Session, now: datetime) -> list[int]:
    """Return the contacts for whom words wait that are to be said on a later day."""
    later = OutboundRow.created_at > now + A_LATER_DAY
    query = select(OutboundRow.contact_id).where(QUEUED, OutboundRow.due_at > now, later)
    return [contact_id for contact_id in db.scalars(query.distinct()) if contact_id is not None]


def release(db: Session, contact_id: int, now: datetime, due_at: datetime) -> int:
    """Let the words that wait for a contact's return be said now and go at `due_at`; return how many parts."""
    mine = (QUEUED, OutboundRow.contact_id == contact_id, OutboundRow.created_at > now + A_LATER_DAY)
    count = db.execute(select(func.count()).select_from(OutboundRow).where(*mine)).scalar_one()
    db.execute(update(OutboundRow).where(*mine).values(created_at=now, due_at=due_at))
    return count
