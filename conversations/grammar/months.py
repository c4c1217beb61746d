"""Which month a stretch of time comes to, and whether a report can be about it."""

from __future__ import annotations

from dataclasses import dataclass

from rapidfuzz.distance import OSA

from conversations.grammar.fold import fold
from conversations.grammar.reading import Expected, Reason, Refuse
from conversations.grammar.times import NAMES
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


def month_number(word: str) -> int | None:
    """Return 1 to 12 for a month name or its abbreviation in any shipped language, folded or not, else None."""
    return NAMES.get(fold(word).rstrip("."))


def nearly_month(word: str, shortest: int) -> bool:
    """Whether `word` (folded) is one edit from the name of a month, two from a long one.

    Names and words of fewer than `shortest` letters are left out.
    """
    names = (name for name in NAMES if len(name) >= shortest)
    return len(word) >= shortest and any(OSA.distance(name, word) <= 1 + (len(name) > 6) for name in names)


def bare_span(word: str) -> Span | None:
    """Read a number that stands for a month: `10`, `1025`, `202510`; anything else of digits is no month."""
    if not word.isdigit():
        return None
    if len(word) <= 2:
        return Span(1, int(word)) if 1 <= int(word) <= 12 else Span(1)
    if len(word) == 6 and word.startswith("20"):
        return dated(1, int(word[4:]), int(word[:4]))
    return dated(1, int(word[:2]), 2000 + int(word[2:])) if len(word) == 4 else Span(1)


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


def dated(length: int, month: int, year: int) -> Span:
    """Return the span of a month with its year, or of no month where there is no such month."""
    return Span(length, month, year) if 1 <= month <= 12 else Span(length)
