"""Handing over a role: the next person is invited, and until they agree nothing changes."""

from __future__ import annotations

import re
from typing import NamedTuple

import phonenumbers

from conversations.situation import Situation
from conversations.turn import Tell, Turn, say
from conversations.verbs import Request
from domain.events import RoleOffered
from domain.people import REPORTERS, Contact, ContactStatus, Urn
from domain.text import Text, _

NUMBER = re.compile(r"\+?\d[\d\s().-]{5,18}\d")
LONGEST_NAME = 40  # characters


class Successor(NamedTuple):
    """Who takes over: a name, and where to write to them."""

    name: str
    urn: Urn


def handover(request: Request) -> Turn:
    """Invite the next person in this role; the facilitator is told (DOMAIN, staff turnover)."""
    situation = request.situation
    if not situation.contact.reports:
        line = _("Only who reports for a district hands over by message. Your administrator changes other roles.")
        return Turn("handover", situation.conversation, "help", say(line))
    found = read_successor(request.words, situation.programme.country)
    if found is None:
        line = _("Send HANDOVER, the number and the name of who takes over, e.g. HANDOVER +233200000099 Esi")
        return Turn("handover", situation.conversation, "question", say(line))
    others = (c for c in situation.colleagues if not _let_go(c))
    known = next((c for c in others if any(a.urn == found.urn for a in c.addresses)), None)
    if known is not None:
        return Turn("handover", situation.conversation, "question", say(_taken(known, situation)))
    line = _("{name} will get an invite. You stay in charge until {name} agrees.", name=found.name)
    told = tuple(Tell(helper.id, say(_told(found, situation)), "handover") for helper in situation.helpers)
    extra = (_("Your facilitator is told."),) if told else ()
    event = RoleOffered(found.name, found.urn)
    return Turn("handover", situation.conversation, "receipt", say(line, extra=extra), (event,), told)


def passed_on(situation: Situation) -> Turn:
    """Tell somebody whose invite has ended that nothing is asked of them; they have agreed to nothing."""
    line = _("Thank you, but this was passed to somebody else. Nothing is asked of you now.")
    return Turn("join", situation.conversation, "receipt", say(line))


def _let_go(contact: Contact) -> bool:
    """Whether somebody was invited in vain; their number may be invited again."""
    return contact.status is ContactStatus.INVITED and contact.role in REPORTERS and contact.district is None


def read_successor(words: str, country: str) -> Successor | None:
    """Read `+233200000099 Esi`, the number as people of a country (two letters) write it; None without both."""
    found = NUMBER.search(words)
    if found is None:
        return None
    try:
        number = phonenumbers.parse(found[0], country)
    except phonenumbers.NumberParseException:
        return None
    name = " ".join((words[: found.start()] + " " + words[found.end() :]).split()).strip(" ,;:.-")[:LONGEST_NAME]
    if not name or not phonenumbers.is_possible_number(number):
        return None
    return Successor(name, Urn("tel", phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)))


def _taken(known: Contact, situation: Situation) -> Text:
    if known.id == situation.contact.id:
        return _("That is your own number. Send the number of who takes over.")
    return _("That number is {name}'s here already. Ask your facilitator to change the roles.", name=known.name)


def _told(found: Successor, situation: Situation) -> Text:
    return _(
        "{giver} hands over {place} to {name}, who has been invited.",
        giver=situation.contact.name,
        place=situation.district.name,
        name=found.name,
    )
