"""From a person's words to values, questions and refusals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from conversations.grammar.asides import without_asides
from conversations.grammar.cutting import cut
from conversations.grammar.dating import date_message, find_months, read_month
from conversations.grammar.doubt import uncertain
from conversations.grammar.judge import judge_pair
from conversations.grammar.pairs import Pair, match_pairs, positional_pairs, spoken
from conversations.grammar.pieces import Given, Mark, Piece, Slot, Verb, When, Word
from conversations.grammar.prose import DOUBTS, FILLERS, PLANS
from conversations.grammar.quoting import is_ours, without_quotes
from conversations.grammar.reading import Ask, Expected, Item, NoData, Read, Reading, Refuse, Why
from conversations.grammar.tokens import tokenise
from conversations.grammar.values import Kind
from conversations.grammar.words import NO
from domain.indicators import Indicator
from domain.measures import Measure
from domain.periods import ReportingPeriod

KNOWN = FILLERS | DOUBTS | PLANS
LONGEST = 4096  # characters, as long as Telegram lets a message be; the longest SMS has 1600


def read_report(text: str, expected: Expected) -> Reading:
    """Return what a whole message reports, with or without `REP` or `FIX` before it.

    Words after the value of a `FIX` are its reason. Never raises: what has no single reading is asked about, what
    cannot be is refused, and a text that does not look like a report comes back empty and not `certain`.
    """
    return _read(text, expected, fix=False)


def read_fix(words: str, expected: Expected) -> Reading:
    """Return what a correction says: `ANC1 467/615 recount`, where the words after a value are its reason."""
    return _read(words, expected, fix=True)


def read_slot(text: str, indicator: Indicator, period: ReportingPeriod, expected: Expected) -> Item:
    """Return what an answer says to the question about one indicator; it may repeat the code."""
    known = {**expected.indicators, indicator.code: indicator}
    due = expected.due if indicator.code in expected.due else (*expected.due, indicator.code)
    expected = replace(expected, indicators=known, due=due, due_period=period, prompted=None)
    if len(text) > LONGEST:
        return Ask(indicator.code, period, Why.INEXACT, text[:LONGEST])
    text = _without_no(text)
    named = _slot_item(text, 0, indicator, period, expected)
    return (
        named
        or _slot_item(f"{indicator.code} {text}", len(indicator.code) + 1, indicator, period, expected)
        or Ask(indicator.code, period, Why.INEXACT, text)
    )


def _without_no(text: str) -> str:
    """Leave out the no before the right value: `No, it is 118`."""
    tokens = [t for t in tokenise(text) if not t.is_break]
    marks = next((i for i, t in enumerate(tokens[1:], start=1) if t.is_word), 0)
    return text[tokens[marks].start :] if marks > 1 and tokens[0].text in NO else text


def _slot_item(
    text: str, written_from: int, indicator: Indicator, period: ReportingPeriod, expected: Expected
) -> Item | None:
    pieces = _listed_out(cut(text, expected))
    pairs = match_pairs(pieces, fix=False)
    if len(pairs) != 1 or pairs[0].slot.code != indicator.code or pairs[0].given is None:
        return None
    if any(isinstance(p, When) and not p.weak for p in pieces):
        return Ask(indicator.code, period, Why.INEXACT, text[written_from:])
    return judge_pair(text, pairs[0], period, expected, bool(uncertain(pairs, pieces, expected)))


def read_period(text: str, expected: Expected) -> ReportingPeriod | Refuse | tuple[ReportingPeriod, ...] | None:
    """Return the month that `text` names: one, why it cannot be taken, several to ask about, or None if it is none."""
    if len(text) > LONGEST:
        return None
    return read_month(text, find_months(text, cut(text, expected), expected), expected)


def _read(text: str, expected: Expected, fix: bool) -> Reading:
    sent, rest = _bounded(text)
    text = without_quotes(sent)
    if is_ours(text):
        return Reading(unread=(sent,))
    pieces = find_months(text, without_asides(text, _listed_out(cut(text, expected)), expected), expected)
    fix = fix or _opens_with_fix(pieces)
    pairs = match_pairs(pieces, fix)
    certain = fix or any(isinstance(p, Verb) for p in pieces) or any(p.slot.code and p.given for p in pairs)
    certain = certain or (bool(pairs) and _opens_with(pieces, pairs[0].slot) and pairs[0].slot.code is not None)
    if not pairs:
        pairs = positional_pairs(pieces, expected)
        certain = certain or bool(pairs)
        pieces = _with_answers(pieces, pairs)
    reading = _reading(text, pieces, pairs, expected, certain)
    return replace(reading, unread=(*reading.unread, rest)) if rest else reading


def _with_answers(pieces: Sequence[Piece], pairs: Sequence[Pair]) -> list[Piece]:
    """Return the pieces with the values that a list made of words such as `yes`."""
    given = {p.given.first: p.given for p in pairs if p.given}
    return [given.get(piece.first, piece) for piece in pieces]


def _bounded(text: str) -> tuple[str, str]:
    """Split a text that is too long after the last whole line that is not."""
    if len(text) <= LONGEST:
        return text, ""
    stop = text.rfind("\n", 0, LONGEST) + 1
    return text[:stop], text[stop : stop + LONGEST]


def _reading(text: str, pieces: Sequence[Piece], pairs: list[Pair], expected: Expected, certain: bool) -> Reading:
    unread = _unread(text, pieces, pairs)
    if not certain and not any(p.slot.code or p.slot.offered for p in pairs):
        pairs, unread = [], _unread(text, pieces, [])
    dates = date_message(pieces, pairs, expected)
    if (pairs or certain) and dates.refused:
        return Reading((dates.refused,), unread, certain=certain)
    if (pairs or certain) and dates.asked:
        return Reading((), unread, dates.asked, certain)
    doubted = uncertain(pairs, pieces, expected)
    items = _settle_repeats([judge_pair(text, p, dates.period_of(p.first), expected, p.at in doubted) for p in pairs])
    if not certain:
        items = tuple(i for i in items if not isinstance(i, Refuse))
    return Reading(items, unread, certain=certain or (bool(items) and not unread))


def _opens_with(pieces: Sequence[Piece], slot: Slot) -> bool:
    return next((p for p in pieces if not isinstance(p, Mark)), None) is slot and not slot.plain_word


def _opens_with_fix(pieces: Sequence[Piece]) -> bool:
    first = next((p for p in pieces if not isinstance(p, Mark)), None)
    return isinstance(first, Verb) and first.fix


def _listed_out(pieces: Sequence[Piece]) -> list[Piece]:
    """Leave out the numbers of a list: `1) ANC1 67 2) ABS 13`."""
    kept: list[Piece] = []
    number, seen = 1, False
    for index, piece in enumerate(pieces):
        after = pieces[index + 1 : index + 3]
        numbered = isinstance(piece, Given) and _is_number(piece, number) and (number > 1 or not seen)
        marked = len(after) == 2 and isinstance(after[0], Mark) and after[0].mark in ".)" and isinstance(after[1], Slot)
        if numbered and marked:
            number += 1
            kept.append(Mark(piece.first, piece.stop, piece.start, piece.end, ","))
            continue
        seen = seen or isinstance(piece, Slot | Given)
        kept.append(piece)
    return kept


def _is_number(piece: Given, number: int) -> bool:
    return piece.value.kind is Kind.NUMBER and piece.value.numbers[0].readings == (number,)


def _settle_repeats(items: Sequence[Item]) -> tuple[Item, ...]:
    """Ask once about a code that came twice with different values; keep one where both say the same."""
    groups: dict[tuple[str | None, object], list[Item]] = {}
    for index, item in enumerate(items):
        key = (item.code, index) if isinstance(item, Refuse) or item.code is None else (item.code, item.period)
        groups.setdefault(key, []).append(item)
    return tuple(group[0] if len(group) == 1 else _one_of(group) for group in groups.values())


def _one_of(group: list[Item]) -> Item:
    reads = [i for i in group if isinstance(i, Read)]
    if len(reads) == len(group) and len({r.measure.value for r in reads}) == 1:
        return next((r for r in reads if r.measure.denominator is not None), reads[0])
    first = group[0]
    if all(isinstance(i, NoData) for i in group) or isinstance(first, Refuse):
        return first
    valued = [i for i in group if not (isinstance(i, Ask) and i.why is Why.NO_VALUE)]
    if len(valued) == 1:
        return valued[0]
    readings: dict[Measure, None] = {}
    for item in group:
        found = (item.measure,) if isinstance(item, Read) else item.readings if isinstance(item, Ask) else ()
        readings.update(dict.fromkeys(found))
    return Ask(first.code, first.period, Why.CONFLICT, first.code or "", tuple(readings))


def _unread(text: str, pieces: Sequence[Piece], pairs: Sequence[Pair]) -> tuple[str, ...]:
    """Return the words that meant nothing, as written; values that belong to no code are among them."""
    used = {id(g) for p in pairs for g in (p.slot, p.given, *p.extra)}
    left = spoken(pieces, pairs)
    strange = (p for p in left if isinstance(p, Word) and p.word and p.word not in KNOWN)
    loose = (p for p in left if isinstance(p, Slot | Given) and id(p) not in used)
    return tuple(text[p.start : p.end] for p in sorted((*strange, *loose), key=lambda p: p.start))
