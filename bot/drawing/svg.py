"""What a picture is made of: measured words, boxes, and the marks that tell the colours apart."""

from __future__ import annotations

import unicodedata
from html import escape

from domain.indicators import Colour

INK = "#1d2935"
SLATE = "#44525f"
MUTED = "#5f6c78"  # 5.4:1 on white, so that it is read in sunlight
RULE = "#d5dbe0"
WASH = "#fdf1ee"
SHADES = {Colour.RED: "#c4321f", Colour.AMBER: "#d68a00", Colour.GREEN: "#1f7a4d", Colour.GREY: "#7d8a96"}
FAMILY = "DejaVu Sans Condensed, DejaVu Sans, Verdana, sans-serif"
SMALLEST = 26  # pixels of 1080; on a phone that is the size of a caption
THIN = 0.89  # how much narrower the regular letters are than the bold ones
WIDTHS = {
    **dict.fromkeys("ijlIJ|'.,:;·/ ı", 0.35),
    **dict.fromkeys("ftr()[]!-", 0.45),
    **dict.fromkeys('–"*', 0.52),
    **dict.fromkeys("szcvxykLF_?", 0.6),
    **dict.fromkeys("ABCKNRSUVXYZ", 0.76),
    **dict.fromkeys("DGHOQ&+=<>#~", 0.83),
    **dict.fromkeys("mwMW%@…", 0.99),
    "‰": 1.3,
}
OTHER_WIDTH = 0.645


def width(words: str, size: float, bold: bool = False) -> float:
    """Return about how many pixels wide `words` stand; rather too many than too few."""
    letters = (c for c in unicodedata.normalize("NFD", words) if not unicodedata.combining(c))
    return sum(WIDTHS.get(c, OTHER_WIDTH) for c in letters) * size * (1 if bold else THIN)


def fitted(words: str, size: float, room: float, bold: bool = False) -> str:
    """Return as much of `words` as fits into `room`, with an ellipsis where something was cut."""
    if width(words, size, bold) <= room:
        return words
    while words and width(f"{words}…", size, bold) > room:
        words = words[:-1]
    return f"{words.rstrip()}…"


def fitting_size(words: str, size: float, room: float, smallest: float = SMALLEST) -> float:
    """Return the largest type from `size` down to `smallest` in which bold `words` fit whole."""
    return max(smallest, min(size, size * room / (width(words, size, bold=True) or 1)))


def wrapped(words: str, size: float, room: float, lines: int, bold: bool = False) -> list[str]:
    """Break `words` into at most `lines` lines; what is left over ends in an ellipsis."""
    done: list[str] = []
    line = ""
    rest = words.split()
    while rest and len(done) < lines - 1:
        longer = f"{line} {rest[0]}".strip()
        if line and width(longer, size, bold) > room:
            done.append(line)
            line = ""
        else:
            line = longer
            rest.pop(0)
    last = " ".join([line, *rest]).strip()
    return [fitted(each, size, room, bold) for each in (*done, last) if each]


def label(
    x: float, y: float, words: str, size: float, *, bold: bool = False, fill: str = INK, anchor: str = "start"
) -> str:
    """Return words with their baseline at `y`, escaped."""
    weight = ' font-weight="bold"' if bold else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:.1f}" fill="{fill}" text-anchor="{anchor}"{weight}>'
        f"{escape(words)}</text>"
    )


def box(x: float, y: float, w: float, h: float, fill: str, radius: float = 0, edge: str = "none") -> str:
    """Return a rectangle."""
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}" rx="{radius:.1f}" '
        f'fill="{fill}" stroke="{edge}" stroke-width="2.5"/>'
    )


def dashes(points: list[tuple[float, float]]) -> str:
    """Return the dashed line of what was wanted; nothing where nothing was."""
    if not points:
        return ""
    joined = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return (
        f'<polyline class="wanted" points="{joined}" fill="none" stroke="{MUTED}" stroke-width="2.5" '
        f'stroke-dasharray="7 6"/>'
    )


def mark(colour: Colour, x: float, y: float, r: float = 14) -> str:
    """Return the sign of a colour, different in shape too: ticked disc, diamond, warning triangle, empty ring."""
    return f'<g class="mark {colour}" transform="translate({x:.1f} {y:.1f}) scale({r / 14:.3f})">{SIGNS[colour]}</g>'


SIGNS = {
    Colour.GREEN: (
        f'<circle r="14" fill="{SHADES[Colour.GREEN]}"/>'
        '<path d="M-6.5 0.5L-2 5.5L7 -5" fill="none" stroke="#fff" stroke-width="3.4" stroke-linecap="round"/>'
    ),
    Colour.AMBER: f'<path d="M0 -15L15 0L0 15L-15 0Z" fill="{SHADES[Colour.AMBER]}"/>',
    Colour.RED: (
        f'<path d="M0 -14L15.5 13L-15.5 13Z" fill="{SHADES[Colour.RED]}" stroke="{SHADES[Colour.RED]}" '
        'stroke-width="2" stroke-linejoin="round"/>'
        '<path d="M0 -5.5V4" stroke="#fff" stroke-width="3.6" stroke-linecap="round"/>'
        '<circle cy="9" r="2.1" fill="#fff"/>'
    ),
    Colour.GREY: f'<circle r="11" fill="#fff" stroke="{SHADES[Colour.GREY]}" stroke-width="3"/>',
}
