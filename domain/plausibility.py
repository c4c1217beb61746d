"""Whether a value is likely, given the indicator's ranges, the district's own history, and its other values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from math import comb, fsum
from statistics import fmean, median

from domain.indicators import Indicator
from domain.measures import Measure, Unit
from domain.periods import ReportingPeriod
from domain.slips import Slip, Suspicion, suspicion
from domain.usual import YEAR, History, Usual, usual_of

CROSS_CHECKS = (("ANC4", "ANC1"), ("PNC2", "SBA"), ("TIME", "COMP"))
"""Pairs of codes in which the first can never be more than the second."""

ENOUGH = 3  # months below which a district has no "usual" yet
PACE_POINTS = 15  # a yearly budget may run this far ahead of the calendar or behind it
SLOW_POINTS = 10  # what hardly moves, such as vacant posts, does not jump further than this in a month
FEW, MANY = 20, 1000  # counts usually below FEW are judged by multiples; usually MANY or more, by a narrower share
MULTIPLE = 3
SHARE, SHARE_OF_MANY = 0.5, 0.4  # how far a count may be from the mean
TENFOLD = 8  # times the usual: what a slip of ten leaves of it in a month that is a little low or high
FAR = 4.5  # standard deviations beyond which a number is asked about without a slip that would explain it
BY_CHANCE = 0.04  # three equal months are not worth a question where chance alone brings them this often
HEAP, LEAST_HEAPED, HEAPED_BY_CHANCE = 10, 10, 0.01


class Concern(StrEnum):
    """Why a value is doubted."""

    SOFT_RANGE = "soft_range"
    CROSS_CHECK = "cross_check"
    FLAT = "flat"


class Sign(StrEnum):
    """What a doubted value looks like, where it looks like something."""

    TEN_TIMES = "ten_times"
    A_TENTH = "a_tenth"
    SWAPPED = "swapped"
    SLIP = "slip"
    WHOLE = "whole"


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a value is asked about, and whether it waits for the answer (`blocking`) or is stored meanwhile.

    `usual` is the lowest and highest of the last year, in the unit of the indicator; `other` is the code that the
    value does not fit with. `sign` says what the value looks like, `meant` what was probably to be typed, and `whole`
    the usual denominator.
    """

    why: Concern
    blocking: bool
    usual: tuple[float, float] | None = None
    other: str | None = None
    sign: Sign | None = None
    meant: Measure | None = None
    whole: int | None = None


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
        earlier = [(month, m) for month, m in history.get(code, ()) if month < period]
        doubt = _doubt(measure, period, indicators[code], earlier, breaks.get(code))
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
    measure: Measure, period: ReportingPeriod, indicator: Indicator, earlier: History, other: str | None
) -> Doubt | None:
    if indicator.alert_above is not None or indicator.unit is Unit.YES_NO:
        return None
    range_ = _range([m.value for _, m in earlier[-YEAR:]])
    if other is not None:
        return Doubt(Concern.CROSS_CHECK, True, range_, other)
    low, high = indicator.soft
    beyond = not low <= measure.value <= high or _breaks_a_rule(measure.value, period, indicator, earlier)
    doubt = Doubt(Concern.SOFT_RANGE, True, range_)
    usual = usual_of(earlier, period, indicator.pace or indicator.cumulative, indicator.year_starts)
    if usual is None:
        return doubt if beyond else None
    slip = suspicion(measure, usual)
    if beyond or _unlikely(measure, usual, slip):
        return _look(doubt, measure, usual, slip)
    return Doubt(Concern.FLAT, False, range_) if _flat(measure, period, indicator, earlier, usual) else None


def _range(values: list[float]) -> tuple[float, float] | None:
    return (min(values), max(values)) if len(values) >= ENOUGH else None


def _breaks_a_rule(value: float, period: ReportingPeriod, indicator: Indicator, earlier: History) -> bool:
    """Whether a value breaks what programmes agreed on, however much a district varies (research, section 7)."""
    first = indicator.year_starts
    if indicator.pace:
        return abs(value - 100 * period.month_of_year(first) / 12) > PACE_POINTS
    if indicator.cumulative:
        return bool(earlier) and _same_year(earlier[-1][0], period, first) and value < earlier[-1][1].value
    values = [m.value for _, m in earlier[-YEAR:]]
    if values and _times(value, median(values)):
        return True
    if indicator.slow:
        return bool(values) and abs(value - values[-1]) > SLOW_POINTS
    return indicator.unit is Unit.COUNT and len(values) >= ENOUGH and _unusual_count(value, values)


