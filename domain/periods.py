"""Reporting periods: calendar months, written as DHIS2 and people write them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo


@dataclass(frozen=True, order=True, slots=True)
class ReportingPeriod:
    """One calendar month. Ordered, hashable, and written `2026-10`."""

    year: int
    month: int

    def __post_init__(self) -> None:
        if not 1 <= self.month <= 12:
            raise ValueError(f"month {self.month} is not 1 to 12")

    @classmethod
    @lru_cache(maxsize=1024)
    def parse(cls, text: str) -> ReportingPeriod:
        """Read `2026-10`. Raises ValueError for anything else."""
        match = re.fullmatch(r"(\d{4})-(\d{2})", text)
        if not match:
            raise ValueError(f"{text!r} is not a month like 2026-10")
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def of(cls, day: date) -> ReportingPeriod:
        """Return the month that `day` lies in."""
        return cls(day.year, day.month)

    @classmethod
    @lru_cache(maxsize=1024)
    def last_closed(cls, today: date) -> ReportingPeriod:
        """Return the newest month that had ended before `today`."""
        return cls.of(today).back(1)

    def back(self, months: int) -> ReportingPeriod:
        """Return the month `months` earlier (later, when negative)."""
        index = self.year * 12 + self.month - 1 - months
        return ReportingPeriod(index // 12, index % 12 + 1)

    def next(self) -> ReportingPeriod:
        """Return the month after this one."""
        return self.back(-1)

    def months_since(self, earlier: ReportingPeriod) -> int:
        """Return how many months this one lies after `earlier`; negative when before."""
        return (self.year - earlier.year) * 12 + self.month - earlier.month

    def month_of_year(self, first_month: int = 1) -> int:
        """Return which month this is, 1 to 12, of a fiscal year that begins with month `first_month`."""
        return (self.month - first_month) % 12 + 1

    def fiscal_year(self, first_month: int = 1) -> int:
        """Return the calendar year in which the fiscal year of this month began."""
        return self.back(first_month - 1).year

    @property
    def first_day(self) -> date:
        """The first day of the month."""
        return date(self.year, self.month, 1)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"


def local(now: datetime, timezone: str) -> datetime:
    """Return `now` (aware, UTC) on the wall clock of `timezone` (an IANA name)."""
    return now.astimezone(ZoneInfo(timezone))
