"""The picture of a brief: a band for each group, how much has come and how many numbers have each colour."""

from __future__ import annotations

from bot.drawing import svg
from bot.drawing.parts import EDGE, RIGHT
from bot.render import Voice
from conversations.flows.brief_words import alerts_line, moves_line
from domain.briefs import GroupBrief
from domain.indicators import Colour
from domain.text import _, ngettext, plain

BAND = 210
BAR = (EDGE + 8, 74, RIGHT - EDGE - 16, 46)
ORDER = (Colour.RED, Colour.AMBER, Colour.GREEN, Colour.GREY)


def groups(found: tuple[GroupBrief, ...], y: float, voice: Voice) -> tuple[list[str], float]:
    """Draw the bands from `y` on, and say where they end."""
    pieces = []
    for group in found:
        pieces.append(_band(group, y, voice))
        y += BAND
    return pieces, y


def _band(group: GroupBrief, y: float, voice: Voice) -> str:
    reports = ngettext(
        "{done} of {n} report complete", "{done} of {n} reports complete", len(group.districts), done=group.complete
    )
    words = voice.words(plain("{reports} · {time}", reports=reports, time=_("{n} in time", n=group.in_time)))
    room = RIGHT - EDGE - svg.width(words, 28) - 30
    size = svg.fitting_size(group.name, 36, room, 28)
    return (
        svg.box(EDGE, y, RIGHT - EDGE, 3, svg.INK)
        + svg.label(EDGE, y + 46, svg.fitted(group.name, size, room, bold=True), size, bold=True)
        + svg.label(RIGHT, y + 44, words, 28, fill=svg.SLATE, anchor="end")
        + (_silence(y, voice) if group.silent else _bar(group, y))
        + svg.label(EDGE, y + 156, svg.fitted(_below(group, voice), 26, RIGHT - EDGE), 26, fill=svg.SLATE)
        + svg.label(
            EDGE, y + 190, svg.fitted(voice.words(alerts_line(group.alerts)), 26, RIGHT - EDGE), 26, fill=svg.MUTED
        )
    )


def _below(group: GroupBrief, voice: Voice) -> str:
    late = ngettext("{n} action late or stuck.", "{n} actions late or stuck.", group.late_activities)
    if group.silent:
        return voice.words(late)
    return voice.words(plain("{moves} {late}", moves=moves_line(group), late=late))


def _silence(y: float, voice: Voice) -> str:
    return svg.label(EDGE, y + 106, voice.words(_("No report yet")), 30, bold=True, fill=svg.SLATE)


def _bar(group: GroupBrief, y: float) -> str:
    """Draw the colours as lengths of one bar, each with its sign and count: told apart without colour too."""
    left, top, wide, high = BAR
    x = float(left)
    total = sum(group.colours.values())
    pieces = []
    for colour in ORDER:
        count = group.colours[colour]
        if not count:
            continue
        w = wide * count / total
        pieces.append(svg.box(x, y + top, w - 3, high, _pale(colour), 4, svg.SHADES[colour]))
        if w > 70:
            pieces.append(svg.mark(colour, x + 26, y + top + high / 2, 12))
            pieces.append(svg.label(x + 48, y + top + 33, str(count), 28, bold=True))
        else:
            pieces.append(svg.label(x + w / 2, y + top + 33, str(count), 26, bold=True, anchor="middle"))
        x += w
    return "".join(pieces)


def _pale(colour: Colour) -> str:
    return {Colour.RED: svg.WASH, Colour.AMBER: "#fdf4e0", Colour.GREEN: "#e8f3ec", Colour.GREY: "#f1f3f5"}[colour]
