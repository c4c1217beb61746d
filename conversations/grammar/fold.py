"""One way to look at text: plain small letters, plain digits, plain quotes, nothing invisible."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

ODD = "\ufffd"
"""Stands for a sign with a number in it that is no decimal digit (a half, a circled 14) or for money."""

_PLAIN = {
    **dict.fromkeys("‘’‚‛ʼʻ`´′", "'"),
    **dict.fromkeys("“”„‟«»″", '"'),
    **dict.fromkeys("‐‑‒–—―−﹣－", "-"),
    **dict.fromkeys("⁄∕÷", "/"),
    **dict.fromkeys("٪﹪％", "%"),
    **dict.fromkeys("٫", "."),
    **dict.fromkeys("٬،", ","),
    **dict.fromkeys("\n\r\v\f\x85\u2028\u2029", "\n"),
    **dict.fromkeys("→⇒➔➡", "="),
    "ı": "i",
    "ø": "o",
    "ł": "l",
}
_DROPPED = frozenset({"Cf", "Cc", "Cn", "Co", "Cs", "Mn"})
_STRANGE = frozenset({"No", "Nl", "Me", "Sc"})

# Capital letters of other alphabets that look like Latin ones, with their small forms.
_ALIKE = str.maketrans("авекмнорстухіѕјԁαβεζηικμνορτυχ", "abekmhopctyxisjdabezhikmnoptyx")


@dataclass(frozen=True, slots=True)
class Folded:
    """Folded text and, for each of its characters, where in the original it came from."""

    text: str
    origins: tuple[int, ...]


def fold(text: str) -> str:
    """Return `text` for keyword look-up: caseless, without accents or invisible characters, one space between words."""
    plain = text.translate(_ASCII) if text.isascii() else trace(text).text
    return " ".join(plain.split())


def trace(text: str) -> Folded:
    """Fold `text` character by character, so that every piece can be shown as it was written."""
    folded: list[str] = []
    origins: list[int] = []
    for index, char in enumerate(text):
        for plain in _fold_char(char):
            folded.append(plain)
            origins.append(index)
    return Folded("".join(folded), tuple(origins))


def latin(word: str) -> str:
    """Replace letters of other alphabets that look like Latin ones, if that leaves nothing but ASCII."""
    if word.isascii():
        return word
    changed = word.translate(_ALIKE)
    return changed if changed.isascii() else word


@lru_cache(maxsize=4096)
def _fold_char(char: str) -> str:
    if char in _PLAIN:
        return _PLAIN[char]
    if char.isspace():
        return " "
    category = unicodedata.category(char)
    if category == "Nd":
        return str(unicodedata.decimal(char))
    if category in _DROPPED:
        return ""
    if category in _STRANGE:
        return ODD
    plain = "".join(c for c in unicodedata.normalize("NFKD", char) if unicodedata.category(c) != "Mn").casefold()
    return ODD if category == "So" and any(c.isdigit() for c in plain) else plain


_ASCII = {code: _fold_char(chr(code)) for code in range(128)}  # nearly every text, and far quicker than by signs
