"""Where the codes of indicators stand in a text: exact, glued to their value, with a stray space, or misspelt."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from rapidfuzz.distance import OSA

from conversations.grammar.numbers import is_number_word, read_numeral
from conversations.grammar.prose import DOUBTS, FILLERS, PLANS
from conversations.grammar.reading import Expected
from conversations.grammar.times import NAMES
from conversations.grammar.tokens import Token, tokenise
from conversations.grammar.words import NEVER_A_TYPO, NO, NONE_WORDS, OPT_OUT, YES
from domain.indicators import Entry, Indicator

LONGEST_GLUED = 40  # letters and digits in one word; longer is no report
_PARTS = re.compile(r"(\d[\doils]*(?:[.,]\d+)?)")


def names_of(indicators: Mapping[str, Indicator]) -> dict[tuple[str, ...], str]:
    """Return code by name, as folded words, leaving out names that two indicators share and bare codes."""
    found: dict[tuple[str, ...], str | None] = {}
    for code, indicator in indicators.items():
        for words in {_name_words(name) for name in indicator.names.values()}:
            found[words] = code if found.get(words, code) == code else None
    codes = {(code.lower(),) for code in indicators}
    return {words: code for words, code in found.items() if code and words and words not in codes}


@lru_cache(maxsize=2048)
def _name_words(name: str) -> tuple[str, ...]:
    return tuple(t.text for t in tokenise(name) if t.is_word)


def name_at(tokens: Sequence[Token], names: Mapping[tuple[str, ...], str]) -> tuple[str, int] | None:
    """Return (code, tokens taken) when an indicator's whole name begins here; the longest wins."""
    for words in sorted((w for w in names if w[0] == tokens[0].text), key=len, reverse=True):
        length = _length_of(tokens, words)
        if length:
            return names[words], length
    return None


def _length_of(tokens: Sequence[Token], words: tuple[str, ...]) -> int:
    wanted = list(words)
    for index, token in enumerate(tokens):
        if token.is_word and token.text != wanted.pop(0):
            return 0
        if not wanted:
            return index + 1
        if token.is_break:
            return 0
    return 0


def unglue(tokens: Iterable[Token], codes: Iterable[str]) -> list[Token]:
    """Cut `ABS12` into code and number where exactly one cut is possible; the code token is then marked glued."""
    known = sorted((c.lower() for c in codes), key=len, reverse=True)
    cut: list[Token] = []
    for token in tokens:
        if parted := _code_and_rest(token, known):
            cut.extend(parted)
            continue
        parts = _cuts(token.text, known) if _may_be_glued(token, known) else []
        cut.extend(_cut(token, parts[0]) if len(parts) == 1 and len(parts[0]) > 1 else [token])
    return cut


def _code_and_rest(token: Token, known: Sequence[str]) -> list[Token]:
    """Cut `ANC1,67`, where the code ends in a digit and a comma or point parts it from the number."""
    code, *rest = re.split(r"[.,']", token.text, maxsplit=1)
    if not rest or code not in known:
        return []
    middle = token.start + len(code)
    head = replace(token, text=code, end=middle)
    return [head, replace(token, text=rest[0], start=middle + 1, spaced=True)]


def _may_be_glued(token: Token, known: Sequence[str]) -> bool:
    word = token.text
    return token.is_word and token.has_digit and word not in known and len(word) <= LONGEST_GLUED and not word.isdigit()


def _cuts(word: str, known: Sequence[str]) -> list[tuple[str, ...]]:
    """Return the ways to cut `word` into codes and numbers in turn, at most two of them; a number may come first."""
    found = _cuts_from(word, known, want_code=True)
    if not found and word[0].isdigit() and read_numeral(word) is None:
        found = _cuts_from(word, known, want_code=False)
    return [parts for parts in found if any(part in known for part in parts)][:2]


def _cuts_from(word: str, known: Sequence[str], want_code: bool) -> list[tuple[str, ...]]:
    if not word:
        return [()]
    if want_code:
        heads = [code for code in known if word.startswith(code)]
    else:
        match = _PARTS.match(word)
        heads = [match.group()] if match else []
        heads += [h for h in (match.group().rstrip("oils"),) if h != heads[0]] if match else []
    tails = ((head, tail) for head in heads for tail in _cuts_from(word[len(head) :], known, not want_code)[:2])
    return [(head, *tail) for head, tail in tails][:3]


def _cut(token: Token, parts: tuple[str, ...]) -> list[Token]:
    cut: list[Token] = []
    start = token.start
    for index, part in enumerate(parts):
        last = index == len(parts) - 1
        end = token.end if last else start + len(part)
        cut.append(replace(token, text=part, start=start, end=end, spaced=True, glued=not last))
        start = end
    return cut


def join_stray(tokens: Sequence[Token], codes: Iterable[str]) -> list[Token]:
    """Join `ANC 1` into ANC1 where ANC is no code and a value follows."""
    known = frozenset(c.lower() for c in codes)
    joined: list[Token] = []
    index = 0
    while index < len(tokens):
        length = _stray_length(tokens[index : index + 6], known)
        last = tokens[index + length - 1]
        whole = tokens[index].text + last.text
        joined.append(replace(tokens[index], text=whole, end=last.end) if length > 1 else tokens[index])
        index += length
    return joined


def _stray_length(tokens: Sequence[Token], known: frozenset[str]) -> int:
    if not tokens[0].is_word or tokens[0].text in known or tokens[0].has_digit:
        return 1
    length = 3 if len(tokens) > 2 and tokens[1].text in "-_." else 2
    if len(tokens) < length or tokens[0].text + tokens[length - 1].text not in known:
        return 1
    rest = [t for t in tokens[length:] if t.text not in {":", "=", "-", ","}]
    follows = bool(rest) and (rest[0].has_digit or is_number_word(rest[0].text) or rest[0].text in {"na", "none", "%"})
    return length if follows else 1


def nearest(word: str, expected: Expected) -> str | None:
    """Return the one code that is one edit away from `word`: among those due, else among all; None if not unique."""
    if len(word) < 2 or means_something(word):
        return None
    offered = [c for c, i in expected.indicators.items() if i.entry is not Entry.DERIVED]
    for codes in ([c for c in offered if c in expected.due], offered):
        near = [c for c in codes if OSA.distance(c.lower(), word) == 1]
        if len(near) == 1:
            return near[0]
        if near:
            return None
    return None


def nearly_opts_out(word: str) -> bool:
    """Whether `word` is one slip from a word that ends all messages, and so may be meant as that."""
    return any(OSA.distance(stop, word, score_cutoff=1) == 1 for stop in OPT_OUT)


def means_something(word: str) -> bool:
    """Whether `word` is an ordinary word, a verb or a month in a shipped language, and so no misspelt code."""
    tables = (NEVER_A_TYPO, FILLERS, DOUBTS, PLANS, YES, NO, NONE_WORDS)
    return any(word in table for table in tables) or is_number_word(word) or word in NAMES
