"""What may stand as a value: a number, a part of a whole, yes or no, none, or "not available"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from conversations.grammar.fold import ODD
from conversations.grammar.numbers import Number, read_numeral, read_spelled
from conversations.grammar.tokens import Token
from conversations.grammar.words import (
    MEANINGLESS_ALONE,
    NO,
    NO_DATA,
    NONE_WORDS,
    NOT_AVAILABLE,
    OUT_OF,
    PERCENT_AFTER,
    PERCENT_BEFORE,
    YES,
    YES_OR_NO_CLASHES,
)


class Kind(Enum):
    """What kind of answer a value is; UNCLEAR is something like a number that is not exactly one."""

    NUMBER = auto()
    RATIO = auto()
    NONE = auto()
    NO_DATA = auto()
    YES = auto()
    NO = auto()
    UNCLEAR = auto()


@dataclass(frozen=True, slots=True)
class Value:
    """One value as written in `length` tokens. A ratio has two numbers, a number one, the rest none."""

    kind: Kind
    length: int
    numbers: tuple[Number, ...] = ()
    percent: bool = False
    minus: bool = False

    @property
    def repaired(self) -> bool:
        """Whether letters were read as digits."""
        return any(number.repaired for number in self.numbers)


def phrase_length(tokens: Sequence[Token], phrases: Sequence[tuple[str, ...]]) -> int:
    """Return how many tokens the longest of `phrases` (longest first) takes at the beginning of `tokens`, or 0."""
    for phrase in phrases:
        if len(phrase) <= len(tokens) and all(t.text == w for t, w in zip(tokens, phrase, strict=False)):
            return len(phrase)
    return 0


def number_value(tokens: Sequence[Token], language: str, wanted: bool) -> Value | None:
    """Return the number or ratio that `tokens` begin with.

    `wanted` tells that a number must stand here; only then are letters before a digit read as digits.
    """
    before = int(bool(tokens) and (tokens[0].text in PERCENT_BEFORE or tokens[0].text == "%"))
    number = _number(tokens[before:], language, wanted)
    if number is None:
        return None
    value = _with_whole(tokens, before, number, language)
    length, percent = value.length, bool(before)
    after = _percent_length(tokens[length:])
    value = Value(value.kind, length + after, value.numbers, percent or after > 0)
    if value.kind is Kind.RATIO and value.percent:
        return Value(Kind.UNCLEAR, value.length, value.numbers)
    return Value(Kind.UNCLEAR, value.length, value.numbers) if _blurred(tokens[value.length :]) else value


def _number(tokens: Sequence[Token], language: str, wanted: bool) -> Value | None:
    if not tokens or not tokens[0].is_word:
        return None
    word = tokens[0].text
    if word[0].isdigit() or (wanted and tokens[0].has_digit):
        number = read_numeral(word)
        if number is not None:
            return Value(Kind.NUMBER, 1, (number,))
    if word[0].isdigit() or ODD in word:
        return Value(Kind.UNCLEAR, 1)
    spelled = read_spelled([t.text for t in _without_hyphens(tokens)], language)
    if spelled is None or (spelled.length == 1 and not wanted and word in MEANINGLESS_ALONE):
        return None
    length = _with_hyphens(tokens, spelled.length)
    numbers = (Number(tuple(float(n) for n in spelled.meanings)),)
    return Value(Kind.UNCLEAR if spelled.clash else Kind.NUMBER, length, numbers)


def _without_hyphens(tokens: Sequence[Token]) -> list[Token]:
    """Leave out hyphens inside a word such as `fifty-five`; a hyphen with a space beside it ends the number."""
    kept: list[Token] = []
    for index, token in enumerate(tokens[:16]):
        inside = token.text == "-" and not token.spaced and index + 1 < len(tokens) and not tokens[index + 1].spaced
        if not inside:
            if not token.is_word:
                break
            kept.append(token)
    return kept


def _with_hyphens(tokens: Sequence[Token], words: int) -> int:
    length = 0
    while words:
        words -= tokens[length].is_word
        length += 1
    return length


def _with_whole(tokens: Sequence[Token], before: int, number: Value, language: str) -> Value:
    """Add what follows the number: `/615`, `of 615`, or `-15`, which makes a range of it."""
    here = before + number.length
    rest = tokens[here:]
    if not rest:
        return Value(number.kind, here, number.numbers)
    link = 1 if rest[0].text in "/-" else phrase_length(rest, OUT_OF)
    second = _number(rest[link:], language, wanted=True) if link else None
    if second is None:
        return Value(number.kind, here, number.numbers)
    length = here + link + second.length
    exact = number.kind is second.kind is Kind.NUMBER and rest[0].text != "-"
    if not exact or (
        length < len(tokens) and tokens[length].text == "/" and _number(tokens[length + 1 :], language, True)
    ):
        return Value(Kind.UNCLEAR, length, number.numbers)
    return Value(Kind.RATIO, length, (*number.numbers, *second.numbers))


def _percent_length(tokens: Sequence[Token]) -> int:
    if tokens and tokens[0].text == "%":
        return 1
    return phrase_length(tokens, PERCENT_AFTER)


def _blurred(tokens: Sequence[Token]) -> bool:
    """Whether a sign glued to the number makes it inexact: `10+`, `14?`, `12½`, `10~`."""
    if not tokens or tokens[0].spaced:
        return False
    mark = tokens[0].text
    if mark == "+":
        return len(tokens) == 1 or tokens[1].spaced
    return mark in "?~±<>≥≤≈"


def word_value(tokens: Sequence[Token], language: str, yes_no: bool) -> Value | None:
    """Return the word that stands for a value where one must stand: none, no data, and for `yes_no` yes or no."""
    if length := phrase_length(tokens, NO_DATA):
        return Value(Kind.NO_DATA, length)
    if length := phrase_length(tokens, NOT_AVAILABLE):
        return Value(Kind.NO_DATA, length)
    word = tokens[0].text
    if yes_no and (word in YES or word in NO):
        if language not in YES_OR_NO_CLASHES.get(word, {language}):
            return Value(Kind.UNCLEAR, 1)
        return Value(Kind.YES if word in YES else Kind.NO, 1)
    return Value(Kind.NONE, 1) if word in NONE_WORDS else None
