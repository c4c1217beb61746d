"""What was carried by SMS and WhatsApp, to add up what it cost: one query each way, however many messages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from domain.costs import SMS, WHATSAPP, Carried, Planned, Way
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

CHANNELS = {"tel": SMS, "whatsapp": WHATSAPP}  # that are paid for by the message, by the scheme of their addresses
AT_ONCE = 1000  # rows in memory at a time


def carried(db: Session, since: datetime, timezone: str) -> Iterator[Carried]:
    """Yield each message sent or received since a moment (aware, UTC), on its day in `timezone`."""
    yield from _sent(db, since, timezone)
    yield from _received(db, since, timezone)


def _sent(db: Session, since: datetime, timezone: str) -> Iterator[Carried]:
    # What a provider refused at once was claimed and never sent.
    moment = func.coalesce(OutboundRow.sent_at, OutboundRow.claimed_at, OutboundRow.created_at)
    query = (
        select(
            moment, ContactRow.district, OutboundRow.scheme, OutboundRow.path, OutboundRow.segments, OutboundRow.status
        )
        .outerjoin(ContactRow, ContactRow.id == OutboundRow.contact_id)
        .where(OutboundRow.scheme.in_(CHANNELS), OutboundRow.status.in_([str(status) for status in WAYS]))
        .where(moment >= since)
    )
    for at, district, scheme, number, segments, status in db.execute(query.execution_options(yield_per=AT_ONCE)):
        day, way = local(at, timezone).date(), WAYS[Status(status)]
        yield Carried(day, district, number, max(segments, 1), way, CHANNELS[scheme])


def _received(db: Session, since: datetime, timezone: str) -> Iterator[Carried]:
    query = (
        select(InboundRow.received_at, ContactRow.district, InboundRow.channel, InboundRow.urn)
        .outerjoin(ContactRow, ContactRow.id == InboundRow.contact_id)
        .where(InboundRow.channel.in_(CHANNELS.values()), InboundRow.received_at >= since)
    )
    for at, district, channel, urn in db.execute(query.execution_options(yield_per=AT_ONCE)):
        yield Carried(local(at, timezone).date(), district, urn.partition(":")[2], 1, Way.RECEIVED, channel)


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
