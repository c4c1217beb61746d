"""What was carried by SMS, to add up what it cost: one query each way, however many messages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from domain.costs import Carried, Planned, Way
from domain.messages import Status
from domain.periods import local
from storage.models import ContactRow, InboundRow, OutboundRow

WAYS = {
    Status.SENT: Way.SENT,
    Status.DELIVERED: Way.SENT,
    Status.SENDING: Way.WAITING,
    Status.WIRED: Way.WAITING,
    Status.UNKNOWN: Way.WAITING,
    Status.FAILED: Way.FAILED,
}
"""What has left the outbox, by how far it came; the queued and the dropped cost nothing."""

AT_ONCE = 1000  # rows in memory at a time


def carried(db: Session, since: datetime, timezone: str) -> Iterator[Carried]:
    """Yield each SMS sent or received since a moment (aware, UTC), on its day in `timezone`."""
    yield from _sent(db, since, timezone)
    yield from _received(db, since, timezone)


def _sent(db: Session, since: datetime, timezone: str) -> Iterator[Carried]:
    # What a provider refused at once was claimed and never sent.
    moment = func.coalesce(OutboundRow.sent_at, OutboundRow.claimed_at, OutboundRow.created_at)
    query = (
        select(moment, ContactRow.district, OutboundRow.path, OutboundRow.segments, OutboundRow.status)
        .outerjoin(ContactRow, ContactRow.id == OutboundRow.contact_id)
        .where(OutboundRow.scheme == "tel", OutboundRow.status.in_([str(status) for status in WAYS]), moment >= since)
    )
    for at, district, number, segments, status in db.execute(query.execution_options(yield_per=AT_ONCE)):
        yield Carried(local(at, timezone).date(), district, number, segments, WAYS[Status(status)])


def _received(db: Session, since: datetime, timezone: str) -> Iterator[Carried]:
    query = (
        select(InboundRow.received_at, ContactRow.district, InboundRow.urn)
        .outerjoin(ContactRow, ContactRow.id == InboundRow.contact_id)
        .where(InboundRow.channel == "sms", InboundRow.received_at >= since)
    )
    for at, district, urn in db.execute(query.execution_options(yield_per=AT_ONCE)):
        yield Carried(local(at, timezone).date(), district, urn.removeprefix("tel:"), 1, Way.RECEIVED)


def planned(db: Session, keys: str, since: datetime) -> list[Planned]:
    """Return the messages whose key begins with `keys` and that were queued after a moment, by people's names."""
    query = (
        select(OutboundRow.scheme, OutboundRow.path, OutboundRow.segments, OutboundRow.due_at, ContactRow)
        .join(ContactRow, ContactRow.id == OutboundRow.contact_id)
        .where(OutboundRow.key.startswith(keys, autoescape=True), OutboundRow.created_at > since)
    )
    found = [
        Planned(
            name=contact.name,
            language=contact.language,
            number=path if scheme == "tel" else None,
            segments=segments,
            day=local(due_at, contact.timezone).date(),
        )
        for scheme, path, segments, due_at, contact in db.execute(query)
    ]
    return sorted(found, key=lambda one: one.name)
