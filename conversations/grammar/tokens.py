"""Text cut into words, numbers and marks, each knowing where it stood in the original."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from conversations.grammar.fold import ODD, latin, trace

LETTER = rf"(?:[^\W_]|{ODD})"
_TOKEN = re.compile(rf"{LETTER}+(?:(?<=\d)[.,'](?=\d){LETTER}+)*|[=-]+>|\S|\n")
_LISTED = re.compile(r"\d+(?:,\d+){2,}")
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+")


@dataclass(frozen=True, slots=True)
class Token:
    """A folded word, number or single mark.

    `start` and `end` cut the original text. `spaced` tells whether white space stood before it, `foreign` whether it
    was written in letters of another alphabet, `glued` whether the next token was cut from the same word.
    """

    text: str
    start: int
    end: int
    spaced: bool
    foreign: bool = False
    glued: bool = False

    @property
    def is_word(self) -> bool:
        """Whether this is a word or a number rather than a mark."""
        return self.text[0].isalnum() or self.text[0] == ODD

    @property
    def is_break(self) -> bool:
        """Whether this is the end of a line."""
        return self.text == "\n"

    @property
    def has_digit(self) -> bool:
        """Whether there is a decimal digit in it."""
        return any(c.isdigit() for c in self.text)


@lru_cache(maxsize=16)  # a turn reads the same words several times
def tokenise(text: str) -> tuple[Token, ...]:
    """Cut `text` into tokens, in order. White space is left out, line ends are kept."""
    folded = trace(text)
    tokens: list[Token] = []
    for match in _TOKEN.finditer(folded.text):
        spaced = match.start() == 0 or folded.text[match.start() - 1].isspace()
        for start, end in _split_list(match):
            tokens.append(_token(folded.text[start:end], folded.origins[start], folded.origins[end - 1] + 1, spaced))
            spaced = True
    return tuple(tokens)


def _split_list(match: re.Match[str]) -> list[tuple[int, int]]:
    """Cut `67,13,80` into its numbers; `1,200,300` is one number in groups of three."""
    word = match.group()
    if not _LISTED.fullmatch(word) or _GROUPED.fullmatch(word):
        return [match.span()]
    return [(match.start() + m.start(), match.start() + m.end()) for m in re.finditer(r"\d+", word)]


def _token(word: str, start: int, end: int, spaced: bool) -> Token:
    plain = "=" if word.endswith(">") and len(word) > 1 else latin(word)
    return Token(plain, start, end, spaced, foreign=plain != word)
