"""A verb is something a person can say in one message: what it needs to know, and what it does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from conversations.situation import PastReport, Situation
from conversations.turn import Turn
from domain.people import Role

EVERYONE = frozenset(Role)
LEADERS = frozenset({Role.FACILITATOR, Role.MANAGER})


@dataclass(frozen=True, slots=True)
class Request:
    """One message bound to a verb: the words after the verb, and the whole text as sent.

    `replaces` is the report that an edited message stands in for.
    """

    words: str
    text: str
    situation: Situation
    replaces: PastReport | None = None


@dataclass(frozen=True, slots=True)
class Verb:
    """What answers a request. `needs` names what must be loaded: values, plan, diary, reports, peers,
    alerts, helpers, board."""

    answer: Callable[[Request], Turn]
    needs: frozenset[str] = frozenset()
    roles: frozenset[Role] = EVERYONE


@dataclass(frozen=True, slots=True)
class Route:
    """What to load and what to run for one message."""

    needs: frozenset[str]
    run: Callable[[Situation], Turn]
