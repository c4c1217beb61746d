"""All that was ever sent, answered, alerted and noted, for whoever looks back over a whole programme."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from domain.events import ValueStatus
from domain.messages import Lane
from storage.models import AlertRow, NoteRow, OccurrenceRow, OutboundRow, ValueVersionRow
from storage.occurrences import SENT
from storage.outbox import FIRST_PART

ANSWERS = (str(ValueStatus.REPORTED), str(ValueStatus.NOT_AVAILABLE))


@dataclass(frozen=True, slots=True)
class Gone:
    """A part that left unasked."""

    contact_id: int
    key: str
    kind: str
    scheme: str
    sent_at: datetime

    @property
    def first(self) -> bool:
        """Whether it was the first part of its message, on the first channel that was tried."""
        return self.key.endswith(FIRST_PART)


def unasked(db: Session) -> list[Gone]:
    """Return every part that left unasked, oldest first."""
    row = OutboundRow
    query = select(row.contact_id, row.key, row.kind, row.scheme, row.sent_at)
    query = query.where(row.lane != str(Lane.ANSWER), row.sent_at.is_not(None))
    return [
        Gone(contact_id, key, kind, scheme, sent_at)
        for contact_id, key, kind, scheme, sent_at in db.execute(query.order_by(row.sent_at, row.id))
        if contact_id is not None and sent_at is not None
    ]


def texts(db: Session) -> Iterator[tuple[int | None, str]]:
    """Yield who every message went to, and its words."""
    query = select(OutboundRow.contact_id, OutboundRow.text).execution_options(yield_per=500)
    return ((contact_id, text) for contact_id, text in db.execute(query))


def first_answers(db: Session) -> dict[tuple[str, str], dict[str, datetime]]:
    """Return when each value was first answered, by (district, month) and code."""
    row, found = ValueVersionRow, defaultdict[tuple[str, str], dict[str, datetime]](dict)
    query = select(row.district, row.period, row.code, row.at).where(row.status.in_(ANSWERS)).order_by(row.id)
    for district, period, code, at in db.execute(query):
        found[district, period].setdefault(code, at)
    return dict(found)


def answered(db: Session, district: str, period: str, now: datetime) -> set[str]:
    """Return the codes that were answered for a month at `now`: the newest version that is not pending says so."""
    row = ValueVersionRow
    query = select(row.code, row.status).where(row.district == district, row.period == period, row.at <= now)
    query = query.where(row.status != str(ValueStatus.PENDING)).order_by(row.version)
    newest = {row[0]: row[1] for row in db.execute(query)}
    return {code for code, status in newest.items() if status in ANSWERS}


def causes(db: Session) -> dict[int, str]:
    """Return the cause of every alert, by its id."""
    return {row[0]: row[1] for row in db.execute(select(AlertRow.id, AlertRow.cause))}


def alert_moments(db: Session) -> list[tuple[datetime, datetime | None, datetime | None]]:
    """Return when every alert was opened, taken and closed."""
    query = select(AlertRow.opened_at, AlertRow.acknowledged_at, AlertRow.closed_at)
    return [(opened, taken, closed) for opened, taken, closed in db.execute(query)]


def private_notes(db: Session) -> list[tuple[int, str]]:
    """Return who wrote every private note, and its words."""
    query = select(NoteRow.contact_id, NoteRow.words).where(NoteRow.private.is_(True))
    return [(contact_id, words) for contact_id, words in db.execute(query)]


def times_sent(db: Session, kind: str) -> int:
    """Count what was sent by the calendar, of a kind."""
    query = select(func.count()).select_from(OccurrenceRow)
    return db.execute(query.where(OccurrenceRow.kind == kind, OccurrenceRow.outcome == SENT)).scalar_one()
