"""Inbound messages: stored once, handled once, and found again by what they said."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session

from domain.messages import Inbound, InboundKind
from domain.people import Urn
from storage.inserting import change, insert_once, rows_of
from storage.models import InboundRow
from storage.prepared import Prepared
from storage.sealing import keyring

_OURS = rows_of(InboundRow).c
_EDITS = (
    select(_OURS.id)
    .where(_OURS.contact_id == bindparam("contact"), _OURS.channel == bindparam("channel"))
    .where(_OURS.edit_of == bindparam("original"), _OURS.provider_id != bindparam("provider"))
    .where(_OURS.handled_at.is_not(None))
    .order_by(_OURS.received_at.desc(), _OURS.id.desc())
    .limit(1)
)
_EDIT_OF_EDIT = Prepared(_EDITS.where(_OURS.received_at > bindparam("sent")))
_EDIT_OF_MESSAGE = Prepared(_EDITS.where(_OURS.received_at >= bindparam("sent")))
_LATELY = Prepared(
    select(func.count().filter(_OURS.fingerprint == bindparam("fingerprint")), func.count()).where(
        _OURS.contact_id == bindparam("contact"), _OURS.received_at > bindparam("since")
    )
)


def receive(db: Session, inbound: Inbound, contact_id: int | None, fingerprint: str, keep_text: bool) -> int | None:
    """Store a message and return its id, or None when the provider had already handed it over.

    `fingerprint` is the folded text, kept as a keyed hash. Words of people we do not know are not kept.
    """
    values = {
        "channel": inbound.channel,
        "provider_id": inbound.provider_id,
        "contact_id": contact_id,
        "urn": str(inbound.sender),
        "text": inbound.text if keep_text else "",
        "kind": str(inbound.kind),
        "edit_of": inbound.edit_of,
        "ticket": inbound.ticket,
        "fingerprint": keyring().digest(fingerprint) if fingerprint else None,
        "undone": False,
        "attempts": 0,
        "received_at": inbound.received_at,
    }
    return insert_once(db, InboundRow, values, ["channel", "provider_id"])


def handled(db: Session, inbound_id: int, now: datetime, intent: str, reply: str) -> None:
    """Record that a message was answered, and how."""
    fields = {"handled_at": now, "intent": intent, "reply": reply, "error": None}
    change(db, InboundRow, {"id": inbound_id}, fields)


def failed(db: Session, inbound_id: int, error: str) -> int:
    """Record that handling raised, and return how often it has."""
    return db.execute(
        update(InboundRow)
        .where(InboundRow.id == inbound_id)
        .values(error=error[:200], attempts=InboundRow.attempts + 1)
        .returning(InboundRow.attempts)
    ).scalar_one()


def undone(db: Session, inbound_id: int) -> None:
    """Mark a report as taken back."""
    change(db, InboundRow, {"id": inbound_id}, {"undone": True})


def unhandled(db: Session, before: datetime, most_attempts: int) -> list[tuple[int, Inbound]]:
    """Return messages that were stored before a moment and not answered, oldest first, to try again."""
    rows = db.scalars(
        select(InboundRow)
        .where(InboundRow.handled_at.is_(None), InboundRow.received_at <= before, InboundRow.attempts <= most_attempts)
        .where(InboundRow.contact_id.is_not(None) | InboundRow.error.is_not(None))
        .order_by(InboundRow.id)
        .limit(100)
        .with_for_update(skip_locked=True)
    )
    return [(row.id, _inbound(row)) for row in rows]


def _inbound(row: InboundRow) -> Inbound:
    scheme, _colon, path = row.urn.partition(":")
    return Inbound(
        channel=row.channel,
        provider_id=row.provider_id,
        sender=Urn(scheme, path),
        text=row.text,
        received_at=row.received_at,
        kind=InboundKind(row.kind),
        edit_of=row.edit_of,
        ticket=row.ticket,
    )


def newer_edit(db: Session, contact_id: int, inbound: Inbound) -> int | None:
    """Return the id of an edit that was sent after this message, of the same message, and is handled already."""
    # A message and its edit may carry the same second; two edits of one second are taken as they come.
    which = {
        "contact": contact_id,
        "channel": inbound.channel,
        "provider": inbound.provider_id,
        "original": inbound.edit_of or inbound.provider_id,
        "sent": inbound.received_at,
    }
    edit_id: int | None = (_EDIT_OF_EDIT if inbound.edit_of else _EDIT_OF_MESSAGE).value(db, which)
    return edit_id


def belongs_to(db: Session, inbound_id: int, contact_id: int) -> None:
    """Say whose a message was, once they have joined."""
    change(db, InboundRow, {"id": inbound_id}, {"contact_id": contact_id})


def lately(db: Session, contact_id: int, fingerprint: str, since: datetime) -> tuple[int, int]:
    """Count a contact's messages since a moment: those with these folded words, and all of them."""
    which = {"contact": contact_id, "since": since, "fingerprint": keyring().digest(fingerprint)}
    same, at_all = _LATELY.first(db, which)
    return same, at_all


def forget_words(db: Session, inbound_id: int) -> None:
    """Keep that a message came, and not what it said."""
    change(db, InboundRow, {"id": inbound_id}, {"text": "", "fingerprint": None})


def known(db: Session, channel: str, provider_ids: Sequence[str]) -> set[str]:
    """Return which of some messages of a provider, a few hundred at most, are on record."""
    column = InboundRow.provider_id
    return set(db.scalars(select(column).where(InboundRow.channel == channel, column.in_(provider_ids))))
