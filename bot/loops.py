"""The loop breaker: a number that talks like a machine is not answered, and somebody hears of it."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy.orm import Session

from bot.reaching import reach
from conversations.turn import Turn, say
from domain.messages import Inbound, InboundKind
from domain.people import Contact, Role
from domain.programme import Programme
from domain.text import Text, _
from storage import contacts, occurrences
from storage.messages import Beside

log = logging.getLogger(__name__)

WINDOW = timedelta(minutes=10)
MOST_ALIKE = 4  # the fifth identical text in this time is a machine talking
FEW_LETTERS = 8
MOST_AT_ALL = 40  # a guided report is twenty messages; nobody types twice that in ten minutes


class Loop(StrEnum):
    """What gives a machine away: the same words again and again, or more words than anybody types."""

    ALIKE = "alike"
    FLOOD = "flood"


def find_loop(inbound: Inbound, beside: Beside, asked: bool = False) -> Loop | None:
    """Return how this number talks like a machine, if it does, by what it has sent within `WINDOW`.

    Who is `asked` question after question may well answer five of them with the same few letters, such as SKIP or 0.
    """
    if inbound.kind is not InboundKind.MESSAGE:
        return None
    if beside.alike > MOST_ALIKE and not (asked and len(inbound.text.strip()) <= FEW_LETTERS):
        return Loop.ALIKE
    return Loop.FLOOD if beside.at_all > MOST_AT_ALL else None


def unanswered(turn: Turn) -> Turn:
    """Keep what a turn comes to, and say nothing to the number that floods us."""
    return replace(turn, say=None, reply="none")


def report_loop(db: Session, loop: Loop, contact: Contact, programme: Programme, now: datetime) -> None:
    """Tell those who look after a person, once a day, that their number is not answered."""
    if not occurrences.record(db, f"loop:{contact.id}:{now:%Y-%m-%d}", "loop", contact.id, now, reason=str(loop)):
        return
    log.warning("a number is looping", extra={"contact_id": contact.id, "loop": str(loop)})
    place = programme.districts[contact.district].name if contact.district else programme.name
    for person in _minders(db, contact, programme):
        key = f"loop:{contact.id}:{now:%Y-%m-%d}:{person.id}"
        reach(db, person, say(_words(contact, place)), key, "loop", now)


def _words(contact: Contact, place: str) -> Text:
    return _(
        "{name} ({place}) sends like a machine, so it gets no answers for now. Is a phone set to reply by itself?",
        name=contact.name,
        place=place,
    )


def _minders(db: Session, contact: Contact, programme: Programme) -> list[Contact]:
    if contact.district is None:
        return [person for person in contacts.everyone(db, Role.MANAGER) if person.id != contact.id]
    return contacts.facilitators_of(db, programme.districts[contact.district].group)
