"""Numerals and number words: what number a piece of text can be."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import OSA
from text_to_num import text2num

from conversations.grammar.counting import ADDITIVE
from conversations.grammar.words import LANGUAGES

LONGEST_NUMERAL = 12  # digits; more is a phone number or noise
SHORTEST_SLIP = 4  # letters; shorter words are one slip from too much
LONGEST_RUN = 10  # words of the longest number that is read

LOOKALIKES = str.maketrans("oils", "0115")
_REPAIRABLE = re.compile(r"[\doils]+(?:[.,][\doils]+)?")
_DECIMAL = re.compile(r"(\d+)[.,](\d+)")
_GROUPED = re.compile(r"(\d{1,3})([.,'])(\d{3})(?:\2\d{3})*")
_GROUPED_DECIMAL = re.compile(r"\d{1,3}(?:,\d{3})+\.\d+|\d{1,3}(?:\.\d{3})+,\d+")


@dataclass(frozen=True, slots=True)
class Number:
    """What a numeral can mean, most likely first, and whether letters were read as digits."""

    readings: tuple[float, ...]
    repaired: bool = False


def read_numeral(word: str) -> Number | None:
    """Read one folded token as a number, or return None when it is not one.

    `1,200` is 1200 or 1.2. Letters that look like digits are read as digits only beside a real one.
    """
    if word.isdigit():
        return Number((float(word),)) if len(word) <= LONGEST_NUMERAL else None
    if not any(c.isdigit() for c in word) or len(word) > LONGEST_NUMERAL:
        return None
    if word[0].isdigit() and (readings := _punctuated(word)):
        return Number(readings)
    if _REPAIRABLE.fullmatch(word):
        return Number(_repaired(word.translate(LOOKALIKES)), repaired=True)
    return None


def _repaired(digits: str) -> tuple[float, ...]:
    return (float(digits),) if digits.isdigit() else _punctuated(digits)


def _punctuated(word: str) -> tuple[float, ...]:
    if _GROUPED_DECIMAL.fullmatch(word):
        point = max(word.rfind("."), word.rfind(","))
        return (float(re.sub(r"\D", "", word[:point]) + "." + word[point + 1 :]),)
    if grouped := _GROUPED.fullmatch(word):
        whole = float(re.sub(r"\D", "", word))
        if word.count(grouped[2]) > 1 or grouped[2] == "'":
            return (whole,)
        decimal = float(f"{grouped[1]}.{grouped[3]}")
        return (decimal,) if grouped[1].startswith("0") else (whole, decimal)
    if decimal_match := _DECIMAL.fullmatch(word):
        return (float(f"{decimal_match[1]}.{decimal_match[2]}"),)
    return ()


@dataclass(frozen=True, slots=True)
class Spelled:
    """A number in words: how many words it takes, and its meanings (more than one where languages clash)."""

    length: int
    meanings: tuple[int, ...]
    clash: bool = False


_VOCABULARY = {
    "en": "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
    " seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand",
    "es": "cero uno un una dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciseis"
    " diecisiete dieciocho diecinueve veinte veintiuno veintiun veintiuna veintidos veintitres veinticuatro veinticinco"
    " veintiseis veintisiete veintiocho veintinueve treinta cuarenta cincuenta sesenta setenta ochenta noventa cien"
    " ciento doscientos trescientos cuatrocientos quinientos seiscientos setecientos ochocientos novecientos doscientas"
    " trescientas cuatrocientas quinientas seiscientas setecientas ochocientas novecientas mil",
    "fr": "zero un une deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize vingt"
    " vingts trente quarante cinquante soixante septante huitante octante nonante cent cents mille",
}
_JOINERS = {"en": {"and"}, "es": {"y"}, "fr": {"et"}}
_JOINERS |= {language: set(counting.joiners) for language, counting in ADDITIVE.items()}
_BY_LANGUAGE = {language: frozenset(words.split()) for language, words in _VOCABULARY.items()}
_BY_LANGUAGE |= {language: counting.words for language, counting in ADDITIVE.items()}
_SPELLING = {
    "es": {"veintidos": "veintidós", "veintitres": "veintitrés", "veintiseis": "veintiséis", "veintiun": "veintiuno"},
    "fr": {"zero": "zéro"},
    "en": {},
}

# Words that mean something else in another shipped language: read as a number only by speakers of these.
_CLASHES = {
    "once": {"es"},
    "sept": set[str](),
    "seize": {"fr"},
    "cent": {"fr"},
    "cents": {"fr"},
    "six": set(LANGUAGES),
    "dix": {"fr"},
    "tres": set(LANGUAGES) - {"fr"},
    "mia": {"sw"},
    "elfu": {"sw"},
    "mil": {"es"},
}


def read_spelled(words: Sequence[str], language: str) -> Spelled | None:
    """Read the longest number in words at the beginning of `words`, in `language` first, then in the others."""
    for candidate in (language, *(x for x in LANGUAGES if x != language)):
        found = _longest(tuple(words[:LONGEST_RUN]), candidate)
        if found is None:
            continue
        length, number = found
        clash = length == 1 and language not in _CLASHES.get(words[0], {language})
        return Spelled(length, (number,), clash)
    return None


def is_number_word(word: str) -> bool:
    """Whether `word` can be part of a number in any shipped language."""
    return any(word in vocabulary for vocabulary in _BY_LANGUAGE.values())


def nearly_number(word: str) -> bool:
    """Whether `word` is a number word with one slip in it."""
    if len(word) < SHORTEST_SLIP or not word.isalpha() or is_number_word(word):
        return False
    known = (k for vocabulary in _BY_LANGUAGE.values() for k in vocabulary if len(k) >= SHORTEST_SLIP)
    return any(OSA.distance(k, word, score_cutoff=1) == 1 for k in known)


def _longest(words: tuple[str, ...], language: str) -> tuple[int, int] | None:
    known = _BY_LANGUAGE.get(language, frozenset())
    if not words or words[0] not in known:
        return None
    stop = 1
    while stop < len(words) and (words[stop] in known or words[stop] in _JOINERS[language]):
        stop += 1
    for length in range(stop, 0, -1):
        number = _spelled_number(words[:length], language)
        if number is not None:
            return length, number
    return None


@lru_cache(maxsize=4096)
def _spelled_number(words: tuple[str, ...], language: str) -> int | None:
    if language in ADDITIVE:
        return ADDITIVE[language].number(words)
    if words[-1] in _JOINERS[language]:
        return None
    spelling = _SPELLING[language]
    try:
        return int(text2num(" ".join(spelling.get(word, word) for word in words), language))
    except (ValueError, KeyError):
        return None
