"""What a message says outside reasons, and what parts one piece of it from another."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from conversations.grammar.pairs import Pair
from conversations.grammar.pieces import Mark, Piece, Word
from conversations.grammar.prose import HARMLESS_PAIRS, JOINS, LINKS, LINKS_OF
from conversations.grammar.reading import Expected

_PARTING = frozenset(",;.!?\n")


@dataclass(frozen=True, slots=True)
class Said:
    """What is said outside reasons: pieces, their words in order, and where sentences end (as token numbers)."""

    pieces: Sequence[Piece]
    words: Sequence[Word]
    stops: Sequence[int]
    expected: Expected

    def sentences(self, first: int, stop: int) -> range:
        """Return the numbers of the sentences that the tokens `first` to `stop` lie in."""
        return range(bisect_left(self.stops, first), bisect_left(self.stops, stop) + 1)

    def index(self, piece: Piece) -> int:
        """Return where `piece` stands among the pieces."""
        return bisect_left(self.pieces, piece.first, key=lambda p: p.first)

    def between(self, first: int, stop: int) -> Sequence[Piece]:
        """Return the pieces of the tokens `first` up to `stop`."""
        start = bisect_left(self.pieces, first, key=lambda p: p.first)
        return self.pieces[start : bisect_left(self.pieces, stop, key=lambda p: p.first)]


def end_of(pair: Pair) -> int:
    """Return the token after the last of a pair."""
    return max(pair.slot.stop, pair.given.stop if pair.given else 0)


def is_parted(said: Said, first: int, stop: int) -> bool:
    """Whether a mark or a word such as "and" stands between the tokens `first` and `stop`."""
    return is_marked_off(said, first, stop) or any(
        isinstance(p, Word) and p.word in JOINS for p in said.between(first, stop)
    )


def is_marked_off(said: Said, first: int, stop: int) -> bool:
    """Whether a comma, a stop or another such mark stands between the tokens `first` and `stop`."""
    return any(isinstance(p, Mark) and p.mark in _PARTING for p in said.between(first, stop))


def is_link(word: Word, expected: Expected) -> bool:
    """Whether a word changes nothing between a code and its value, for the speaker of this language."""
    return word.word in LINKS and expected.language in LINKS_OF.get(word.word, {expected.language})


def meant(words: Sequence[Word]) -> Iterable[Word]:
    """Yield the words that are not part of a greeting such as "hope you are well"."""
    texts = ["", *(w.word for w in words), ""]
    for at, word in enumerate(words, start=1):
        if (texts[at - 1], word.word) not in HARMLESS_PAIRS and (word.word, texts[at + 1]) not in HARMLESS_PAIRS:
            yield word
