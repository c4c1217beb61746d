"""Leave: `LEAVE 1 DEC 14 DEC`, in which nothing unasked comes and whoever else reports is asked instead."""

from __future__ import annotations

import re
from datetime import date, timedelta

from conversations.grammar import fold
from conversations.progress import read_day
from conversations.situation import Situation
from conversations.turn import Tell, Turn, say
from conversations.verbs import Request
from domain.events import LeaveTaken
from domain.people import Contact, Role
from domain.text import Text, _

LONGEST = timedelta(days=120)
OVER = frozenset({"off", "over", "no", "imeisha", "nimerudi", "terminado", "volvi", "fini", "finie", "rentre"})
BETWEEN = re.compile(r"\s+(?:to|until|till|hadi|mpaka|al?|hasta|au|jusqu'?\s?au?)\s+")
FROM = re.compile(r"^(?:from|kuanzia|del?|desde|du)\s+")
DATE = re.compile(r"\d{4}-\d\d?-\d\d?|\d{1,2}[\s./-]*(?:de\s+)?(?:[a-z]+|\d{1,2})\.?(?:[\s./-]+(?:de\s+)?\d{4})?")


def leave(request: Request) -> Turn:
    """Send nothing unasked between two days, and say who is asked instead; OFF ends it."""
    situation = request.situation
    if fold(request.words).strip(" .!") in OVER:
        return _ended(situation)
    days = read_days(request.words, situation.today)
    if days is None:
        line = _("From when until when? Send e.g. LEAVE 1 DEC 14 DEC. LEAVE OFF ends it.")
        return Turn("leave", situation.conversation, "question", say(line))
    first, last = days
    if last < situation.today or last < first or last - first > LONGEST:
        line = _("{since} to {until} cannot be. Send e.g. LEAVE 1 DEC 14 DEC", since=first, until=last)
        return Turn("leave", situation.conversation, "question", say(line))
    return _taken(first, last, situation)


def read_days(words: str, today: date) -> tuple[date, date] | None:
    """Read `1 DEC 14 DEC`, `1/12 - 14/12`, `until 14 DEC` (from today); None without a last day."""
    text = FROM.sub("", BETWEEN.sub(" | ", f" {fold(words).strip(' .!')} ").strip())
    found = [day for piece in DATE.findall(text) if (day := read_day(piece.strip(), today)) is not None]
    if len(found) == 1:
        return today, found[0]
    if len(found) != 2:
        return None
    first, last = found
    if first - today > timedelta(days=300):  # a day that has just gone by is not next year's
        first = first.replace(year=first.year - 1)
    if last < first and last.year == today.year:
        last = last.replace(year=last.year + 1)
    return first, last


def _taken(first: date, last: date, situation: Situation) -> Turn:
    others = _others(first, last, situation)
    if not situation.contact.reports:
        line = _("Noted: nothing unasked from {since} to {until}. LEAVE OFF ends it.", since=first, until=last)
    elif others:
        line = _(
            "Noted: nothing unasked from {since} to {until}. {name} is asked instead. LEAVE OFF ends it.",
            since=first,
            until=last,
            name=others[0].name,
        )
    else:
        line = _(
            "Noted: nothing unasked from {since} to {until}. Nobody else reports for {place}; your facilitator is told.",
            since=first,
            until=last,
            place=situation.district.name,
        )
    tells = _tells(first, last, others, situation) if situation.contact.reports else ()
    return Turn("leave", situation.conversation, "receipt", say(line), (LeaveTaken(first, last),), tells)


def _others(first: date, last: date, situation: Situation) -> list[Contact]:
    """Return who else can be asked for the district, all the time that somebody is away."""
    return [
        person
        for person in situation.colleagues
        if person.role is Role.FOCAL
        and person.district == situation.contact.district
        and person.id != situation.contact.id
        and person.reachable
        and not (person.is_away(first) or person.is_away(last))
    ]


def _tells(first: date, last: date, others: list[Contact], situation: Situation) -> tuple[Tell, ...]:
    said = {"name": situation.contact.name, "place": situation.district.name, "since": first, "until": last}
    if situation.contact.role is not Role.FOCAL:
        return ()
    if others:
        line = _("{name} is on leave {since} to {until}. In that time you are asked for {place}.", **said)
        return (Tell(others[0].id, say(line), "leave"),)
    alone = _("{name} ({place}) is on leave {since} to {until}, and nobody else reports there.", **said)
    return tuple(Tell(helper.id, say(alone), "leave") for helper in situation.helpers)


def _ended(situation: Situation) -> Turn:
    line: Text = _("Welcome back, {name}. DUE shows what waits.", name=situation.contact.name)
    return Turn("leave", situation.conversation, "receipt", say(line), (LeaveTaken(None, None),))
