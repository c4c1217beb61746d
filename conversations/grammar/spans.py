"""Months and other stretches of time as people write them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from conversations.grammar.months import Span, dated
from conversations.grammar.numbers import read_spelled
from conversations.grammar.times import (
    COMMON,
    DAYS,
    EVERYDAY,
    MONTH_NOUNS,
    NAMES,
    NO_MONTH,
    ORDINALS,
    QUARTER,
    RANGE,
    RELATIVE,
    STRETCHES,
)
from conversations.grammar.tokens import Token

LONGEST_PHRASE = 4  # words
_GLUED = re.compile(r"([a-z]+)(\d{2}|\d{4})")
_CHUNK = re.compile(r"(\d{1,2})\.(20\d\d)|(20\d\d)\.(\d{1,2})")


def span_at(tokens: Sequence[Token], language: str, this_year: int) -> Span | None:
    """Return the stretch of time that `tokens` begin with, or None. A bare number is not one."""
    if not tokens or not tokens[0].is_word:
        return None
    readers = (_relative, _numeric_date, _year_first, _range, _month_first, _noun_first, _stretch)
    return next((span for reader in readers if (span := reader(tokens, language, this_year))), None)


def _phrase(tokens: Sequence[Token], phrases: dict[tuple[str, ...], int]) -> tuple[str, ...] | None:
    """Return the longest of `phrases` that `tokens` begin with."""
    words = tuple(t.text for t in tokens[:LONGEST_PHRASE])
    return next((words[:n] for n in range(len(words), 0, -1) if words[:n] in phrases), None)


def _relative(tokens: Sequence[Token], language: str, this_year: int) -> Span | None:
    words = [i for i, token in enumerate(tokens[:6]) if token.text != "'"]
    spoken = [tokens[i] for i in words]
    if found := _phrase(spoken, RELATIVE):
        return Span(words[len(found) - 1] + 1, months_back=RELATIVE[found])
    if other := _phrase(spoken, NO_MONTH):
        return Span(words[len(other) - 1] + 1, ahead=bool(NO_MONTH[other]))
    return None


def _numeric_date(tokens: Sequence[Token], language: str, this_year: int) -> Span | None:
    """Read `10/2026`, `10-2026`, `10.2026`; with a day in it, it is no month."""
    if chunk := _CHUNK.fullmatch(tokens[0].text):
        return dated(1, int(chunk[1] or chunk[4]), int(chunk[2] or chunk[3]))
    parts = _joined_numbers(tokens)
    if len(parts) == 3 and max(len(p) for p in parts) >= 2 and (len(parts[0]) == 4 or len(parts[2]) in (2, 4)):
        return Span(5)
    if len(parts) == 2 and len(parts[0]) <= 2 and _is_year(parts[1]):
        return dated(3, int(parts[0]), int(parts[1]))
    return Span(1) if re.fullmatch(r"\d{1,2}\.\d{1,2}\.(?:20)?\d\d", tokens[0].text) else None


def _joined_numbers(tokens: Sequence[Token]) -> list[str]:
    parts: list[str] = []
    for number, mark in zip(tokens[0:5:2], [*tokens[1:5:2], None], strict=False):
        if not number.text.isdigit() or len(number.text) > 4:
            break
        parts.append(number.text)
        if mark is None or mark.text not in "-/" or mark.spaced:
            break
    return parts


def _is_year(word: str) -> bool:
    return len(word) == 4 and word.isdigit() and word.startswith("20")


def _year_first(tokens: Sequence[Token], language: str, this_year: int) -> Span | None:
    """Read `2026-10`, `2026/10`, `2026 oct`, `202610`; a year alone is no month."""
    word = tokens[0].text
    if len(word) == 6 and word.isdigit() and word.startswith("20") and 1 <= int(word[4:]) <= 12:
        return dated(1, int(word[4:]), int(word[:4]))
    if not _is_year(word):
        return None
    parts = _joined_numbers(tokens)
    if len(parts) == 2 and len(parts[1]) <= 2:
        return dated(3, int(parts[1]), int(parts[0]))
    skip = 2 if len(tokens) > 2 and tokens[1].text in "-/" else 1
    month = NAMES.get(tokens[skip].text) if len(tokens) > skip else None
    return Span(skip + 1, month, int(word)) if month else None


def _month_first(tokens: Sequence[Token], language: str, this_year: int) -> Span | None:
    """Read `oct`, `oct 25`, `oct25`, `October, 2026`, `octubre de 2026`; with a day beside it, it is no month."""
    glued = _GLUED.fullmatch(tokens[0].text)
    if glued and glued[1] in NAMES:
        year = int(glued[2]) if len(glued[2]) == 4 else 2000 + int(glued[2])
        return Span(1, NAMES[glued[1]], year) if abs(year - this_year) <= 5 else Span(1)
    month = NAMES.get(tokens[0].text)
    if month is None or language in EVERYDAY.get(tokens[0].text, ()):
        return None
    length = 1
    while (
        length < len(tokens)
        and length < 3
        and tokens[length].text in {".", ",", "-", "/", "'", "de", "ya", "of", "del"}
    ):
        length += 1
    number = tokens[length].text if length < len(tokens) else ""
    if _is_year(number):
        return Span(length + 1, month, int(number))
    if number.isdigit() and len(number) == 2 and -3 <= 2000 + int(number) - this_year <= 1:
        return Span(length + 1, month, 2000 + int(number))
    return Span(1, month)


def _noun_first(tokens: Sequence[Token], language: str, this_year: int) -> Span | None:
    """Read `mwezi wa kumi`, `month 10`, `mes de octubre`: the noun for a month, then which."""
    if tokens[0].text not in MONTH_NOUNS or len(tokens) < 2:
        return None
    skip = 1 + (tokens[1].text in {"wa", "of", "de", "d"})
    skip += skip < len(tokens) and tokens[skip].text == "'"
    rest = tokens[skip:]
    if not rest:
        return None
    if named := _month_first(rest, language, this_year):
        return Span(skip + named.length, named.month, named.year)
    spelled = read_spelled([t.text for t in rest], language)
    number = int(rest[0].text) if rest[0].text.isdigit() and len(rest[0].text) <= 2 else None
    if number is None and spelled is not None:
        return _numbered(skip + spelled.length, spelled.meanings[0])
    return None if number is None else _numbered(skip + 1, number)


def _numbered(length: int, number: int) -> Span:
    return Span(length, number) if 1 <= number <= 12 else Span(length)


def _stretch(tokens: Sequence[Token], language: str, this_year: int) -> Span | None:
    """Read quarters, weeks and days: `Q3`, `week 44`, `wiki ya pili`, `1st quarter`, `tercer trimestre`."""
    word = tokens[0].text
    following = tokens[1].text if len(tokens) > 1 else ""
    if QUARTER.fullmatch(word):
        return Span(1)
    if re.fullmatch(r"\d(?:st|nd|rd|th|er|re|e|o|a)", word) or word in ORDINALS:
        return Span(2) if following in STRETCHES | DAYS else None
    if word not in STRETCHES | DAYS:
        return None
    skip = 1 + (following in {"ya", "wa", "no", "#", "de", "number", "n"})
    numbered = skip < len(tokens) and (tokens[skip].text.isdigit() or tokens[skip].text in ORDINALS)
    if numbered or (skip < len(tokens) and read_spelled([tokens[skip].text], language)):
        return Span(skip + 1)
    return Span(1) if word in STRETCHES else None


def _range(tokens: Sequence[Token], language: str, this_year: int) -> Span | None:
    """Read `July to September`, `Jul-Sep 2026`: several months are no month."""
    first = _month_first(tokens, language, this_year)
    if first is None or first.length + 1 >= len(tokens) or tokens[first.length].text not in RANGE:
        return None
    last = _month_first(tokens[first.length + 1 :], language, this_year)
    return Span(first.length + 1 + last.length) if last else None


def is_weak(tokens: Sequence[Token], span: Span) -> bool:
    """Whether a span is an everyday word or phrase that names a time only where a time is looked for."""
    return span.year is None and (tokens[0].text in COMMON or (span.month is None and span.months_back is None))
