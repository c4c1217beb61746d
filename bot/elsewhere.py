"""Another way to the same person, for words that an address does not take; and none, for who wants no more."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from functools import partial

from sqlalchemy.orm import Session

from bot import gsm7
from domain.events import ContactStopped
from domain.messages import Status
from domain.people import MAIL, AddressStatus, Contact, ContactStatus, Urn
from storage import claims, contacts, outbox, programmes, unsendable
from storage.apart import alone
from storage.outbox import Claimed, Part
from storage.turns import Source, save_events

LONGEST_SMS = 1530  # characters, ten segments; Twilio refuses texts over 1600
BY_NUMBER = ("tel", "whatsapp")  # whoever opts out there wants no more on any channel


def send_elsewhere(db: Session, part: Claimed, now: datetime, schemes: Collection[str] | None = None) -> bool:
    """Queue the words of a part for another channel of its person, once; False where there is none.

    With `schemes` only a channel of these is taken. Words about a document go nowhere without it.
    """
    message = part.message
    if part.contact_id is None or message.urn.scheme == MAIL or not message.text or message.document is not None:
        return False
    contact = contacts.load(db, part.contact_id)
    urn = _other_way(contact, part, schemes)
    if urn is None or contact.status is not ContactStatus.ACTIVE:
        return False
    text = _text_for(urn, part.message.text)
    copy = Part(
        key=f"{part.key}:{urn.scheme}",
        kind=part.kind,
        lane=part.lane,
        urn=urn,
        text=text,
        segments=gsm7.segments(text) if urn.scheme == "tel" else 0,
        due_at=now,
        contact_id=contact.id,
        inbound_id=part.inbound_id,
    )
    outbox.put(db, copy, now)
    return True


def send_rest_elsewhere(db: Session, part: Claimed, reason: str, now: datetime) -> None:
    """Let the parts that wait behind one which went another way go there too; what cannot goes nowhere alone."""
    left = claims.rest(db, part)
    for outbound_id in left:
        alone(db, partial(_send_row_elsewhere, db, outbound_id, now), outbound_id=outbound_id)
    unsendable.settle(db, left, Status.FAILED, reason[:200])


def _send_row_elsewhere(db: Session, outbound_id: int, now: datetime) -> None:
    send_elsewhere(db, unsendable.part(db, outbound_id), now)


def stop_writing(db: Session, part: Claimed, now: datetime) -> None:
    """Take it that a part's reader wants no more there: a blocked bot is one channel, an SMS opt-out is all."""
    urn = part.message.urn
    contacts.mark_address(db, urn, AddressStatus.UNREACHABLE)
    if part.contact_id is not None and urn.scheme in BY_NUMBER:
        contact = contacts.load(db, part.contact_id)
        save_events(db, [ContactStopped()], Source(contact, programmes.current(db), None, now))


def _other_way(contact: Contact, part: Claimed, schemes: Collection[str] | None) -> Urn | None:
    """Return an address that works, on a channel these words have not been on: the key of a copy names its channel.

    Where theirs does not work, another number on the same channel may.
    """
    theirs, active = part.message.urn, [a.urn for a in contact.addresses if a.status is AddressStatus.ACTIVE]
    tried = {MAIL, *part.key.split(":"), *([theirs.scheme] if theirs in active else [])}
    working = [urn for urn in active if urn != theirs and urn.scheme not in tried]
    working = [urn for urn in working if schemes is None or urn.scheme in schemes]
    return min(working, key=lambda urn: urn.scheme != contact.preferred, default=None)


def _text_for(urn: Urn, text: str) -> str:
    return " ".join(gsm7.fold(text).split())[:LONGEST_SMS] if urn.scheme == "tel" else text
