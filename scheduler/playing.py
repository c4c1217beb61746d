"""The body of `kumbusha simulate`: years of a made-up programme, how they went, and what must never be."""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from domain.periods import ReportingPeriod
from scheduler.invariants import INVARIANTS
from scheduler.made_up import FIRST_MONTH
from scheduler.outcome import Outcome, outcome
from scheduler.years import RAISED, Years


def play_years(districts: int, months: int, seed: int) -> tuple[Outcome, Counter[str]]:
    """Play so many months and return how they went, and how often what must never be has been."""
    with tempfile.TemporaryDirectory(prefix="kumbusha-") as folder:
        years = Years(Path(folder), districts, seed)
        try:
            asyncio.run(years.play(months))
            return years.db.work(outcome, ReportingPeriod.parse(FIRST_MONTH), months), years.broken
        finally:
            years.db.close()


def played_in_words(found: Outcome, broken: Counter[str]) -> Iterator[str]:
    """Yield a line for each figure, and for each thing that must be zero."""
    for name, figure in found.rows():
        yield f"{name:<36}{figure:>16}"
    yield ""
    yield "must be zero"
    for name in (*INVARIANTS, RAISED):
        yield f"{name:<36}{broken[name]:>16}"
