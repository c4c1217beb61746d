"""What each part of a message is: a verb, a code, a value, a month, a mark, or just a word."""

from __future__ import annotations

from dataclasses import dataclass

from conversations.grammar.months import Outcome
from conversations.grammar.values import Value


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the message that takes the tokens `first` to `stop`, and the characters `start` to `end`."""

    first: int
    stop: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Verb(Piece):
    """`REP` or one of its aliases; `fix` for the verbs of correction."""

    fix: bool


@dataclass(frozen=True, slots=True)
class Slot(Piece):
    """A code, or (`code` is None) a word that stands where a code should.

    `month` is set for a code that is also the name of a month, `plain_word` for an everyday or unknown word in small
    letters.
    `offered` is the code that a misspelt one is nearest to.
    """

    code: str | None
    word: str
    glued: bool = False
    foreign: bool = False
    month: int | None = None
    plain_word: bool = False
    offered: str | None = None


@dataclass(frozen=True, slots=True)
class Given(Piece):
    """A value."""

    value: Value


@dataclass(frozen=True, slots=True)
class When(Piece):
    """A stretch of time, and the month it comes to. A `weak` one is an everyday word unless it stands first or last.

    `running` is set for "this month".
    """

    outcome: Outcome
    weak: bool = False
    running: bool = False


@dataclass(frozen=True, slots=True)
class Word(Piece):
    """Any other word; `upper` when it was written in capitals."""

    word: str
    upper: bool = False


@dataclass(frozen=True, slots=True)
class Mark(Piece):
    """Punctuation, or a line end; `apart` when white space stood before it."""

    mark: str
    apart: bool = False
