"""A few districts: one line for each indicator, with its name."""

from __future__ import annotations

from bot.drawing import svg
from bot.drawing.bands import Band, Trend
from bot.drawing.parts import EDGE, RIGHT, bar, months, newest
from bot.drawing.sparklines import Frame, drawn
from bot.render import Voice
from domain.indicators import Colour
from domain.periods import ReportingPeriod
from domain.text import _, ngettext, plain

LINES = Frame(494, 0, 240, 44)
SIGN_X = 778
NOW_X = 922
WANTED_X = RIGHT - 8
ROW = 68
BAND_HEAD = 62


def roomy(bands: list[Band], period: ReportingPeriod, voice: Voice) -> tuple[list[str], float]:
    """Draw the bands, and say where they end."""
    pieces = [_columns(period, voice)]
    y = 194.0
    for band in bands:
        pieces.append(_head(band, y, voice))
        y += BAND_HEAD
        for trend in band.trends:
            pieces.append(_row(trend, y))
            y += ROW
        y += 8
    return pieces, y


def _columns(period: ReportingPeriod, voice: Voice) -> str:
    wanted = svg.fitted(voice.words(_("wanted")), svg.SMALLEST, WANTED_X - NOW_X - 4)
    return (
        svg.label(LINES.x, 184, months(period, voice), svg.SMALLEST, fill=svg.MUTED)
        + svg.label(NOW_X, 184, voice.shown(period, "month"), svg.SMALLEST, fill=svg.MUTED, anchor="end")
        + svg.label(WANTED_X, 184, wanted, svg.SMALLEST, fill=svg.MUTED, anchor="end")
    )


def _head(band: Band, y: float, voice: Voice) -> str:
    words = svg.fitted(_state(band, voice), 28, 500, bold=band.silent)
    left = RIGHT - 110
    room = left - EDGE - svg.width(words, 28, bold=band.silent) - 40
    size = svg.fitting_size(band.name, 38, room, smallest=30)
    return (
        svg.box(EDGE, y, RIGHT - EDGE, 3, svg.INK)
        + svg.label(EDGE, y + 46, svg.fitted(band.name, size, room, bold=True), size, bold=True)
        + svg.label(left - 18, y + 44, words, 28, bold=band.silent, fill=svg.SLATE, anchor="end")
        + bar(band, left, y + 25, 110)
    )


def _state(band: Band, voice: Voice) -> str:
    if band.silent:
        return voice.words(_("No report yet"))
    reported = _("{done} of {total} reported", done=band.answered, total=band.due)
    if not (more := band.due - len(band.trends)):
        return voice.words(reported)
    hidden = ngettext("{n} not shown", "{n} not shown", more)
    return voice.words(plain("{reported} · {hidden}", reported=reported, hidden=hidden))


def _row(trend: Trend, y: float) -> str:
    red = trend.series.colour is Colour.RED
    middle = y + ROW / 2
    wanted_size = svg.fitting_size(trend.wanted, 30, WANTED_X - NOW_X - 6)
    return (
        (svg.box(EDGE, y + 2, RIGHT - EDGE, ROW - 4, svg.WASH, 6) if red else "")
        + _name(trend, middle)
        + drawn(trend.series, Frame(LINES.x, middle - LINES.h / 2, LINES.w, LINES.h))
        + newest(trend, NOW_X, middle + 13, 36, NOW_X - SIGN_X - 24)
        + (svg.mark(trend.series.colour, SIGN_X, middle) if trend.reported else "")
        + svg.label(WANTED_X, middle + 11, trend.wanted, wanted_size, fill=svg.MUTED, anchor="end")
    )


def _name(trend: Trend, middle: float) -> str:
    lines = svg.wrapped(trend.name, svg.SMALLEST, LINES.x - EDGE - 124, 2)
    top = middle + 9 - 15 * (len(lines) - 1)
    code = svg.label(EDGE + 10, middle + 9, trend.code, svg.SMALLEST, bold=True)
    return code + "".join(
        svg.label(EDGE + 108, top + 30 * n, line, svg.SMALLEST, fill=svg.SLATE) for n, line in enumerate(lines)
    )
