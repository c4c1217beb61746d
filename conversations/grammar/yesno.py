"""Yes and no, alone or with words after them."""

from __future__ import annotations

from conversations.grammar.tokens import Token, tokenise
from conversations.grammar.words import NO, YES

_AFTER_ALONE = frozenset({"y", "n", "s", "o", "si", "la", "sio", "non", "no"})


def read_yes_no(text: str) -> bool | None:
    """Return whether `text` begins with yes (True) or no (False) in any shipped language, else None."""
    said = split_yes(text)
    return said[0] if said else None


def split_yes(text: str) -> tuple[bool, str] | None:
    """Split `Y strike in week 2` into (True, "strike in week 2"), the reason exactly as written; None if neither."""
    tokens = [t for t in tokenise(text) if not t.is_break]
    while tokens and not tokens[0].is_word:
        tokens.pop(0)
    if not tokens or not (tokens[0].text in YES or tokens[0].text in NO) or _means_otherwise(tokens):
        return None
    rest = next((t for t in tokens[1:] if t.is_word), None)
    return tokens[0].text in YES, text[rest.start :].strip() if rest else ""


def _means_otherwise(tokens: list[Token]) -> bool:
    """Whether a short word is something else here: `si 12`, `no data`, `la semana`."""
    if len(tokens) < 2 or tokens[0].text not in _AFTER_ALONE:
        return False
    return tokens[1].is_word and tokens[1].has_digit
