"""Checking reports: `FLAGS` lists the values that need a look, and numbers them."""

from __future__ import annotations

from dataclasses import replace

from conversations.situation import Situation
from conversations.state import Flagged, Listed
from conversations.turn import Turn, say
from conversations.verbs import Request
from domain.checking import Flag, Look, flags
from domain.events import Check
from domain.messages import Option, Say
from domain.text import Text, _, clipped, plain

PAGE, LONG_PAGE = 3, 12  # values on one screen: of an SMS, of Telegram
LONGEST_NAME, LONGEST_REASON = 10, 24  # characters on SMS
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
    open_now = {listed_as(f): f for f in open_flags(situation)}
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


def open_flags(situation: Situation) -> tuple[Flag, ...]:
    """Return the values that need a look now."""
    return flags(situation.programme, situation.records, situation.unsettled, situation.period)


def listed_as(flag: Flag) -> Listed:
    """Return what a list keeps of a value, by which it is found again."""
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
