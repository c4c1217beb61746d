"""Numbers that are no values: hours, dates, telephone numbers, days without power, clinics that sent nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set

from conversations.grammar.pieces import Given, Mark, Piece, Slot, Verb, When, Word
from conversations.grammar.prose import (
    CASES,
    CIRCUMSTANCES,
    DOUBTS,
    DURATIONS,
    FILLERS,
    HOURS,
    MEASURES,
    NOTHING,
    PARTERS,
    PLANS,
    SILENT,
    TEXTED,
)
from conversations.grammar.reading import Expected
from conversations.grammar.values import Kind
from conversations.grammar.words import PARTS
from domain.periods import ReportingPeriod

_STOPS = frozenset(".!?\n")
_PARTING = frozenset(",;")
_HOUR = re.compile(r"\d{1,2}(?:am|pm|h|hrs|h\d\d)", re.IGNORECASE)
_PHONE = re.compile(r"\(?(?:\+\d|00?\d)[\d ().-]{6,14}\d")
_DATE = re.compile(r"\d{1,2}[/.-](\d{1,2})[/.-]((?:20)?\d\d)")
_FEWEST_DIGITS = 9  # in a telephone number
_NO_NOUNS = FILLERS | DOUBTS | PLANS | CASES
_CHANGES = DOUBTS | PARTS


def without_asides(text: str, pieces: Sequence[Piece], expected: Expected) -> list[Piece]:
    """Return the pieces with words in place of numbers that are plainly about something else than an indicator.

    A number that a code waits for is never one. What is not plain stays, and is asked about.
    """
    first = next((i for i, p in enumerate(pieces) if isinstance(p, Slot) and p.code), len(pieces))
    kept = list(pieces)
    _drop_texted(text, kept)
    named = {p.outcome for p in pieces if isinstance(p, When) and not p.weak and isinstance(p.outcome, ReportingPeriod)}
    months = {expected.due_period.month, expected.today.month}
    if first == len(pieces):
        return kept
    for start, stop in _sentences(pieces):
        coded = any(isinstance(p, Slot) and _names_code(text, p) for p in pieces[start:stop])
        if coded:
            _drop_spans_ahead(text, kept, start, min(first, stop))
            _drop_counted_elsewhere(text, kept, start, stop)
        else:
            _drop_from_prose(text, kept, start, stop, before=start < first, months=months)
        _drop_dates(text, kept, start, stop, coded, named)
    _drop_anywhere(text, kept)
    return kept


def _drop_texted(text: str, pieces: list[Piece]) -> None:
    for index, piece in enumerate(pieces):
        if isinstance(piece, Given) and text[piece.start : piece.end].lower() in TEXTED:
            _drop(pieces, index)


def _silent(piece: Piece) -> Word:
    """Return a word in the place of `piece` that says nothing about any value."""
    return Word(piece.first, piece.stop, piece.start, piece.end, SILENT)


def _sentences(pieces: Sequence[Piece]) -> Iterator[tuple[int, int]]:
    start = 0
    for index, piece in enumerate(pieces):
        if isinstance(piece, Mark) and piece.mark in _STOPS:
            yield start, index
            start = index + 1
    yield start, len(pieces)


def _names_code(text: str, slot: Slot) -> bool:
    return bool(slot.code or slot.offered) or text[slot.start : slot.end].isupper()


def _waits(text: str, pieces: Sequence[Piece], index: int) -> bool:
    """Whether a code before `index` has no value yet, so that the number there may be it."""
    before = next((p for at in range(index - 1, -1, -1) if isinstance(p := pieces[at], Slot | Given)), None)
    return isinstance(before, Slot) and _names_code(text, before)


def _drop(pieces: list[Piece], index: int) -> None:
    """Put a word in place of a number, and of the word before it that only looked like its code."""
    pieces[index] = _silent(pieces[index])
    before = pieces[index - 1] if index else None
    if isinstance(before, Slot) and not (before.code or before.offered):
        pieces[index - 1] = _silent(before)


def _drop_from_prose(text: str, pieces: list[Piece], start: int, stop: int, before: bool, months: Set[int]) -> None:
    """Leave out the numbers of a sentence that names no code; after the first code only those that count things.

    A day is left out only where it lies in one of `months`: in another it may be the month of the report.
    """
    if not before and _waits(text, pieces, start):
        return
    for index in range(start, stop):
        piece = pieces[index]
        if isinstance(piece, Given) and not _follows_verb(pieces, index):
            counts = _counts(text, pieces, index, None) if before else _is_elsewhere(text, pieces, start, index, stop)
            if counts or _is_hour(pieces, index) or _is_day(piece, months):
                _drop(pieces, index)


def _follows_verb(pieces: Sequence[Piece], index: int) -> bool:
    """Whether the number stands where a month may: right after `REP`."""
    spoken = (p for p in reversed(pieces[:index]) if not isinstance(p, Mark))
    return isinstance(next(spoken, None), Verb)


def _counts(text: str, pieces: Sequence[Piece], index: int, nouns: frozenset[str] | None) -> bool:
    """Whether one of `nouns` (None: any word in small letters that means nothing else) stands after the number."""
    noun = _noun(text, pieces[index + 1]) if index + 1 < len(pieces) else ""
    if nouns is not None or noun in CIRCUMSTANCES:
        return noun in (nouns or CIRCUMSTANCES)
    after = pieces[index + 1] if noun else None
    return isinstance(after, Word) and noun not in _NO_NOUNS and text[after.start : after.end].islower()


def _is_elsewhere(text: str, pieces: Sequence[Piece], start: int, index: int, stop: int) -> bool:
    """Whether a number counts time, or things that are then denied, and nothing before it in its clause says more."""
    led = all(isinstance(p, Word) and p.word not in _CHANGES for p in pieces[start:index])
    if not led or _counts(text, pieces, index, MEASURES):
        return led
    until = next((i for i in range(index, stop) if _parts(pieces[i])), stop)
    denied = any(isinstance(p, Word) and p.word in DOUBTS | NOTHING for p in pieces[index + 2 : until])
    return denied and _counts(text, pieces, index, CIRCUMSTANCES)


def _noun(text: str, piece: Piece) -> str:
    """Return a word as folded, also one of time such as `weeks` that names no month."""
    if isinstance(piece, Word):
        return piece.word
    return text[piece.start : piece.end].lower() if isinstance(piece, When) and piece.weak else ""


def _is_hour(pieces: Sequence[Piece], index: int) -> bool:
    """Whether an hour's word stands before the number, or it is the minutes of one."""
    before = pieces[index - 1] if index else None
    if isinstance(before, Mark) and before.mark == ":" and index > 1:
        return isinstance(pieces[index - 2], Word)
    return isinstance(before, Word) and before.word in HOURS


