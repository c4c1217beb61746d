"""The outbox: one row per message part, claimed before it is sent, and only ever moving forward."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Update, bindparam, case, func, select, update
from sqlalchemy.orm import Session

from domain.messages import Document, Lane, Letter, Outbound, Receipt, Status
from domain.people import Urn
from storage.inserting import insert_once, rows_of
from storage.models import ContactRow, OutboundRow
from storage.prepared import Prepared, one_of

RANK = {
    Status.QUEUED: 0,
    Status.SENDING: 1,
    Status.UNKNOWN: 2,
    Status.WIRED: 3,
    Status.SENT: 4,
    Status.DELIVERED: 5,
    Status.FAILED: 5,
    Status.DROPPED: 5,
}


UNDER_WAY = (str(Status.SENDING), str(Status.UNKNOWN))
JUST_ANSWERED = "just answered"  # under this name a session remembers the answers that it queues
LONGEST_ID = 80  # characters of a provider's id that are kept
FIRST_PART = ":0"  # how the key of the first part of a message ends
AGAIN = ":again"  # and that of words that came to nothing and are tried once more, later

_OURS, _PEOPLE = rows_of(OutboundRow), rows_of(ContactRow)
# Through the people of the district: a hundred thousand parts may wait for others, and each report asks this.
_WAITING = Prepared(
    select(_OURS.c.id, _OURS.c.kind)
    .where(_OURS.c.contact_id.in_(select(_PEOPLE.c.id).where(_PEOPLE.c.district == bindparam("district"))))
    .where(_OURS.c.status == str(Status.QUEUED))
)


@dataclass(frozen=True, slots=True)
class Part:
    """A message part to put into the outbox. `key` makes it go once."""

    key: str
    kind: str
    lane: Lane
    urn: Urn
    text: str
    segments: int
    due_at: datetime
    contact_id: int | None = None
    inbound_id: int | None = None
    buttons: tuple[tuple[str, str], ...] = ()
    picture: bytes | None = None
    letter: Letter | None = None
    document: Document | None = None


@dataclass(frozen=True, slots=True)
class Claimed:
    """A part that this process alone may send now."""

    message: Outbound
    key: str
    contact_id: int | None
    inbound_id: int | None
    attempts: int
    kind: str
    lane: Lane
    created_at: datetime
    due_at: datetime
    claimed_at: datetime | None
    segments: int = 0
    reason: str = ""


def put(db: Session, part: Part, now: datetime) -> int | None:
    """Queue a part; None when its key was queued before."""
    values = {
        "key": part.key,
        "contact_id": part.contact_id,
        "inbound_id": part.inbound_id,
        "kind": part.kind,
        "lane": str(part.lane),
        "scheme": part.urn.scheme,
        "path": part.urn.path,
        "text": part.text,
        "buttons": json.dumps(part.buttons) if part.buttons else None,
        "picture": part.picture,
        "enclosed": _enclosing(part.letter, part.document),
        "segments": part.segments,
        "status": str(Status.QUEUED),
        "attempts": 0,
        "created_at": now,
        "due_at": part.due_at,
    }
    row_id = insert_once(db, OutboundRow, values, ["key"])
    if row_id is not None and part.lane is Lane.ANSWER:
        db.info.setdefault(JUST_ANSWERED, []).append((row_id, part.contact_id))
    return row_id


def as_claimed(row: Any) -> Claimed:
    """Return a row as what a process that has claimed it works with."""
    buttons = tuple((label, data) for label, data in json.loads(row.buttons or "[]"))
    letter, document = _enclosed(row.enclosed)
    message = Outbound(row.id, Urn(row.scheme, row.path), row.text, buttons, row.picture, letter, document)
    return Claimed(
        message=message,
        key=row.key,
        contact_id=row.contact_id,
        inbound_id=row.inbound_id,
        attempts=row.attempts,
        kind=row.kind,
        lane=Lane(row.lane),
        created_at=row.created_at,
        due_at=row.due_at,
        claimed_at=row.claimed_at,
        segments=row.segments,
        reason=row.reason or "",
    )


def _enclosing(letter: Letter | None, document: Document | None) -> str | None:
    if letter is None and document is None:
        return None
    return json.dumps(
        {
            "letter": [letter.subject, letter.html] if letter else None,
            "document": [document.name, b64encode(document.content).decode()] if document else None,
        }
    )


def _enclosed(text: str | None) -> tuple[Letter | None, Document | None]:
    if text is None:
        return None, None
    found = json.loads(text)
    document = found["document"]
    return (
        Letter(*found["letter"]) if found["letter"] else None,
        Document(document[0], b64decode(document[1])) if document else None,
    )


def sent(db: Session, outbound_id: int, receipt: Receipt, now: datetime) -> None:
    """Record what the provider said of a part we handed it."""
    provider_id = receipt.provider_id[:LONGEST_ID]
    values = {"part": outbound_id, "provider_id": provider_id, "now": now, "reason": receipt.reason or None}
    _sending(receipt.status).run(db, values)


@lru_cache(maxsize=len(RANK))
def _sending(status: Status) -> Prepared:
    """Records that a part was sent; it has that status unless a callback told of a later one before."""
    ours, reason = _OURS.c, bindparam("reason", type_=_OURS.c.reason.type)
    forward = one_of(ours.status, (str(earlier) for earlier, rank in RANK.items() if rank < RANK[status]))
    return Prepared(
        update(_OURS)
        .where(ours.id == bindparam("part"))
        .values(
            provider_id=bindparam("provider_id"),
            sent_at=bindparam("now"),
            status=case((forward, str(status)), else_=ours.status),
            reason=case((forward, reason), else_=ours.reason),
        )
    )


def again(db: Session, part: Claimed, due_at: datetime, reason: str) -> None:
    """Put a part back to be tried later."""
    _set(db, part, status=str(Status.QUEUED), due_at=due_at, reason=reason[:200])


def release(db: Session, part: Claimed, due_at: datetime, reason: str) -> None:
    """Put a part back as if it had not been claimed: what held it up was not about this part."""
    _set(db, part, status=str(Status.QUEUED), due_at=due_at, reason=reason[:200], attempts=part.attempts - 1)


def bare(db: Session, part: Claimed, reason: str) -> None:
    """Put a part back to be sent at once without its picture."""
    _set(db, part, status=str(Status.QUEUED), picture=None, reason=reason[:200])


def ended(db: Session, part: Claimed, status: Status, reason: str) -> None:
    """Record that a part failed, was dropped, or that its outcome is unknown."""
    _set(db, part, status=str(status), reason=reason[:200])


def renew(db: Session, part: Claimed, now: datetime) -> Claimed | None:
    """Claim a part anew that was claimed a while ago; None when that claim is not held any more."""
    held = _of(part).where(OutboundRow.status == str(Status.SENDING)).values(claimed_at=now).returning(OutboundRow.id)
    return replace(part, claimed_at=now) if db.scalar(held) is not None else None


def _set(db: Session, part: Claimed, **fields: object) -> None:
    db.execute(_of(part).where(OutboundRow.status.in_(UNDER_WAY)).values(**fields))


def _of(part: Claimed) -> Update:
    # Each claim has its number and moment, so a process that lost its claim changes nothing. The number alone is
    # not enough, as a part that was released is claimed with the same one again.
    return (
        update(OutboundRow)
        .where(OutboundRow.id == part.message.id, OutboundRow.attempts == part.attempts)
        .where(OutboundRow.claimed_at == part.claimed_at)
    )


def news(db: Session, receipt: Receipt, outbound_id: int | None) -> Claimed | None:
    """Take a status callback, which never moves a part backward; return the part, unless more is known of it already.

    A callback may overtake the answer to our sending: `outbound_id`, which we put into its address, finds the part.
    """
    row = _told_of(db, receipt, outbound_id)
    if row is None:
        return None
    row.provider_id = row.provider_id or receipt.provider_id[:LONGEST_ID]
    if RANK[receipt.status] > RANK[Status(row.status)]:
        row.status, row.reason = str(receipt.status), receipt.reason or row.reason
    db.flush()
    return as_claimed(row) if row.status == str(receipt.status) else None


def _told_of(db: Session, receipt: Receipt, outbound_id: int | None) -> OutboundRow | None:
    """Return the row that a callback is about, locked, so that of two at once the later one knows of the earlier.

    Some phones give their messages numbers that they gave before: the newest is meant. That an earlier sending of a
    part came to nothing, when it was sent again, is no news of it.
    """
    provider_id = receipt.provider_id[:LONGEST_ID]
    ours = select(OutboundRow).where(OutboundRow.provider_id == provider_id).order_by(OutboundRow.id.desc())
    row = db.scalars(ours.limit(1).with_for_update()).first()
    if row is not None or outbound_id is None:
        return row
    row = db.get(OutboundRow, outbound_id, with_for_update=True)
    sent_again = row is not None and row.provider_id not in (None, provider_id)
    return None if sent_again and receipt.status is Status.FAILED else row


def unheard(db: Session, receipts: Iterable[Receipt]) -> list[Receipt]:
    """Return those of some receipts, a few hundred at most, that say more of a part of ours than is known of it."""
    told = {receipt.provider_id: receipt for receipt in receipts}
    ours = select(OutboundRow.provider_id, OutboundRow.status).where(OutboundRow.provider_id.in_(told))
    known = {provider_id: RANK[Status(status)] for provider_id, status in db.execute(ours)}
    return [news for name, news in told.items() if name in known and RANK[news.status] > known[name]]


def in_doubt(
    db: Session, before: datetime, asked_before: datetime | None = None, scheme: str | None = None, most: int = 50
) -> list[Claimed]:
    """Return parts whose outcome is not known: claimed before a moment by a process that died, or unknown.

    The second are returned when they were claimed before `asked_before`, or all of them; those of one channel, or of
    all.
    """
    unknown = OutboundRow.status == str(Status.UNKNOWN)
    if asked_before is not None:
        unknown &= OutboundRow.claimed_at <= asked_before
    query = (
        select(OutboundRow)
        .where(unknown | ((OutboundRow.status == str(Status.SENDING)) & (OutboundRow.claimed_at < before)))
        .order_by(OutboundRow.id)
        .limit(most)
    )
    if scheme is not None:
        query = query.where(OutboundRow.scheme == scheme)
    return [as_claimed(row) for row in db.scalars(query)]


def drop_queued(db: Session, contact_id: int, reason: str) -> None:
    """Drop what waits for a contact, such as after they stopped."""
    db.execute(
        update(OutboundRow)
        .where(OutboundRow.contact_id == contact_id, OutboundRow.status == str(Status.QUEUED))
        .values(status=str(Status.DROPPED), reason=reason)
    )


def waiting_for(db: Session, district: str, kinds: tuple[str, ...]) -> list[int]:
    """Return the queued parts of some kinds that are for the people of a district."""
    return [row.id for row in _WAITING.all(db, {"district": district}) if row.kind in kinds]


def drop(db: Session, outbound_ids: list[int], reason: str) -> None:
    """Drop queued parts that are not wanted any more."""
    db.execute(
        update(OutboundRow)
        .where(OutboundRow.id.in_(outbound_ids), OutboundRow.status == str(Status.QUEUED))
        .values(status=str(Status.DROPPED), reason=reason)
    )


def counts(db: Session) -> dict[str, int]:
    """Count parts by status."""
    rows = db.execute(select(OutboundRow.status, func.count()).group_by(OutboundRow.status))
    return {str(row[0]): int(row[1]) for row in rows}
