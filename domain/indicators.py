"""Indicators, their targets, and the colour a value earns against a target."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from domain.measures import Measure, Unit
from domain.periods import ReportingPeriod

SMALL_DENOMINATOR = 20  # below this a percentage swings too much to be given a colour (research, section 7)


class Direction(StrEnum):
    """Which way is better; `watch` is context that explains other numbers and is never coloured."""

    HIGHER = "higher"
    LOWER = "lower"
    WATCH = "watch"


class Entry(StrEnum):
    """How people give the value: two counts (or the plain percentage), a percentage, a count, a rate, yes or no."""

    RATIO = "ratio"
    PERCENT = "percent"
    COUNT = "count"
    RATE = "rate"
    YES_NO = "yesno"
    DERIVED = "derived"


class Colour(StrEnum):
    """Red, amber, green; grey when there is nothing to judge."""

    RED = "red"
    AMBER = "amber"
    GREEN = "green"
    GREY = "grey"


@dataclass(frozen=True, slots=True)
class Indicator:
    """One thing a programme counts. Outside `hard` a value is refused; outside `soft` it is asked.

    `alert_above`: a value greater than this opens an alert at once (any maternal death: 0).
    `slow`: may stay the same for months without a question. `cumulative`: counted from the start of the fiscal year
    (its first month is `year_starts`), so it never falls inside one. `pace`: should stand near month/12 of 100.
    `by`: the codes that count `women` and `men` apart.
    """

    code: str
    names: Mapping[str, str]
    unit: Unit
    entry: Entry
    direction: Direction
    hard: tuple[float, float]
    soft: tuple[float, float]
    alert_above: float | None = None
    slow: bool = False
    example: str = ""
    cumulative: bool = False
    pace: bool = False
    by: Mapping[str, str] = field(default_factory=dict)
    year_starts: int = 1

    def name(self, language: str) -> str:
        """Return the name in `language`, or in English where it has none."""
        return self.names.get(language) or self.names["en"]


@dataclass(frozen=True, slots=True)
class Target:
    """Where a district wants an indicator to be, from a baseline to a value by a month, ramped in between."""

    code: str
    baseline: float
    value: float
    starts: ReportingPeriod
    by: ReportingPeriod
    direction: Direction

    def wanted(self, period: ReportingPeriod) -> float:
        """Return the value wanted in `period`: a straight line from the baseline to the target, then the target."""
        span = self.by.months_since(self.starts)
        gone = period.months_since(self.starts)
        if span <= 0 or gone >= span:
            return self.value
        return round(self.baseline + (self.value - self.baseline) * max(gone, 0) / span, 1)

    def colour(self, measure: Measure | None, period: ReportingPeriod) -> Colour:
        """Return green when the wanted value is met, amber within a tenth of it, else red (research, section 7)."""
        if measure is None or self.direction is Direction.WATCH:
            return Colour.GREY
        if measure.denominator is not None and measure.denominator < SMALL_DENOMINATOR:
            return Colour.GREY
        wanted = self.wanted(period)
        if self.direction is Direction.HIGHER:
            return _shade(measure.value >= wanted, measure.value >= wanted * 0.9)
        return _shade(measure.value <= wanted, measure.value <= wanted * 1.1)


def _shade(met: bool, near: bool) -> Colour:
    if met:
        return Colour.GREEN
    return Colour.AMBER if near else Colour.RED
