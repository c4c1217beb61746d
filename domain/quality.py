"""What is doubtful about a month's numbers: held, unusual, waiting for a word, or too round to be counted."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from domain.events import Check
from domain.periods import ReportingPeriod
from domain.plausibility import heaping
from domain.values import Values


class Quality(StrEnum):
    """Why a number is doubtful; `waiting` and `queried` are questions that somebody has not answered yet."""

    WAITING = "waiting"
    QUERIED = "queried"
    HELD = "held"
    UNUSUAL = "unusual"
    ROUND = "round"


@dataclass(frozen=True, slots=True)
class Doubtful:
    """One number, by its code, and what is doubtful about it."""

    code: str
    why: Quality


def doubtful(
    codes: tuple[str, ...], values: Values, period: ReportingPeriod, waiting: frozenset[str]
) -> tuple[Doubtful, ...]:
    """Return the doubtful numbers of a month in asking order; `waiting` are the codes that wait for a yes."""
    found = [Doubtful(code, why) for code in codes if (why := _why(code, values, period, code in waiting)) is not None]
    return tuple(found)


def _why(code: str, values: Values, period: ReportingPeriod, waits: bool) -> Quality | None:
    value = values.get(code, period)
    check = value.check if value else None
    if check is Check.HELD:
        return Quality.HELD
    if check is Check.QUERIED:
        return Quality.QUERIED
    if waits:
        return Quality.WAITING
    if value is not None and value.counted and value.flagged and check is not Check.VERIFIED:
        return Quality.UNUSUAL
    return Quality.ROUND if value is not None and value.counted and _heaped(code, values, period) else None


def _heaped(code: str, values: Values, period: ReportingPeriod) -> bool:
    return heaping(measure for _month, measure in values.history(code, period.next())) is not None
