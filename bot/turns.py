"""One turn, one transaction: a message comes in, is understood, and what follows from it is stored and queued."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from bot.render import Voice, render
from conversations import dialogue, engine
from conversations.flows import FLOWS
from conversations.flows.alerts import message as alert_message
from conversations.grammar import fold
from conversations.keywords import find_verb
from conversations.router import edit_route, is_service, route
from conversations.situation import Situation
from conversations.state import Conversation
from conversations.turn import Tell, Turn, say
from domain import alerts as alert_rules
from domain.calendar import is_quiet
from domain.events import ActivityUpdated, ContactStarted, ContactStopped, Event, LanguageChosen, ValueReported
from domain.messages import Inbound, InboundKind, Lane, Say
from domain.people import AddressStatus, Contact, ContactStatus, Urn
from domain.periods import ReportingPeriod, local
from domain.programme import Programme
from domain.text import Text, _
from storage import alerts, contacts, conversations, messages, occurrences, outbox, programmes, values
from storage.situations import complete
from storage.turns import Source, save_events

log = logging.getLogger(__name__)

MOST_ATTEMPTS = 3  # a message that raises this often waits for a new release
LOOP_TEXTS, LOOP_WINDOW = 5, timedelta(minutes=10)  # the fifth identical text in this time is a machine talking
LONGEST_CODE = 16  # characters; spaces and hyphens in a code do not matter
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
    queued once, and `retake_turns` tries again later.
    """
    contact = contacts.find(db, inbound.sender)
    joining = contact is None and _join_code(inbound.text) is not None
    inbound_id = messages.receive(
        db, inbound, contact.id if contact else None, fold(inbound.text), bool(contact) or joining
    )
    if inbound_id is None:
        return Taken(None, repeated=True)
    try:
        with db.begin_nested():
            turn = _handle(db, inbound, inbound_id, contact, now)
    except Exception as error:
        log.exception("turn failed", extra={"inbound_id": inbound_id})
        if messages.failed(db, inbound_id, type(error).__name__) == 1 and contact is not None:
            _apologise(db, contact, inbound, inbound_id, now)
        return Taken(inbound_id)
    return Taken(inbound_id, turn)


def retake_turns(db: Session, now: datetime, waited: timedelta = timedelta(minutes=1)) -> int:
    """Try again the messages whose handling raised; return how many were answered."""
    answered = 0
    for inbound_id, inbound in messages.unhandled(db, now - waited, MOST_ATTEMPTS):
        try:
            with db.begin_nested():
                _handle(db, inbound, inbound_id, contacts.find(db, inbound.sender), now)
                answered += 1
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
        turn = _stranger(db, inbound, inbound_id, programme, now)
    elif inbound.kind in (InboundKind.BLOCKED, InboundKind.OPTED_OUT, InboundKind.OPTED_IN):
        turn = _address_news(db, inbound, contact, programme, now)
    else:
        turn = _converse(db, inbound, inbound_id, contact, programme, now)
    messages.handled(db, inbound_id, now, turn.intent if turn else "news", turn.reply if turn else "none")
    return turn


def _converse(
    db: Session, inbound: Inbound, inbound_id: int, contact: Contact, programme: Programme, now: datetime
) -> Turn:
    situation = _situation(db, inbound, inbound_id, contact, programme, now)
    if is_looping(db, inbound, contact, now):
        turn = Turn("noise", situation.conversation, "none")
    elif (code := _join_code(inbound.text)) is not None:
        turn = _join(db, code, inbound, situation)
    else:
        turn = _routed(db, inbound, situation)
    save_turn(db, turn, situation, inbound)
    return turn


def _routed(db: Session, inbound: Inbound, situation: Situation) -> Turn:
    if inbound.kind is InboundKind.EDIT:
        past = next(
            (
                p
                for p in values.past_reports(db, situation.contact.id, situation.programme, situation.now)
                if p.provider_id == inbound.edit_of
            ),
            None,
        )
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
        conversation=conversations.load(db, contact.id),
        scheme=inbound.sender.scheme,
        inbound_id=inbound_id,
        nonce="".join(secrets.choice(NONCE_LETTERS) for _n in range(4)),
        fingerprint=values.fingerprint(fold(inbound.text)),
    )


