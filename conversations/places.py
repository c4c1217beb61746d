"""Which district the first words of a message name."""

from __future__ import annotations

import re

from conversations.grammar import fold
from domain.people import REPORTERS, Contact
from domain.programme import District, Programme

SHORTEST = 3  # letters that may stand for a district


def split_district(words: str, programme: Programme) -> tuple[tuple[District, ...], str]:
    """Return the districts that the first words may mean, and the words after them; () when they name none.

    A district is named by its code or name, or by how these begin: `ASU`, `asuo`, `New Juaben`. What is the code of
    an indicator is no district.
    """
    parts = words.split()
    for count in (3, 2, 1):
        wanted = re.sub(r"[^\w ]", "", fold(" ".join(parts[:count])))
        exact = tuple(d for d in programme.districts.values() if wanted in (fold(d.code), fold(d.name)))
        if exact and len(parts) >= count:
            return exact, " ".join(parts[count:])
    if not parts or parts[0].upper() in programme.indicators:
        return (), words
    wanted = re.sub(r"[^\w]", "", fold(parts[0]))
    if len(wanted) < SHORTEST:
        return (), words
    near = [
        d for d in programme.districts.values() if fold(d.code).startswith(wanted) or fold(d.name).startswith(wanted)
    ]
    return (tuple(near), " ".join(parts[1:])) if near else ((), words)


def districts_of(contact: Contact, programme: Programme) -> tuple[str, ...]:
    """Return the districts of a facilitator's or manager's groups; all of them when no group is named.

    Who reports looks after none, with a district or when it was handed over.
    """
    if contact.role in REPORTERS:
        return ()
    groups = contact.groups or tuple(programme.groups)
    there = (programme.groups[group] for group in groups if group in programme.groups)
    return tuple(code for group in there for code in group.districts)
