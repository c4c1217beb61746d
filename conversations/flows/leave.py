"""Leave: `LEAVE 1 DEC 14 DEC`, in which nothing unasked comes and whoever else reports is asked instead."""

from __future__ import annotations

import re
from collections.abc import Iterator
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
UNTIL = r"(?:to|until|till|hadi|mpaka|al?|hasta(?:\s+el)?|au|jusqu'?\s?au?)\s+"
FROM = r"(?:(?:from|kuanzia|del?|desde(?:\s+el)?|du)\s+)?"
DATE = r"\d{4}-\d\d?-\d\d?|\d{1,2}[\s./-]*(?:de\s+)?(?:[a-z]+|\d{1,2})\.?(?:[\s./-]+(?:de\s+)?\d{4})?"
MONTH = r"\s+(?:de\s+)?[a-z]+\.?(?:\s+(?:de\s+)?\d{4})?"
ALONE = re.compile(f"{UNTIL}({DATE})")
TWO = re.compile(rf"{FROM}({DATE})\s*(?:\s{UNTIL}|-\s*|,\s*|\s)({DATE})")
ONE_MONTH = re.compile(rf"{FROM}(\d{{1,2}})\s*(?:\s{UNTIL}|-\s*|,\s*|\s)(\d{{1,2}})({MONTH})")
MONTH_FIRST = re.compile(rf"{FROM}(\d{{1,2}})({MONTH})\s*(?:\s{UNTIL}|-\s*)(\d{{1,2}})")
WITH_YEAR = re.compile(r"\d{4}")
ORDINAL = re.compile(r"(?<=\d)(?:er|st|nd|rd|th)\b")


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
    """Read `1 DEC 14 DEC`, `1/12 - 14/12`, `until 14 DEC` (from today); None for anything else."""
    text = ORDINAL.sub("", fold(words).strip(" .!"))
    if alone := ALONE.fullmatch(text):
        last = read_day(alone[1], today)
        return None if last is None else (today, last)
    for one, two in _pairs(text):
        first, last = read_day(one, today), read_day(two, today)
        if first is None or last is None:
            continue
        if first - today > timedelta(days=300) and not WITH_YEAR.search(one):  # a day just gone by is not next year's
            first = _a_year_from(first, -1)
        return first, _a_year_from(last, 1) if last < first and last.year == today.year else last
    return None


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    """Yield the two dates that a text may be, with the month of the other where one has none."""
    if found := TWO.fullmatch(text):
        yield found[1], found[2]
    if found := ONE_MONTH.fullmatch(text):
        yield found[1] + found[3], found[2] + found[3]
    if found := MONTH_FIRST.fullmatch(text):
        yield found[1] + found[2], found[3] + found[2]


def _a_year_from(day: date, years: int) -> date:
    leap = (day.month, day.day) == (2, 29)
    return day.replace(year=day.year + years, day=28 if leap else day.day)


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
            "Noted: nothing unasked from {since} to {until}. Nobody else reports for {place};"
            " your facilitator is told.",
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
        and (person.away is None or last < person.away[0] or person.away[1] < first)
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