def save_turn(db: Session, turn: Turn, situation: Situation, inbound: Inbound) -> None:
    """Store what a turn comes to: events, the conversation, alerts that they raise or settle, words to send."""
    contact, now = situation.contact, situation.now
    source = Source(contact, situation.programme, situation.inbound_id, now)
    save_events(db, turn.events, source)
    conversations.save(db, contact.id, turn.conversation, now)
    contacts.change(db, contact.id, last_seen_at=now)
    alert_on(db, turn.events, situation.programme, now)
    speaker = replace(contact, language=_language_after(turn.events, contact.language))
    silenced = contact.status is ContactStatus.STOPPED and not _started(turn.events)
    if turn.say is not None and not silenced:
        key = f"turn:{situation.inbound_id}"
        queue(db, turn.say, speaker, inbound.sender, key, turn.intent, Lane.ANSWER, now, situation.inbound_id)
    for tell in turn.tells:
        _tell(db, tell, f"turn:{situation.inbound_id}:{tell.about}", turn.intent, now)


def _tell(db: Session, tell: Tell, key: str, kind: str, now: datetime) -> None:
    person = contacts.load(db, tell.contact_id)
    reach(db, person, tell.say, f"{key}:{tell.contact_id}", kind, now)


def _language_after(events: Iterable[Event], language: str) -> str:
    return next((e.language for e in reversed(list(events)) if isinstance(e, LanguageChosen)), language)


def _started(events: Iterable[Event]) -> bool:
    return any(isinstance(e, ContactStarted | ContactStopped) for e in events)


def queue(
    db: Session,
    message: Say,
    contact: Contact | None,
    urn: Urn,
    key: str,
    kind: str,
    lane: Lane,
    now: datetime,
    inbound_id: int | None = None,
    due_at: datetime | None = None,
    language: str = "en",
) -> None:
    """Put a message into the outbox, in the contact's language, as the parts its channel takes."""
    voice = Voice(contact.language if contact else language, contact.timezone if contact else "UTC")
    parts = render(message, voice, urn.scheme)
    for n, part in enumerate(parts):
        last = n == len(parts) - 1
        outbox.put(
            db,
            outbox.Part(
                key=f"{key}:{n}",
                kind=kind,
                lane=lane,
                urn=urn,
                text=part.text,
                segments=part.segments,
                due_at=due_at or now,
                contact_id=contact.id if contact else None,
                inbound_id=inbound_id,
                buttons=part.buttons,
                picture=message.picture if last and urn.scheme != "tel" else None,
            ),
            now,
        )


def reach(
    db: Session, contact: Contact, message: Say, key: str, kind: str, now: datetime, critical: bool = False
) -> bool:
    """Queue an unasked message to somebody, on the channel they prefer; False when they cannot be reached.

    In quiet hours it waits for their morning; a critical one may pass.
    """
    urn = contact.address()
    if urn is None or contact.status is not ContactStatus.ACTIVE:
        return False
    due_at = now if critical else after_quiet(now, contact, programmes.current(db))
    queue(db, message, contact, urn, key, kind, Lane.BULK, now, due_at=due_at)
    return True


def after_quiet(now: datetime, contact: Contact, programme: Programme) -> datetime:
    """Return `now`, or the end of the contact's quiet hours when it lies in them."""
    if not is_quiet(now, contact.timezone, programme.quiet):
        return now
    here = local(now, contact.timezone)
    morning = here.replace(hour=programme.quiet.ends.hour, minute=programme.quiet.ends.minute, second=0, microsecond=0)
    return morning if morning > here else morning + timedelta(days=1)


