"""Diary entries, in the words of their writers; an answer that was rewritten is kept beside the newer one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from domain.diaries import DiaryEntry
from domain.events import DiaryWritten
from domain.periods import ReportingPeriod
from storage.models import ContactRow, DiaryRow


def load(db: Session, districts: Iterable[str], since: ReportingPeriod) -> dict[str, tuple[DiaryEntry, ...]]:
    """Return the diary entries of districts from a month on, oldest first, each as it was written last."""
    wanted = list(districts)
    query = (
        select(DiaryRow, ContactRow.name)
        .join(ContactRow, ContactRow.id == DiaryRow.contact_id)
        .where(DiaryRow.district.in_(wanted), DiaryRow.period >= str(since), DiaryRow.superseded.is_(False))
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
    """Keep one section of a diary; an answer given again in the same dialogue takes the place of the one before."""
    if event.dialogue is not None:
        _supersede(db, event, contact_id)
    db.add(
        DiaryRow(
            district=event.district,
            period=str(event.period),
            section=event.section,
            words=event.words,
            private=event.private,
            dialogue_at=event.dialogue,
            superseded=False,
            contact_id=contact_id,
            inbound_id=inbound_id,
            at=now,
        )
    )
    db.flush()


def _supersede(db: Session, event: DiaryWritten, contact_id: int) -> None:
    earlier = update(DiaryRow).where(
        DiaryRow.contact_id == contact_id,
        DiaryRow.district == event.district,
        DiaryRow.period == str(event.period),
        DiaryRow.section == event.section,
        DiaryRow.dialogue_at == event.dialogue,
    )
    db.execute(earlier.values(superseded=True))
