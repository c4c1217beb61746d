"""What the digest picture shows of each district, in words and numbers, before anything is drawn."""

from __future__ import annotations

import math
from dataclasses import dataclass

from bot.drawing.sparklines import Series
from bot.render import Voice
from domain.comparing import Row
from domain.desks import Board, Desk
from domain.digests import Digest
from domain.district_digest import DistrictDigest
from domain.indicators import Colour, Direction, Indicator, Target
from domain.measures import Measure, Unit
from domain.periods import ReportingPeriod
from domain.programme import Programme
from domain.text import _

MONTHS = 7
SHOWN = 4  # indicators a district; the reddest come first
NOTHING = "–"


@dataclass(frozen=True, slots=True)
class Trend:
    """One indicator of one district, ready to draw: its last months, the newest number and the wanted one in words."""

    code: str
    name: str
    series: Series
    now: str
    wanted: str

    @property
    def reported(self) -> bool:
        """Whether there is a number for the month."""
        return self.series.counted[-1] is not None


@dataclass(frozen=True, slots=True)
class Band:
    """One district, ready to draw."""

    name: str
    group: str
    answered: int
    due: int
    trends: tuple[Trend, ...]

    @property
    def silent(self) -> bool:
        """Whether nothing at all has come."""
        return self.answered == 0


def bands(found: Digest, desks: Board, programme: Programme, voice: Voice) -> list[Band]:
    """Return the bands of a digest, group by group."""
    order = list(programme.groups)
    districts = sorted(found.districts, key=lambda d: order.index(programme.districts[d.code].group))
    return [_band(district, desks[district.code], programme, found.period, voice) for district in districts]


def _band(found: DistrictDigest, desk: Desk, programme: Programme, period: ReportingPeriod, voice: Voice) -> Band:
    district = programme.districts[found.code]
    rows = {row.code: row for row in found.rows}
    order = [*rows, *(code for code in district.indicators if code not in rows)][:SHOWN]
    trends = tuple(
        trend(programme.indicators[code], rows.get(code), desk, district.targets.get(code), period, voice)
        for code in order
    )
    due = len(district.indicators)
    return Band(district.name, programme.groups[district.group].name, due - len(found.missing), due, trends)


def trend(
    indicator: Indicator, row: Row | None, desk: Desk, target: Target | None, period: ReportingPeriod, voice: Voice
) -> Trend:
    """Return one indicator of one district, ready to draw, up to the month `period`."""
    months = [period.back(n) for n in reversed(range(MONTHS))]
    history = dict(desk.values.history(indicator.code, period.next()))
    series = Series(
        indicator.unit,
        tuple(history.get(month) for month in months),
        tuple(target.wanted(month) if target else None for month in months),
        row.colour if row else Colour.GREY,
    )
    return Trend(
        indicator.code,
        indicator.name(voice.language),
        series,
        _now(row, indicator.code in desk.values.answered((indicator.code,), period), voice),
        _wanted(target, indicator.unit, period, voice),
    )


def _now(row: Row | None, answered: bool, voice: Voice) -> str:
    if row:
        return _in_unit(row.now, voice)
    return voice.words(_("n/a")) if answered else NOTHING


def _wanted(target: Target | None, unit: Unit, period: ReportingPeriod, voice: Voice) -> str:
    if target is None:
        return ""
    wanted = target.wanted(period)
    if unit is Unit.YES_NO:
        # A target of 0.8 between no and yes is only met by yes.
        wanted = math.ceil(wanted) if target.direction is Direction.HIGHER else math.floor(wanted)
    return _in_unit(Measure(float(wanted), unit), voice)


def _in_unit(measure: Measure, voice: Voice) -> str:
    return voice.shown(measure) + ("‰" if measure.unit is Unit.RATE else "")
