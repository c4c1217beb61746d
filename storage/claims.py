"""Claims: what one process alone may send now, in the order in which it waits for a person on a channel."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, LargeBinary, bindparam, or_, select, type_coerce, update
from sqlalchemy.orm import Session, aliased

from domain.messages import Lane, Status
from domain.people import SCHEMES, AddressStatus, ContactStatus
from storage.holds import CLOCKS_APART
from storage.inserting import rows_of
from storage.models import AddressRow, ContactRow, OutboundRow
from storage.outbox import AGAIN, UNDER_WAY, Claimed, as_claimed, drop
from storage.prepared import Among, Prepared, one_of
from storage.sealing import Sealed, keyring
from storage.unsendable import settle

log = logging.getLogger(__name__)

PUT_BACK = timedelta(hours=1)  # by which a clock may be put back without its answers changing places

_OURS, _PEOPLE, _ADDRESSES = rows_of(OutboundRow), rows_of(ContactRow), rows_of(AddressRow)
_SEALS = {column.name: column.type.label for column in _OURS.columns if isinstance(column.type, Sealed)}
# Read as they are sealed: of rows that are opened together, one that cannot be would keep back the others.
_CLAIMED = [
    type_coerce(column, LargeBinary).label(column.name) if column.name in _SEALS else column for column in _OURS.columns
]
_SAME_CHANNEL = (_ADDRESSES.c.contact_id == _PEOPLE.c.id) & (_ADDRESSES.c.scheme == _OURS.c.scheme)
_READERS = Among(
    select(_OURS.c.id, _PEOPLE.c.timezone, _PEOPLE.c.status, _ADDRESSES.c.status.label("address"))
    .join(_PEOPLE, _PEOPLE.c.id == _OURS.c.contact_id)
    .outerjoin(_ADDRESSES, _SAME_CHANNEL),
    _OURS.c.id,
)


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
    taken: list[Claimed] = []
    for lane, scheme in itertools.product(lanes, schemes):
        values = {
            "now": now,
            "soon": now + PUT_BACK,
            "lane": str(lane),
            "scheme": scheme,
            "most": most - len(taken),
            **({} if beside is None else {"beside": beside}),
        }
        rows = _claiming(beside is not None).all(db, values)
        in_order = sorted(rows, key=lambda row: (row.due_at, row.id))
        taken += (part for row in in_order if (part := _opened(db, row)) is not None)
    return taken


def _opened(db: Session, row: Any) -> Claimed | None:
    """Return a row as a part with its words; None where it cannot be opened, which is the end of that part.

    Raises cryptography's InvalidTag where this process has another secret than the one that all is sealed by.
    """
    try:
        sealed = {name: getattr(row, name) for name in _SEALS}
        words = {
            name: keyring().open(bytes(found), _SEALS[name]) for name, found in sealed.items() if found is not None
        }
        return as_claimed(row._replace(**words))
    except Exception as error:
        db.scalar(select(ContactRow.name).limit(1))  # opened, so that a wrong secret ends nothing
        log.error("a part cannot be opened: %s", type(error).__name__, extra={"outbound_id": row.id})
        settle(db, [row.id], Status.FAILED, f"cannot be opened: {type(error).__name__}")
        drop_rest(db, row, "the part before it was not sent")
        return None


@lru_cache(maxsize=2)
def _claiming(beside: bool) -> Prepared:
    """Claims the parts of a lane and scheme that are due; built once, as it is asked for all the time."""
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
    due = query.cte("due")  # which is asked once; a subquery might be asked again for each row, and skip other rows
    return Prepared(
        update(_OURS)
        .where(_OURS.c.id.in_(select(due.c.id)))
        .values(status=str(Status.SENDING), claimed_at=now, attempts=_OURS.c.attempts + 1)
        .returning(*_CLAIMED)
    )


def has_earlier(
    now: ColumnElement[datetime] | datetime, soon: ColumnElement[datetime] | datetime
) -> ColumnElement[bool]:
    """Whether something for the same person on the same channel goes first: of an earlier lane, or queued before it.

    What was queued before is due, or was tried; an answer is also waited for while it is due before `soon`, since a
    clock that is put back makes it due later than what was said after it. Not for one that is to be tried again later.
    """
    other = aliased(OutboundRow)
    waits, due = other.status == str(Status.QUEUED), other.due_at <= now
    fresh = (other.lane == str(Lane.ANSWER)) & ~other.key.endswith(AGAIN)
    first = due | (other.attempts > 0) | (fresh & (other.due_at <= soon))
    before = (other.lane == OutboundRow.lane) & (other.id < OutboundRow.id)
    return (
        select(other.id)
        .where(other.contact_id == OutboundRow.contact_id, one_of(other.status, (str(Status.QUEUED), *UNDER_WAY)))
        .where(other.scheme == OutboundRow.scheme)
        .where(
            (before & (one_of(other.status, UNDER_WAY) | (waits & first)))
            | ((other.lane < OutboundRow.lane) & waits & due)
        )
        .exists()
    )


def put_right(db: Session, now: datetime) -> None:
    """Mend the moments that a clock wrote down while it was ahead, so that nobody waits until it is that late.

    Such a claim counts from now, and what was put off then is due. Words that nobody asked for are put off for hours
    and days, and may be as if said later than they were, so of these only a claim tells that the clock was ahead.
    """
    latest, unasked = now + CLOCKS_APART, str(Lane.BULK)
    claimed = OutboundRow.claimed_at > latest
    queued = (OutboundRow.lane != unasked) & (OutboundRow.created_at > latest)
    db.execute(update(OutboundRow).where(one_of(OutboundRow.status, UNDER_WAY), claimed).values(claimed_at=now))
    # Every scheme and lane is named, so that an index leads to what is due later, past a crowd that is due.
    listed = OutboundRow.scheme.in_(SCHEMES), OutboundRow.lane.in_([str(lane) for lane in Lane])
    waits = (OutboundRow.status == str(Status.QUEUED)) & (OutboundRow.due_at > latest)
    db.execute(update(OutboundRow).where(*listed, waits, claimed | queued).values(due_at=now))


def readers(db: Session, parts: Iterable[Claimed]) -> dict[int, Reader]:
    """Return the readers of parts, by part id; strangers are left out."""
    found: dict[int, Reader] = {}
    for part_id, timezone, status, address in _READERS.all(db, [part.message.id for part in parts]):
        known = found.get(part_id)
        # An address that is not theirs any more may be somebody else's by now.
        works = address == str(AddressStatus.ACTIVE) or (known is not None and known.reachable)
        found[part_id] = Reader(timezone, ContactStatus(status), works)
    return found


def drop_rest(db: Session, part: Claimed, reason: str) -> None:
    """Drop the parts that follow one which came to nothing, unless its words went another way."""
    left = rest(db, part)
    copied = select(OutboundRow.id).where(OutboundRow.key.startswith(f"{part.key}:", autoescape=True))
    if left and db.scalars(copied).first() is None:
        drop(db, left, reason)


def rest(db: Session, part: Claimed) -> list[int]:
    """Return the parts of the same message that wait behind this one, in their order."""
    message, _, number = part.key.rpartition(":")
    if part.contact_id is None or not number.isdecimal():
        return []
    waiting = select(OutboundRow.id, OutboundRow.key).where(
        OutboundRow.contact_id == part.contact_id, OutboundRow.status == str(Status.QUEUED)
    )
    found = db.execute(waiting.order_by(OutboundRow.id))
    return [row_id for row_id, key in found if _follows(key, message, int(number))]


def _follows(key: str, message: str, number: int) -> bool:
    same, _, other = key.rpartition(":")
    return same == message and other.isdecimal() and int(other) > number
