"""Many districts: one line for each district, with the codes of its indicators."""

from __future__ import annotations

from itertools import groupby

from bot.drawing import svg
from bot.drawing.bands import SHOWN, Band, Trend
from bot.drawing.parts import EDGE, RIGHT, bar, months, newest
from bot.drawing.sparklines import Frame, drawn
from bot.render import Voice
from domain.indicators import Colour
from domain.periods import ReportingPeriod
from domain.text import _

NAMES = 212
CELL = (RIGHT - EDGE - NAMES) / SHOWN
LINE = 102


def dense(bands: list[Band], period: ReportingPeriod, voice: Voice) -> tuple[list[str], float]:
    """Draw the bands under their groups, and say where they end."""
    pieces = [svg.label(RIGHT, 194, months(period, voice), svg.SMALLEST, fill=svg.MUTED, anchor="end")]
    y = 160.0
    for group, members in groupby(bands, key=lambda band: band.group):
        pieces.append(svg.box(EDGE, y, RIGHT - EDGE, 3, svg.INK))
        pieces.append(svg.label(EDGE, y + 34, svg.fitted(group, svg.SMALLEST, 700), svg.SMALLEST, fill=svg.MUTED))
        y += 44
        for band in members:
            pieces.append(_row(band, y, voice))
            y += LINE
        y += 3
    return pieces, y


def _row(band: Band, y: float, voice: Voice) -> str:
    size = svg.fitting_size(band.name, 32, NAMES - 12)
    return (
        svg.box(EDGE, y, RIGHT - EDGE, 1, svg.RULE)
        + svg.label(EDGE, y + 38, svg.fitted(band.name, size, NAMES - 12, bold=True), size, bold=True)
        + (_silence(y, voice) if band.silent else _progress(band, y))
        + "".join(_cell(trend, EDGE + NAMES + n * CELL, y) for n, trend in enumerate(band.trends))
    )


def _silence(y: float, voice: Voice) -> str:
    lines = svg.wrapped(voice.words(_("No report yet")), svg.SMALLEST, NAMES - 12, 2, bold=True)
    top = y + 76 - 9 * (len(lines) - 1)
    return "".join(
        svg.label(EDGE, top + 27 * n, line, svg.SMALLEST, bold=True, fill=svg.SLATE) for n, line in enumerate(lines)
    )


def _progress(band: Band, y: float) -> str:
    words = svg.label(EDGE, y + 78, f"{band.answered}/{band.due}", svg.SMALLEST, fill=svg.SLATE)
    return words + bar(band, EDGE + 80, y + 60, 96)


def _cell(trend: Trend, x: float, y: float) -> str:
    red = trend.series.colour is Colour.RED
    left, right = x + 9, x + CELL - 9
    code = svg.fitted(trend.code, svg.SMALLEST, right - left - svg.width(trend.now, svg.SMALLEST, bold=True) - 4)
    room = right - left - svg.width(code, svg.SMALLEST) - 4
    return (
        (svg.box(x + 2, y + 4, CELL - 4, LINE - 8, svg.WASH, 6) if red else "")
        + svg.label(left, y + 36, code, svg.SMALLEST, fill=svg.SLATE)
        + newest(trend, right, y + 36, 28, room)
        + drawn(trend.series, Frame(left + 4, y + 54, right - left - 52, 32))
        + (svg.mark(trend.series.colour, right - 14, y + 70, 13) if trend.reported else "")
    )
