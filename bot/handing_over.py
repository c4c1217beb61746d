"""A role passes on: the invited person is asked, and their yes or no is carried to everybody it concerns."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy.orm import Session

from bot.joining import welcome
from bot.reaching import after_quiet, queue, reach
from conversations.situation import Situation
from conversations.state import Conversation
from conversations.turn import say
from domain.events import ConsentGiven, ContactStopped, Event, RoleOffered
from domain.messages import Lane
from domain.people import Contact
from domain.text import Text, _
from storage import contacts, conversations, plans


def hand_over(db: Session, events: Iterable[Event], situation: Situation) -> None:
    """Do what a turn's events ask for: invite who was named, or complete or end what an invited person answered."""
    for event in events:
        if isinstance(event, RoleOffered):
            _invite(db, event, situation)
        elif isinstance(event, ConsentGiven | ContactStopped) and not situation.contact.consented:
            giver = contacts.predecessor(db, situation.contact.id)
            if giver is not None:
                _answered(db, isinstance(event, ConsentGiven), giver, situation)


def _invite(db: Session, event: RoleOffered, situation: Situation) -> None:
    taker, now = contacts.find(db, event.urn), situation.now
    assert taker is not None, "an invited contact was just added"
    theirs = conversations.load(db, taker.id)
    turn = welcome(replace(situation, contact=taker, conversation=theirs, scheme=event.urn.scheme))
    conversations.save(db, taker.id, turn.conversation)
    assert turn.say is not None, "a welcome says something"
    asks = _("{giver} asks you to take over {place}.", giver=situation.contact.name, place=situation.district.name)
    message = replace(turn.say, lines=(asks, *turn.say.lines))
    due_at = after_quiet(now, taker.timezone, situation.programme)
    queue(db, message, taker, event.urn, f"invite:{taker.id}", "invite", Lane.BULK, now, due_at=due_at)


def _answered(db: Session, agreed: bool, giver: Contact, situation: Situation) -> None:
    taker, place = situation.contact, situation.district
    if agreed:
        contacts.change(db, giver.id, district=None)
        contacts.end_invites(db, giver.id)
        plans.pass_on(db, place.code, giver.key, taker.key)
        conversations.save(db, giver.id, Conversation(ticket=conversations.load(db, giver.id).ticket))
        told = _("{name} has taken over {place} from you. Thank you for your work.", name=taker.name, place=place.name)
    else:
        told = _("{name} did not agree. You stay in charge of {place}.", name=taker.name, place=place.name)
    key = f"handed:{taker.id}"
    reach(db, giver, say(told), f"{key}:{giver.id}", "handover", situation.now)
    for helper in contacts.facilitators_of(db, place.group):
        line = _news(agreed, giver, situation)
        reach(db, helper, say(line), f"{key}:{helper.id}", "handover", situation.now)


def _news(agreed: bool, giver: Contact, situation: Situation) -> Text:
    names = {"name": situation.contact.name, "place": situation.district.name, "giver": giver.name}
    if agreed:
        return _("{name} now reports for {place}, in place of {giver}.", **names)
    return _("{name} did not agree to take over {place}; {giver} stays.", **names)
