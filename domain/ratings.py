"""What people who use a service think of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

WORST, BEST = 1, 5


@dataclass(frozen=True, slots=True)
class Rating:
    """One rating of a service (by code), 1 to 5, with a word why; nobody's name, and no hour."""

    service: str
    score: int
    words: str
    on: date
