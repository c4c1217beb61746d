"""Do no harm: a concern in anybody's words goes to those who can act, at once, and to nobody else."""

from __future__ import annotations

from conversations.places import split_district
from conversations.turn import Turn, say
from conversations.verbs import Request
from domain.events import HarmRaised
from domain.people import Contact, Role
from domain.programme import District
from domain.text import _


def harm(request: Request) -> Turn:
    """Take a concern that people come to harm; who leads several districts names the one it is about."""
    situation = request.situation
    district, words = _about(request)
    if district is None:
        codes = next(iter(situation.programme.districts.values()))
        line = _("Which district? Send HARM, its name and what you fear, e.g. HARM {name} ...", name=codes.name)
        return Turn("harm", situation.conversation, "question", say(line))
    readers = _readers(situation.colleagues, situation.programme.alerts.steps, district, situation.contact)
    names = ", ".join(person.name for person in readers)
    if not words:
        line = _("What do you fear? Send HARM and your words. Only {names} will read them.", names=names)
        return Turn("harm", situation.conversation, "question", say(line))
    line = _(
        "Thank you. {names} are told now, nobody else reads it. Ref H{ref}.", names=names, ref=situation.inbound_id
    )
    contact = situation.contact
    event = HarmRaised(district.code, words, contact.id, contact.name, situation.inbound_id)
    return Turn("harm", situation.conversation, "receipt", say(line), (event,))


def _about(request: Request) -> tuple[District | None, str]:
    situation, words = request.situation, request.words.strip()
    if situation.contact.district is not None:
        return situation.district, words
    named, rest = split_district(words, situation.programme)
    return (named[0], rest.strip()) if len(named) == 1 else (None, words)


def _readers(
    people: tuple[Contact, ...], steps: tuple[Role, ...], district: District, sender: Contact
) -> list[Contact]:
    return [
        person
        for role in steps
        for person in people
        if person.role is role and person.reachable and person.id != sender.id
        if not person.groups or district.group in person.groups
    ]
