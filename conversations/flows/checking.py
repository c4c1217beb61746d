"""Checking reports: `FLAGS` lists what needs a look, `OK 1` accepts, `Q 1 text` asks, `HOLD 1` keeps out."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from conversations.flows.absence import away_lines, here_first
from conversations.queries import QUERY
from conversations.situation import Situation
from conversations.state import Flagged, Listed, Query, Question
from conversations.turn import Tell, Turn, say
from conversations.verbs import Request
from domain.checking import Flag, Look, flags
from domain.events import Check, Event, ValueChecked, ValueReported, ValueStatus
from domain.messages import Option, Say
from domain.people import Contact, ContactStatus
from domain.text import Text, _, clipped, plain

PAGE, LONG_PAGE = 3, 12  # values on one screen: of an SMS, of Telegram
LONGEST_NAME, LONGEST_REASON = 10, 24  # characters on SMS
NUMBER = re.compile(r"\s*(\d{1,3})(?!\w)[\s,;.:&+]*")
WHY = {
    Look.PENDING: _("waits for a yes"),
    Look.UNUSUAL: _("unusual"),
    Look.FLAT: _("3 months same"),
    Look.ASKED: _("looked at"),
}
DONE = {Check.QUERIED: _("asked"), Check.ANSWERED: _("answered"), Check.HELD: _("held")}


def listing(request: Request) -> Turn:
    """List the values that need a look, numbered, some at a time."""
    situation = request.situation
    page = int(request.words) if request.words.strip().isdecimal() else 1
    known = situation.conversation.flags
    open_now = {_listed(f): f for f in _open(situation)}
    shown = known.values if known and page > 1 else tuple(open_now)
    numbered = [(n, open_now[v]) for n, v in enumerate(shown, start=1) if v in open_now]
    size = PAGE if situation.scheme == "tel" else LONG_PAGE
    if not numbered:
        line = _("Nothing needs a look in your districts.")
        return Turn("flags", replace(situation.conversation, flags=None), "receipt", say(line))
    start = size * (page - 1)
    rows = [(n, flag) for n, flag in numbered if start < n <= start + size]
    if not rows:
        line = _("The list ends at {n}. FLAGS shows it from the start.", n=numbered[-1][0])
        return Turn("flags", situation.conversation, "question", say(line))
    ticket = situation.conversation.ticket + 1
    kept = replace(situation.conversation, flags=Flagged(shown, situation.now, ticket), ticket=ticket)
    more = page + 1 if numbered[-1][0] > start + size else None
    return Turn("flags", kept, "receipt", _screen(rows, len(numbered), more, situation, ticket))


def _open(situation: Situation) -> tuple[Flag, ...]:
    return flags(situation.programme, situation.records, situation.unsettled, situation.period)


def _listed(flag: Flag) -> Listed:
    return Listed(flag.district, flag.code, flag.period, flag.measure)


def _screen(rows: list[tuple[int, Flag]], count: int, more: int | None, situation: Situation, ticket: int) -> Say:
    on_sms = situation.scheme == "tel"
    listed = tuple(_row(n, flag, situation) for n, flag in rows)
    lines: tuple[Text, ...] = (_("To look at, {n} in all:", n=count), *listed)
    if on_sms:
        lines = (_("{n} to look at: {list}.", n=count, list=listed),)
    if more:
        lines = (*lines, _("More: FLAGS {n}", n=more))
    how = _("OK {n} accepts, Q {n} words asks, HOLD {n} keeps it out.", n=rows[0][0])
    reasons = tuple(_reason(n, flag) for n, flag in rows if flag.reason) if on_sms else ()
    buttons = [(n, word) for n, _flag in rows for word in ("OK", "HOLD")]
    options = tuple(Option(f"{word} {n}", plain("{word} {n}", word=word, n=n)) for n, word in buttons)
    return Say(lines, (how, *reasons), options, numbered=False, ticket=ticket)


def _row(number: int, flag: Flag, situation: Situation) -> Text:
    on_sms = situation.scheme == "tel"
    name = situation.programme.districts[flag.district].name
    done = DONE.get(flag.check) if flag.check else None
    state = plain("{why}/{done}", why=WHY[flag.why], done=done) if done else WHY[flag.why]
    state = done if done and flag.why is Look.ASKED else state
    reason = f': "{flag.reason}"' if flag.reason and not on_sms else ""
    return Text(
        "{n} {name} {code} {value} {period:month} {state}{reason}",
        {
            "n": number,
            "name": clipped(name, LONGEST_NAME) if on_sms else name,
            "code": flag.code,
            "value": flag.measure,
            "period": flag.period,
            "state": state,
            "reason": reason,
        },
    )


def _reason(number: int, flag: Flag) -> Text:
    return plain('{n}: "{reason}"', n=number, reason=clipped(flag.reason or "", LONGEST_REASON))


def pick(request: Request) -> Turn:
    """Say what may be done with a value whose number came alone after the list."""
    line = _("{n}: OK {n} accepts, Q {n} and your words asks, HOLD {n} keeps it out.", n=int(request.words))
    return Turn("flags", request.situation.conversation, "question", say(line))


def old_list(situation: Situation) -> Turn:
    """Say that a button stood under a list that another has replaced."""
    line = _("That button belongs to an older list. FLAGS shows the list of now.")
    return Turn("flags", situation.conversation, "question", say(line))


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
    open_now = {_listed(f): f for f in _open(situation)}
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
