"""The last months of one indicator as a small drawing: a line, or squares for yes and no."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from bot.drawing.svg import INK, MUTED, SHADES, box, dashes
from domain.indicators import Colour
from domain.measures import Measure, Unit

STILL = {Unit.PERCENT: 12.0}  # a smaller range than this is drawn flat: two points more is not a mountain
STILL_SHARE = 0.2  # the same for counts and rates, as a share of the largest
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a drawing stands, from its top left corner."""

    x: float
    y: float
    w: float
    h: float


@dataclass(frozen=True, slots=True)
class Series:
    """Some months of one indicator, oldest first: what was counted and what was wanted, None where nothing was.

    `span` is the lowest and highest of a scale that several drawings share; without it each has its own.
    """

    unit: Unit
    counted: tuple[Measure | None, ...]
    wanted: tuple[float | None, ...]
    colour: Colour
    span: tuple[float, float] | None = None

    @property
    def numbers(self) -> list[float | None]:
        """All that a scale has to hold."""
        return [*(m.value if m else None for m in self.counted), *self.wanted]


def drawn(series: Series, frame: Frame) -> str:
    """Draw a series into its frame."""
    return _squares(series, frame) if series.unit is Unit.YES_NO else _line(series, frame)


def _line(series: Series, frame: Frame) -> str:
    numbers = [m.value if m else None for m in series.counted]
    low, high = series.span or span_of(series.numbers, series.unit)
    counted, wanted = (_points(each, low, high, frame) for each in (numbers, series.wanted))
    # A line that ends before this month is pale: it is the past.
    shade = INK if counted[-1] else SHADES[Colour.GREY]
    goal = dashes([point for point in wanted if point])
    return goal + _path(_unbroken(counted), shade) + _last(counted[-1], series.colour)


def span_of(numbers: Sequence[float | None], unit: Unit) -> tuple[float, float]:
    """Return the lowest and highest of a scale that holds `numbers` and shows small moves as small."""
    known = [n for n in numbers if n is not None] or [0.0]
    low, high = min(known), max(known)
    still = STILL.get(unit, max(abs(high), abs(low)) * STILL_SHARE or 1)
    slack = max(still - (high - low), 0) / 2
    return low - slack, high + slack


def _points(numbers: Sequence[float | None], low: float, high: float, frame: Frame) -> list[Point | None]:
    step = frame.w / max(len(numbers) - 1, 1)
    return [
        None if n is None else (frame.x + i * step, frame.y + frame.h * (high - n) / (high - low))
        for i, n in enumerate(numbers)
    ]


def _unbroken(points: Sequence[Point | None]) -> list[list[Point]]:
    runs = groupby(points, key=lambda point: point is not None)
    return [[point for point in run if point] for there, run in runs if there]


def _path(stretches: list[list[Point]], shade: str) -> str:
    if not stretches:
        return ""
    steps = " ".join("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) for points in stretches)
    # A month between two gaps has no line to stand in.
    lone = "".join(_dot(points[0], 5, shade) for points in stretches if len(points) == 1)
    return (
        f'<path class="line" d="{steps}" fill="none" stroke="{shade}" stroke-width="4" '
        f'stroke-linecap="round" stroke-linejoin="round"/>{lone}'
    )


def _last(point: Point | None, colour: Colour) -> str:
    return _dot(point, 11, "#ffffff") + _dot(point, 8, SHADES[colour]) if point else ""


def _dot(at: Point, r: float, fill: str) -> str:
    return f'<circle cx="{at[0]:.1f}" cy="{at[1]:.1f}" r="{r}" fill="{fill}"/>'


def _squares(series: Series, frame: Frame) -> str:
    side = min(24, frame.w / len(series.counted) * 0.75)
    step = (frame.w - side) / max(len(series.counted) - 1, 1)
    middle = frame.y + frame.h / 2
    shades = [MUTED] * (len(series.counted) - 1) + [SHADES[series.colour]]
    return "".join(
        _square(measure, (frame.x + side / 2 + i * step, middle), side, shade)
        for i, (measure, shade) in enumerate(zip(series.counted, shades, strict=True))
    )


def _square(measure: Measure | None, at: Point, side: float, shade: str) -> str:
    if measure is None:
        return ""
    fill = shade if measure.value else "#ffffff"
    return box(at[0] - side / 2, at[1] - side / 2, side, side, fill, radius=3, edge=shade)
