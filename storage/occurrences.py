"""What the scheduler did, or did not and why; a key happens once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from storage import sets
from storage.inserting import insert_once, upsert
from storage.models import CursorRow, OccurrenceRow

SENT, SKIPPED, ASKED, FAILED = "sent", "skipped", "asked", "failed"
PACK = "pack"  # the kind of a meeting pack


def record(
    db: Session, key: str, kind: str, contact_id: int | None, now: datetime, outcome: str = SENT, reason: str = ""
) -> bool:
    """Claim `key`; False when it was claimed before, by this process or another."""
    values = {"key": key, "kind": kind, "contact_id": contact_id, "outcome": outcome, "reason": reason, "at": now}
    return insert_once(db, OccurrenceRow, values, ["key"]) is not None


def decided(db: Session, key: str) -> bool:
    """Whether this key was claimed already."""
    return db.execute(select(OccurrenceRow.id).where(OccurrenceRow.key == key)).first() is not None


def among(db: Session, keys: Iterable[str]) -> set[str]:
    """Return which of some keys were claimed already."""
    return set(db.scalars(select(OccurrenceRow.key).where(OccurrenceRow.key.in_(sets.words(db, keys)))))


def asked(db: Session, kind: str) -> list[tuple[str, int]]:
    """Return (key, contact id) of what people have asked for and do not have yet, oldest first."""
    query = select(OccurrenceRow.key, OccurrenceRow.contact_id).where(OccurrenceRow.kind == kind)
    query = query.where(OccurrenceRow.outcome == ASKED, OccurrenceRow.contact_id.is_not(None))
    return [(key, contact_id or 0) for key, contact_id in db.execute(query.order_by(OccurrenceRow.id))]


def settle(db: Session, key: str, outcome: str, reason: str = "") -> None:
    """Say what became of something that was asked for."""
    db.execute(update(OccurrenceRow).where(OccurrenceRow.key == key).values(outcome=outcome, reason=reason))


def failed(db: Session, kind: str, before: datetime) -> list[str]:
    """Return the keys of what failed whenever it was tried, the last time before a moment; oldest first."""
    query = select(OccurrenceRow.key).where(OccurrenceRow.kind == kind, OccurrenceRow.outcome == FAILED)
    return list(db.scalars(query.where(OccurrenceRow.at <= before).order_by(OccurrenceRow.id)))


def failed_again(db: Session, key: str, now: datetime) -> None:
    """Say that something was tried once more."""
    db.execute(update(OccurrenceRow).where(OccurrenceRow.key == key).values(at=now))


def history(db: Session, contact_id: int, most: int = 50) -> list[tuple[datetime, str, str, str]]:
    """Return (when, key, outcome, reason) of what was decided about a contact, newest first."""
    query = select(OccurrenceRow).where(OccurrenceRow.contact_id == contact_id).order_by(OccurrenceRow.at.desc())
    return [(r.at, r.key, r.outcome, r.reason) for r in db.scalars(query.limit(most))]


def position(db: Session, name: str) -> int:
    """Return how far something was read; 0 at first."""
    row = db.get(CursorRow, name)
    return row.position if row else 0


def move(db: Session, name: str, position: int) -> None:
    """Remember how far something was read."""
    upsert(db, CursorRow, {"name": name, "position": position}, ["name"])
