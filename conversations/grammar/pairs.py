"""Which value belongs to which code, and what in the words around them makes that uncertain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from conversations.grammar.pieces import Given, Mark, Piece, Slot, Verb, When, Word
from conversations.grammar.reading import Expected
from conversations.grammar.values import Kind, Value
from conversations.grammar.words import DOUBTS, FILLERS, LINKS, PARTS, PLANS
from domain.measures import Unit

_APPROXIMATE = frozenset("~<>≥≤≈±∼≃?^$")
_STOPS = frozenset(".!?\n")
GREETINGS = frozenset({("how", "are"), ("how", "r"), ("how", "is"), ("how", "u")})


@dataclass(frozen=True, slots=True)
class Pair:
    """A code with what was given for it. `at` is where it stands in the order of pieces.

    `extra` are further values that nothing else claims. `shifted` means that a value before the first code leaves two
    ways to match codes and values. `inexact` means that the words around it do not state the value plainly.
    `reason` cuts the words in the text that belong to a value that is not available, or to a correction.
    """

    slot: Slot
    given: Given | None
    at: int
    extra: tuple[Given, ...] = ()
    shifted: bool = False
    inexact: bool = False
    reason: tuple[int, int] | None = None


def match_pairs(pieces: Sequence[Piece], expected: Expected, fix: bool) -> list[Pair]:
    """Match codes with the values that follow them, or, when all pairs are so, that stand before them."""
    inverted = _inverted(pieces)
    pairs = inverted or _in_order(pieces)
    pairs = [_with_reason(pair, pieces, fix) for pair in pairs]
    reasons = [p.reason for p in pairs if p.reason]
    said = [p for p in pieces if not any(start <= p.start and p.end <= end for start, end in reasons)]
    pairs = [p for p in pairs if p.slot in said]
    return [replace(pair, inexact=_is_inexact(pair, said, expected, bool(inverted))) for pair in pairs]


def positional_pairs(pieces: Sequence[Piece], expected: Expected) -> list[Pair]:
    """Match a bare list of values with the codes of the prompt just before, if the length is exact; else []."""
    alone = all(
        isinstance(p, Given | Mark | Verb | When) or (isinstance(p, Word) and p.word in FILLERS) for p in pieces
    )
    if not expected.prompted or not alone:
        return []
    given = [p for p in pieces if isinstance(p, Given)]
    if len(given) < len(expected.prompted):
        given = [g for p in pieces if (g := _given_or_missing(p))]
    if len(given) != len(expected.prompted):
        return []
    return [
        Pair(Slot(g.first, g.first, g.start, g.start, code, code.lower()), g, at)
        for at, (code, g) in enumerate(zip(expected.prompted, given, strict=True))
    ]


def _given_or_missing(piece: Piece) -> Given | None:
    """Return a value of a bare list, where `NA` or a dash that stands apart is "not available"."""
    missing = isinstance(piece, Word) and piece.word == "na" and piece.upper
    if missing or (isinstance(piece, Mark) and piece.mark == "-" and piece.apart):
        return Given(piece.first, piece.stop, piece.start, piece.end, Value(Kind.NO_DATA, 1))
    return piece if isinstance(piece, Given) else None


def _inverted(pieces: Sequence[Piece]) -> list[Pair]:
    chain = [p for p in pieces if isinstance(p, Slot | Given)]
    values, slots = chain[0::2], chain[1::2]
    even = len(chain) >= 2 and len(values) == len(slots)
    if not even or not all(isinstance(v, Given) and v.value.kind is not Kind.NO_DATA for v in values):
        return []
    plain = all(not isinstance(p, Word) or p.word in FILLERS for p in pieces)
    if not all(isinstance(s, Slot) for s in slots) or not plain:
        return []
    return [
        Pair(slot, value, pieces.index(slot), shifted=_reads_as_month(value, pieces))
        for value, slot in zip(values, slots, strict=True)
        if isinstance(slot, Slot) and isinstance(value, Given)
    ]


def _reads_as_month(value: Given, pieces: Sequence[Piece]) -> bool:
    """Whether `REP 5 YAW 13 ABS` could also be May: a small number right after the verb leaves two ways to match."""
    before = pieces.index(value) - 1
    small = value.value.kind is Kind.NUMBER and value.value.numbers[0].readings[0] <= 12
    return small and before >= 0 and isinstance(pieces[before], Verb)


def _in_order(pieces: Sequence[Piece]) -> list[Pair]:
    pairs: list[Pair] = []
    stray = False
    for index, piece in enumerate(pieces):
        if isinstance(piece, Slot):
            pairs.append(Pair(piece, None, index, shifted=stray))
        elif isinstance(piece, Given) and not pairs:
            stray = True
        elif isinstance(piece, Given) and pairs[-1].given is None:
            pairs[-1] = replace(pairs[-1], given=piece)
        elif isinstance(piece, Given):
            pairs[-1] = replace(pairs[-1], extra=(*pairs[-1].extra, piece))
    return _without_mere_words(pairs)


def _without_mere_words(pairs: list[Pair]) -> list[Pair]:
    """Leave out codes that are ordinary words here: `time` or `drop` in small letters with no value."""
    return [p for p in pairs if p.given or not (p.slot.code and p.slot.plain_word)]


def _with_reason(pair: Pair, pieces: Sequence[Piece], fix: bool) -> Pair:
    """Give a pair the words that explain it: after "not available", and after the value of a correction."""
    given = pair.given
    if given is None or not (fix or given.value.kind is Kind.NO_DATA):
        return pair
    after = [p for p in pieces if p.first >= given.stop]
    stop = next((i for i, p in enumerate(after) if _ends_reason(p, after[i + 1 :], i)), len(after))
    words = after[:stop]
    while words and isinstance(words[0], Mark) and words[0].mark in ":,-.=(":
        words = words[1:]
    while words and isinstance(words[-1], Mark) and words[-1].mark in "\n,":
        words = words[:-1]
    if not words or (len(words) == 1 and isinstance(words[0], Given | Mark)):
        return pair
    extra = tuple(e for e in pair.extra if e not in words or (fix and e is words[0]))
    return replace(pair, reason=(words[0].start, words[-1].end), extra=extra)


def _ends_reason(piece: Piece, after: Sequence[Piece], index: int) -> bool:
    if isinstance(piece, Verb) or (isinstance(piece, Mark) and piece.mark == "\n" and index > 0):
        return True
    if isinstance(piece, When):
        return index == 0 and not any(isinstance(p, Word) for p in after[:1])
    following = next((p for p in after if not isinstance(p, Mark)), None)
    known = isinstance(piece, Slot) and (piece.code or piece.offered)
    return bool(known) and isinstance(following, Given)


def _is_inexact(pair: Pair, said: Sequence[Piece], expected: Expected, inverted: bool) -> bool:
    given = pair.given
    if _is_no_statement(said, expected) or _in_doubt(pair, said):
        return True
    if given is None or inverted:
        return False
    between = [p for p in said if pair.slot.stop <= p.first and p.stop <= given.first]
    if any(_obscures(p, pair, expected) for p in between) or _signed(between, given):
        return True
    return pair.reason is None and _has_unit(pair, said, expected)


def _is_no_statement(said: Sequence[Piece], expected: Expected) -> bool:
    """Whether the message wishes, plans or supposes, or speaks of another district."""
    words = [p.word for p in said if isinstance(p, Word)]
    spoken = f" {' '.join(words)} "
    return any(w in PLANS for w in words) or any(f" {place} " in spoken for place in expected.elsewhere)


def _obscures(piece: Piece, pair: Pair, expected: Expected) -> bool:
    if isinstance(piece, Mark):
        return piece.mark in _APPROXIMATE
    return not isinstance(piece, Word) or not (piece.word in LINKS or _own_name(piece.word, pair, expected))


def _own_name(word: str, pair: Pair, expected: Expected) -> bool:
    indicator = expected.indicators.get(pair.slot.code or "")
    names = indicator.names.values() if indicator else ()
    return any(word in name.casefold().split() for name in names)


def _signed(between: Sequence[Piece], given: Given) -> bool:
    """Whether a sign or a point stands before the number in one word with it: `+3`, `.5`."""
    last = between[-1] if between else None
    return isinstance(last, Mark) and last.mark in "+.," and last.apart and last.end == given.start


def _has_unit(pair: Pair, said: Sequence[Piece], expected: Expected) -> bool:
    """Whether the word right after the value may say what was counted: `9 nurses`."""
    assert pair.given is not None
    after = [p for p in said if p.first >= pair.given.stop]
    if _cut_short(after) or _ends_in_letters(after, pair.given):
        return True
    if not after or not isinstance(after[0], Word):
        return False
    if after[0].word in FILLERS:
        return False
    indicator = expected.indicators.get(pair.slot.code or "")
    counts = indicator is not None and indicator.unit is Unit.COUNT
    return not (counts and _own_name(after[0].word, pair, expected))


def _cut_short(after: Sequence[Piece]) -> bool:
    """Whether the message ends where a number or a word should follow: `412/`, `412 of`, `15 NA`."""
    if len(after) != 1:
        return False
    last = after[0]
    if isinstance(last, Mark):
        return last.mark == "/"
    return isinstance(last, Word) and (last.word in PARTS or (last.upper and last.word == "na"))


def _ends_in_letters(after: Sequence[Piece], given: Given) -> bool:
    """Whether a point and letters that look like digits hang on the number: `12.l`."""
    if len(after) < 2 or not isinstance(after[0], Mark) or not isinstance(after[1], Word):
        return False
    hangs = after[0].start == given.end and after[1].start == after[0].end and after[0].mark in ".,"
    return hangs and set(after[1].word) <= set("oils")


def _in_doubt(pair: Pair, said: Sequence[Piece]) -> bool:
    """Whether the sentence denies, compares or asks rather than states."""
    sentence = _sentence(pair, said)
    words = [p.word for p in sentence if isinstance(p, Word)]
    if any(w in DOUBTS and (w, after) not in GREETINGS for w, after in pairwise([*words, ""])):
        return True
    return bool(sentence) and isinstance(sentence[-1], Mark) and sentence[-1].mark == "?"


def _sentence(pair: Pair, said: Sequence[Piece]) -> Sequence[Piece]:
    start, stop = 0, len(said)
    for index, piece in enumerate(said):
        if isinstance(piece, Mark) and piece.mark in _STOPS:
            if piece.first < pair.slot.first:
                start = index + 1
            elif pair.given is None or piece.first >= max(pair.given.stop, pair.slot.stop):
                stop = index + 1
                break
    return said[start:stop]
