"""A long SMS that an operator hands over in parts: put together again, and no value is taken from a torn edge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from conversations.flows import VALUES, VERBS
from conversations.flows.diary import diary_parts
from conversations.grammar import read_report
from conversations.grammar.reading import NoData, Read, Reading
from conversations.keywords import find_verb
from conversations.situation import Situation
from conversations.state import Cut
from conversations.turn import Turn
from conversations.verbs import Request, Route
from domain.text import _

APART = timedelta(minutes=5)  # parts of one message do not come further apart than this
FULL = frozenset({152, 153, 159, 160})  # characters of a full part; a space at its edge may be lost on the way
FULL_WIDE = frozenset({66, 67, 69, 70})  # the same where a letter outside the plain alphabet makes them fewer
INTENTS = ("report", "fix", "diary")


def pieced(situation: Situation, text: str, by_words: Callable[[Situation, str], Route]) -> Route:
    """Return the route of an SMS from a reporter, which may be a part of a longer message.

    With the other part known the whole is read, as a correction of what the first part brought. Alone, a full part
    loses its last word, which may be half a number; what is left is read, and the person is told.
    """
    known = situation.conversation.cut
    if known is not None and situation.now - known.at <= APART:
        if (whole := _whole_report(known.text, text, situation)) is not None:
            return Route(VALUES, lambda s: _of_the_whole(whole, known, s))
        if is_full(known.text) and (more := _diary_goes_on(known.text, text)) is not None:
            return _remembering(by_words(situation, more), text)
    if is_full(text) and read_report(text, situation.expected()).certain:
        return _remembering(_torn(by_words(situation, _without_last_word(text))), text)
    return _remembering(by_words(situation, text), text)


def is_full(text: str) -> bool:
    """Whether a text is exactly as long as a part of a long SMS can be."""
    return len(text) in FULL or (not text.isascii() and len(text) in FULL_WIDE)


def _whole_report(one: str, other: str, situation: Situation) -> str | None:
    """Return two parts as the report that they make in one order or the other; None when they make none."""
    expected = situation.expected()
    for head, tail in ((one, other), (other, one)):
        if not is_full(head) or find_verb(tail) is not None or _is_clean(read_report(tail, expected)):
            continue
        for whole in (head + tail, f"{head} {tail}"):
            reading = read_report(whole, expected)
            if reading.certain and _is_clean(reading):
                return whole
    return None


def _is_clean(reading: Reading) -> bool:
    read = all(isinstance(item, Read | NoData) for item in reading.items)
    return bool(reading.items) and read and not reading.unread and not reading.period_asked


def _of_the_whole(whole: str, part: Cut, situation: Situation) -> Turn:
    past = next((report for report in situation.reports if report.ref == part.inbound_id), None)
    turn = VERBS["report"].answer(Request(whole, whole, situation, past))
    return replace(turn, conversation=replace(turn.conversation, cut=None))


def _diary_goes_on(head: str, tail: str) -> str | None:
    """Return the rest of a diary text under the mark that its first part ended in."""
    if not diary_parts(head) or diary_parts(tail) or find_verb(tail) is not None:
        return None
    mark = max(("D+", "D-", "D?", "DX", "D>"), key=lambda m: head.upper().rfind(m))
    return f"{mark} {tail}"


def _without_last_word(text: str) -> str:
    return text.rstrip().rpartition(" ")[0] or text


def _torn(route: Route) -> Route:
    def run(situation: Situation) -> Turn:
        turn = route.run(situation)
        if turn.say is None or turn.intent not in INTENTS:
            return turn
        hint = _("The end of your message seems cut off: please send the rest.")
        return replace(turn, reply="question", say=turn.say.before(hint))

    return replace(route, run=run)


def _remembering(route: Route, text: str) -> Route:
    """Keep a part for a while: a full one, or the end of a report whose beginning has not been seen."""

    def run(situation: Situation) -> Turn:
        turn = route.run(situation)
        waits = turn.intent in INTENTS and (is_full(text) or turn.reply == "question")
        cut = Cut(situation.inbound_id, text, situation.now) if waits else None
        return replace(turn, conversation=replace(turn.conversation, cut=cut))

    return replace(route, run=run)
