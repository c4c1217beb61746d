"""A message cut into pieces: what each token, or several together, can be where they stand."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from conversations.grammar.codes import join_stray, means_something, name_at, names_of, nearest, nearly_opts_out, unglue
from conversations.grammar.months import Span, month_number, settle
from conversations.grammar.numbers import LOOKALIKES, Number, nearly_number
from conversations.grammar.pieces import Given, Mark, Piece, Slot, Verb, When, Word
from conversations.grammar.prose import FILLERS, JOINS, LINKS
from conversations.grammar.reading import Expected
from conversations.grammar.spans import is_weak, span_at
from conversations.grammar.tokens import Token, tokenise
from conversations.grammar.values import Kind, Value, number_value, phrase_length, word_value
from conversations.grammar.words import DATA_NOUNS, FIX_VERBS, NO_DATA, PARTS, REPORT_VERBS, WITHOUT
from domain.indicators import Entry

MOST_INVERTED = 150  # pieces that are looked at for values before their codes
FARTHEST = 12  # pieces between a code and its value
_LINKS = LINKS - JOINS
_LETTERS = re.compile(r"[lI](?:O|OO|[lI]O|O[lI])")  # `lO`: no word, and ten where a number must stand
TEXTED_AFTER = frozenset({"d", "u", "da", "ur", "the", "your", "ya", "me", "late", "delay", "any", "all"})


@dataclass(frozen=True, slots=True)
class Lexicon:
    """What the words of this message are compared with."""

    text: str
    expected: Expected
    codes: Mapping[str, str]
    names: Mapping[tuple[str, ...], str]
    dashes_separate: bool = False

    @classmethod
    def of(cls, text: str, expected: Expected) -> Lexicon:
        """Prepare the codes and names of the programme for look-up."""
        codes = {code.lower(): code for code in expected.indicators}
        return cls(text, expected, codes, names_of(expected.indicators))


def cut(text: str, expected: Expected) -> list[Piece]:
    """Return the pieces of a message, in order, leaving nothing out."""
    lexicon = Lexicon.of(text, expected)
    tokens = join_stray(unglue(tokenise(text), lexicon.codes), lexicon.codes)
    lexicon = replace(lexicon, dashes_separate=_dashes_separate(tokens, lexicon))
    pieces: list[Piece] = []
    index = 0
    while index < len(tokens):
        piece = _piece_at(tokens, index, pieces, lexicon)
        pieces.append(piece)
        index = piece.stop
    return pieces


def open_slot(pieces: Sequence[Piece]) -> Slot | None:
    """Return the code that still waits for its value where the next piece begins."""
    month_follows = False
    for piece in reversed(pieces[-FARTHEST:]):
        if isinstance(piece, Slot):
            return piece
        leads = isinstance(piece, Word) and month_follows and piece.word in FILLERS
        month_follows = leads or isinstance(piece, When)
        if month_follows or (isinstance(piece, Word) and piece.word in _LINKS):
            continue
        if not isinstance(piece, Mark) or piece.mark in "\n;!?":
            return None
    return None


def _piece_at(tokens: Sequence[Token], index: int, before: Sequence[Piece], lexicon: Lexicon) -> Piece:
    rest = tokens[index : index + 24]
    slot = open_slot(before)
    joins = rest[0].text == "na" and _all_inverted(before)
    if slot is not None and not joins and (value := _wanted_value(rest, slot, lexicon)):
        return Given(*_place(rest, index, value.length), value)
    if named := name_at(rest, lexicon.names):
        code, length = named
        return Slot(*_place(rest, index, length), code, rest[0].text)
    if slot is None and (length := _no_data_ahead(rest, lexicon)):
        return Given(*_place(rest, index, length), Value(Kind.NO_DATA, length, ahead=True))
    token = rest[0]
    if not token.is_word and token.text != "%":
        return Mark(*_place(rest, index, 1), token.text, token.spaced)
    if when := _when(rest, index, lexicon):
        return when
    if token.text in REPORT_VERBS or token.text in FIX_VERBS:
        return Verb(*_place(rest, index, 1), token.text in FIX_VERBS)
    if token.text in lexicon.codes:
        return _slot(rest, index, lexicon.codes[token.text], lexicon)
    if _texted(rest):
        return Word(*_place(rest, index, 1), "for")
    if value := number_value(rest, lexicon.expected.language, wanted=False):
        return Given(*_place(rest, index, value.length), value)
    after_value = bool(before) and isinstance(before[-1], Given)
    if _stands_for_code(rest, slot, after_value, lexicon) and not _says_of_what(before, rest, lexicon):
        return _slot(rest, index, None, lexicon)
    return Word(*_place(rest, index, 1), token.text, lexicon.text[token.start : token.end].isupper())


def _place(rest: Sequence[Token], index: int, length: int) -> tuple[int, int, int, int]:
    return index, index + length, rest[0].start, rest[length - 1].end


def _all_inverted(before: Sequence[Piece]) -> bool:
    """Whether each code so far had its value before it, so that `na` after the last one is "and"."""
    core = [p for p in before[:MOST_INVERTED] if isinstance(p, Slot | Given)]
    return isinstance(core[0], Given) and all(isinstance(p, Slot) for p in core[1::2]) if core else False


def _slot(rest: Sequence[Token], index: int, code: str | None, lexicon: Lexicon) -> Slot:
    token = rest[0]
    month = month_number(token.text) if code else None
    small = lexicon.text[token.start : token.end].islower() and (code is None or means_something(token.text))
    offered = None if code else nearest(token.text, lexicon.expected)
    return Slot(*_place(rest, index, 1), code, token.text, token.glued, token.foreign, month, small, offered)


def _when(rest: Sequence[Token], index: int, lexicon: Lexicon) -> When | None:
    expected = lexicon.expected
    span = span_at(rest, expected.language, expected.today.year)
    if span is None or (
        rest[0].text in lexicon.codes and not (span.length > 1 and span.year and _four_digits(rest, span))
    ):
        return None
    place = _place(rest, index, span.length)
    outcome = settle(span, lexicon.text[place[2] : place[3]], expected)
    return When(*place, outcome, is_weak(rest, span), span.months_back == 0)


def _four_digits(rest: Sequence[Token], span: Span) -> bool:
    return len(rest[span.length - 1].text) == 4


def _wanted_value(rest: Sequence[Token], slot: Slot, lexicon: Lexicon) -> Value | None:
    """Read a value where a code waits for one."""
    language = lexicon.expected.language
    indicator = lexicon.expected.indicators.get(slot.code or "")
    if rest[0].text == "-":
        return _dash(rest, slot, lexicon)
    if _LETTERS.fullmatch(lexicon.text[rest[0].start : rest[0].end]):
        digits = rest[0].text.translate(LOOKALIKES)
        return Value(Kind.NUMBER, 1, (Number((float(digits),), repaired=True),))
    if nearly_number(rest[0].text) and not means_something(rest[0].text):
        following = number_value(rest[1:], language, wanted=False)
        return Value(Kind.UNCLEAR, 1 + (following.length if following else 0))
    yes_no = indicator is not None and indicator.entry is Entry.YES_NO
    return word_value(rest, language, yes_no) or number_value(rest, language, wanted=True)


def _dash(rest: Sequence[Token], slot: Slot, lexicon: Lexicon) -> Value | None:
    """Read a dash after a code: alone it is "not available"; before a number it may be a minus; else it separates."""
    dashes = next((i for i, t in enumerate(rest) if t.text != "-"), len(rest))
    after = rest[dashes] if dashes < len(rest) else None
    if after is None or after.text in "\n,;." or after.text in lexicon.codes:
        return Value(Kind.NO_DATA, dashes)
    indicator = lexicon.expected.indicators.get(slot.code or "")
    if indicator is None or indicator.hard[0] >= 0 or dashes > 1:
        return None
    number = number_value(rest[1:], lexicon.expected.language, wanted=True)
    if number is None or number.kind is not Kind.NUMBER or lexicon.dashes_separate:
        return None
    return Value(Kind.NUMBER, number.length + 1, number.numbers, number.per, minus=True)


def _no_data_ahead(rest: Sequence[Token], lexicon: Lexicon) -> int:
    """Return how many tokens say "not available" before the code: `no data for ABS`, or the first of `no ABS data`."""
    if len(rest) > 2 and rest[0].text in WITHOUT and rest[1].text in lexicon.codes and rest[2].text in DATA_NOUNS:
        return 1
    length = phrase_length(rest, NO_DATA)
    return length if length > 1 else 0


def _says_of_what(before: Sequence[Piece], rest: Sequence[Token], lexicon: Lexicon) -> bool:
    """Whether an unknown word belongs to the value before it: `12 of about 100`, `12 sur environ 100`."""
    if len(before) < 2 or not isinstance(before[-2], Given) or not isinstance(before[-1], Word):
        return False
    return before[-1].word in PARTS and nearest(rest[0].text, lexicon.expected) is None


def _texted(rest: Sequence[Token]) -> bool:
    """Whether a 4 or 2 stands for "for" or "to": `tnx 4 d msg`."""
    return rest[0].text in ("2", "4") and len(rest) > 1 and rest[1].text in TEXTED_AFTER


def _dashes_separate(tokens: Sequence[Token], lexicon: Lexicon) -> bool:
    """Whether some code that can never be negative has a dash before its value: then dashes are separators here."""
    for code, dash, number in zip(tokens, tokens[1:], tokens[2:], strict=False):
        indicator = lexicon.expected.indicators.get(lexicon.codes.get(code.text, ""))
        if indicator and indicator.hard[0] >= 0 and dash.text == "-" and number.text[0].isdigit():
            return True
    return False


def _stands_for_code(rest: Sequence[Token], slot: Slot | None, after_value: bool, lexicon: Lexicon) -> bool:
    """Whether an unknown word stands where a code should: a value beside it, or it begins like a code."""
    word = rest[0].text
    if means_something(word):
        return False
    following = [t for t in rest[1:4] if t.text not in ":=-"]
    followed = bool(following) and number_value(following, lexicon.expected.language, wanted=False) is not None
    if nearest(word, lexicon.expected):
        shouted = lexicon.text[rest[0].start : rest[0].end].isupper()
        return followed or ((after_value or shouted) and not nearly_opts_out(word))
    if rest[0].has_digit and any(word.startswith(code) for code in lexicon.codes):
        return True
    return slot is None and followed
