"""One turn, one transaction: a message comes in, is understood, and what follows from it is stored and queued."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from bot.alarms import alert_on
from bot.handing_over import hand_over
from bot.joining import admit, answer_stranger, join_again, join_code, welcome
from bot.loops import WINDOW, Loop, find_loop, report_loop, unanswered
from bot.reaching import after_quiet, hush, queue, reach
from bot.stopped import show_question
from conversations.editing import edit_route
from conversations.flows import FLOWS
from conversations.flows.report import edited_since
from conversations.grammar import fold
from conversations.noise import is_mark
from conversations.router import route
from conversations.situation import Situation
from conversations.state import Conversation
from conversations.turn import Tell, Turn, say
from domain.events import ContactStarted, ContactStopped, Event, LanguageChosen
from domain.messages import Inbound, InboundKind, Lane
from domain.people import Address, AddressStatus, Contact, ContactStatus
from domain.programme import Programme
from domain.text import _
from storage import contacts, conversations, edits, messages, occurrences, programmes, reports, values
from storage.situations import complete
from storage.turns import Source, save_events

log = logging.getLogger(__name__)

MOST_ATTEMPTS = 3  # a message that raises this often waits for a new release
SEEN_AGAIN = timedelta(hours=1)  # who goes on writing was seen; it is asked of days, so a new day is written
NONCE_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # no 0/O, 1/I: codes are typed from one screen to another


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of an inbound message. `repeated` means the provider had handed it over before."""

    inbound_id: int | None
    turn: Turn | None = None
    repeated: bool = False


def take_turn(db: Session, inbound: Inbound, now: datetime) -> Taken:
    """Take one message: store it, answer it, and queue what is to be said, in the caller's transaction.

    A message that was taken before changes nothing. If handling raises, the message alone is kept, an apology is
    queued once, and `retake_turns` tries again later. Raises OperationalError when the database fails (gone, disk
    full): then nothing is kept, and whoever handed the message over does so again.
    """
    contact = contacts.find(db, inbound.sender)
    joining = contact is None and join_code(inbound.text) is not None
    inbound_id = messages.receive(
        db, inbound, contact.id if contact else None, fold(inbound.text), bool(contact) or joining
    )
    if inbound_id is None:
        return Taken(None, repeated=True)
    try:
        with db.begin_nested():
            turn = _handle(db, inbound, inbound_id, contact, now)
    except OperationalError:  # the database's own trouble: nothing can be kept now, and the message comes again
        raise
    except Exception as error:
        log.exception("turn failed", extra={"inbound_id": inbound_id})
        if messages.failed(db, inbound_id, type(error).__name__) == 1 and contact is not None:
            _apologise(db, contact, inbound, inbound_id, now)
        return Taken(inbound_id)
    return Taken(inbound_id, turn)


def retake_turns(db: Session, now: datetime, waited: timedelta = timedelta(minutes=1)) -> int:
    """Try again the messages whose handling raised; return how many were answered.

    Raises OperationalError when the database fails, which is no fault of a message.
    """
    answered = 0
    for inbound_id, inbound in messages.unhandled(db, now - waited, MOST_ATTEMPTS):
        try:
            with db.begin_nested():
                _handle(db, inbound, inbound_id, contacts.find(db, inbound.sender), now)
                answered += 1
        except OperationalError:
            raise
        except Exception as error:
            log.exception("turn failed again", extra={"inbound_id": inbound_id})
            messages.failed(db, inbound_id, type(error).__name__)
    return answered


def _apologise(db: Session, contact: Contact, inbound: Inbound, inbound_id: int, now: datetime) -> None:
    line = _("Sorry, something went wrong on our side. Your message is kept and will be read again.")
    queue(db, say(line), contact, inbound.sender, f"sorry:{inbound_id}", "apology", Lane.ANSWER, now, inbound_id)


