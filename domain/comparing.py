"""The numbers of a district beside what was wanted, the past, its neighbours, and women beside men."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from math import ceil
from statistics import median

from domain.events import Check
from domain.indicators import Colour, Direction, Indicator, Target
from domain.measures import Measure, Unit
from domain.periods import ReportingPeriod
from domain.programme import District, Programme
from domain.values import Values

SHADES = {Colour.RED: 0, Colour.AMBER: 1, Colour.GREEN: 2, Colour.GREY: 3}
SAME = {Unit.PERCENT: 1.0, Unit.RATE: 1.0}  # points by which a share moves of itself from month to month


class Step(StrEnum):
    """Which way a number went since the month before, seen from what is wanted of it."""

    BETTER = "better"
    WORSE = "worse"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class Row:
    """One indicator of one district: now, the month before, what was wanted, the colour, and whether it was
    confirmed although unusual.

    `step` is None where nothing is wanted of it. `year_ago` is the same month of the year before, `peers` the middle
    of the group's other districts, `sexes` women and men where the programme counts them apart.
    """

    code: str
    now: Measure
    before: Measure | None
    wanted: float | None
    colour: Colour
    flagged: bool = False
    step: Step | None = None
    year_ago: Measure | None = None
    peers: Measure | None = None
    sexes: tuple[Measure, Measure] | None = None

    @property
    def goal(self) -> Measure | None:
        """What was wanted, in the unit of the number; anything between no and yes is only met by yes."""
        if self.wanted is None:
            return None
        yes_no = self.now.unit is Unit.YES_NO
        return Measure(float(ceil(self.wanted)) if yes_no else self.wanted, self.now.unit)

    @property
    def gap(self) -> float:
        """How far it is from what was wanted, as a share of that."""
        return abs(self.now.value - (self.wanted or 0)) / (abs(self.wanted or 0) or 1)


def rows(
    programme: Programme, district: District, values: Values, period: ReportingPeriod, others: Iterable[Values] = ()
) -> tuple[Row, ...]:
    """Return the district's numbers of a month, red first, then in asking order; `others` are its group's."""
    others = tuple(others)
    found = [
        _row(programme.indicators[code], now, district.targets.get(code), values, period, others)
        for code in district.indicators
        if (now := values.measure(code, period)) is not None
    ]
    return tuple(sorted(found, key=lambda row: SHADES[row.colour]))


def _row(
    indicator: Indicator,
    now: Measure,
    target: Target | None,
    values: Values,
    period: ReportingPeriod,
    others: tuple[Values, ...],
) -> Row:
    value = values.get(indicator.code, period)
    before = values.measure(indicator.code, period.back(1))
    return Row(
        indicator.code,
        now,
        before,
        target.wanted(period) if target else None,
        target.colour(now, period) if target else Colour.GREY,
        value is not None and value.flagged and value.check is not Check.VERIFIED,
        step_between(before, now, target.direction if target else indicator.direction),
        values.measure(indicator.code, period.back(12)),
        _middle(indicator, others, period),
        _sexes(indicator, values, period),
    )


def step_between(before: Measure | None, now: Measure, direction: Direction) -> Step | None:
    """Return which way a number went, or None where there was none before or neither way is better."""
    if before is None or direction is Direction.WATCH:
        return None
    moved = now.value - before.value
    if moved == 0 or abs(moved) < SAME.get(now.unit, 0):
        return Step.SAME
    return Step.BETTER if (moved > 0) == (direction is Direction.HIGHER) else Step.WORSE


def _middle(indicator: Indicator, others: tuple[Values, ...], period: ReportingPeriod) -> Measure | None:
    if indicator.unit is Unit.YES_NO:
        return None
    found = [m.value for values in others if (m := values.measure(indicator.code, period)) is not None]
    return Measure(round(median(found), 1), indicator.unit) if found else None


def _sexes(indicator: Indicator, values: Values, period: ReportingPeriod) -> tuple[Measure, Measure] | None:
    if len(indicator.by) < 2:
        return None
    women, men = (values.measure(indicator.by[sex], period) for sex in ("women", "men"))
    return (women, men) if women is not None and men is not None else None
