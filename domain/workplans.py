"""A district's workplan: strategies, their activities, and how far each has come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from domain.text import clipped

SHORT_TITLE = 14  # characters of a title in a list: four activities must fit one SMS


class ActivityStatus(StrEnum):
    """How an activity stands. Dropping or changing one is learning, not failure (toolkit, Act)."""

    PLANNED = "planned"
    ON_TRACK = "on_track"
    LATE = "late"
    STUCK = "stuck"
    MODIFIED = "modified"
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
    """Planned work with one owner and one date. `key` is what people type: P1, P2 …

    `short` is the title in a few letters, for lists in an SMS.
    """

    district: str
    key: str
    title: str
    strategy: str
    owner: str
    due_on: date
    status: ActivityStatus = ActivityStatus.PLANNED
    percent: int = 0
    reason: str | None = None
    short: str | None = None

    def called(self, longest: int) -> str:
        """Return the title in `longest` characters: whole where it fits, else its short form or its first words."""
        fits = self.short is None or len(self.title) <= longest
        return clipped(self.title if fits else self.short or "", longest)

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