def _is_day(piece: Given, months: Set[int]) -> bool:
    """Whether a part of a whole could not be one, but the day and month of a date: `14/11`."""
    if piece.value.kind is not Kind.RATIO:
        return False
    day, month = (number.readings[0] for number in piece.value.numbers)
    return month in months and month < day <= 31


def _drop_dates(
    text: str, pieces: list[Piece], start: int, stop: int, coded: bool, named: Set[ReportingPeriod]
) -> None:
    """Leave out a whole date where a month is named too: one in that month, or in a sentence without a code."""
    for index in range(start, stop):
        piece = pieces[index]
        date = _DATE.fullmatch(text[piece.start : piece.end]) if isinstance(piece, When) and named else None
        if date and (not coded or named == {_month_of(date)}):
            pieces[index] = _silent(piece)


def _month_of(date: re.Match[str]) -> ReportingPeriod | None:
    month, year = int(date[1]), int(date[2])
    return ReportingPeriod(year if year > 99 else 2000 + year, month) if 1 <= month <= 12 else None


def _drop_spans_ahead(text: str, pieces: list[Piece], start: int, stop: int) -> None:
    """Leave out the days or hours of a clause before the first code: `network down 3 days, ABS 12`."""
    parted = next((i for i in range(stop - 1, start, -1) if _parts(pieces[i])), start)
    for index in range(start, parted):
        piece = pieces[index]
        if isinstance(piece, Given) and not _follows_verb(pieces, index) and _counts(text, pieces, index, DURATIONS):
            _drop(pieces, index)


def _drop_counted_elsewhere(text: str, pieces: list[Piece], start: int, stop: int) -> None:
    """Leave out a clause of its own that counts places or days: `ABS 12 and the other 2 clinics sent nothing`."""
    parted = -1
    for index in range(start, stop):
        piece = pieces[index]
        if isinstance(piece, Slot):
            parted = -1
        elif _parts(piece) and not _waits(text, pieces, index):
            parted = index
        elif isinstance(piece, Given) and parted >= 0 and _opens_clause(text, pieces, parted, index, stop):
            _silence_clause(pieces, index, stop)


def _parts(piece: Piece) -> bool:
    return (isinstance(piece, Mark) and piece.mark in _PARTING) or (isinstance(piece, Word) and piece.word in PARTERS)


def _opens_clause(text: str, pieces: Sequence[Piece], parted: int, index: int, stop: int) -> bool:
    """Whether the number is led by a word, not only by a comma, and counts something of its own."""
    led = isinstance(pieces[parted], Word) or index > parted + 1
    return led and _is_elsewhere(text, pieces, parted + 1, index, stop)


def _silence_clause(pieces: list[Piece], index: int, stop: int) -> None:
    """Make words of a clause from its number on, so that its denials are about nothing else."""
    for at in range(index, stop):
        piece = pieces[at]
        if isinstance(piece, Slot | Verb) or _parts(piece) or (at > index and isinstance(piece, Given)):
            return
        if isinstance(piece, Word | Given):
            pieces[at] = _silent(piece)


def _drop_anywhere(text: str, pieces: list[Piece]) -> None:
    """Leave out hours such as `5pm`, and telephone numbers, wherever no code waits for a value."""
    wanted = {i for i, p in enumerate(pieces) if isinstance(p, Given) and _waits(text, pieces, i)}
    values = [pieces[i].start for i in wanted]
    phones = [m.span() for m in _PHONE.finditer(text) if _is_phone(m.group())]
    phones = [(start, end) for start, end in phones if not any(start <= value < end for value in values)]
    for index, piece in enumerate(pieces):
        if not isinstance(piece, Given) or index in wanted:
            continue
        dialled = any(start <= piece.start and piece.end <= end for start, end in phones)
        if dialled or _HOUR.fullmatch(text[piece.start : piece.end]):
            _drop(pieces, index)


def _is_phone(written: str) -> bool:
    return sum(c.isdigit() for c in written) >= _FEWEST_DIGITS