def start_flow(
    db: Session, contact: Contact, begin: Callable[[Situation], Turn], key: str, kind: str, now: datetime
) -> bool:
    """Begin something with a person unasked, such as the monthly prompt; False when it was done or cannot reach them.

    `begin` makes the turn from the situation; `key` makes it happen once.
    """
    urn = contact.address()
    if urn is None or not occurrences.record(db, key, kind, contact.id, now):
        return False
    situation = Situation(
        now=now,
        contact=contact,
        programme=programmes.current(db),
        conversation=conversations.load(db, contact.id),
        scheme=urn.scheme,
    )
    turn = begin(situation)
    conversations.save(db, contact.id, turn.conversation, now)
    if turn.say is not None:
        due_at = after_quiet(now, contact, situation.programme)
        queue(db, turn.say, contact, urn, key, kind, Lane.BULK, now, due_at=due_at)
    return True


def alert_on(db: Session, events: Iterable[Event], programme: Programme, now: datetime) -> None:
    """Open the alerts that events call for, and close those that they settle."""
    events = list(events)
    districts = {e.district for e in events if isinstance(e, ValueReported | ActivityUpdated)}
    for district in districts:
        for alert in alerts.still_open(db, district):
            if alert_rules.settled_by(events, alert) or _report_is_in(db, alert, programme):
                settle_alert(db, alert, programme, now)
    for found in alert_rules.raised_by(events, programme):
        raise_alert(db, found, programme, now)


def _report_is_in(db: Session, alert: alert_rules.Alert, programme: Programme) -> bool:
    if alert.cause is not alert_rules.Cause.OVERDUE:
        return False
    period = ReportingPeriod.parse(alert.evidence["period"])
    on_record = values.load(db, [alert.district], programme, period)[alert.district]
    return not on_record.missing(programme.districts[alert.district].indicators, period)


def settle_alert(db: Session, alert: alert_rules.Alert, programme: Programme, now: datetime) -> None:
    """Close an alert by the facts, and tell those who were told of it."""
    alerts.close(db, alert.id, "settled by the facts", None, now)
    line = _("{ref} is closed by the facts: {what}.", ref=alert.ref, what=alert_rules.headline(alert, programme))
    for contact_id in alert.ladder[: alert.step + 1]:
        reach(db, contacts.load(db, contact_id), say(line), f"settled:{alert.id}:{contact_id}", "alert", now)


def raise_alert(db: Session, found: alert_rules.Raise, programme: Programme, now: datetime) -> bool:
    """Open an alert and tell the first person on its ladder; False when one is open for this cause already."""
    people = [
        (c.id, c.role, c.groups)
        for c in contacts.everyone(db, *programme.alerts.steps)
        if c.status is ContactStatus.ACTIVE and c.address() is not None
    ]
    ladder = alert_rules.ladder_for(found, programme, people)
    next_step = now + timedelta(hours=programme.alerts.acknowledge_hours)
    alert = alerts.open_one(db, found, ladder, now, next_step)
    if alert is None:
        return False
    tell_rung(db, alert, programme, now)
    return True


def tell_rung(db: Session, alert: alert_rules.Alert, programme: Programme, now: datetime) -> None:
    """Send an alert to whoever stands on its rung."""
    if alert.step >= len(alert.ladder):
        return
    person = contacts.load(db, alert.ladder[alert.step])
    critical = alert.cause is alert_rules.Cause.BEYOND_LIMIT
    stamp = int(alert.next_step_at.timestamp())
    reach(db, person, alert_message(alert, programme), f"alert:{alert.id}:{alert.step}:{stamp}", "alert", now, critical)


def is_looping(db: Session, inbound: Inbound, contact: Contact, now: datetime) -> bool:
    """Whether this is at least the fifth identical text of this person within ten minutes."""
    if inbound.kind is not InboundKind.MESSAGE:
        return False
    return messages.same_words(db, contact.id, fold(inbound.text), now - LOOP_WINDOW) >= LOOP_TEXTS


