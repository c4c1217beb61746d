"""Months and other stretches of time as people write them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from babel.dates import get_month_names
from rapidfuzz.distance import OSA

from conversations.grammar.fold import fold
from conversations.grammar.numbers import read_spelled
from conversations.grammar.reading import Expected, Reason, Refuse
from conversations.grammar.tokens import Token
from conversations.grammar.words import LANGUAGES
from domain.periods import ReportingPeriod

OLDEST = 24  # months back from the last closed one
RECENT = 6  # a bare month name further back than this is asked

Outcome = ReportingPeriod | Refuse | tuple[ReportingPeriod, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time in a text: how many tokens it takes, and the month and year, or neither when it is no month.

    `months_back` is set instead for "last month". `ahead` marks what has not ended, such as "next year".
    """

    length: int
    month: int | None = None
    year: int | None = None
    months_back: int | None = None
    ahead: bool = False


def _month_names() -> dict[str, int]:
    names = {
        fold(name).rstrip("."): month
        for language in LANGUAGES
        for width in ("wide", "abbreviated")
        for month, name in get_month_names(width, locale=language).items()
    }
    names |= {fold(name)[:3]: month for month, name in get_month_names("wide", locale="en").items()}
    extra = {"sept": 9, "set": 9, "setiembre": 9, "agost": 8, "agosto": 8, "jully": 7, "febuary": 2, "feb": 2, "fev": 2}
    return {**names, **extra}


_NAMES = _month_names()
_COMMON = frozenset(
    {"ago", "des", "mac", "may", "mar", "mai", "set", "out", "sept", "march", "juin", "mei", "jan", "dec"}
)
"""Month names that are also everyday words somewhere."""
_EVERYDAY = {"ago": frozenset({"en"}), "des": frozenset({"fr", "es"}), "set": frozenset({"en", "fr"})}


def _by_phrase(meanings: dict[int, str]) -> dict[tuple[str, ...], int]:
    return {tuple(p.split()): meaning for meaning, phrases in meanings.items() for p in phrases.split("|")}


_RELATIVE = _by_phrase(
    {
        1: "last month|previous month|past month|mwezi uliopita|mwezi jana|mwezi ulioisha|mwezi uliokwisha"
        "|mes pasado|el mes pasado|mes anterior|mois dernier|le mois dernier|mois passe|le mois passe|mois precedent",
        0: "this month|current month|mwezi huu|este mes|el presente mes|ce mois|ce mois ci|mois en cours",
        -1: "next month|mwezi ujao|proximo mes|el proximo mes|mes proximo|mois prochain|le mois prochain",
    }
)
"""Months named from today, by how many months back they lie."""

_NO_MONTH = _by_phrase(
    {
        True: "next year|next quarter|next week|mwaka ujao|wiki ijayo|el proximo ano|proximo ano|ano proximo"
        "|annee prochaine|l annee prochaine",
        False: "last year|last week|last quarter|this year|this week|this quarter|past year|past week|previous year"
        "|mwaka jana|mwaka huu|wiki iliyopita|wiki hii|wiki jana|robo iliyopita"
        "|ano pasado|el ano pasado|este ano|semana pasada|la semana pasada|esta semana|trimestre pasado"
        "|annee derniere|l annee derniere|l an dernier|semaine derniere|cette semaine|cette annee"
        "|yesterday|today|fortnight|jana|leo|ayer|hoy|hier|aujourd hui"
        "|monday|tuesday|wednesday|thursday|friday|saturday|sunday"
        "|jumatatu|jumanne|jumatano|alhamisi|ijumaa|jumamosi|jumapili"
        "|lunes|martes|miercoles|jueves|viernes|sabado|domingo"
        "|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche",
    }
)
"""Stretches of time that are no month, and whether they lie ahead."""

_MONTH_NOUNS = frozenset({"mwezi", "month", "mes", "mois"})
_QUARTER = re.compile(
    r"[qhw]\d{1,2}|(?:fy|cy)\d{2,4}|20\d\d[qhwst]\d{1,2}|(?:wk|week|qtr|sem|semaine|semana|wiki)\d{1,2}|t[1-4]"
)
_STRETCHES = frozenset(
    {"week", "wk", "wiki", "semana", "semaine", "quarter", "qtr", "trimestre", "robo", "day", "siku"}
)
_GLUED = re.compile(r"([a-z]+)(\d{2}|\d{4})")
_CHUNK = re.compile(r"(\d{1,2})\.(20\d\d)|(20\d\d)\.(\d{1,2})")


def month_number(word: str) -> int | None:
    """Return 1 to 12 for a month name or its abbreviation in any shipped language, folded or not, else None."""
    return _NAMES.get(fold(word).rstrip("."))


def nearly_month(word: str, shortest: int) -> bool:
    """Whether `word` (folded) is one edit from the name of a month, two from a long one.

    Names and words of fewer than `shortest` letters are left out.
    """
    names = (name for name in _NAMES if len(name) >= shortest)
    return len(word) >= shortest and any(OSA.distance(name, word) <= 1 + (len(name) > 6) for name in names)


def span_at(tokens: Sequence[Token], language: str, this_year: int) -> Span | None:
    """Return the stretch of time that `tokens` begin with, or None. A bare number is not one."""
    if not tokens or not tokens[0].is_word:
        return None
    readers = (_relative, _numeric_date, _year_first, _month_first, _noun_first, _stretch)
    return next((span for reader in readers if (span := reader(tokens, language, this_year))), None)


