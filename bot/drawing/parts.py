"""What both layouts of the digest picture are put together from."""

from __future__ import annotations

from bot.drawing import svg
from bot.drawing.bands import MONTHS, Band, Trend
from bot.render import Voice
from domain.periods import ReportingPeriod
from domain.text import plain

WIDE = 1080
EDGE = 44
RIGHT = WIDE - EDGE


def months(period: ReportingPeriod, voice: Voice) -> str:
    """Return the first and the last month of the lines."""
    return voice.words(plain("{first:month} – {last:month}", first=period.back(MONTHS - 1), last=period))


def newest(trend: Trend, x: float, y: float, size: float, room: float) -> str:
    """Write the newest number, smaller rather than cut where it is long."""
    fill = svg.INK if trend.reported else svg.MUTED
    return svg.label(x, y, trend.now, svg.fitting_size(trend.now, size, room), bold=True, fill=fill, anchor="end")


def bar(band: Band, x: float, y: float, w: float) -> str:
    """Draw how much of a report is in."""
    full = w * band.answered / max(band.due, 1)
    return svg.box(x, y, w, 18, "#ffffff", 4, svg.SLATE) + (svg.box(x, y, full, 18, svg.SLATE, 4) if full else "")
