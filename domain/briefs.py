"""The monthly brief of a manager: all groups side by side, and one paragraph for each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from domain.calendar import working_day
from domain.comparing import Row, Step
from domain.desks import Board
from domain.digests import Digest, weekly_digest
from domain.district_digest import DistrictDigest
from domain.indicators import Colour
from domain.periods import ReportingPeriod
from domain.programme import Programme


@dataclass(frozen=True, slots=True)
class AlertRecord:
    """What became of the alerts of one district in a month: opened, closed and how long each took, still open."""

    opened: int = 0
    took: tuple[timedelta, ...] = ()
    still_open: int = 0

    def __add__(self, other: AlertRecord) -> AlertRecord:
        """Return both together."""
        return AlertRecord(self.opened + other.opened, self.took + other.took, self.still_open + other.still_open)

    @property
    def closed(self) -> int:
        """How many were closed."""
        return len(self.took)

    @property
    def half_within(self) -> timedelta | None:
        """How long half of the closed ones took at most."""
        return timedelta(seconds=median(t.total_seconds() for t in self.took)) if self.took else None


@dataclass(frozen=True, slots=True)
class GroupBrief:
    """One district group in a month."""

    code: str
    name: str
    districts: tuple[DistrictDigest, ...]
    alerts: AlertRecord

    @property
    def complete(self) -> int:
        """How many districts have reported in full."""
        return sum(not d.missing for d in self.districts)

    @property
    def in_time(self) -> int:
        """How many had all in by the due day."""
        return sum(d.in_time for d in self.districts)

    @property
    def late_activities(self) -> int:
        """How many activities are late or stuck."""
        return sum(len(d.late) + len(d.stuck) for d in self.districts)

    @property
    def silent(self) -> bool:
        """Whether nothing at all was reported."""
        return not any(d.rows for d in self.districts)

    @property
    def colours(self) -> dict[Colour, int]:
        """How many numbers have each colour."""
        return {colour: sum(row.colour is colour for row in self._rows) for colour in Colour}

    def moved(self, step: Step) -> int:
        """Return how many numbers went that way since the month before."""
        return sum(row.step is step for row in self._rows)

    @property
    def worst(self) -> tuple[DistrictDigest, Row] | None:
        """The red number that is furthest from what was wanted, and where."""
        reds = [(d, row) for d in self.districts for row in d.reds]
        return max(reds, key=lambda found: found[1].gap) if reds else None

    @property
    def _rows(self) -> list[Row]:
        return [row for d in self.districts for row in d.rows]


@dataclass(frozen=True, slots=True)
class Brief:
    """A month over all groups that a manager sees."""

    period: ReportingPeriod
    groups: tuple[GroupBrief, ...]
    digest: Digest

    @property
    def alerts(self) -> AlertRecord:
        """The alerts of all groups."""
        return sum((group.alerts for group in self.groups), AlertRecord())

    @property
    def empty(self) -> bool:
        """Whether there is nothing to brief anybody on: no number, no diary, no alert, nothing late."""
        alerts = self.alerts
        said = any(not group.silent or group.late_activities for group in self.groups)
        return not (said or self.digest.diaries or alerts.opened or alerts.closed or alerts.still_open)


def monthly_brief(programme: Programme, board: Board, alerts: Mapping[str, AlertRecord], today: date) -> Brief:
    """Compute the brief of the districts on `board` as of `today` (local date), for the last closed month.

    `alerts` is what became of those of each district in that month and since.
    """
    digest = weekly_digest(programme, board, today)
    groups = [
        GroupBrief(code, group.name, found, _sum(alerts, found))
        for code, group in programme.groups.items()
        if (found := tuple(d for d in digest.districts if d.code in group.districts))
    ]
    return Brief(digest.period, tuple(groups), digest)


def _sum(alerts: Mapping[str, AlertRecord], districts: Iterable[DistrictDigest]) -> AlertRecord:
    return sum((alerts.get(d.code, AlertRecord()) for d in districts), AlertRecord())


def brief_time(period: ReportingPeriod, timezone: str, programme: Programme) -> datetime:
    """Return when the brief on a month goes: at the digest's hour, on the first working day after the late list."""
    lists = [rung.working_day for rung in programme.ladder if rung.step == "late_list"]
    day = working_day(period.next(), max(lists, default=programme.due_working_day) + 1, programme.country)
    at: time = programme.digest.at
    return datetime.combine(day, at, ZoneInfo(timezone))