def bare_span(word: str) -> Span | None:
    """Read a number that stands for a month: `10`, `1025`, `202510`; anything else of digits is no month."""
    if not word.isdigit():
        return None
    if len(word) <= 2:
        return Span(1, int(word)) if 1 <= int(word) <= 12 else Span(1)
    if len(word) == 6 and word.startswith("20"):
        return _dated(1, int(word[4:]), int(word[:4]))
    return _dated(1, int(word[:2]), 2000 + int(word[2:])) if len(word) == 4 else Span(1)


def settle(span: Span, token: str, expected: Expected) -> Outcome:
    """Decide which month is meant: one, none that can be taken (with `token` as written), or one that must be asked."""
    running = ReportingPeriod.of(expected.today)
    if span.ahead:
        return Refuse(token, Reason.FUTURE_PERIOD)
    if span.months_back is not None:
        return _checked(running.back(span.months_back), token, expected)
    if span.month is None:
        return Refuse(token, Reason.BAD_PERIOD)
    if span.year is not None:
        return _checked(ReportingPeriod(span.year, span.month), token, expected)
    if span.month == running.month:
        return Refuse(token, Reason.FUTURE_PERIOD)
    period = running.back((running.month - span.month) % 12)
    outcome = _checked(period, token, expected)
    far = running.months_since(period) > RECENT and period != expected.due_period
    return (period,) if far and isinstance(outcome, ReportingPeriod) else outcome


def _checked(period: ReportingPeriod, token: str, expected: Expected) -> ReportingPeriod | Refuse:
    running = ReportingPeriod.of(expected.today)
    if period >= running:
        return Refuse(token, Reason.FUTURE_PERIOD)
    if period < expected.starts or running.back(1).months_since(period) > OLDEST:
        return Refuse(token, Reason.BAD_PERIOD)
    return period


def _dated(length: int, month: int, year: int) -> Span:
    return Span(length, month, year) if 1 <= month <= 12 else Span(length)


def _phrase(tokens: Sequence[Token], phrases: dict[tuple[str, ...], int]) -> tuple[str, ...] | None:
    words = tuple(t.text for t in tokens[:4])
    fits = [p for p in phrases if words[: len(p)] == p]
    return max(fits, key=len, default=None)


def _relative(tokens: Sequence[Token], language: str, this_year: int) -> Span | None:
    words = [i for i, token in enumerate(tokens[:6]) if token.text != "'"]
    spoken = [tokens[i] for i in words]
    if found := _phrase(spoken, _RELATIVE):
        return Span(words[len(found) - 1] + 1, months_back=_RELATIVE[found])
    if other := _phrase(spoken, _NO_MONTH):
        return Span(words[len(other) - 1] + 1, ahead=bool(_NO_MONTH[other]))
    return None


def _numeric_date(tokens: Sequence[Token], language: str, this_year: int) -> Span | None:
    """Read `10/2026`, `10-2026`, `10.2026`; with a day in it, it is no month."""
    if chunk := _CHUNK.fullmatch(tokens[0].text):
        return _dated(1, int(chunk[1] or chunk[4]), int(chunk[2] or chunk[3]))
    parts = _joined_numbers(tokens)
    if len(parts) == 3 and max(len(p) for p in parts) >= 2 and (len(parts[0]) == 4 or len(parts[2]) in (2, 4)):
        return Span(5)
    if len(parts) == 2 and len(parts[0]) <= 2 and _is_year(parts[1]):
        return _dated(3, int(parts[0]), int(parts[1]))
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
        return _dated(1, int(word[4:]), int(word[:4]))
    if not _is_year(word):
        return None
    parts = _joined_numbers(tokens)
    if len(parts) == 2 and len(parts[1]) <= 2:
        return _dated(3, int(parts[1]), int(parts[0]))
    skip = 2 if len(tokens) > 2 and tokens[1].text in "-/" else 1
    month = _NAMES.get(tokens[skip].text) if len(tokens) > skip else None
    return Span(skip + 1, month, int(word)) if month else None


def _month_first(tokens: Sequence[Token], language: str, this_year: int) -> Span | None:
    """Read `oct`, `oct 25`, `oct25`, `October, 2026`, `octubre de 2026`; with a day beside it, it is no month."""
    glued = _GLUED.fullmatch(tokens[0].text)
    if glued and glued[1] in _NAMES:
        year = int(glued[2]) if len(glued[2]) == 4 else 2000 + int(glued[2])
        return Span(1, _NAMES[glued[1]], year) if abs(year - this_year) <= 5 else Span(1)
    month = _NAMES.get(tokens[0].text)
    if month is None or language in _EVERYDAY.get(tokens[0].text, ()):
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
    if tokens[0].text not in _MONTH_NOUNS or len(tokens) < 2:
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
    """Read quarters, weeks and days: `Q3`, `week 44`, `wiki ya 2`, `1st quarter`."""
    if _QUARTER.fullmatch(tokens[0].text):
        return Span(1)
    if len(tokens) > 1 and re.fullmatch(r"\d(?:st|nd|rd|th|er|e|o)?", tokens[0].text) and tokens[0].text[1:]:
        return Span(2) if tokens[1].text in _STRETCHES else None
    if tokens[0].text not in _STRETCHES or len(tokens) < 2:
        return None
    skip = 1 + (tokens[1].text in {"ya", "wa", "no", "#", "de"})
    if skip < len(tokens) and (tokens[skip].text.isdigit() or read_spelled([tokens[skip].text], language)):
        return Span(skip + 1)
    return None


def is_weak(tokens: Sequence[Token], span: Span) -> bool:
    """Whether a span is an everyday word or phrase that names a time only where a time is looked for."""
    return span.year is None and (tokens[0].text in _COMMON or (span.month is None and span.months_back is None))
