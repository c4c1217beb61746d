"""What a message says outside reasons, and what parts one piece of it from another."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from conversations.grammar.pairs import Pair
from conversations.grammar.pieces import Given, Mark, Piece, Word
from conversations.grammar.prose import HARMLESS_PAIRS, LINKS, LINKS_OF, PARTERS
from conversations.grammar.reading import Expected

_STOPS = frozenset(".!?\n")
_PARTING = frozenset(",;.!?\n")


@dataclass(frozen=True, slots=True)
class Said:
    """What is said outside reasons: pieces, their words in order, and (as token numbers, in order) where some stand.

    `stops` end sentences, `marks` part what is said, `joins` are words such as "and", `numbers` are values.
    """

    pieces: Sequence[Piece]
    words: Sequence[Word]
    stops: Sequence[int]
    marks: Sequence[int]
    joins: Sequence[int]
    numbers: Sequence[int]
    expected: Expected

    @classmethod
    def of(cls, pieces: Sequence[Piece], expected: Expected) -> Said:
        """Sort the pieces of what is said."""
        marks = [p for p in pieces if isinstance(p, Mark)]
        words = [p for p in pieces if isinstance(p, Word)]
        return cls(
            pieces,
            words,
            [m.first for m in marks if m.mark in _STOPS],
            [m.first for m in marks if m.mark in _PARTING],
            [w.first for w in words if w.word in PARTERS],
            [p.first for p in pieces if isinstance(p, Given)],
            expected,
        )

    def sentences(self, first: int, stop: int) -> range:
        """Return the numbers of the sentences that the tokens `first` to `stop` lie in."""
        return range(bisect_left(self.stops, first), bisect_left(self.stops, stop) + 1)

    def index(self, piece: Piece) -> int:
        """Return where `piece` stands among the pieces."""
        return bisect_left(self.pieces, piece.first, key=lambda p: p.first)


def is_any_in(places: Sequence[int], first: int, stop: int) -> bool:
    """Whether one of the token numbers in `places`, which are in order, lies from `first` up to `stop`."""
    at = bisect_left(places, first)
    return at < len(places) and places[at] < stop


def end_of(pair: Pair) -> int:
    """Return the token after the last of a pair."""
    return max(pair.slot.stop, pair.given.stop if pair.given else 0)


def is_parted(said: Said, first: int, stop: int) -> bool:
    """Whether a mark or a word such as "and" stands between the tokens `first` and `stop`."""
    return is_marked_off(said, first, stop) or is_any_in(said.joins, first, stop)


def is_marked_off(said: Said, first: int, stop: int) -> bool:
    """Whether a comma, a stop or another such mark stands between the tokens `first` and `stop`."""
    return is_any_in(said.marks, first, stop)


def is_link(word: Word, expected: Expected) -> bool:
    """Whether a word changes nothing between a code and its value, for the speaker of this language."""
    return word.word in LINKS and expected.language in LINKS_OF.get(word.word, {expected.language})


def meant(words: Sequence[Word]) -> Iterable[Word]:
    """Yield the words that are not part of a greeting such as "hope you are well"."""
    texts = ["", *(w.word for w in words), ""]
    for at, word in enumerate(words, start=1):
        if (texts[at - 1], word.word) not in HARMLESS_PAIRS and (word.word, texts[at + 1]) not in HARMLESS_PAIRS:
            yield word
