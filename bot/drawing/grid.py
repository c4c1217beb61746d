"""Small multiples: an indicator a row, a district a column, all of a row on one scale, against what was wanted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from bot.drawing import svg
from bot.drawing.bands import Trend
from bot.drawing.parts import EDGE, RIGHT
from bot.drawing.sparklines import Frame, drawn, span_of
from domain.indicators import Colour

LABELS = 250
ROW = 108
NAMED_ROW = 132
HEAD = 54
LETTERS = 20  # pixels; eleven points on paper
SMALL = 18


def grid(names: tuple[str, ...], rows: Iterable[tuple[Trend | None, ...]], y: float) -> tuple[str, float]:
    """Draw a head of names and rows of trends from `y` on, None where a district has no such indicator; say where it
    ends."""
    cell = (RIGHT - EDGE - LABELS) / max(len(names), 1)
    columns = [EDGE + LABELS + n * cell for n in range(len(names))]
    pieces = [
        svg.label(x + 12, y + 34, svg.fitted(n, 26, cell - 20, bold=True), 26, bold=True)
        for n, x in zip(names, columns, strict=True)
    ]
    y += HEAD
    for row in rows:
        pieces.append(svg.box(EDGE, y, RIGHT - EDGE, 1.5, svg.RULE))
        pieces.append(_label(row, y))
        shared = _shared(row)
        pieces += [_cell(trend, x, y, cell) for trend, x in zip(shared, columns, strict=True)]
        y += ROW
    pieces.append(svg.box(EDGE, y, RIGHT - EDGE, 1.5, svg.RULE))
    return "".join(pieces), y


def own(names: tuple[str, ...], rows: Iterable[tuple[Trend | None, ...]], y: float) -> tuple[str, float]:
    """Draw trends that have nothing to be compared with, each with its name, under the district they are of."""
    cell = (RIGHT - EDGE) / max(len(names), 1)
    columns = [EDGE + n * cell for n in range(len(names))]
    pieces = [
        svg.label(x + 12, y + 34, svg.fitted(name, 26, cell - 20, bold=True), 26, bold=True)
        for name, x in zip(names, columns, strict=True)
    ]
    y += HEAD
    for row in rows:
        pieces.append(svg.box(EDGE, y, RIGHT - EDGE, 1.5, svg.RULE))
        pieces += [_named(trend, x, y, cell) for trend, x in zip(row, columns, strict=True) if trend]
        y += NAMED_ROW
    pieces.append(svg.box(EDGE, y, RIGHT - EDGE, 1.5, svg.RULE))
    return "".join(pieces), y


def _named(trend: Trend, x: float, y: float, w: float) -> str:
    left, right = x + 12, x + w - 14
    red = trend.series.colour is Colour.RED
    code = svg.width(trend.code, 24, bold=True) + 12
    room = right - left - code - 32
    return (
        (svg.box(x + 3, y + 4, w - 6, NAMED_ROW - 8, svg.WASH, 6) if red else "")
        + svg.label(left, y + 34, trend.code, 24, bold=True)
        + _wanted(trend, left + code, y + 34)
        + svg.label(
            right - 32, y + 34, trend.now, svg.fitting_size(trend.now, 24, room - 90, 16), bold=True, anchor="end"
        )
        + (svg.mark(trend.series.colour, right - 12, y + 27, 11) if trend.reported else "")
        + svg.label(left, y + 60, svg.fitted(trend.name, SMALL, right - left), SMALL, fill=svg.SLATE)
        + drawn(trend.series, Frame(left, y + 74, right - left - 6, 40))
    )


def _shared(row: tuple[Trend | None, ...]) -> tuple[Trend | None, ...]:
    """Return the trends of a row on one scale, so that they can be compared by eye."""
    series = [trend.series for trend in row if trend]
    span = span_of([n for one in series for n in one.numbers], series[0].unit) if series else None
    return tuple(trend and replace(trend, series=replace(trend.series, span=span)) for trend in row)


def _label(row: tuple[Trend | None, ...], y: float) -> str:
    trend = next((trend for trend in row if trend), None)
    if trend is None:
        return ""
    lines = svg.wrapped(trend.name, SMALL, LABELS - 16, 2)
    return svg.label(EDGE, y + 36, trend.code, 24, bold=True) + "".join(
        svg.label(EDGE, y + 62 + 23 * n, line, SMALL, fill=svg.SLATE) for n, line in enumerate(lines)
    )


def _cell(trend: Trend | None, x: float, y: float, w: float) -> str:
    if trend is None:
        return svg.label(x + w / 2, y + ROW / 2 + 8, "·", LETTERS, fill=svg.MUTED, anchor="middle")
    left, right = x + 12, x + w - 14
    red = trend.series.colour is Colour.RED
    now = svg.label(
        right - 32, y + 32, trend.now, svg.fitting_size(trend.now, 24, w - 130, 16), bold=True, anchor="end"
    )
    return (
        (svg.box(x + 3, y + 4, w - 6, ROW - 8, svg.WASH, 6) if red else "")
        + _wanted(trend, left, y + 32)
        + now
        + (svg.mark(trend.series.colour, right - 12, y + 25, 11) if trend.reported else "")
        + drawn(trend.series, Frame(left, y + 50, right - left - 6, 40))
    )


def _wanted(trend: Trend, x: float, y: float) -> str:
    """Write what was wanted, behind a piece of its line."""
    if not trend.wanted:
        return ""
    return svg.dashes([(x, y - 6), (x + 20, y - 6)]) + svg.label(x + 26, y, trend.wanted, SMALL, fill=svg.MUTED)
