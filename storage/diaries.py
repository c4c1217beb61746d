"""Diary entries, in the words of their writers; an answer that was rewritten is kept beside the newer one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from domain.diaries import DiaryEntry
from domain.events import DiaryWritten
from domain.periods import ReportingPeriod
from storage.inserting import change, insert, rows_of
from storage.models import ContactRow, DiaryRow
from storage.prepared import Among

_OURS, _WRITERS = rows_of(DiaryRow), rows_of(ContactRow)
_WRITTEN = Among(
    select(_OURS, _WRITERS.c.name.label("writer"))
    .join(_WRITERS, _WRITERS.c.id == _OURS.c.contact_id)
    .where(_OURS.c.period >= bindparam("since"), _OURS.c.superseded.is_(False))
    .order_by(_OURS.c.id),
    _OURS.c.district,
)


def load(db: Session, districts: Iterable[str], since: ReportingPeriod) -> dict[str, tuple[DiaryEntry, ...]]:
    """Return the diary entries of districts from a month on, oldest first, each as it was written last."""
    found: dict[str, list[DiaryEntry]] = {code: [] for code in districts}
    for row in _WRITTEN.all(db, found, {"since": str(since)}):
        found[row.district].append(_entry(row))
    return {code: tuple(entries) for code, entries in found.items()}


def _entry(row: Any) -> DiaryEntry:
    return DiaryEntry(
        row.id,
        row.district,
        ReportingPeriod.parse(row.period),
        row.section,
        row.words,
        row.writer,
        row.contact_id,
        row.at,
        row.private,
    )


def save(db: Session, event: DiaryWritten, contact_id: int, inbound_id: int | None, now: datetime) -> None:
    """Keep one section of a diary; an answer given again in the same dialogue takes the place of the one before."""
    if event.dialogue is not None:
        _supersede(db, event, contact_id)
    insert(
        db,
        DiaryRow,
        {
            "district": event.district,
            "period": str(event.period),
            "section": event.section,
            "words": event.words,
            "private": event.private,
            "dialogue_at": event.dialogue,
            "superseded": False,
            "contact_id": contact_id,
            "inbound_id": inbound_id,
            "at": now,
        },
    )


def _supersede(db: Session, event: DiaryWritten, contact_id: int) -> None:
    earlier = {
        "contact_id": contact_id,
        "district": event.district,
        "period": str(event.period),
        "section": event.section,
        "dialogue_at": event.dialogue,
    }
    change(db, DiaryRow, earlier, {"superseded": True})


def take_back(db: Session, entry_id: int) -> None:
    """Let an entry count no more."""
    change(db, DiaryRow, {"id": entry_id}, {"superseded": True})
