"""Joining: who a code belongs to, and what people hear whom we do not know."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from bot.reaching import queue
from conversations import dialogue, engine
from conversations.flows import FLOWS
from conversations.flows.rating import rated
from conversations.grammar import fold
from conversations.keywords import CARRIER_STOP, find_verb
from conversations.noise import is_noise
from conversations.situation import Situation
from conversations.turn import Turn, say
from domain.messages import Inbound, InboundKind, Lane
from domain.people import Contact, ContactStatus
from domain.periods import local
from domain.programme import Programme
from domain.text import Text, _
from storage import contacts, occurrences, ratings, values

LONGEST_CODE = 16  # characters; spaces and hyphens in a code do not matter


def join_code(text: str) -> str | None:
    """Return the code that a text wants to join with, if it is `JOIN` and a code."""
    found = find_verb(text)
    code = found[1].strip() if found is not None and found[0] == "join" else ""
    written = len(code.split()) == 1 or (len(code) <= LONGEST_CODE and (code.isupper() or any(map(str.isdigit, code))))
    return code[:LONGEST_CODE] if written else None


def admit(db: Session, inbound: Inbound, now: datetime) -> Contact | None:
    """Spend the join code that a stranger sent, and give its owner the address it came from; None without one."""
    code = join_code(inbound.text)
    contact = contacts.redeem(db, code, now) if code is not None and inbound.kind is InboundKind.MESSAGE else None
    if contact is None:
        return None
    contacts.add_address(db, contact.id, inbound.sender)
    return contacts.load(db, contact.id)


def answer_stranger(
    db: Session, inbound: Inbound, inbound_id: int, programme: Programme, now: datetime
) -> tuple[str, str]:
    """Answer somebody we do not know, and never a machine; return the intent and the kind of reply.

    A rating of a service is taken, one a day for each service; for anything else they are told, once a day, how to
    join.
    """
    if inbound.kind is not InboundKind.MESSAGE or is_noise(inbound, inbound.text):
        return "noise", "none"
    if fold(inbound.text).rstrip(" .!") in CARRIER_STOP:
        return "stop", "none"
    found = find_verb(inbound.text)
    if found is not None and found[0] == "rate":
        return "rate", _take_rating(db, found[1], inbound, inbound_id, programme, now)
    return _turn_away(db, inbound, inbound_id, now)


def _take_rating(
    db: Session, words: str, inbound: Inbound, inbound_id: int, programme: Programme, now: datetime
) -> str:
    line, event = rated(words, programme)
    day = local(now, programme.timezone).date()
    sender = values.fingerprint(str(inbound.sender))
    if event is not None and occurrences.record(db, f"rate:{sender}:{event.service}:{day}", "rate", None, now):
        ratings.save(db, event, programme, day)
    elif not occurrences.record(db, f"rate:{sender}:{values.fingerprint(fold(inbound.text))}:{day}", "rate", None, now):
        return "none"
    elif event is not None:
        line = _("You have rated {service} today. Thank you.", service=programme.services[event.service].name)
    queue(db, say(line), None, inbound.sender, f"turn:{inbound_id}", "rate", Lane.ANSWER, now, inbound_id)
    return "receipt" if event else "question"


def _turn_away(db: Session, inbound: Inbound, inbound_id: int, now: datetime) -> tuple[str, str]:
    wrong_code = join_code(inbound.text) is not None
    key = f"stranger:{values.fingerprint(str(inbound.sender))}:{now:%Y-%m-%d}:{wrong_code}"
    if occurrences.record(db, key, "stranger", None, now):
        line = _not_joined(wrong_code)
        queue(db, say(line), None, inbound.sender, f"turn:{inbound_id}", "chat", Lane.ANSWER, now, inbound_id)
    return ("join", "question") if wrong_code else ("chat", "help")


def _not_joined(wrong_code: bool) -> Text:
    if wrong_code:
        return _("That code is not valid or was used. Ask your facilitator for a new one, then send JOIN and the code.")
    return _(
        "This number is for district health reports. If you work with us send JOIN and your code."
        " We keep no messages from unknown numbers."
    )


def join_again(db: Session, code: str, situation: Situation) -> Turn:
    """Answer a code from somebody we know already; it is not spent, since it was typed on the wrong phone."""
    owner = contacts.owner_of(db, code, situation.now)
    if owner == situation.contact.id:
        line = _("That code is for your other phone or app: send it from there.")
    elif owner is not None:
        line = _("That code is for somebody else; this number belongs to {name}.", name=situation.contact.name)
    else:
        line = _("You have joined already. That code was used or is not valid.")
    return Turn("join", situation.conversation, "receipt" if owner is None else "question", say(line))


def welcome(situation: Situation) -> Turn:
    """Begin the joining dialogue, or for somebody who has joined say that this channel is linked."""
    if situation.contact.status is ContactStatus.ACTIVE:
        line = _(
            "Welcome {name}, this channel is linked. We go on here with the same dialogues.",
            name=situation.contact.name,
        )
        return dialogue.recalled(Turn("join", situation.conversation, "receipt", say(line)), situation)
    flow = FLOWS["join"]
    return dialogue.moved(flow, engine.start(flow, situation, "join"), situation, "join")
