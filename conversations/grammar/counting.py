"""Numbers in words where thousands, hundreds, tens and units are simply added up.

Chichewa (ny) and Luganda (lg) await a speaker's review: only forms with one meaning are here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Phrases = Mapping[tuple[str, ...], int]


@dataclass(frozen=True, slots=True)
class Counting:
    """How a language counts: its ranks from the greatest to the units, and the words that join them.

    Units stand after a joiner unless they stand alone; the ranks before them may follow one another directly.
    """

    ranks: tuple[Phrases, ...]
    joiners: frozenset[str]
    zero: str

    @property
    def words(self) -> frozenset[str]:
        """All words that can be part of a number."""
        return frozenset({self.zero} | {word for rank in self.ranks for phrase in rank for word in phrase})

    def number(self, words: Sequence[str]) -> int | None:
        """Return what `words` add up to, all of them, or None: `mia mbili na sabini na tatu` is 273."""
        if tuple(words) == (self.zero,):
            return 0
        total, rest = 0, list(words)
        for place, rank in enumerate(self.ranks, start=1):
            joined = bool(total and rest) and rest[0] in self.joiners
            bare = not total or place < len(self.ranks)
            length = _length(rest[joined:], rank) if joined or bare else 0
            if length:
                total += rank[tuple(rest[joined : joined + length])]
                rest = rest[joined + length :]
        return total if total and not rest else None


def _length(words: Sequence[str], rank: Phrases) -> int:
    longest = min(len(words), max(len(phrase) for phrase in rank))
    return next((n for n in range(longest, 0, -1) if tuple(words[:n]) in rank), 0)


def _alone(text: str, first: int = 1, step: int = 1) -> dict[tuple[str, ...], int]:
    """Count words upwards: variants of one number are parted by `/`."""
    numbers = enumerate(text.split())
    return {(word,): first + step * n for n, variants in numbers for word in variants.split("/")}


def _times(word: str, units: Phrases, each: int) -> dict[tuple[str, ...], int]:
    return {(word, *unit): each * n for unit, n in units.items()}


_SW = _alone(
    "moja mbili/mawili/wawili tatu/matatu/watatu nne/manne/wanne tano/matano/watano sita saba nane/wanane tisa"
)
_NY_SMALL = _alone("modzi/chimodzi ziwiri/awiri zitatu/atatu zinayi/anayi")
_NY = {
    **_NY_SMALL,
    **_alone("zisanu/asanu", first=5),
    **{(five, "ndi", *unit): 5 + n for five in ("zisanu", "asanu") for unit, n in _NY_SMALL.items()},
}
_LG = _alone("emu bbiri ssatu nnya ttaano mukaaga musanvu munaana mwenda")

ADDITIVE: Mapping[str, Counting] = {
    "sw": Counting(
        (
            {("elfu",): 1000, **_times("elfu", _SW, 1000)},
            {("mia",): 100, **_times("mia", _SW, 100)},
            _alone("kumi ishirini thelathini arobaini hamsini sitini sabini themanini tisini", first=10, step=10),
            _SW,
        ),
        frozenset({"na"}),
        "sifuri",
    ),
    "ny": Counting(
        (
            {("khumi",): 10, ("makumi", "awiri"): 20, ("makumi", "atatu"): 30, ("makumi", "anayi"): 40},
            _NY,
        ),
        frozenset({"ndi"}),
        "ziro",
    ),
    "lg": Counting(
        (
            {("kikumi",): 100, ("bibiri",): 200, ("bisatu",): 300},
            {
                **{("kkumi",): 10, ("amakumi", "abiri"): 20, ("amakumi", "asatu"): 30, ("amakumi", "ana"): 40},
                **{("amakumi", "ataano"): 50, **_alone("nkaaga nsanvu kinaana kyenda", first=60, step=10)},
            },
            _LG,
        ),
        frozenset({"mu", "na"}),
        "ziro",
    ),
}
