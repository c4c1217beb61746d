"""A flow is a value: a name, a version, the facts it needs, and an ordered tuple of typed steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from conversations.situation import Situation
from conversations.state import Session
from conversations.turn import Tell
from domain.events import Event
from domain.messages import Option
from domain.text import Text

Known = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply that was read: what to remember (plain JSON), and what happened by it."""

    value: Any
    events: tuple[Event, ...] = ()
    remark: Text | None = None


class Doubtful(Exception):
    """A reply that was read but is unlikely; kept aside until a yes. `value` is plain JSON."""

    def __init__(self, question: Text, value: dict[str, Any], events: tuple[Event, ...] = ()) -> None:
        super().__init__(question.msgid)
        self.question = question
        self.value = value
        self.events = events


class Step(Protocol):
    """One question. `ask` gives its words, `options` what may be picked, `read` the answer (or raises Unclear)."""

    @property
    def key(self) -> str:
        """The name under which the answer is kept; never reused for another meaning."""
        ...

    @property
    def when(self) -> Callable[[Known], bool]:
        """Whether the question applies, given what is known."""
        ...

    @property
    def optional(self) -> bool:
        """Whether SKIP may pass it."""
        ...

    def ask(self, known: Known) -> Text:
        """Return the question's words."""
        ...

    def options(self, known: Known) -> tuple[Option, ...]:
        """Return what may be picked, in the order shown."""
        ...

    def read(self, reply: str, known: Known, situation: Situation) -> Answer:
        """Read a reply. Raises Unclear or Doubtful."""
        ...

    def accept(self, doubt: Mapping[str, Any], reason: str, known: Known, situation: Situation) -> Answer:
        """Take a doubtful answer that was confirmed with `reason`."""
        ...


def always(known: Known) -> bool:
    """Apply whatever is known."""
    return True


def no_events(known: Known, situation: Situation) -> tuple[Event, ...]:
    """Nothing more happens when the flow ends."""
    return ()


def no_tells(known: Known, situation: Situation) -> tuple[Tell, ...]:
    """Nobody else is told when the flow ends."""
    return ()


def by_title(step: str, subject: str) -> Text | None:
    """Call a question by the title of its flow."""
    return None


def unchanged(session: Session, situation: Situation) -> dict[str, Any]:
    """Keep the facts of the start."""
    return session.facts


@dataclass(frozen=True, slots=True)
class Flow:
    """A dialogue. `steps` are made from the facts, so that a list of indicators becomes a list of questions.

    `facts` picks what the session keeps (plain JSON) from the situation; `needs` names what must be loaded for it.
    `refresh` brings them up to date at each reply. `version` rises only when an answer changes its meaning, and
    `upgrades[old]` turns old answers into new ones. `called` names one question (its key, and the session's subject)
    to a person who sees only its button; None leaves it at the title.
    """

    name: str
    version: int
    title: Text
    needs: frozenset[str]
    facts: Callable[[Situation], dict[str, Any]]
    steps: Callable[[Known], tuple[Step, ...]]
    closing: Callable[[Known, Situation], Text]
    finish: Callable[[Known, Situation], tuple[Event, ...]] = no_events
    tells: Callable[[Known, Situation], tuple[Tell, ...]] = no_tells
    refresh: Callable[[Session, Situation], dict[str, Any]] = unchanged
    upgrades: Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]] = field(default_factory=dict)
    called: Callable[[str, str], Text | None] = by_title
    lasts_days: int = 30