def _handle(db: Session, inbound: Inbound, inbound_id: int, contact: Contact | None, now: datetime) -> Turn | None:
    programme = programmes.current(db)
    if contact is None:
        return _from_a_stranger(db, inbound, inbound_id, programme, now)
    if Address(inbound.sender, AddressStatus.UNREACHABLE) in contact.addresses:
        contacts.mark_address(db, inbound.sender, AddressStatus.ACTIVE)
    if _is_news(inbound):
        turn = _address_news(db, inbound, contact, programme, now)
    else:
        turn = _converse(db, inbound, inbound_id, contact, programme, now)
    messages.handled(db, inbound_id, now, turn.intent if turn else "news", turn.reply if turn else "none")
    if turn is not None and (turn.intent, turn.reply) == ("rate", "receipt"):
        messages.forget_words(db, inbound_id)
    return turn


def _from_a_stranger(
    db: Session, inbound: Inbound, inbound_id: int, programme: Programme, now: datetime
) -> Turn | None:
    contact = admit(db, inbound, now)
    if contact is None:
        intent, reply = answer_stranger(db, inbound, inbound_id, programme, now)
        messages.forget_words(db, inbound_id)
        messages.handled(db, inbound_id, now, intent, reply)
        return Turn(intent, Conversation(), reply)
    messages.belongs_to(db, inbound_id, contact.id)
    situation = _situation(db, inbound, inbound_id, contact, programme, now)
    turn = welcome(situation)
    save_turn(db, turn, situation, inbound)
    messages.handled(db, inbound_id, now, turn.intent, turn.reply)
    return turn


def _converse(
    db: Session, inbound: Inbound, inbound_id: int, contact: Contact, programme: Programme, now: datetime
) -> Turn:
    situation = _situation(db, inbound, inbound_id, contacts.still_invited(db, contact), programme, now)
    beside = messages.beside(db, contact.id, inbound, situation.fingerprint, now - WINDOW)
    loop = find_loop(inbound, beside, situation.conversation.session is not None)
    if loop is not None:
        report_loop(db, loop, contact, programme, now)
    if loop is Loop.ALIKE or _is_marked_again(db, inbound, situation):
        turn = Turn("noise", situation.conversation, "none")
    elif (code := join_code(inbound.text)) is not None:
        turn = join_again(db, code, situation)
    else:
        turn = _routed(db, inbound, situation, beside.newer_edit)
    stopped = contact.status is ContactStatus.STOPPED and contact.consented and not _started(turn.events)
    if stopped and loop is None:
        show_question(db, turn, situation, now)
    turn = unanswered(turn) if loop is Loop.FLOOD or stopped else turn
    save_turn(db, turn, situation, inbound)
    return turn


def _is_marked_again(db: Session, inbound: Inbound, situation: Situation) -> bool:
    """Whether nothing but a mark came, which gets help once on a day of theirs, and one came before."""
    if inbound.kind is not InboundKind.MESSAGE or not is_mark(inbound.text):
        return False
    key = f"mark:{situation.contact.id}:{situation.today}"
    return not occurrences.record(db, key, "mark", None, situation.now)


def _routed(db: Session, inbound: Inbound, situation: Situation, newer_edit: int | None) -> Turn:
    if newer_edit is not None:
        return edited_since(newer_edit, situation)
    if inbound.kind is InboundKind.EDIT and inbound.edit_of is not None:
        who, original, programme = situation.contact, inbound.edit_of, situation.programme
        past = reports.edited_report(db, who.id, original, programme)
        situation = replace(situation, edits=edits.edited(db, who, original, programme))
        found = edit_route(past, situation, inbound)
    else:
        found = route(situation, inbound)
    return found.run(complete(db, situation, found.needs))


def _situation(
    db: Session, inbound: Inbound, inbound_id: int, contact: Contact, programme: Programme, now: datetime
) -> Situation:
    return Situation(
        now=now,
        contact=contact,
        programme=programme,
        conversation=conversations.load(db, contact.id).among(FLOWS),  # an older release may have had others
        scheme=inbound.sender.scheme,
        inbound_id=inbound_id,
        sent=None if inbound.kind is InboundKind.BUTTON else min(inbound.received_at, now),
        nonce="".join(secrets.choice(NONCE_LETTERS) for _n in range(4)),
        fingerprint=values.fingerprint(fold(inbound.text)),
    )


