"""What is found of a value that `FLAGS` numbered: `OK 1` accepts it, `Q 1 text` asks, `HOLD 1` keeps it out."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from conversations.flows.absence import away_lines, here_first
from conversations.flows.checking import listed_as, open_flags
from conversations.queries import QUERY
from conversations.situation import Situation
from conversations.state import Listed, Query, Question
from conversations.turn import Tell, Turn, say
from conversations.verbs import Request
from domain.checking import Flag, Look
from domain.events import Check, Event, ValueChecked, ValueReported, ValueStatus
from domain.people import Contact, ContactStatus
from domain.text import Text, _, plain

NUMBER = re.compile(r"\s*(\d{1,3})(?!\w)[\s,;.:&+]*")


def accept(request: Request) -> Turn:
    """Accept values: one that waited counts now, one that was held counts again; the reporter is thanked."""
    return _each("ok", request, _accepted, most=9)


def hold(request: Request) -> Turn:
    """Keep values from counting until they are accepted."""
    return _each("hold", request, _held)


def query(request: Request) -> Turn:
    """Ask the reporter about a value; the answer comes back by itself."""
    numbers, words = _numbers(request.words, 1)
    if numbers and not words:
        line = _("What do you want to ask? Send Q {n} and your words.", n=numbers[0])
        return Turn("query", request.situation.conversation, "question", say(line))
    return _each("query", request, _asked)


Step = Callable[[Flag, str, Situation], tuple[Text, tuple[Event, ...], tuple[Tell, ...]]]
"""What is done with one value: what is said, what happened, who is told."""


def _each(intent: str, request: Request, step: Step, most: int = 1) -> Turn:
    situation = request.situation
    numbers, words = _numbers(request.words, most)
    known = situation.conversation.flags
    if known is None or not numbers:
        line = _("FLAGS first, please: it numbers the values. Then e.g. OK 1, Q 1 words or HOLD 1.")
        return Turn(intent, situation.conversation, "question", say(line))
    open_now = {listed_as(f): f for f in open_flags(situation)}
    lines: list[Text] = []
    events: list[Event] = []
    tells: list[Tell] = []
    for number in numbers:
        listed = known.values[number - 1] if 1 <= number <= len(known.values) else None
        flag = open_now.get(listed) if listed else None
        if flag is None:
            lines.append(_not_open(number, listed, situation))
            continue
        line, happened, told = step(flag, words, situation)
        lines.append(line)
        events += happened
        tells += told
    reply = "receipt" if events else "question"
    return Turn(intent, situation.conversation, reply, say(*lines), tuple(events), tuple(tells))


def _numbers(words: str, most: int) -> tuple[list[int], str]:
    """Return the numbers that words begin with, `most` of them at most, and the words after them."""
    found: list[int] = []
    while len(found) < most and (match := NUMBER.match(words)):
        found.append(int(match[1]))
        words = words[match.end() :]
    return found, words.strip()


def _not_open(number: int, listed: Listed | None, situation: Situation) -> Text:
    if listed is None:
        return _("There is no {n} on your list. FLAGS shows it.", n=number)
    values = situation.records.get(listed.district)
    now = values.get(listed.code, listed.period) if values else None
    said = {
        "n": number,
        "name": situation.programme.districts[listed.district].name,
        "code": listed.code,
        "period": listed.period,
    }
    if now and now.check is Check.VERIFIED and listed.measure.same_as(now.measure):
        return _("{n} is accepted already: {name} {code} {period}.", **said)
    value = (now.measure if now else None) or _("not reported")
    return _(
        "{n} has changed since your list: {name} {code} {period} is {value}. Nothing done, FLAGS lists again.",
        value=value,
        **said,
    )


def _accepted(flag: Flag, words: str, situation: Situation) -> tuple[Text, tuple[Event, ...], tuple[Tell, ...]]:
    found = _found(flag, Check.VERIFIED, words)
    line = _("{name} {code} {value} {period} accepted.", **_named(flag, situation))
    thanked = _reporters(flag, situation) if flag.sender != situation.contact.id else ()
    tells = tuple(_thanks(c, flag, situation) for c in thanked)
    if flag.why is not Look.PENDING:
        return line, (found,), tells
    counted = ValueReported(
        flag.district,
        flag.code,
        flag.period,
        ValueStatus.REPORTED,
        flag.measure,
        flag.reason,
        flagged=True,
        after=flag.version,
    )
    return line, (counted, replace(found, version=flag.version + 1)), tells


def _held(flag: Flag, words: str, situation: Situation) -> tuple[Text, tuple[Event, ...], tuple[Tell, ...]]:
    line = _("{name} {code} {value} {period} does not count until OK.", **_named(flag, situation))
    return line, (_found(flag, Check.HELD, words),), ()


def _asked(flag: Flag, words: str, situation: Situation) -> tuple[Text, tuple[Event, ...], tuple[Tell, ...]]:
    person = next(iter(_reporters(flag, situation)), None)
    if person is None:
        return _("Nobody in {name} can be reached now.", **_named(flag, situation)), (), ()
    line = _(
        "{who} is asked about {code} {value} {period}. The answer comes to you.",
        **_named(flag, situation),
        who=person.name,
    )
    event = _found(flag, Check.QUERIED, words)
    for later in away_lines([person], situation):
        line = plain("{line} {later}", line=line, later=later)
    return line, (event,), (_question(person, flag, words, situation),)


def _question(person: Contact, flag: Flag, words: str, situation: Situation) -> Tell:
    asked = _(
        "{name} asks about your {code} {value} {period}: {words}",
        name=situation.contact.name,
        code=flag.code,
        value=flag.measure,
        period=flag.period,
        words=words,
    )
    how = _("Answer in words, or send the right number.")
    query = Query(situation.contact.id, situation.contact.name, flag.version, flag.why is Look.PENDING)
    waits = Question(QUERY, situation.now, flag.code, flag.period, words, (flag.measure,), query=query)
    return Tell(person.id, say(asked, extra=(how,)), f"query:{flag.code}:{flag.period}", asks=waits)


def _thanks(person: Contact, flag: Flag, situation: Situation) -> Tell:
    line = _(
        "Thank you. {name} has looked at your {code} {value} {period} and accepts it.",
        name=situation.contact.name,
        code=flag.code,
        value=flag.measure,
        period=flag.period,
    )
    return Tell(person.id, say(line), f"thanks:{situation.today}", once=True)


def _reporters(flag: Flag, situation: Situation) -> tuple[Contact, ...]:
    """Return who sent a value, if they still report there, are not on leave and can be reached; else the first."""
    here = [
        c
        for c in situation.reporters
        if c.district == flag.district and c.status is ContactStatus.ACTIVE and c.address() is not None
    ]
    return here_first(sorted(here, key=lambda c: c.id != flag.sender), situation.today)[:1]


def _found(flag: Flag, check: Check, words: str) -> ValueChecked:
    return ValueChecked(flag.district, flag.code, flag.period, check, flag.version, words or None)


def _named(flag: Flag, situation: Situation) -> dict[str, object]:
    name = situation.programme.districts[flag.district].name
    return {"name": name, "code": flag.code, "value": flag.measure, "period": flag.period}
