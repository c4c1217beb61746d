"""What was decided about a person: what went to them unasked and how it went, and what did not go and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.messages import Lane
from storage.models import OccurrenceRow, OutboundRow
from storage.occurrences import SENT
from storage.outbox import FIRST_PART


@dataclass(frozen=True, slots=True)
class Decision:
    """One thing that was due to a person: `key` names it; `due_at` is when it may leave, None when it never will.

    `outcome` is where it stands: skipped, or how far its message has come. `reason` says why, where there is one.
    """

    at: datetime
    key: str
    kind: str
    outcome: str
    reason: str
    scheme: str = ""
    due_at: datetime | None = None
    sent_at: datetime | None = None


def about(db: Session, contact_id: int, since: datetime) -> list[Decision]:
    """Return what was decided about a contact since a moment, newest first."""
    return sorted((*_skipped(db, contact_id, since), *_sent(db, contact_id, since)), key=lambda d: d.at, reverse=True)


def _skipped(db: Session, contact_id: int, since: datetime) -> list[Decision]:
    query = select(OccurrenceRow).where(OccurrenceRow.contact_id == contact_id, OccurrenceRow.at >= since)
    rows = db.scalars(query.where(OccurrenceRow.outcome != SENT).order_by(OccurrenceRow.id.desc()))
    return [Decision(row.at, row.key, row.kind, row.outcome, row.reason) for row in rows]


def _sent(db: Session, contact_id: int, since: datetime) -> list[Decision]:
    columns = (
        OutboundRow.created_at,
        OutboundRow.key,
        OutboundRow.kind,
        OutboundRow.status,
        OutboundRow.reason,
        OutboundRow.scheme,
        OutboundRow.due_at,
        OutboundRow.sent_at,
    )
    query = select(*columns).where(OutboundRow.contact_id == contact_id, OutboundRow.created_at >= since)
    query = query.where(OutboundRow.lane != str(Lane.ANSWER)).order_by(OutboundRow.id.desc())
    return [
        Decision(r.created_at, r.key, r.kind, r.status, r.reason or "", r.scheme, r.due_at, r.sent_at)
        for r in db.execute(query)
        if FIRST_PART in r.key
    ]
