"""The meeting pack of a district group: pages of A4."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import zip_longest
from typing import TypeVar

from bot.drawing import svg
from bot.drawing.bands import Trend, trend
from bot.drawing.grid import grid, own
from bot.drawing.pages import Block, Paper, heading, joined, pages, paragraph
from bot.drawing.parts import months
from bot.pictures import LEGEND, legend
from bot.render import Voice
from conversations.flows.diary import SECTION_NAMES
from domain.desks import Board
from domain.packs import Pack, Standing, five_lines
from domain.programme import Programme
from domain.quotes import Quote
from domain.text import _, plain

Item = TypeVar("Item")
ROWS_A_GRID = 9  # indicators that fit under one head
COLUMNS_A_GRID = 4  # districts that fit beside each other


def pack_pages(pack: Pack, board: Board, programme: Programme, voice: Voice) -> list[str]:
    """Return the pages of a pack as SVG, in the reader's language."""
    quarter = plain("Q{n} {year}", n=pack.quarter.number, year=str(pack.quarter.year))
    paper = Paper(
        voice.words(plain("{group}, {quarter}", group=pack.group.name, quarter=quarter)),
        voice.words(_("For the quarterly meeting of the districts: {programme}", programme=programme.name)),
        voice.words(_("From what districts reported and shared; nothing private is in it.")),
        voice.language,
    )
    blocks = [
        *_trends(pack, board, programme, voice),
        *_standings(pack, voice),
        *_lessons(pack, voice),
        *_questions(pack, voice),
    ]
    return pages(blocks, paper)


def _trends(pack: Pack, board: Board, programme: Programme, voice: Voice) -> Iterator[Block]:
    last = pack.quarter.months[-1]
    title = voice.words(_("Side by side, {months}", months=months(last, voice)))
    yield heading(title)
    for standings in _chunks(pack.standings, COLUMNS_A_GRID):
        names = tuple(s.district.name for s in standings)
        shared = [c for c in pack.shared if any(c in s.district.indicators for s in standings)]
        for codes in _chunks(shared, ROWS_A_GRID):
            rows = [tuple(_cell(code, s, board, pack, programme, voice) for s in standings) for code in codes]
            picture, height = grid(names, rows, 0)
            yield Block(picture, height + 10)
        alone = [[code for code in s.district.indicators if code not in pack.shared] for s in standings]
        for places in _chunks(zip_longest(*alone, fillvalue=""), ROWS_A_GRID):
            rows = [
                tuple(_cell(c, s, board, pack, programme, voice) for c, s in zip(codes, standings, strict=True))
                for codes in places
            ]
            picture, height = own(names, rows, 0)
            yield Block(picture, height + 10)
    signs, bottom = legend(52, LEGEND, voice)
    yield Block(signs, bottom + 30)


def _cell(code: str, standing: Standing, board: Board, pack: Pack, programme: Programme, voice: Voice) -> Trend | None:
    if code not in standing.district.indicators:
        return None
    row = next((r for r in standing.rows if r.code == code), None)
    target = standing.district.targets.get(code)
    desk = board[standing.district.code]
    return trend(programme.indicators[code], row, desk, target, pack.quarter.months[-1], voice)


def _standings(pack: Pack, voice: Voice) -> Iterator[Block]:
    title = [heading(voice.words(_("Each district in five lines")))]
    for standing in pack.standings:
        lines = [paragraph(voice.words(line), sign="•") for line in five_lines(standing)]
        yield joined([*title, paragraph(standing.district.name, bold=True), *lines, Block("", 10)])
        title = []


def _lessons(pack: Pack, voice: Voice) -> Iterator[Block]:
    title = heading(voice.words(_("What was learned, in people's own words")))
    if not pack.lessons:
        yield joined([title, paragraph(voice.words(_("No diary was shared in this quarter.")))])
        return
    quotes = [_quote(quote, voice) for quote in pack.lessons]
    yield joined([title, quotes[0]])
    yield from quotes[1:]


def _quote(quote: Quote, voice: Voice) -> Block:
    said = plain(
        "{writer}, {district}, {month} ({section})",
        writer=quote.writer,
        district=quote.district,
        month=quote.period,
        section=SECTION_NAMES[quote.section],
    )
    words = paragraph(f"“{quote.words}”", sign="")
    return joined([words, paragraph(voice.words(said), indent=24, fill=svg.MUTED), Block("", 6)])


def _questions(pack: Pack, voice: Voice) -> Iterator[Block]:
    title = heading(voice.words(_("Questions to one another")))
    found = [paragraph(voice.words(text), sign=f"{n}.") for n, text in enumerate(pack.questions, start=1)]
    if not found:
        found = [paragraph(voice.words(_("None follows from the numbers; bring your own.")))]
    yield joined([title, *found])


def _chunks(items: Iterable[Item], most: int) -> Iterator[tuple[Item, ...]]:
    rest = tuple(items)
    while rest:
        yield rest[:most]
        rest = rest[most:]
