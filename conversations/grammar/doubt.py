"""What in the words around a value makes it uncertain: guesses, denials, plans, units, signs."""

from __future__ import annotations

from bisect import bisect, bisect_left
from collections.abc import Sequence

from conversations.grammar.denial import denied
from conversations.grammar.pairs import Pair, spoken
from conversations.grammar.pieces import Given, Mark, Piece, When, Word
from conversations.grammar.prose import (
    BUTS,
    CASES,
    DOUBTS_OF_TWO,
    FILLERS,
    FOUND,
    LINKS_OF,
    NEAR,
    OF_ALL,
    PLANS,
    RECORDS,
)
from conversations.grammar.reading import Expected, Refuse
from conversations.grammar.said import Said, end_of, is_link, is_parted, meant
from conversations.grammar.values import Kind
from conversations.grammar.words import COUNTED, PARTS
from domain.measures import Unit

_APPROXIMATE = frozenset("~<>≥≤≈±∼≃?^$")


def uncertain(pairs: Sequence[Pair], pieces: Sequence[Piece], expected: Expected) -> frozenset[int]:
    """Return the places (`Pair.at`) of the pairs whose value the words around it do not state plainly."""
    said = Said.of(spoken(pieces, pairs), expected)
    if _is_no_statement(said):
        return frozenset(pair.at for pair in pairs)
    sentences = _doubtful_sentences(said)
    doubted = frozenset(p.at for p in pairs if sentences & set(said.sentences(p.first, end_of(p))))
    return doubted | denied(said, pairs) | _guessed(said, pairs) | {p.at for p in pairs if _is_obscured(p, said)}


def _is_no_statement(said: Said) -> bool:
    """Whether the message wishes, plans or supposes, or speaks of another district."""
    if any(w.word in PLANS for w in meant(said.words)):
        return True
    text = f" {' '.join(w.word for w in said.words)} "
    return bool(said.words) and any(f" {place} " in text for place in said.expected.elsewhere())


def _doubtful_sentences(said: Said) -> frozenset[int]:
    """Return the numbers of the sentences that ask, or doubt all that they say."""
    places = [w.first for w in meant(said.words) if w.word in OF_ALL and not is_link(w, said.expected)]
    places += [
        one.first for one, two in zip(said.words, said.words[1:], strict=False) if (one.word, two.word) in DOUBTS_OF_TWO
    ]
    places += [p.first for p in said.pieces if isinstance(p, Mark) and p.mark == "?"]
    return frozenset(bisect_left(said.stops, place) for place in places)


def _guessed(said: Said, pairs: Sequence[Pair]) -> frozenset[int]:
    """Return the places of the pairs that a word such as "about" belongs to: before the value, or beside it."""
    slots = [pair.slot.first for pair in pairs]
    found: set[int] = set()
    for word in meant(said.words):
        place = bisect(slots, word.first) - 1
        if place < 0 or word.word not in NEAR or is_link(word, said.expected):
            continue
        pair, following = pairs[place], pairs[place + 1] if place + 1 < len(pairs) else None
        if pair.given is None or word.first < pair.given.first:
            found.add(pair.at)
            continue
        parted = is_parted(said, pair.given.stop, word.first)
        ahead = following is not None and not is_parted(said, word.stop, following.slot.first)
        if not parted or not ahead:
            found.add(pair.at)
        if following and (ahead or parted):
            found.add(following.at)
    return frozenset(found)


def _is_obscured(pair: Pair, said: Said) -> bool:
    """Whether something beside the value is neither a link nor a mark that parts: a sign, a unit, another word."""
    if pair.given is None or pair.inverted or pair.slot.first > pair.given.first:
        return False
    at = said.index(pair.given)
    between = _without_months(said.pieces[said.index(pair.slot) + 1 : at])
    if any(_obscures(p, pair, said.expected) for p in between) or _signed(between, pair.given):
        return True
    return pair.reason is None and _has_unit(pair, said.pieces[at + 1 : at + 3], said)


def _without_months(between: Sequence[Piece]) -> list[Piece]:
    """Leave out the words that only lead to a month: `ABS for the month of October is 12`."""
    kept: list[Piece] = []
    for piece in between:
        while isinstance(piece, When) and kept and isinstance(kept[-1], Word) and kept[-1].word in FILLERS:
            kept.pop()
        kept.append(piece)
    return kept


def _obscures(piece: Piece, pair: Pair, expected: Expected) -> bool:
    if isinstance(piece, Mark):
        return piece.mark in _APPROXIMATE
    if isinstance(piece, When):
        return isinstance(piece.outcome, Refuse)
    return not isinstance(piece, Word) or not (is_link(piece, expected) or _own_name(piece.word, pair, expected))


def _own_name(word: str, pair: Pair, expected: Expected) -> bool:
    indicator = expected.indicators.get(pair.slot.code or "")
    names = indicator.names.values() if indicator else ()
    return any(word in name.casefold().split() for name in names)


def _signed(between: Sequence[Piece], given: Given) -> bool:
    """Whether a sign or a point stands before the number in one word with it: `+3`, `.5`."""
    last = between[-1] if between else None
    return isinstance(last, Mark) and last.mark in "+.," and last.apart and last.end == given.start


def _has_unit(pair: Pair, after: Sequence[Piece], said: Said) -> bool:
    """Whether the word right after the value may say what was counted: `9 nurses`."""
    assert pair.given is not None
    if _cut_short(after) or _ends_in_letters(after, pair.given):
        return True
    if not after or not isinstance(after[0], Word):
        return False
    word, further = after[0].word, after[1] if len(after) > 1 else None
    if word in BUTS or (word in RECORDS and isinstance(further, Word) and further.word in FOUND):
        return False
    if word in LINKS_OF:
        return said.expected.language not in LINKS_OF[word]
    indicator = said.expected.indicators.get(pair.slot.code or "")
    counts = indicator is not None and indicator.unit is Unit.COUNT
    if counts and (word in CASES or _own_name(word, pair, said.expected)):
        return False
    return word not in FILLERS and not (pair.given.value.kind is Kind.RATIO and word in COUNTED)


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
