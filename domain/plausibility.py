"""Whether a value is likely, given the indicator's ranges, the district's own history, and its other values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from math import sqrt
from statistics import fmean, median

from domain.indicators import Indicator
from domain.measures import Measure, Unit
from domain.periods import ReportingPeriod

History = Sequence[tuple[ReportingPeriod, Measure]]

CROSS_CHECKS = (("ANC4", "ANC1"), ("PNC2", "SBA"), ("TIME", "COMP"))
"""Pairs of codes in which the first can never be more than the second."""

MEMORY = 12  # months that say what is usual: a year, so that a season is seen once
ENOUGH = 3  # months below which a district has no "usual" yet
PACE_POINTS = 15  # a yearly budget may run this far ahead of the calendar or behind it
SLOW_POINTS = 8  # what hardly moves, such as vacant posts, does not jump further than this in a month
LEAP_POINTS = 15  # a running total of the year rarely gains more in one month
PERCENT_MARGIN = (3.5, 0.12)  # how far beyond all earlier months a percentage may go: points, or share of the median
RATE_MARGIN = (5.0, 0.5)  # rates of rare events swing more
COUNT_SHARE = 0.2  # the same for counts, or two standard deviations of a Poisson count where that is more
FEW = 20  # below this a count is judged by multiples and a denominator makes a percentage swing
MANY_TIMES = 3


class Concern(StrEnum):
    """Why a value is doubted."""

    SOFT_RANGE = "soft_range"
    CROSS_CHECK = "cross_check"
    FLAT = "flat"


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a value is asked about, and whether it waits for the answer (`blocking`) or is stored meanwhile.

    `usual` is the lowest and highest of the last year, in the unit of the indicator; `other` is the code that the
    value does not fit with.
    """

    why: Concern
    blocking: bool
    usual: tuple[float, float] | None = None
    other: str | None = None


def doubts(
    values: Mapping[str, Measure],
    period: ReportingPeriod,
    indicators: Mapping[str, Indicator],
    history: Mapping[str, History],
    current: Mapping[str, Measure] | None = None,
) -> dict[str, Doubt]:
    """Return a doubt for each code of `values` that has one; `values` are those sent now for `period`.

    `history` holds the counted values of the district by code, oldest first; only months before `period` are used.
    `current` holds what is already counted for `period`, for the checks between indicators. A value above a limit
    that alerts is never held back. Raises KeyError for a code that is not in `indicators`.
    """
    breaks = _breaks({**(current or {}), **values})
    found: dict[str, Doubt] = {}
    for code, measure in values.items():
        indicator = indicators[code]
        earlier = [(month, m.value) for month, m in history.get(code, ()) if month < period][-MEMORY:]
        doubt = _doubt(measure, period, indicator, earlier, breaks.get(code))
        if doubt is not None:
            found[code] = doubt
    return found


def _breaks(known: Mapping[str, Measure]) -> dict[str, str]:
    broken: dict[str, str] = {}
    for part, whole in CROSS_CHECKS:
        if part in known and whole in known and known[part].value > known[whole].value:
            broken.update({part: whole, whole: part})
    return broken


def _doubt(
    measure: Measure,
    period: ReportingPeriod,
    indicator: Indicator,
    earlier: list[tuple[ReportingPeriod, float]],
    other: str | None,
) -> Doubt | None:
    usual = _usual([value for _, value in earlier])
    if indicator.alert_above is not None or indicator.unit is Unit.YES_NO:
        return None
    if other is not None:
        return Doubt(Concern.CROSS_CHECK, True, usual, other)
    low, high = indicator.soft
    if not low <= measure.value <= high or _unusual(measure, period, indicator, earlier):
        return Doubt(Concern.SOFT_RANGE, True, usual)
    if _flat(measure, period, indicator, earlier):
        return Doubt(Concern.FLAT, False, usual)
    return None


def _usual(values: list[float]) -> tuple[float, float] | None:
    return (min(values), max(values)) if len(values) >= ENOUGH else None


def _unusual(
    measure: Measure, period: ReportingPeriod, indicator: Indicator, earlier: list[tuple[ReportingPeriod, float]]
) -> bool:
    if indicator.pace and abs(measure.value - 100 * period.month / 12) > PACE_POINTS:
        return True
    if indicator.cumulative:
        return _off_the_running_total(measure.value, [v for month, v in earlier if month.year == period.year])
    values = [value for _, value in earlier]
    if indicator.pace or len(values) < ENOUGH:
        return not indicator.pace and _ten_times(measure.value, values)
    if indicator.slow:
        return abs(measure.value - values[-1]) > SLOW_POINTS
    if indicator.unit is Unit.COUNT:
        return _unusual_count(measure.value, values)
    return _unusual_share(measure, values)


def _off_the_running_total(value: float, this_year: list[float]) -> bool:
    if not this_year:
        return False
    gains = [b - a for a, b in pairwise(this_year)]
    return value < this_year[-1] or value - this_year[-1] > max(LEAP_POINTS, 2 * max(gains, default=0))


def _ten_times(value: float, values: list[float]) -> bool:
    middle = median(values) if values else 0
    return middle > 0 and (value >= 8 * middle or value <= middle / 8)


def _unusual_count(value: float, values: list[float]) -> bool:
    middle = median(values)
    spread = 2 * sqrt(middle)
    if middle < FEW:
        return value > min(MANY_TIMES * max(middle, 1), max(values) + max(spread, MANY_TIMES))
    share = 0.4 if fmean(values) >= 1000 else 0.5
    margin = max(COUNT_SHARE * middle, spread)
    beyond = not min(values) - margin <= value <= max(values) + margin
    return beyond or abs(value - fmean(values)) > share * fmean(values)


def _unusual_share(measure: Measure, values: list[float]) -> bool:
    points, share = RATE_MARGIN if measure.unit is Unit.RATE else PERCENT_MARGIN
    margin = max(points, share * median(values))
    if measure.denominator is not None and measure.denominator < FEW:
        margin *= 2
    return not min(values) - margin <= measure.value <= max(values) + margin


def _flat(
    measure: Measure, period: ReportingPeriod, indicator: Indicator, earlier: list[tuple[ReportingPeriod, float]]
) -> bool:
    if indicator.slow or measure.value == 0:
        return False
    return earlier[-2:] == [(period.back(2), measure.value), (period.back(1), measure.value)]
