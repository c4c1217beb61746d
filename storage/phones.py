"""What a person's phone would show, and what happened of late: the queries of the demo page."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from domain.messages import InboundKind, Lane
from domain.people import Urn
from storage.models import InboundRow, OutboundRow

LOOK_BACK = 400  # newest messages that are grouped into what happened


@dataclass(frozen=True, slots=True)
class Written:
    """A message that a person wrote on this phone. `kept` is false where we did not keep a stranger's words."""

    id: int
    at: datetime
    text: str
    kind: InboundKind
    provider_id: str
    edit_of: str | None
    ticket: int | None
    kept: bool


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message of ours that reached this phone. `inbound_id` is what it answers."""

    id: int
    at: datetime
    text: str
    kind: str
    inbound_id: int | None
    buttons: tuple[tuple[str, str], ...]
    has_picture: bool


@dataclass(frozen=True, slots=True)
class Happening:
    """Messages of one kind that went, or came, on one day (UTC), and when the last of them did."""

    at: datetime
    sent: bool
    kind: str
    contact_ids: tuple[int, ...]


def mark(db: Session) -> str:
    """Return something that is different whenever a message was taken or has reached somebody."""
    taken = db.scalar(select(func.max(InboundRow.id)))
    reached = db.scalar(select(func.count(OutboundRow.sent_at)))
    return f"{taken or 0}-{reached}"


def thread(db: Session, contact_id: int, urn: Urn, most: int) -> list[Written | Arrived]:
    """Return the last messages between us and a person's phone, oldest first.

    Those exchanged with `urn` before we knew whose it is belong to it too.
    """
    written, arrived = _written(db, contact_id, urn, most), _arrived(db, contact_id, urn, most)
    return _in_order(written, arrived)[-most:]


def _written(db: Session, contact_id: int, urn: Urn, most: int) -> list[Written]:
    whose = (InboundRow.contact_id == contact_id) | InboundRow.contact_id.is_(None)
    rows = db.scalars(select(InboundRow).where(whose).order_by(InboundRow.id.desc()).limit(2 * most))
    return [_one_written(row) for row in rows if _is_on(row, urn)]


def _is_on(row: InboundRow, urn: Urn) -> bool:
    return row.urn == str(urn) if row.contact_id is None else row.urn.startswith(f"{urn.scheme}:")


def _one_written(row: InboundRow) -> Written:
    return Written(
        id=row.id,
        at=row.received_at,
        text=row.text,
        kind=InboundKind(row.kind),
        provider_id=row.provider_id,
        edit_of=row.edit_of,
        ticket=row.ticket,
        kept=row.contact_id is not None,
    )


def _arrived(db: Session, contact_id: int, urn: Urn, most: int) -> list[Arrived]:
    o = OutboundRow
    whose = (o.contact_id == contact_id) | o.contact_id.is_(None)
    # Column by column, as a picture is large and only its being there is asked.
    columns = (o.id, o.sent_at, o.text, o.kind, o.inbound_id, o.buttons, o.picture.is_not(None), o.contact_id, o.path)
    found = db.execute(
        select(*columns)
        .where(whose, o.scheme == urn.scheme, o.sent_at.is_not(None))
        .order_by(o.sent_at.desc(), o.id.desc())
        .limit(2 * most)
    )
    return [
        Arrived(id_, at, text, kind, inbound_id, _buttons(buttons), has_picture)
        for id_, at, text, kind, inbound_id, buttons, has_picture, owner, path in found
        if at is not None and (owner is not None or path == urn.path)
    ]


def _buttons(raw: str | None) -> tuple[tuple[str, str], ...]:
    return tuple((label, data) for label, data in json.loads(raw or "[]"))


def _in_order(written: Iterable[Written], arrived: Iterable[Arrived]) -> list[Written | Arrived]:
    """Sort by time; while the clock stands still, an answer follows its message, and the rest follows the outbox."""
    answers: dict[int, int] = {}
    for message in arrived:
        if message.inbound_id is not None:
            answers[message.inbound_id] = min(message.id, answers.get(message.inbound_id, message.id))
    placed: list[tuple[datetime, int, int, Written | Arrived]] = [(a.at, a.id, 1, a) for a in arrived]
    place = 0
    for one in sorted(written, key=lambda w: w.id):
        place = answers.get(one.id, place)
        placed.append((one.at, place, 0 if one.id in answers else 2, one))
    return [entry[3] for entry in sorted(placed, key=lambda entry: entry[:3])]


def picture(db: Session, outbound_id: int) -> bytes | None:
    """Return the picture of a message, a PNG, if it has one."""
    return db.scalar(select(OutboundRow.picture).where(OutboundRow.id == outbound_id))


def reached(db: Session) -> dict[int, int]:
    """Return how many messages have reached each contact."""
    o = OutboundRow
    query = select(o.contact_id, func.count(o.sent_at)).where(o.contact_id.is_not(None)).group_by(o.contact_id)
    return {contact_id: count for contact_id, count in db.execute(query) if contact_id is not None}


def happened(db: Session, most: int) -> list[Happening]:
    """Return what was sent unasked and what people wrote, by kind and day, newest first."""
    by_day: dict[tuple[date, bool, str], tuple[datetime, dict[int, None]]] = {}
    for at, sent, kind, contact_id in sorted(_sent(db) + _heard(db), key=lambda one: one[0], reverse=True):
        by_day.setdefault((at.date(), sent, kind), (at, {}))[1][contact_id] = None
    found = [Happening(at, sent, kind, tuple(people)) for (_day, sent, kind), (at, people) in by_day.items()]
    return found[:most]


def _sent(db: Session) -> list[tuple[datetime, bool, str, int]]:
    o = OutboundRow
    query = (
        select(o.sent_at, o.kind, o.contact_id)
        .where(o.lane != str(Lane.ANSWER), o.sent_at.is_not(None), o.contact_id.is_not(None))
        .order_by(o.sent_at.desc())
        .limit(LOOK_BACK)
    )
    return [(at, True, kind, contact_id) for at, kind, contact_id in db.execute(query) if at and contact_id]


def _heard(db: Session) -> list[tuple[datetime, bool, str, int]]:
    i = InboundRow
    query = (
        select(i.received_at, i.intent, i.contact_id)
        .where(i.contact_id.is_not(None), i.intent.is_not(None))
        .order_by(i.id.desc())
        .limit(LOOK_BACK)
    )
    return [(at, False, intent, contact_id) for at, intent, contact_id in db.execute(query) if intent and contact_id]