def _same_year(one: ReportingPeriod, other: ReportingPeriod, first_month: int) -> bool:
    return one.fiscal_year(first_month) == other.fiscal_year(first_month)


def _unusual_count(value: float, values: list[float]) -> bool:
    if median(values) < FEW:
        return value > MULTIPLE * max(median(values), 1)
    mean = fmean(values)
    return abs(value - mean) > (SHARE_OF_MANY if mean >= MANY else SHARE) * mean


def _unlikely(measure: Measure, usual: Usual, slip: Suspicion) -> bool:
    far = usual.distance(measure) > FAR or usual.whole_distance(measure) > FAR
    return far or _explained(measure, usual, slip)


def _explained(measure: Measure, usual: Usual, slip: Suspicion) -> bool:
    """Whether a slip explains the number better than that it is right."""
    return slip.likelihood > usual.likelihood(measure)


def _look(doubt: Doubt, measure: Measure, usual: Usual, slip: Suspicion) -> Doubt:
    """Add what the value looks like, so that the question can name it."""
    whole = round(usual.wholes[0]) if usual.wholes else None
    meant = slip.meant if _explained(measure, usual, slip) else None
    if meant is None:
        far = usual.whole_distance(measure) > FAR
        sign = Sign.WHOLE if far else _times(measure.value, usual.start + usual.middles[0])
        return replace(doubt, sign=sign, whole=whole)
    if meant.denominator != measure.denominator:
        return replace(doubt, sign=Sign.WHOLE, meant=meant, whole=whole)
    if slip.slip is Slip.SWAPPED:
        return replace(doubt, sign=Sign.SWAPPED, meant=meant)
    return replace(doubt, sign=_times(measure.value, meant.value) or Sign.SLIP, meant=meant)


def _times(value: float, usual: float) -> Sign | None:
    if value <= 0 or usual <= 0:
        return None
    if value >= TENFOLD * usual:
        return Sign.TEN_TIMES
    return Sign.A_TENTH if value <= usual / TENFOLD else None


def _flat(measure: Measure, period: ReportingPeriod, indicator: Indicator, earlier: History, usual: Usual) -> bool:
    """Whether a value stands as it stood in both months before, and chance alone would rarely do that."""
    if indicator.slow or measure.value == 0 or [month for month, _ in earlier[-2:]] != [period.back(2), period.back(1)]:
        return False
    alike = all(m.value == measure.value and _same_counts(m, measure) for _, m in earlier[-2:])
    return alike and usual.value_likelihood(measure) ** 2 < BY_CHANCE


def _same_counts(one: Measure, other: Measure) -> bool:
    return None in (one.denominator, other.denominator) or one.same_as(other)


@dataclass(frozen=True, slots=True)
class Heaping:
    """How many of a district's numbers end in 0 or 5, among how many, and how often chance brings as many."""

    round_ones: int
    numbers: int
    chance: float


def heaping(measures: Iterable[Measure]) -> Heaping | None:
    """Return how numbers heap at 0 and 5, or None where they do so no more than chance allows.

    Counts and numerators of HEAP or more are looked at; smaller ones and percentages end anywhere. It is for whoever
    looks after the quality of data: nobody who reports is asked about it.
    """
    counts = [
        m.numerator if m.numerator is not None else m.value for m in measures if m.unit is Unit.COUNT or m.denominator
    ]
    looked_at = [count for count in counts if count >= HEAP]
    if len(looked_at) < LEAST_HEAPED:
        return None
    heaped = sum(count % 5 == 0 for count in looked_at)
    chance = _at_least(heaped, len(looked_at), 2 / 10)
    return Heaping(heaped, len(looked_at), chance) if chance < HEAPED_BY_CHANCE else None


def _at_least(successes: int, trials: int, share: float) -> float:
    """Return the exact chance of so many successes or more among `trials` that succeed with `share`."""
    return fsum(comb(trials, k) * share**k * (1 - share) ** (trials - k) for k in range(successes, trials + 1))
