"""Yes and no, alone or with words after them."""

from __future__ import annotations

from conversations.grammar.prose import LINKS
from conversations.grammar.tokens import Token, tokenise
from conversations.grammar.values import phrase_length
from conversations.grammar.words import DATA_NOUNS, HELD, NO, NO_DATA, WITHOUT, YES

_AFTER_SI = frozenset(
    {"senor", "senora", "correcto", "correcta", "es", "confirmo", "gracias", "claro", "asi", "hubo", "acepto", "estoy"}
)
_AFTER_NO = frozenset({"problem", "problems", "problema", "probleme", "worries", "matter", "idea", "hay"})
_ONLY_ALONE = frozenset({"la", "o", "s"})
_SHORT = frozenset({"y", "n", "s", "o", "si", "la", "sio", "non", "no"})


def read_yes_no(text: str) -> bool | None:
    """Return whether `text` begins with yes (True) or no (False) in any shipped language, else None."""
    said = split_yes(text)
    return said[0] if said else None


def split_yes(text: str) -> tuple[bool, str] | None:
    """Split `Y strike in week 2` into (True, "strike in week 2"), the reason exactly as written; None if neither."""
    tokens = [t for t in tokenise(text) if not t.is_break]
    while tokens and not tokens[0].is_word:
        tokens.pop(0)
    if not tokens or tokens[0].text not in (YES | NO) - HELD or _means_otherwise(text, tokens):
        return None
    rest = next((t for t in tokens[1:] if t.is_word), None)
    return tokens[0].text in YES, text[rest.start :].strip() if rest else ""


def _means_otherwise(text: str, tokens: list[Token]) -> bool:
    """Whether the first word is no answer here: `si 12`, `no data`, `la semana`, `yes 12`."""
    first, after = tokens[0], tokens[1:]
    words = [t for t in after if t.is_word]
    if not words:
        return False
    if all(t.has_digit or t.text in LINKS for t in words) and words[-1].has_digit:
        return True
    if first.text in _SHORT and words[0].has_digit:
        return True
    if first.text in WITHOUT and any(t.text in DATA_NOUNS for t in words[:2]):
        return True
    if phrase_length(tokens, NO_DATA) or not after[0].is_word:
        return bool(phrase_length(tokens, NO_DATA))
    unaccented_si = first.text == "si" and text[first.start : first.end].isascii()
    if first.text in _ONLY_ALONE or (unaccented_si and words[0].text not in _AFTER_SI):
        return True
    return first.text in ("no", "non") and words[0].text in _AFTER_NO
