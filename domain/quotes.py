"""A person's own words out of a shared diary, and who said them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from domain.diaries import DiaryEntry
from domain.periods import ReportingPeriod
from domain.programme import Programme
from domain.text import clipped

LONGEST_QUOTE = 120
WORST_FIRST = {"not_well": 0, "why": 1, "change": 2, "effect": 3, "well": 4, "planned": 5}
LESSONS = {"change": 0, "effect": 1, "not_well": 2, "well": 3}


@dataclass(frozen=True, slots=True)
class Quote:
    """A person's own words from a shared diary entry, and who said them. `entry_id` leads back to it."""

    entry_id: int
    words: str
    writer: str
    district: str
    section: str
    period: ReportingPeriod


def quotes(
    entries: Iterable[DiaryEntry],
    programme: Programme,
    most: int,
    order: Mapping[str, int] = WORST_FIRST,
    longest: int = LONGEST_QUOTE,
) -> tuple[Quote, ...]:
    """Pick `most` short quotes of shared entries by the `order` of their sections; nothing private, nothing shortened
    mid-word."""
    shared = [e for e in entries if not e.private and e.section in order]
    shared.sort(key=lambda e: (order[e.section], e.at))
    return tuple(
        Quote(e.id, shortened(e.words, longest), e.writer, programme.districts[e.district].name, e.section, e.period)
        for e in shared[:most]
    )


def shortened(words: str, longest: int = LONGEST_QUOTE) -> str:
    """Return the first `longest` characters of a text, cut between words and marked."""
    short = clipped(words, longest)
    return short if len(short) == len(" ".join(words.split())) else f"{short} ..."
