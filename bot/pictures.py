"""The weekly digest as one picture: a band for each district, its indicators with their last months."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from bot.drawing import svg
from bot.drawing.bands import NOTHING, Band, bands
from bot.drawing.dense import dense
from bot.drawing.groups import groups
from bot.drawing.parts import EDGE, RIGHT, WIDE
from bot.drawing.roomy import roomy
from bot.render import Voice
from domain.briefs import Brief
from domain.desks import Board
from domain.digests import Digest
from domain.indicators import Colour
from domain.measures import Unit
from domain.people import Contact
from domain.programme import Programme
from domain.text import Text, _, ngettext, plain

ROOMY = 3  # districts that fit with full names; more are drawn closer together
Signs = tuple[tuple[str, Text], ...]
LEGEND: Signs = (
    (svg.SIGNS[Colour.GREEN], _("as wanted")),
    (svg.SIGNS[Colour.AMBER], _("within a tenth")),
    (svg.SIGNS[Colour.RED], _("further away")),
    (svg.SIGNS[Colour.GREY], _("not judged")),
    (svg.dashes([(-16, 0), (18, 0)]), _("wanted")),
    (svg.label(0, 9, NOTHING, 30, bold=True, fill=svg.MUTED, anchor="middle"), _("not reported")),
)
YES_NO_LEGEND: Signs = (
    (svg.box(-12, -12, 24, 24, svg.MUTED, 3, svg.MUTED), _("Yes")),
    (svg.box(-12, -12, 24, 24, "#ffffff", 3, svg.MUTED), _("No")),
)


def digest_svg(found: Digest, desks: Board, programme: Programme, reader: Contact) -> str:
    """Return the digest as SVG in the reader's language: full names for up to `ROOMY` districts, codes for more."""
    voice = Voice(reader.language, reader.timezone)
    shown = bands(found, desks, programme, voice)
    pieces, y = (roomy if len(shown) <= ROOMY else dense)(shown, found.period, voice)
    signs, bottom = legend(y + 40, _signs(shown), voice)
    title = _title(shown, programme)
    return _page([_head(title, found, voice), *pieces, signs], round(bottom + 26), title, voice)


def brief_svg(found: Brief, programme: Programme, reader: Contact) -> str:
    """Return the brief as SVG in the reader's language: a band for each group."""
    voice = Voice(reader.language, reader.timezone)
    pieces, y = groups(found.groups, 160, voice)
    signs, bottom = legend(y + 40, LEGEND[:4], voice)
    return _page(
        [_head(programme.name, found.digest, voice), *pieces, signs], round(bottom + 26), programme.name, voice
    )


def _page(pieces: Iterable[str], height: int, title: str, voice: Voice) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDE}" height="{height}" viewBox="0 0 {WIDE} {height}" '
        f'role="img" lang="{escape(voice.language)}" font-family="{svg.FAMILY}"><title>{escape(title)}</title>'
        f"{svg.box(0, 0, WIDE, height, '#ffffff')}{''.join(pieces)}</svg>"
    )


def _title(shown: list[Band], programme: Programme) -> str:
    groups = {band.group for band in shown}
    return groups.pop() if len(groups) == 1 else programme.name


def _head(title: str, found: Digest, voice: Voice) -> str:
    month = voice.shown(found.period)
    room = RIGHT - EDGE - svg.width(month, 50) - 30
    size = svg.fitting_size(title, 50, room, smallest=36)
    return (
        svg.box(0, 0, WIDE, 14, svg.INK)
        + svg.label(EDGE, 86, svg.fitted(title, size, room, bold=True), size, bold=True)
        + svg.label(RIGHT, 86, month, 50, fill=svg.MUTED, anchor="end")
        + svg.label(EDGE, 132, svg.fitted(_summary(found, voice), 30, RIGHT - EDGE), 30, fill=svg.SLATE)
    )


def _summary(found: Digest, voice: Voice) -> str:
    far = sum(row.colour is Colour.RED for district in found.districts for row in district.rows)
    done, total = len(found.complete), len(found.districts)
    reports = ngettext("{done} of {n} report complete", "{done} of {n} reports complete", total, done=done)
    reds = ngettext("{n} value far from what was wanted", "{n} values far from what was wanted", far)
    return voice.words(plain("{reports} · {reds}", reports=reports, reds=reds))


def legend(y: float, signs: Signs, voice: Voice) -> tuple[str, float]:
    """Explain the signs, as many to a line as fit, and say where the last line stands."""
    x = float(EDGE)
    pieces = [svg.box(EDGE, y - 38, RIGHT - EDGE, 2, svg.RULE)]
    for sign, text in signs:
        words = voice.words(text)
        room = 42 + svg.width(words, svg.SMALLEST)
        if x > EDGE and x + room > RIGHT:
            x, y = EDGE, y + 40
        words = svg.fitted(words, svg.SMALLEST, RIGHT - EDGE - 42)
        pieces.append(f'<g transform="translate({x + 16:.1f} {y - 9:.1f})">{sign}</g>')
        pieces.append(svg.label(x + 42, y, words, svg.SMALLEST, fill=svg.MUTED))
        x += room + 30
    return "".join(pieces), y


def _signs(shown: list[Band]) -> Signs:
    asked = any(trend.series.unit is Unit.YES_NO for band in shown for trend in band.trends)
    return LEGEND + YES_NO_LEGEND if asked else LEGEND
