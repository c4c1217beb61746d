"""Quarters of a calendar year."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from domain.periods import ReportingPeriod


@dataclass(frozen=True, order=True, slots=True)
class Quarter:
    """Three months, 1 to 4 in a year. Ordered, and written `2026-Q4`."""

    year: int
    number: int

    def __post_init__(self) -> None:
        if not 1 <= self.number <= 4:
            raise ValueError(f"quarter {self.number} is not 1 to 4")

    @classmethod
    def of(cls, day: date) -> Quarter:
        """Return the quarter that `day` lies in."""
        return cls(day.year, (day.month - 1) // 3 + 1)

    @classmethod
    def parse(cls, words: str, today: date) -> Quarter:
        """Read `Q4`, `4`, `Q4 2026` or `2026-Q4`; without a year the last such quarter that has begun by `today`.

        No words mean the last quarter that has closed. Raises ValueError for anything else, and for one to come.
        """
        now = cls.of(today)
        if not words.strip():
            return now.back(1)
        found = re.fullmatch(r"(?:(\d{4})[\s/-]*)?[qtr]?([1-4])(?:[\s/-]*(\d{4}))?", words.strip().lower())
        if found is None:
            raise ValueError(f"{words!r} is not a quarter like Q4 2026")
        number, year = int(found[2]), found[1] or found[3]
        quarter = cls(int(year) if year else now.year - (number > now.number), number)
        if quarter > now:
            raise ValueError(f"{quarter} has not begun")
        return quarter

    def back(self, quarters: int) -> Quarter:
        """Return the quarter so many earlier."""
        index = self.year * 4 + self.number - 1 - quarters
        return Quarter(index // 4, index % 4 + 1)

    @property
    def months(self) -> tuple[ReportingPeriod, ReportingPeriod, ReportingPeriod]:
        """The three months."""
        first = ReportingPeriod(self.year, 3 * self.number - 2)
        return first, first.next(), first.next().next()

    def __str__(self) -> str:
        return f"{self.year:04d}-Q{self.number}"
