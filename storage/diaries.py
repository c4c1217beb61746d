"""Diary entries and notes, in the words of their writers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.diaries import DiaryEntry
from domain.events import DiaryWritten, NoteWritten
from domain.periods import ReportingPeriod
from storage.models import ContactRow, DiaryRow, NoteRow


def load(db: Session, districts: Iterable[str], since: ReportingPeriod) -> dict[str, tuple[DiaryEntry, ...]]:
    """Return the diary entries of districts from a month on, oldest first, each as it was written."""
    wanted = list(districts)
    query = (
        select(DiaryRow, ContactRow.name)
        .join(ContactRow, ContactRow.id == DiaryRow.contact_id)
        .where(DiaryRow.district.in_(wanted), DiaryRow.period >= str(since))
        .order_by(DiaryRow.id)
    )
    found: dict[str, list[DiaryEntry]] = {code: [] for code in wanted}
    for row, writer in db.execute(query):
        found[row.district].append(_entry(row, writer))
    return {code: tuple(entries) for code, entries in found.items()}


def _entry(row: DiaryRow, writer: str) -> DiaryEntry:
    return DiaryEntry(
        row.id,
        row.district,
        ReportingPeriod.parse(row.period),
        row.section,
        row.words,
        writer,
        row.contact_id,
        row.at,
        row.private,
    )


def save(db: Session, event: DiaryWritten, contact_id: int, inbound_id: int | None, now: datetime) -> None:
    """Keep one section of a diary."""
    db.add(
        DiaryRow(
            district=event.district,
            period=str(event.period),
            section=event.section,
            words=event.words,
            private=event.private,
            contact_id=contact_id,
            inbound_id=inbound_id,
            at=now,
        )
    )


def save_note(db: Session, event: NoteWritten, contact_id: int, inbound_id: int | None, now: datetime) -> None:
    """Keep a note or a call for help."""
    db.add(
        NoteRow(
            kind=event.kind,
            words=event.words,
            private=event.private,
            contact_id=contact_id,
            inbound_id=inbound_id,
            at=now,
        )
    )
