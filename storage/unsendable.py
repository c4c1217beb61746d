"""Parts that wait for a channel that is not set, or not any more."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session, aliased

from domain.messages import Status
from domain.people import MAIL, AddressStatus, ContactStatus
from storage.models import AddressRow, ContactRow, OutboundRow
from storage.outbox import UNDER_WAY, Claimed, as_claimed


@dataclass(frozen=True, slots=True)
class Unsendable:
    """A part that nobody will send; `elsewhere` is whether its words may go to another address of its reader."""

    id: int
    kind: str
    scheme: str
    status: Status
    created_at: datetime
    due_at: datetime
    elsewhere: bool


def unsendable(db: Session, now: datetime, schemes: Collection[str], most: int, after: int = 0) -> list[Unsendable]:
    """Return the oldest parts, `after` one, that are due, or begun, and for none of the channels that are set."""
    row, address = OutboundRow, aliased(AddressRow)
    chats = [scheme for scheme in schemes if scheme != MAIL]
    other = (
        select(address.id)
        .join(ContactRow, ContactRow.id == address.contact_id)
        .where(address.contact_id == row.contact_id, ContactRow.status == str(ContactStatus.ACTIVE))
        .where(address.status == str(AddressStatus.ACTIVE), address.scheme.in_(chats), row.enclosed.is_(None))
        .exists()
    )
    columns = row.id, row.kind, row.scheme, row.status, row.created_at, row.due_at, other
    waits = select(row.id).where(_waiting(now), row.scheme.not_in(schemes), row.id > after)
    # In this order no database is tempted to look for them along its key, through all that ever went.
    oldest = waits.order_by(row.id + 0).limit(most).cte("oldest")
    rows = db.execute(select(*columns).where(row.id.in_(select(oldest.c.id))).order_by(row.id)).all()
    return [Unsendable(r.id, r.kind, r.scheme, Status(r.status), r.created_at, r.due_at, bool(r[6])) for r in rows]


def unsent(db: Session, now: datetime, schemes: Collection[str]) -> dict[str, int]:
    """Count them by the scheme of their address."""
    row = OutboundRow
    query = select(row.scheme, func.count()).where(_waiting(now), row.scheme.not_in(schemes))
    return {str(scheme): int(count) for scheme, count in db.execute(query.group_by(row.scheme))}


def _waiting(now: datetime) -> ColumnElement[bool]:
    queued = (OutboundRow.status == str(Status.QUEUED)) & (OutboundRow.due_at <= now)
    return queued | OutboundRow.status.in_(UNDER_WAY)


def part(db: Session, outbound_id: int) -> Claimed:
    """Return a part with its words."""
    return as_claimed(db.get_one(OutboundRow, outbound_id))


def settle(db: Session, ids: Collection[int], status: Status, reason: str) -> None:
    """Record what became of parts that nobody will send."""
    open_yet = OutboundRow.status.in_((str(Status.QUEUED), *UNDER_WAY))
    ended = update(OutboundRow).where(OutboundRow.id.in_(ids), open_yet)
    db.execute(ended.values(status=str(status), reason=reason))