def save_turn(db: Session, turn: Turn, situation: Situation, inbound: Inbound) -> None:
    """Store what a turn comes to: events, the conversation, alerts that they raise or settle, words to send."""
    contact, now = situation.contact, situation.now
    source = Source(contact, situation.programme, situation.inbound_id, now, situation.sent)
    save_events(db, turn.events, source)
    conversations.save(db, contact.id, turn.conversation)
    seen = contact.last_seen_at
    if seen is None or abs(now - seen) >= SEEN_AGAIN or now.date() != seen.date():
        contacts.change(db, contact.id, last_seen_at=now)
    alert_on(db, turn.events, situation.programme, now)
    hand_over(db, turn.events, situation)
    hush(db, turn.events, situation.programme, now)
    speaker = replace(contact, language=_language_after(turn.events, contact.language))
    if turn.say is not None:
        key = f"turn:{situation.inbound_id}"
        queue(db, turn.say, speaker, inbound.sender, key, turn.intent, Lane.ANSWER, now, situation.inbound_id)
    for tell in turn.tells:
        key = tell.about if tell.once else f"turn:{situation.inbound_id}:{tell.about}"
        _tell(db, tell, key, turn.intent, now)


def _language_after(events: Iterable[Event], language: str) -> str:
    return next((e.language for e in reversed(list(events)) if isinstance(e, LanguageChosen)), language)


def _started(events: Iterable[Event]) -> bool:
    return any(isinstance(e, ContactStarted | ContactStopped) for e in events)


def _tell(db: Session, tell: Tell, key: str, kind: str, now: datetime) -> None:
    person = contacts.load(db, tell.contact_id)
    reached = reach(db, person, tell.say, f"{key}:{tell.contact_id}", kind, now)
    if reached and (tell.asks is not None or tell.hears is not None):
        at = after_quiet(now, person.timezone, programmes.current(db))
        conversation = conversations.load(db, person.id)
        if tell.asks is not None:
            conversation = conversation.asking(replace(tell.asks, asked_at=at))
        if tell.hears is not None:
            conversation = conversation.hearing(replace(tell.hears, at=at))
        conversations.save(db, person.id, conversation)


def _is_news(inbound: Inbound) -> bool:
    """Whether this is about the address alone. A carrier takes YES for START, but to us it is an answer."""
    if inbound.kind is InboundKind.OPTED_IN:
        return fold(inbound.text) in ("", "start", "unstop")
    return inbound.kind in (InboundKind.BLOCKED, InboundKind.OPTED_OUT)


def _address_news(db: Session, inbound: Inbound, contact: Contact, programme: Programme, now: datetime) -> Turn | None:
    if inbound.kind is InboundKind.BLOCKED:
        contacts.mark_address(db, inbound.sender, AddressStatus.UNREACHABLE)
        return None
    source = Source(contact, programme, None, now)
    stopped = inbound.kind is InboundKind.OPTED_OUT
    contacts.mark_address(db, inbound.sender, AddressStatus.ACTIVE)
    save_events(db, [ContactStopped() if stopped else ContactStarted()], source)
    return Turn("stop" if stopped else "start", conversations.load(db, contact.id), "none")


def expire_drafts(db: Session, contact_id: int, now: datetime) -> int:
    """Let go of dialogues that have waited longer than their flow lasts, or whose flow is no more.

    What was answered is on record already.
    """
    conversation = conversations.load(db, contact_id)
    known = conversation.among(FLOWS)
    fresh = tuple(s for s in known.sessions if now - s.asked_at < timedelta(days=FLOWS[s.flow].lasts_days))
    paused = tuple(s for s in known.paused if now - s.asked_at < timedelta(days=FLOWS[s.flow].lasts_days))
    gone = len(conversation.sessions) + len(conversation.paused) - len(fresh) - len(paused)
    if gone:
        conversations.save(db, contact_id, replace(known, sessions=fresh, paused=paused))
    return gone
