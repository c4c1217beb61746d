"""Which values a denial or a comparison is about: those whose words it stands with, not the rest of the message."""

from __future__ import annotations

from bisect import bisect, bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from conversations.grammar.pairs import Pair
from conversations.grammar.pieces import Given, Mark, Piece, Word
from conversations.grammar.prose import BUTS, DOUBTS, NEAR, OF_ALL, PLURALS
from conversations.grammar.said import Said, end_of, is_any_in, is_link, is_marked_off, is_parted, meant

DENIALS = DOUBTS - OF_ALL


def denied(said: Said, pairs: Sequence[Pair]) -> frozenset[int]:
    """Return the places of the pairs that a denial, a comparison or "not available" of nothing stands with."""
    slots = [pair.slot.first for pair in pairs]
    inverted = any(pair.inverted for pair in pairs)
    used = {id(pair.given) for pair in pairs}
    valued = {pair.slot.first for pair in pairs if pair.given}
    doubts: list[Piece] = [
        w
        for w in meant(said.words)
        if w.word in DENIALS
        and not is_link(w, said.expected)
        and (inverted or not _is_local(w, slots))
        and not (w.word in BUTS and w.stop in valued and _follows_value(w, said))
    ]
    doubts += [p for p in said.pieces if isinstance(p, Given) and p.value.ahead and id(p) not in used]
    sentences = _sentences(said, pairs)
    found: set[int] = set()
    for doubt in doubts:
        sentence = sentences.get(bisect_left(said.stops, doubt.first))
        found.update(sentence.touched(doubt) if sentence else ())
    return frozenset(found)


def _follows_value(word: Word, said: Said) -> bool:
    at = said.index(word)
    return at > 0 and isinstance(said.pieces[at - 1], Given | Mark)


@dataclass(frozen=True, slots=True)
class _Sentence:
    """The pairs of a sentence: where their codes stand, and with which pairs before and after each hangs together."""

    said: Said
    pairs: Sequence[Pair]
    slots: Sequence[int]
    since: Sequence[int]
    until: Sequence[int]
    plural: int

    def touched(self, doubt: Piece) -> list[int]:
        """Return the places of the pairs that a doubt may be about, up to the next code, comma, "and" or stop."""
        here = bisect_left(self.slots, doubt.first)
        if not here or self.pairs[0].inverted:
            return self._places(0, len(self.pairs))
        last = self.pairs[here - 1]
        apart = is_parted(self.said, last.given.stop if last.given else last.slot.stop, doubt.first)
        if last.given is None or doubt.first < last.given.first:
            beside = here < len(self.pairs) and self.slots[here] == doubt.stop
            return self._places(here - 1, len(self.pairs) if apart else self.until[here] if beside else here)
        if here == len(self.pairs) and apart:
            return self._places(0, here)
        first = 0 if self.plural >= end_of(last) else self.since[here - 1]
        return self._with_following(doubt, here, first, apart)

    def _with_following(self, doubt: Piece, here: int, first: int, apart: bool) -> list[int]:
        """Return the places from the pair `first` on, and those after `here` that the doubt leads to."""
        if here == len(self.pairs):
            return self._places(first, here)
        following = self.slots[here]
        ahead = not is_parted(self.said, doubt.stop, following)
        ahead = ahead and not is_any_in(self.said.numbers, doubt.stop, following)
        until = self.until[here] if ahead else here + apart
        return self._places(here if apart and ahead else first, until)

    def _places(self, first: int, stop: int) -> list[int]:
        return [pair.at for pair in self.pairs[first:stop]]


def _sentences(said: Said, pairs: Sequence[Pair]) -> dict[int, _Sentence]:
    """Return the sentences that have pairs in them, by number."""
    members: dict[int, list[Pair]] = {}
    for pair in pairs:
        for number in said.sentences(pair.first, end_of(pair)):
            members.setdefault(number, []).append(pair)
    plurals = [w.first for w in said.words if w.word in PLURALS]
    return {number: _sentence(said, number, group, plurals) for number, group in members.items()}


def _sentence(said: Said, number: int, pairs: Sequence[Pair], plurals: Sequence[int]) -> _Sentence:
    """Hang pairs together: back to the last mark, `ABS 12 and YAW 5 not final`, and on to the next mark or "and"."""
    since, until = [0], [len(pairs)] * len(pairs)
    for at, (one, two) in enumerate(pairwise(pairs), start=1):
        marked = is_marked_off(said, end_of(one), two.slot.first)
        since.append(at if marked else since[-1])
    for at in range(len(pairs) - 2, -1, -1):
        parted = is_parted(said, end_of(pairs[at]), pairs[at + 1].slot.first)
        until[at] = at + 1 if parted else until[at + 1]
    last = bisect_left(plurals, said.stops[number]) if number < len(said.stops) else len(plurals)
    plural = plurals[last - 1] if last else -1
    return _Sentence(said, pairs, [p.slot.first for p in pairs], since, until, plural)


def _is_local(word: Word, slots: Sequence[int]) -> bool:
    """Whether a word is a guess about one value: there is a code before it."""
    return word.word in NEAR and bisect(slots, word.first) > 0
