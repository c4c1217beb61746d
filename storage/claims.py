"""Claims: what one process alone may send now, in the order in which it waits for a person on a channel."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from sqlalchemy import ColumnElement, Select, bindparam, or_, select, update
from sqlalchemy.orm import Session, aliased

from domain.messages import Lane, Status
from domain.people import AddressStatus, ContactStatus
from storage.models import AddressRow, ContactRow, OutboundRow
from storage.outbox import UNDER_WAY, Claimed, as_claimed, drop

PUT_BACK = timedelta(hours=1)  # by which a clock may be put back without its answers changing places


@dataclass(frozen=True, slots=True)
class Reader:
    """Who a part is for, as far as sending needs to know."""

    timezone: str
    status: ContactStatus
    reachable: bool


def claim(
    db: Session,
    now: datetime,
    most: int,
    schemes: Iterable[str],
    lanes: Iterable[Lane] = tuple(Lane),
    beside: int | None = None,
) -> list[Claimed]:
    """Take parts that are due, critical alerts and answers first, oldest first; nobody else will send them.

    Of what waits for one person on one channel only the first is taken, so that their order holds whoever sends. With
    `beside` only parts for the reader of that part are taken.
    """
    ids: list[int] = []
    for lane, scheme in itertools.product(lanes, schemes):
        found = {
            "now": now,
            "soon": now + PUT_BACK,
            "lane": str(lane),
            "scheme": scheme,
            "most": most - len(ids),
            "beside": beside,
        }
        ids += db.scalars(_due(beside is not None), found)
    if not ids:
        return []
    taken = db.scalars(
        update(OutboundRow)
        .where(OutboundRow.id.in_(ids), OutboundRow.status == str(Status.QUEUED))
        .values(status=str(Status.SENDING), claimed_at=now, attempts=OutboundRow.attempts + 1)
        .returning(OutboundRow)
    ).all()
    place = {row_id: n for n, row_id in enumerate(ids)}
    return [as_claimed(row) for row in sorted(taken, key=lambda row: place[row.id])]


@lru_cache(maxsize=2)
def _due(beside: bool) -> Select[int]:
    """The parts of a lane and scheme that may be claimed; built once, as it is asked for all the time."""
    now, soon = (bindparam(name, type_=OutboundRow.due_at.type) for name in ("now", "soon"))
    part = bindparam("beside", type_=OutboundRow.id.type)
    query = (
        select(OutboundRow.id)
        .where(OutboundRow.status == str(Status.QUEUED), OutboundRow.scheme == bindparam("scheme"))
        .where(OutboundRow.lane == bindparam("lane"), OutboundRow.due_at <= now, ~has_earlier(now, soon))
        .order_by(OutboundRow.due_at, OutboundRow.id)
        .limit(bindparam("most"))
        .with_for_update(skip_locked=True)
    )
    if beside:
        reader = select(OutboundRow.contact_id).where(OutboundRow.id == part).scalar_subquery()
        query = query.where(or_(OutboundRow.id == part, OutboundRow.contact_id == reader))
    return query


def has_earlier(
    now: ColumnElement[datetime] | datetime, soon: ColumnElement[datetime] | datetime
) -> ColumnElement[bool]:
    """Whether something for the same person on the same channel goes first: of an earlier lane, or queued before it.

    What was queued before is due, or was tried; an answer is also waited for while it is due before `soon`, since a
    clock that is put back makes it due later than what was said after it.
    """
    other = aliased(OutboundRow)
    waits, due = other.status == str(Status.QUEUED), other.due_at <= now
    first = due | (other.attempts > 0) | ((other.lane == str(Lane.ANSWER)) & (other.due_at <= soon))
    before = (other.lane == OutboundRow.lane) & (other.id < OutboundRow.id)
    return (
        select(other.id)
        .where(other.contact_id == OutboundRow.contact_id, other.status.in_((str(Status.QUEUED), *UNDER_WAY)))
        .where(other.scheme == OutboundRow.scheme)
        .where(
            (before & (other.status.in_(UNDER_WAY) | (waits & first))) | ((other.lane < OutboundRow.lane) & waits & due)
        )
        .exists()
    )


def readers(db: Session, parts: Iterable[Claimed]) -> dict[int, Reader]:
    """Return the readers of parts, by part id; strangers are left out."""
    ids = [part.message.id for part in parts]
    query = (
        select(OutboundRow.id, ContactRow.timezone, ContactRow.status, AddressRow.status)
        .join(ContactRow, ContactRow.id == OutboundRow.contact_id)
        .outerjoin(AddressRow, (AddressRow.contact_id == ContactRow.id) & (AddressRow.scheme == OutboundRow.scheme))
        .where(OutboundRow.id.in_(ids))
    )
    found: dict[int, Reader] = {}
    for part_id, timezone, status, address in db.execute(query):
        known = found.get(part_id)
        works = address != str(AddressStatus.UNREACHABLE) or (known is not None and known.reachable)
        found[part_id] = Reader(timezone, ContactStatus(status), works)
    return found


def drop_rest(db: Session, part: Claimed, reason: str) -> None:
    """Drop the parts that follow one which came to nothing, unless its words went another way."""
    message, _, number = part.key.rpartition(":")
    if part.contact_id is None or not number.isdecimal():
        return
    if db.scalars(select(OutboundRow.id).where(OutboundRow.key.startswith(f"{part.key}:", autoescape=True))).first():
        return
    waiting = select(OutboundRow.id, OutboundRow.key).where(
        OutboundRow.contact_id == part.contact_id, OutboundRow.status == str(Status.QUEUED)
    )
    rest = (row_id for row_id, key in db.execute(waiting) if _follows(key, message, int(number)))
    drop(db, list(rest), reason)


def _follows(key: str, message: str, number: int) -> bool:
    same, _, other = key.rpartition(":")
    return same == message and other.isdecimal() and int(other) > number
