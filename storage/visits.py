"""Support visits: when they are, who will be there, and what was written down of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from domain.events import VisitAnswered, VisitLogged, VisitSet
from domain.visits import Visit, VisitAnswer
from storage.models import ContactRow, VisitAnswerRow, VisitLogRow, VisitRow


def put(db: Session, event: VisitSet, contact_id: int, inbound_id: int, now: datetime) -> None:
    """Keep a proposed visit, or move one to another time, for which everybody is asked again."""
    row = db.get(VisitRow, event.ref) if event.ref is not None else None
    if row is None:
        db.add(
            VisitRow(
                ref=inbound_id,
                district=event.district,
                at=event.at,
                contact_id=contact_id,
                asked_at=now,
                cancelled=False,
            )
        )
    else:
        row.at, row.contact_id, row.asked_at = event.at, contact_id, now
    db.flush()


def cancel(db: Session, ref: int) -> None:
    """Call a visit off."""
    db.execute(update(VisitRow).where(VisitRow.ref == ref).values(cancelled=True))


def answer(db: Session, event: VisitAnswered, contact_id: int, now: datetime) -> None:
    """Keep what somebody said to a proposed visit; the newest answer counts."""
    visit = db.get_one(VisitRow, event.ref)
    said = VisitAnswerRow(
        ref=visit.ref, contact_id=contact_id, for_at=visit.at, yes=event.yes, words=event.words, at=now
    )
    db.add(said)
    db.flush()


def log(db: Session, event: VisitLogged, contact_id: int, inbound_id: int | None, now: datetime) -> None:
    """Keep one section of a visit's log; an answer given again in the same dialogue replaces the one before."""
    if event.dialogue is not None:
        same = update(VisitLogRow).where(
            VisitLogRow.contact_id == contact_id,
            VisitLogRow.district == event.district,
            VisitLogRow.section == event.section,
            VisitLogRow.dialogue_at == event.dialogue,
        )
        db.execute(same.values(superseded=True))
    db.add(
        VisitLogRow(
            district=event.district,
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


def ahead(db: Session, now: datetime, districts: Iterable[str] | None = None) -> tuple[Visit, ...]:
    """Return the visits that are still to come, of some districts or all, the first one first."""
    wanted = [VisitRow.at > now, VisitRow.cancelled.is_(False)]
    if districts is not None:
        wanted.append(VisitRow.district.in_(list(districts)))
    query = select(VisitRow, ContactRow.name).join(ContactRow, ContactRow.id == VisitRow.contact_id)
    rows = db.execute(query.where(*wanted).order_by(VisitRow.at, VisitRow.ref)).all()
    said = _answers(db, [row for row, _name in rows])
    return tuple(
        Visit(row.ref, row.district, row.at, row.contact_id, name, row.asked_at, said.get(row.ref, ()))
        for row, name in rows
    )


def _answers(db: Session, visits: list[VisitRow]) -> dict[int, tuple[VisitAnswer, ...]]:
    """Return the newest answer of each person to each visit, at the time that it has now."""
    if not visits:
        return {}
    times = {row.ref: row.at for row in visits}
    query = select(VisitAnswerRow, ContactRow.name).join(ContactRow, ContactRow.id == VisitAnswerRow.contact_id)
    newest: dict[int, dict[int, VisitAnswer]] = {}
    for row, name in db.execute(query.where(VisitAnswerRow.ref.in_(times)).order_by(VisitAnswerRow.id)):
        if row.for_at == times[row.ref]:
            newest.setdefault(row.ref, {})[row.contact_id] = VisitAnswer(row.contact_id, name, row.yes)
    return {ref: tuple(by_person.values()) for ref, by_person in newest.items()}


def agreed(db: Session, districts: Iterable[str]) -> dict[str, str]:
    """Return what the last visit to each district ended in, where something was agreed."""
    wanted: list[ColumnElement[bool]] = [
        VisitLogRow.district.in_(list(districts)),
        VisitLogRow.section == "agreements",
        VisitLogRow.private.is_(False),
        VisitLogRow.superseded.is_(False),
    ]
    rows = db.scalars(select(VisitLogRow).where(*wanted).order_by(VisitLogRow.id))
    return {row.district: row.words for row in rows}
