"""Pages of SVG as one PDF, with its lines as lines and its words as words."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from io import BytesIO

from fpdf import FPDF
from fpdf.fonts import TTFFont

from bot.drawing import svg
from bot.drawing.png import FONTS

POINTS = 595.28, 841.89  # A4
FONT = "DejaVu Sans Condensed"


@dataclass(frozen=True, slots=True)
class Sheets:
    """Pages of A4 as SVG, and what their PDF says of itself."""

    pages: tuple[str, ...]
    title: str
    made: datetime
    language: str


def pdf_of(sheets: Sheets) -> bytes:
    """Return pages as a PDF."""
    paper = FPDF(unit="pt", format="A4")
    paper.set_auto_page_break(False)
    paper.set_margin(0)
    paper.set_title(sheets.title)
    paper.set_lang(sheets.language)
    paper.set_creation_date(sheets.made)
    with ExitStack() as stack:
        folder = resources.files("bot") / "fonts"
        for style, name in zip(("", "B"), FONTS, strict=True):
            paper.add_font(FONT, style, stack.enter_context(resources.as_file(folder / name)))
        for page in sheets.pages:
            paper.add_page()
            paper.set_font(FONT, size=10)
            picture = BytesIO(page.replace(svg.FAMILY, FONT).encode())
            paper.image(picture, x=0, y=0, w=POINTS[0], h=POINTS[1])
        content = bytes(paper.output())
        for font in paper.fonts.values():
            if isinstance(font, TTFFont):
                font.ttfont.close()
        return content
