"""What may stand as a value: a number, a part of a whole, yes or no, none, or "not available"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from conversations.grammar.fold import ODD
from conversations.grammar.numbers import Number, read_numeral, read_spelled
from conversations.grammar.tokens import Token
from conversations.grammar.words import (
    COUNTED,
    MEANINGLESS_ALONE,
    NO,
    NO_CASES,
    NO_DATA,
    NONE_WORDS,
    NOT_AVAILABLE,
    NOT_HELD,
    OUT_OF,
    PER_MILLE_AFTER,
    PERCENT_AFTER,
    PERCENT_BEFORE,
    POINTS,
    YES,
    YES_OR_NO_CLASHES,
    Phrases,
)

MOST_COUNTED = 4  # words between "of" and the whole


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
    """One value as written in `length` tokens. A ratio has two numbers, a number one, the rest none.

    `per` is 100 where it was said to be a percentage, 1000 for so many a thousand, else 0.
    `ahead` is "not available" said before the code.
    """

    kind: Kind
    length: int
    numbers: tuple[Number, ...] = ()
    per: int = 0
    minus: bool = False
    ahead: bool = False

    @property
    def repaired(self) -> bool:
        """Whether letters were read as digits."""
        return any(number.repaired for number in self.numbers)


def phrase_length(tokens: Sequence[Token], phrases: Phrases) -> int:
    """Return how many tokens the longest of `phrases` takes at the beginning of `tokens`, or 0."""
    for phrase in phrases.get(tokens[0].text, ()) if tokens else ():
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
    length, per = _base(tokens[value.length :])
    value = Value(value.kind, value.length + length, value.numbers, per or 100 * before)
    unclear = (value.kind is Kind.RATIO and value.per) or _blurred(tokens[value.length :])
    return Value(Kind.UNCLEAR, value.length, value.numbers) if unclear else value


def _number(tokens: Sequence[Token], language: str, wanted: bool) -> Value | None:
    if not tokens or not tokens[0].is_word:
        return None
    word = tokens[0].text
    if word[0].isdigit() or (wanted and tokens[0].has_digit):
        number = read_numeral(word)
        if number is not None:
            return _with_fraction(Value(Kind.NUMBER, 1, (number,)), tokens, language)
    if word[0].isdigit() or ODD in word:
        return Value(Kind.UNCLEAR, 1)
    spelled = _spelled(tokens, language)
    if spelled is None or (spelled[0] == 1 and not wanted and word in MEANINGLESS_ALONE):
        return None
    length, number, clash = spelled
    return _with_fraction(Value(Kind.UNCLEAR if clash else Kind.NUMBER, length, (number,)), tokens, language)


def _spelled(tokens: Sequence[Token], language: str) -> tuple[int, Number, bool] | None:
    """Return (tokens taken, number, whether it clashes with another language) for a number in words."""
    spelled = read_spelled([t.text for t in _without_hyphens(tokens)], language)
    if spelled is None:
        return None
    return _with_hyphens(tokens, spelled.length), Number(tuple(float(n) for n in spelled.meanings)), spelled.clash


def _with_fraction(number: Value, tokens: Sequence[Token], language: str) -> Value:
    """Add `point five` to a whole number; what follows the point is digits one by one, or a number of two digits."""
    at = number.length
    whole = number.numbers[0].readings
    if at >= len(tokens) or tokens[at].text not in POINTS or len(whole) > 1 or not whole[0].is_integer():
        return number
    at, digits = at + 1, ""
    while at < len(tokens) and (found := _digits(tokens[at:], language)):
        at, digits = at + found[0], digits + found[1]
        if len(found[1]) > 1:
            break
    if not digits:
        return number
    decimal = Number((float(f"{whole[0]:.0f}.{digits}"),))
    return Value(number.kind if len(digits) <= 2 else Kind.UNCLEAR, at, (decimal,))


def _digits(tokens: Sequence[Token], language: str) -> tuple[int, str] | None:
    if tokens[0].text.isdigit():
        return 1, tokens[0].text
    spelled = _spelled(tokens, language) if tokens[0].is_word else None
    if spelled is None or spelled[1].readings[0] >= 100:
        return None
    return spelled[0], f"{spelled[1].readings[0]:.0f}"


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
    if len(rest) > 1 and rest[0].text in COUNTED and phrase_length(rest[1:], OUT_OF):
        here, rest = here + 1, rest[1:]
    if not rest:
        return Value(number.kind, here, number.numbers)
    link = 1 if rest[0].text in "/-" else phrase_length(rest, OUT_OF)
    if link and rest[0].is_word:
        link += next((i for i, t in enumerate(rest[link : link + MOST_COUNTED]) if t.text not in COUNTED), 0)
    second = _number(rest[link:], language, wanted=True) if link else None
    if second is None:
        return Value(number.kind, before + number.length, number.numbers)
    length = here + link + second.length
    exact = number.kind is second.kind is Kind.NUMBER and rest[0].text != "-"
    if not exact or (
        length < len(tokens) and tokens[length].text == "/" and _number(tokens[length + 1 :], language, True)
    ):
        return Value(Kind.UNCLEAR, length, number.numbers)
    return Value(Kind.RATIO, length, (*number.numbers, *second.numbers))


def _base(tokens: Sequence[Token]) -> tuple[int, int]:
    """Return how many tokens say what a number is counted by, and that base: 100, 1000, or 0 where nothing is said."""
    if tokens and tokens[0].text == "%":
        return 1, 100
    if length := phrase_length(tokens, PERCENT_AFTER):
        return length, 100
    length = phrase_length(tokens, PER_MILLE_AFTER)
    return length, 1000 if length else 0


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
    if length := phrase_length(tokens, NO_CASES):
        return Value(Kind.NONE, length)
    word = tokens[0].text
    if yes_no and (length := phrase_length(tokens, NOT_HELD)):
        return Value(Kind.NO, length)
    if yes_no and (word in YES or word in NO):
        if language not in YES_OR_NO_CLASHES.get(word, {language}):
            return Value(Kind.UNCLEAR, 1)
        return Value(Kind.YES if word in YES else Kind.NO, 1)
    return Value(Kind.NONE, 1) if word in NONE_WORDS else None
