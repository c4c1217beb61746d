"""Which values a denial or a comparison is about: those whose words it stands with, not the rest of the message."""

from __future__ import annotations

from bisect import bisect, bisect_left
from collections.abc import Sequence
from itertools import pairwise

from conversations.grammar.pairs import Pair
from conversations.grammar.pieces import Given, Mark, Piece, Word
from conversations.grammar.prose import BUTS, DOUBTS, NEAR, OF_ALL, PLURALS
from conversations.grammar.said import Said, end_of, is_link, is_marked_off, is_parted, meant

DENIALS = DOUBTS - OF_ALL


def denied(said: Said, pairs: Sequence[Pair]) -> frozenset[int]:
    """Return the places of the pairs that a denial, a comparison or "not available" of nothing stands with."""
    slots = [pair.slot.first for pair in pairs]
    inverted = any(pair.inverted for pair in pairs)
    used = {id(pair.given) for pair in pairs}
    doubts: list[Piece] = [
        w
        for w in meant(said.words)
        if w.word in DENIALS
        and not is_link(w, said.expected)
        and (inverted or not _is_local(w, slots))
        and not (w.word in BUTS and _joins_codes(w, said, pairs))
    ]
    doubts += [p for p in said.pieces if isinstance(p, Given) and p.value.ahead and id(p) not in used]
    return frozenset(pair.at for doubt in doubts for pair in _touched(doubt, said, pairs))


def _joins_codes(word: Word, said: Said, pairs: Sequence[Pair]) -> bool:
    """Whether a code with its value stands before the word, and another right after it."""
    following = next((p for p in pairs if p.slot.first == word.stop), None)
    before = said.pieces[said.index(word) - 1] if said.index(word) else None
    return following is not None and following.given is not None and isinstance(before, Given | Mark)


def _touched(doubt: Piece, said: Said, pairs: Sequence[Pair]) -> Sequence[Pair]:
    """Return the pairs that a doubt may be about: those it stands with, up to the next code, comma, "and" or stop."""
    sentence = bisect_left(said.stops, doubt.first)
    members = [p for p in pairs if sentence in said.sentences(p.first, end_of(p))]
    before = [p for p in members if p.slot.first < doubt.first]
    after = members[len(before) :]
    if not before or any(pair.inverted for pair in members):
        return members
    last = before[-1]
    apart = is_parted(said, last.given.stop if last.given else last.slot.stop, doubt.first)
    if last.given is None or doubt.first < last.given.first:
        return [last, *after] if apart else [last]
    touched = before if _says_all(said, last) else _chained(said, before)
    if not after:
        return members if apart else touched
    ahead = not is_parted(said, doubt.stop, after[0].slot.first) and not _number_between(said, doubt, after[0])
    following = _unparted(said, after) if ahead else after[:1] if apart else []
    return [*([] if apart and ahead else touched), *following]


def _chained(said: Said, pairs: Sequence[Pair]) -> Sequence[Pair]:
    """Return the last of the pairs with those before it that no mark parts from it: `ABS 12 and YAW 5 not final`."""
    first = len(pairs) - 1
    while first and not is_marked_off(said, end_of(pairs[first - 1]), pairs[first].slot.first):
        first -= 1
    return pairs[first:]


def _says_all(said: Said, last: Pair) -> bool:
    """Whether the words after a value speak of more than one: `are not final`."""
    here = bisect_left(said.words, end_of(last), key=lambda w: w.first)
    until = next((stop for stop in said.stops if stop >= end_of(last)), None)
    return any(w.word in PLURALS for w in said.words[here:] if until is None or w.first < until)


def _number_between(said: Said, doubt: Piece, pair: Pair) -> bool:
    return any(isinstance(p, Given) for p in said.between(doubt.stop, pair.slot.first))


def _unparted(said: Said, pairs: Sequence[Pair]) -> Sequence[Pair]:
    """Return the pairs from the first up to the next mark or "and" that parts."""
    for count, (one, two) in enumerate(pairwise(pairs), start=1):
        if is_parted(said, end_of(one), two.slot.first):
            return pairs[:count]
    return pairs


def _is_local(word: Word, slots: Sequence[int]) -> bool:
    """Whether a word is a guess about one value: there is a code before it."""
    return word.word in NEAR and bisect(slots, word.first) > 0
