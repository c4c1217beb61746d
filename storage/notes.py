"""Notes and threads, in the words of their writers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from domain.events import NoteWritten
from domain.notes import Note, Thread, threads_of
from domain.people import REPORTERS, Contact
from storage.models import ContactRow, NoteRow

_NOTES = select(NoteRow, ContactRow).join(ContactRow, ContactRow.id == NoteRow.contact_id).order_by(NoteRow.id)
SPOKEN = ("help", "tell", "answer", "note")


def save(db: Session, event: NoteWritten, contact: Contact, inbound_id: int | None, now: datetime) -> None:
    """Keep somebody's words: at the beginning of a thread, or in the one that they answer."""
    db.add(
        NoteRow(
            kind=event.kind,
            words=event.words,
            private=event.private,
            contact_id=contact.id,
            inbound_id=inbound_id,
            thread=event.thread or inbound_id,
            district=event.district or contact.district,
            at=now,
        )
    )


def threads(db: Session, districts: Iterable[str], since: datetime) -> tuple[Thread, ...]:
    """Return the threads of districts that began after a moment, the oldest first; nothing private."""
    return threads_of(
        _found(db, NoteRow.district.in_(list(districts)), NoteRow.private.is_(False), NoteRow.at >= since)
    )


def thread(db: Session, ref: int) -> Thread | None:
    """Return a thread by the message that began it; None when there is none."""
    return next(iter(threads_of(_found(db, NoteRow.thread == ref))), None)


def listed(db: Session, contact: Contact, districts: Iterable[str], since: datetime) -> tuple[Note, ...]:
    """Return the notes since a moment that somebody may read, newest first: shared ones of districts, and their own."""
    own = NoteRow.contact_id == contact.id
    shared = NoteRow.district.in_(list(districts)) & NoteRow.private.is_(False)
    found = _found(db, NoteRow.kind == "note", or_(own, shared), NoteRow.at >= since)
    return tuple(reversed(found))


def _found(db: Session, *conditions: ColumnElement[bool]) -> list[Note]:
    rows = db.execute(_NOTES.where(NoteRow.kind.in_(SPOKEN), NoteRow.thread.is_not(None), *conditions))
    return [_note(row, writer) for row, writer in rows]


def _note(row: NoteRow, writer: ContactRow) -> Note:
    return Note(
        ref=row.inbound_id or row.thread or 0,
        thread=row.thread or 0,
        kind=row.kind,
        words=row.words,
        writer_id=writer.id,
        writer=writer.name,
        leader=writer.role not in REPORTERS,
        at=row.at,
        district=row.district,
        private=row.private,
    )
