"""Pages of paper: blocks of words and drawings, one under the other, over as many pages as they need."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

from bot.drawing import svg
from bot.drawing.parts import EDGE, RIGHT, WIDE

HIGH = 1528  # of A4, at our width
TOP, BOTTOM = 168.0, HIGH - 76.0
LETTERS = 22
LINE = 32
FOOT = 18


@dataclass(frozen=True, slots=True)
class Block:
    """Something that stays together on a page: its SVG, drawn from y = 0, and how high it is."""

    picture: str
    height: float


@dataclass(frozen=True, slots=True)
class Paper:
    """What stands on each page: a title, what it is about, and words at its foot."""

    title: str
    about: str
    foot: str
    language: str


def heading(words: str) -> Block:
    """Return the heading of a part."""
    line = svg.fitted(words, 30, RIGHT - EDGE, bold=True)
    return Block(svg.box(EDGE, 14, RIGHT - EDGE, 3, svg.INK) + svg.label(EDGE, 54, line, 30, bold=True), 78)


def paragraph(words: str, indent: float = 0, sign: str = "", bold: bool = False, fill: str = svg.INK) -> Block:
    """Return words, broken into lines, after a `sign` such as a bullet."""
    x = EDGE + indent + (26 if sign else 0)
    lines = svg.wrapped(words, LETTERS, RIGHT - x, 99, bold)
    start = svg.label(EDGE + indent, 26, sign, LETTERS, fill=svg.MUTED) if sign else ""
    said = "".join(svg.label(x, 26 + LINE * n, line, LETTERS, bold=bold, fill=fill) for n, line in enumerate(lines))
    return Block(start + said, LINE * len(lines) + 8)


def joined(blocks: Iterable[Block]) -> Block:
    """Return blocks as one that no page tears apart."""
    pieces, y = [], 0.0
    for block in blocks:
        pieces.append(_at(y, block))
        y += block.height
    return Block("".join(pieces), y)


def pages(blocks: Iterable[Block], paper: Paper) -> list[str]:
    """Lay blocks out on pages, and return each page as SVG."""
    sheets: list[list[str]] = [[]]
    y = TOP
    for block in blocks:
        if y + block.height > BOTTOM and sheets[-1]:
            sheets.append([])
            y = TOP
        sheets[-1].append(_at(y, block))
        y += block.height
    return [_sheet("".join(pieces), paper, n, len(sheets)) for n, pieces in enumerate(sheets, start=1)]


def _at(y: float, block: Block) -> str:
    return f'<g transform="translate(0 {y:.1f})">{block.picture}</g>'


def _sheet(pieces: str, paper: Paper, number: int, total: int) -> str:
    size = svg.fitting_size(paper.title, 44, RIGHT - EDGE, 28)
    title = svg.fitted(paper.title, size, RIGHT - EDGE, bold=True)
    about = svg.fitted(paper.about, 24, RIGHT - EDGE)
    foot = svg.fitted(paper.foot, FOOT, RIGHT - EDGE - 120)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDE}" height="{HIGH}" viewBox="0 0 {WIDE} {HIGH}" '
        f'lang="{escape(paper.language)}" font-family="{svg.FAMILY}">'
        f"{svg.box(0, 0, WIDE, HIGH, '#ffffff')}{svg.box(0, 0, WIDE, 14, svg.INK)}"
        f"{svg.label(EDGE, 84, title, size, bold=True)}{svg.label(EDGE, 126, about, 24, fill=svg.SLATE)}{pieces}"
        f"{svg.label(EDGE, HIGH - 36, foot, FOOT, fill=svg.MUTED)}"
        f"{svg.label(RIGHT, HIGH - 36, f'{number}/{total}', FOOT, fill=svg.MUTED, anchor='end')}</svg>"
    )
