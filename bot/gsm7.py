"""What an SMS costs: the GSM-7 alphabet, folding into it, and counting segments."""

from __future__ import annotations

import unicodedata

from anyascii import anyascii

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("^{}\\[~]|€\f")  # two septets each: an escape comes before them
SINGLE, PART = 160, 153  # septets in one segment; in each part of a longer message, after its header
SINGLE_UCS2, PART_UCS2 = 70, 67  # UTF-16 units, where one character is outside GSM-7
SYMBOLS = frozenset({"So", "Sk", "Cf", "Cs", "Co", "Mn"})
APOSTROPHES = frozenset("`´")  # what is typed for one on many keyboards; by category they are symbols


def fold(text: str) -> str:
    """Return `text` in GSM-7: typographic marks and accents outside the alphabet plain, emoji left out.

    Only copies are folded; what people wrote is kept as they wrote it.
    """
    composed = unicodedata.normalize("NFC", text)
    return "".join(_letter(ch) for ch in composed)


def _letter(ch: str) -> str:
    if ch in BASIC or ch in EXTENDED:
        return ch
    if ch.isspace():
        return " "
    if ch in APOSTROPHES:
        return "'"
    if unicodedata.category(ch) in SYMBOLS:
        return ""
    return "".join(c for c in anyascii(ch) if c in BASIC or c in EXTENDED)


def septets(text: str) -> int:
    """Count the septets of a GSM-7 text."""
    return sum(2 if ch in EXTENDED else 1 for ch in text)


def is_gsm7(text: str) -> bool:
    """Whether every character of a text is in the alphabet."""
    return all(ch in BASIC or ch in EXTENDED for ch in text)


def segments(text: str) -> int:
    """Count the segments an SMS takes. A pair (escape and sign, or surrogates) is never split between two."""
    if is_gsm7(text):
        return _parts([2 if ch in EXTENDED else 1 for ch in text], SINGLE, PART)
    return _parts([len(ch.encode("utf-16-le")) // 2 for ch in text], SINGLE_UCS2, PART_UCS2)


def _parts(sizes: list[int], single: int, part: int) -> int:
    if sum(sizes) <= single:
        return 1
    count, room = 1, part
    for size in sizes:
        if size > room:
            count, room = count + 1, part
        room -= size
    return count
