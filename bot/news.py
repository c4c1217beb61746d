"""News of a message we sent, as its provider calls back: how far it came, and what to do when it came to nothing."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from bot import gsm7
from bot.claiming import valid_until
from bot.elsewhere import send_elsewhere, stop_writing
from bot.holding import note_hold
from domain.messages import Lane, Receipt, SendError, SendFailure
from domain.people import AddressStatus, ContactStatus
from storage import contacts, messages, outbox
from storage.outbox import AGAIN, Claimed, Part

SECOND_TRY = timedelta(minutes=30)  # a handset that is off is not on again in a minute
STALE = timedelta(hours=6)  # what nobody asked for is not sent a second time after this
LATE = timedelta(hours=2)  # older news is not of how things are, as it is asked for once an hour
OF_ADDRESSES = frozenset({SendFailure.STOPPED, SendFailure.PERMANENT})
WINDOWED = "whatsapp"  # the channel that takes free words only for a while after somebody wrote
# How often words are tried again, each pause twice as long: what the account was refused is not the words' fault, and
# that a provider could not fetch something a second time may be another trouble than the first.
BROKEN_TRIES, ENCLOSED_TRIES, TRIES = 7, 3, 1
ACCOUNT_HOLD = 300.0  # seconds


def take_news(db: Session, receipt: Receipt, now: datetime, outbound_id: int | None = None) -> None:
    """Take a status callback of a provider; `outbound_id` is what we put into its address.

    A failure that is news marks the address, sends the words another way, or tries them again; a callback that
    comes twice does nothing twice.
    """
    part = outbox.news(db, receipt, outbound_id)
    if part is not None:
        act_on(db, part, receipt, now)


def act_on(db: Session, part: Claimed, receipt: Receipt, now: datetime) -> None:
    """Do what follows from a failure of which its provider told after it took a part; other news changes nothing.

    Late news closes no channel, says nothing of an address from which its reader has written since, and lets no answer
    come after later ones.
    """
    if receipt.failure is None:
        return
    sent_at = part.claimed_at or part.created_at
    late = now > sent_at + LATE
    if receipt.broken and not late:
        scheme = part.message.urn.scheme
        note_hold(db, scheme, SendError(receipt.failure, receipt.reason, ACCOUNT_HOLD, True, True), now)
    overtaken = part.contact_id is not None and messages.wrote_since(db, part.contact_id, part.message.urn, sent_at)
    if receipt.failure in OF_ADDRESSES and not overtaken and _is_theirs(db, part):
        if receipt.failure is SendFailure.STOPPED:
            stop_writing(db, part, now)
        else:
            contacts.mark_address(db, part.message.urn, AddressStatus.UNREACHABLE)
    if now <= valid_until(part) and not (late and overtaken and part.lane is Lane.ANSWER):
        _say_otherwise(db, part, receipt, now)


def _is_theirs(db: Session, part: Claimed) -> bool:
    """Whether the address that a part went to is still its reader's."""
    owner = contacts.find(db, part.message.urn)
    return owner is not None and owner.id == part.contact_id


def _say_otherwise(db: Session, part: Claimed, receipt: Receipt, now: datetime) -> None:
    match receipt.failure:
        case SendFailure.PERMANENT:
            send_elsewhere(db, part, now)
        case SendFailure.ELSEWHERE if part.message.urn.scheme != WINDOWED or not _may_again(part, receipt):
            send_elsewhere(db, part, now)
        case SendFailure.ELSEWHERE:  # tried again it finds its window shut, and takes a template or another way
            _once_more(db, part, now, now + _next_pause(part) if _encloses(part) else now)
        case SendFailure.RETRYABLE if _may_again(part, receipt) and not _is_stale(part, now):
            _once_more(db, part, now, now + _next_pause(part))


def _may_again(part: Claimed, receipt: Receipt) -> bool:
    most = BROKEN_TRIES if receipt.broken else ENCLOSED_TRIES if _encloses(part) else TRIES
    return part.key.count(AGAIN) < most


def _is_stale(part: Claimed, now: datetime) -> bool:
    return part.lane is not Lane.ANSWER and now >= part.created_at + STALE


def _next_pause(part: Claimed) -> timedelta:
    return SECOND_TRY * (1 << part.key.count(AGAIN))


def _once_more(db: Session, part: Claimed, now: datetime, due_at: datetime) -> None:
    """Queue the same for the same address, unless its reader has stopped since."""
    message = part.message
    if not _is_wanted(db, part):
        return
    text = message.text
    copy = Part(
        key=f"{part.key}{AGAIN}",
        kind=part.kind,
        lane=part.lane,
        urn=message.urn,
        text=text,
        segments=gsm7.segments(text) if message.urn.scheme == "tel" else 0,
        due_at=due_at,
        contact_id=part.contact_id,
        inbound_id=part.inbound_id,
        buttons=message.buttons,
        picture=message.picture,
        document=message.document,
    )
    outbox.put(db, copy, now)


def _encloses(part: Claimed) -> bool:
    """Whether a part has more than words, which a provider that could not fetch it just now does not at once either."""
    return part.message.picture is not None or part.message.document is not None


def _is_wanted(db: Session, part: Claimed) -> bool:
    return part.contact_id is None or contacts.load(db, part.contact_id).status is not ContactStatus.STOPPED
