"""A district's workplan: strategies, their activities, and how far each has come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class ActivityStatus(StrEnum):
    """How an activity stands. Dropping or changing one is learning, not failure (toolkit, Act)."""

    PLANNED = "planned"
    ON_TRACK = "on_track"
    STUCK = "stuck"
    DONE = "done"
    DROPPED = "dropped"


CLOSED = frozenset({ActivityStatus.DONE, ActivityStatus.DROPPED})


@dataclass(frozen=True, slots=True)
class Strategy:
    """A heading of the workplan under which activities sit."""

    key: str
    title: str


@dataclass(frozen=True, slots=True)
class Activity:
    """Planned work with one owner and one date. `key` is what people type: P1, P2 …"""

    district: str
    key: str
    title: str
    strategy: str
    owner: str
    due_on: date
    status: ActivityStatus = ActivityStatus.PLANNED
    percent: int = 0
    reason: str | None = None

    @property
    def open(self) -> bool:
        """Whether there is still something to do."""
        return self.status not in CLOSED

    def late(self, today: date) -> bool:
        """Whether the date has passed and it is not closed."""
        return self.open and self.due_on < today


@dataclass(frozen=True, slots=True)
class Workplan:
    """What a district set out to do in this cycle."""

    district: str
    problem: str
    strategies: tuple[Strategy, ...]
    activities: tuple[Activity, ...]
