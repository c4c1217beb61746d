"""Support visits: when a facilitator comes, who of the district will be there, and what the visit should look at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from domain.desks import Desk
from domain.indicators import Colour
from domain.measures import Measure
from domain.periods import ReportingPeriod
from domain.programme import District
from domain.workplans import Activity, ActivityStatus

VISIT_SECTIONS = ("seen", "strategies", "challenges", "effects", "agreements", "reflection")


@dataclass(frozen=True, slots=True)
class VisitAnswer:
    """What somebody of the district said to a proposed visit."""

    contact_id: int
    name: str
    yes: bool


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit to a district. `ref` is the message that proposed it, `asked_at` when its time was last set."""

    ref: int
    district: str
    at: datetime
    by_id: int
    by: str
    asked_at: datetime
    answers: tuple[VisitAnswer, ...] = ()

    @property
    def label(self) -> str:
        """What people type: V12."""
        return f"V{self.ref}"

    def saying(self, yes: bool) -> tuple[VisitAnswer, ...]:
        """Return who will be there, or who will not."""
        return tuple(answer for answer in self.answers if answer.yes is yes)


@dataclass(frozen=True, slots=True)
class Red:
    """A number that is far from what was wanted by now."""

    code: str
    now: Measure
    wanted: float


@dataclass(frozen=True, slots=True)
class Brief:
    """What a facilitator should know before a visit: red numbers, actions that wait, and what was promised last."""

    reds: tuple[Red, ...]
    activities: tuple[Activity, ...]
    promises: tuple[str, ...]


def brief(district: District, desk: Desk, agreed: str | None, period: ReportingPeriod, today: date) -> Brief:
    """Return the brief of a district as of `today` (local date), with the numbers of the month `period`.

    `agreed` is what the last visit ended in. Promises are the newest shared words on what will change, then that.
    """
    waiting = [a for a in desk.plan if a.status is ActivityStatus.STUCK or a.late(today)]
    changes = [e.words for e in desk.diary if e.section == "change" and not e.private]
    promises = (*changes[-1:], *((agreed,) if agreed else ()))
    return Brief(tuple(_reds(district, desk, period)), tuple(sorted(waiting, key=lambda a: a.due_on)), promises)


def _reds(district: District, desk: Desk, period: ReportingPeriod) -> Iterator[Red]:
    for code in district.indicators:
        now, target = desk.values.measure(code, period), district.targets.get(code)
        if now is not None and target is not None and target.colour(now, period) is Colour.RED:
            yield Red(code, now, target.wanted(period))
