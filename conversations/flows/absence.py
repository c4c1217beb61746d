"""Who is on leave: whom people turn to instead, and what is said to those whose words wait."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from conversations.situation import Situation
from domain.people import Contact
from domain.text import Text, _

NAMED = 2  # people whose return is told in one receipt


def here_first(people: Sequence[Contact], today: date) -> tuple[Contact, ...]:
    """Return people, those who are on leave last."""
    return tuple(sorted(people, key=lambda person: person.is_away(today)))


def away_lines(people: Sequence[Contact], situation: Situation) -> tuple[Text, ...]:
    """Return who of some people is on leave, and from when on they read what was said to them."""
    return tuple(
        _("{name} is on leave and gets it after {day:short}.", name=person.name, day=person.away[1])
        for person in [one for one in people if one.away and one.is_away(situation.today)][:NAMED]
        if person.away is not None
    )
