"""A programme as its file describes it: where it runs, who is in it, what it counts, when it speaks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta
from enum import StrEnum

from domain.costs import Price
from domain.indicators import Indicator, Target
from domain.lexicon import THEMES
from domain.people import Role
from domain.periods import ReportingPeriod
from domain.themes import Lexicon
from domain.workplans import Workplan


@dataclass(frozen=True, slots=True)
class District:
    """A district and what its team reports each month, in the order in which it is asked."""

    code: str
    name: str
    group: str
    indicators: tuple[str, ...]
    targets: Mapping[str, Target]


@dataclass(frozen=True, slots=True)
class Group:
    """Three neighbouring districts that learn from each other (toolkit, MSI principles)."""

    code: str
    name: str
    districts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody named in the programme file, before they are a contact. `addresses` are `scheme:path` strings."""

    key: str
    name: str
    role: Role
    language: str
    timezone: str
    addresses: tuple[str, ...]
    preferred: str
    district: str | None = None
    groups: tuple[str, ...] = ()
    join_code: str | None = None
    hour: time | None = None
    deputy: bool = False


@dataclass(frozen=True, slots=True)
class Service:
    """A place that communities use and may rate."""

    code: str
    name: str
    district: str


class WhenLate(StrEnum):
    """What happens to a scheduled message whose hour was missed: it goes late, not at all, or with the next one."""

    SEND = "send"
    SKIP = "skip"
    MERGE = "merge"


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of the reminder ladder: on a working day after the month closes, at an hour, to somebody.

    `step` is `prompt`, `nudge`, `late_list` or `overdue`; `working_day` counts from 1. `grace_hours` is how late it
    may still go (or, after which it is skipped). With `first_months` it holds for so many months from the programme's
    first one only.
    """

    step: str
    working_day: int
    at: time
    when_late: WhenLate = WhenLate.SEND
    grace_hours: int = 48
    first_months: int | None = None

    @property
    def key(self) -> str:
        """What tells this rung from another of the same kind."""
        return f"{self.step}{self.working_day}"


@dataclass(frozen=True, slots=True)
class AlertLadder:
    """Who hears of an alert, in order, and how many hours each has to acknowledge it.

    `at` is the hour (in the programme's time zone) at which working days begin with a look at what is on record; the
    other numbers say how long something may last before it is somebody's to follow up.
    """

    steps: tuple[Role, ...] = (Role.FACILITATOR, Role.MANAGER)
    acknowledge_hours: int = 24
    outcome_days: int = 7
    at: time = time(9)
    off_track_months: int = 3
    activity_late_days: int = 14
    diary_silent_months: int = 2
    unverified_days: int = 14
    partner_silent_days: int = 40

    @property
    def time_to_take(self) -> timedelta:
        """How long whoever is told of an alert has to take it."""
        return timedelta(hours=self.acknowledge_hours)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Local hours in which unasked messages wait."""

    starts: time = time(19)
    ends: time = time(7)

    def holds(self, hour: time) -> bool:
        """Whether an hour of the day is a quiet one."""
        if self.starts > self.ends:
            return hour >= self.starts or hour < self.ends
        return self.starts <= hour < self.ends


@dataclass(frozen=True, slots=True)
class DigestTime:
    """When the weekly digest goes: ISO weekday 1 (Monday) to 7, and the local hour."""

    weekday: int = 1
    at: time = time(8)


@dataclass(frozen=True, slots=True)
class Lateness:
    """What happens to a kind of message whose hour was missed, and for how long it may still go."""

    when_late: WhenLate
    grace: timedelta


LATENESS: Mapping[str, Lateness] = {
    "digest": Lateness(WhenLate.SEND, timedelta(days=3)),  # older, it would only repeat what the next one says
    "brief": Lateness(WhenLate.SEND, timedelta(days=5)),  # the same, with a weekend in between
    "pack": Lateness(WhenLate.SEND, timedelta(days=10)),
    "visit": Lateness(WhenLate.SEND, timedelta(hours=12)),
}
"""What holds unless the file says otherwise. Steps of the ladder carry theirs; what alerts is never left out."""


@dataclass(frozen=True, slots=True)
class Programme:
    """Everything the programme file says. Built only by `storage.programme_file`, so it cannot be inconsistent."""

    name: str
    country: str
    timezone: str
    languages: tuple[str, ...]
    starts: ReportingPeriod
    groups: Mapping[str, Group]
    districts: Mapping[str, District]
    indicators: Mapping[str, Indicator]
    workplans: Mapping[str, Workplan]
    people: tuple[Person, ...]
    ladder: tuple[Rung, ...]
    alerts: AlertLadder
    quiet: QuietHours
    digest: DigestTime
    due_working_day: int = 5
    fiscal_year_starts: int = 1
    services: Mapping[str, Service] = field(default_factory=dict)
    history: Mapping[str, Mapping[str, Mapping[ReportingPeriod, str]]] | None = None
    prices: tuple[Price, ...] = ()
    themes: Lexicon = field(default_factory=lambda: THEMES)
    lateness: Mapping[str, Lateness] = field(default_factory=lambda: LATENESS)

    def rungs(self, step: str, period: ReportingPeriod) -> tuple[Rung, ...]:
        """Return the rungs of a step that hold for the report of `period`, as the file lists them."""
        month = period.months_since(self.starts)
        held = (rung for rung in self.ladder if rung.first_months is None or month < rung.first_months)
        return tuple(rung for rung in held if rung.step == step)

    def district_of(self, code: str | None) -> District:
        """Return the district with this code. Raises KeyError when there is none."""
        return self.districts[code or ""]