def _address_news(db: Session, inbound: Inbound, contact: Contact, programme: Programme, now: datetime) -> Turn | None:
    if inbound.kind is InboundKind.BLOCKED:
        contacts.mark_address(db, inbound.sender, AddressStatus.UNREACHABLE)
        return None
    source = Source(contact, programme, None, now)
    stopped = inbound.kind is InboundKind.OPTED_OUT
    contacts.mark_address(db, inbound.sender, AddressStatus.ACTIVE)
    save_events(db, [ContactStopped() if stopped else ContactStarted()], source)
    return Turn("stop" if stopped else "start", conversations.load(db, contact.id), "none")


def _stranger(db: Session, inbound: Inbound, inbound_id: int, programme: Programme, now: datetime) -> Turn | None:
    if inbound.kind is not InboundKind.MESSAGE or not re.search(r"\w", inbound.text):
        return None
    if inbound.sender.scheme == "tel" and is_service(inbound.sender.path):
        return None
    code = _join_code(inbound.text)
    if code is not None and (contact := contacts.redeem(db, code, now)) is not None:
        contacts.add_address(db, contact.id, inbound.sender)
        situation = _situation(db, inbound, inbound_id, contacts.load(db, contact.id), programme, now)
        turn = _welcome(situation)
        save_turn(db, turn, situation, inbound)
        messages.belongs_to(db, inbound_id, contact.id)
        return turn
    line = _not_joined(code)
    if occurrences.record(
        db, f"stranger:{values.fingerprint(str(inbound.sender))}:{now:%Y-%m-%d}", "stranger", None, now
    ):
        queue(db, say(line), None, inbound.sender, f"turn:{inbound_id}", "chat", Lane.ANSWER, now, inbound_id)
    return Turn("join" if code else "chat", Conversation(), "question" if code else "help")


def _not_joined(code: str | None) -> Text:
    if code is not None:
        return _("That code is not valid or was used. Ask your facilitator for a new one, then send JOIN and the code.")
    return _(
        "This number is for district health reports. If you work with us send JOIN and your code."
        " We keep no data from unknown numbers."
    )


def _join_code(text: str) -> str | None:
    found = find_verb(text)
    if found is None or found[0] != "join" or not found[1].strip():
        return None
    return found[1].strip()[:LONGEST_CODE]


def _join(db: Session, code: str, inbound: Inbound, situation: Situation) -> Turn:
    """Take a code from somebody we know: it may join them to their other channel."""
    owner = contacts.redeem(db, code, situation.now)
    if owner is None or owner.id == situation.contact.id:
        line = _("You have joined already. That code is not needed, was used, or is not valid.")
        return Turn("join", situation.conversation, "receipt", say(line))
    line = _("This number belongs to {name} already. Ask your facilitator.", name=situation.contact.name)
    return Turn("join", situation.conversation, "question", say(line))


def _welcome(situation: Situation) -> Turn:
    if situation.contact.status is ContactStatus.ACTIVE:
        line = _(
            "Welcome {name}, this channel is linked. We go on here with the same dialogues.",
            name=situation.contact.name,
        )
        return dialogue.recalled(Turn("join", situation.conversation, "receipt", say(line)), situation)
    flow = FLOWS["join"]
    return dialogue.moved(flow, engine.start(flow, situation, "join"), situation, "join")


def expire_drafts(db: Session, contact_id: int, now: datetime) -> int:
    """Let go of dialogues that have waited longer than their flow lasts; what was answered is on record already."""
    conversation = conversations.load(db, contact_id)
    fresh = tuple(s for s in conversation.sessions if now - s.asked_at < timedelta(days=FLOWS[s.flow].lasts_days))
    paused = tuple(s for s in conversation.paused if now - s.asked_at < timedelta(days=FLOWS[s.flow].lasts_days))
    gone = len(conversation.sessions) + len(conversation.paused) - len(fresh) - len(paused)
    if gone:
        conversations.save(db, contact_id, replace(conversation, sessions=fresh, paused=paused), now)
    return gone
