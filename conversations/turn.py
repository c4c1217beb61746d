"""What one turn comes to: words for the person, words for others, what happened, and what to remember."""

from __future__ import annotations

from dataclasses import dataclass, field

from conversations.state import Conversation, Heard, Question
from domain.events import Event
from domain.messages import Option, Say
from domain.text import Text


@dataclass(frozen=True, slots=True)
class Tell:
    """A message to somebody other than the person whose turn it is. `about` keys it within the turn.

    With `once` the key holds beyond the turn: whoever asks for the same again, it goes no second time. `asks` or
    `hears` is what their next reply may be for.
    """

    contact_id: int
    say: Say
    about: str = ""
    once: bool = False
    asks: Question | None = None
    hears: Heard | None = None


@dataclass(frozen=True, slots=True)
class Outline:
    """What was understood of a report, for the record and for those who measure understanding."""

    refused: dict[str, str] = field(default_factory=dict)
    suggested: dict[str, str] = field(default_factory=dict)
    repaired: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Turn:
    """The outcome of one message. `asks` says whether something was asked or not accepted; `reply` sums the kind up.

    `reply` is one of receipt, question, help, none, duplicate.
    """

    intent: str
    conversation: Conversation
    reply: str = "receipt"
    say: Say | None = None
    events: tuple[Event, ...] = ()
    tells: tuple[Tell, ...] = ()
    outline: Outline = field(default_factory=Outline)


class Unclear(Exception):
    """A reply that cannot be read; `hint` says what would be."""

    def __init__(self, hint: Text) -> None:
        super().__init__(hint.msgid)
        self.hint = hint


def say(
    *lines: Text,
    extra: tuple[Text, ...] = (),
    options: tuple[Option, ...] = (),
    shorter: tuple[tuple[Text, ...], ...] = (),
) -> Say:
    """Return one message made of sentences; `shorter` are the same in fewer words, for SMS."""
    return Say(lines, extra, options, shorter=shorter)
