"""Alerts: why one opens, whom it climbs to, and what ends it. Raised once for one cause, owned, and closed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from domain.calendar import due_day
from domain.events import Event
from domain.people import Contact, Role
from domain.periods import ReportingPeriod
from domain.programme import District, Programme
from domain.values import IndicatorValue, Values
from domain.workplans import Activity

ASK_TOP_AGAIN = timedelta(days=3)  # an alarm must not end in silence
STEP_MAY_WAIT = timedelta(minutes=5)  # the clock ticks each minute; a step that waits longer is not taken


class Cause(StrEnum):
    """Why an alert opens."""

    BEYOND_LIMIT = "beyond_limit"
    OVERDUE = "overdue"
    OFF_TRACK = "off_track"
    STUCK = "stuck"
    ACTIVITY_LATE = "activity_late"
    DIARY_SILENT = "diary_silent"
    UNREACHABLE = "unreachable"
    UNVERIFIED = "unverified"
    PARTNER_SILENT = "partner_silent"
    HARM = "harm"

    @property
    def critical(self) -> bool:
        """Whether it is told at once, alone, and in quiet hours too."""
        return self in (Cause.BEYOND_LIMIT, Cause.HARM)


class AlertStatus(StrEnum):
    """Open until somebody takes it; assigned to somebody who has not taken it yet; closed by words or by the facts."""

    OPEN = "open"
    ASSIGNED = "assigned"
    ACKNOWLEDGED = "acknowledged"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Raise:
    """An alert that should be open: its cause key, where, and the evidence as data.

    `since` is the day on which the cause began, where that is known: what somebody closed in words is raised again
    only when it began anew after that.
    """

    cause: Cause
    key: str
    district: str
    evidence: Mapping[str, str]
    since: date | None = None


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert on record. `ladder` was copied when it opened; `step` is the rung it stands on, from 0."""

    id: int
    cause: Cause
    key: str
    district: str
    evidence: Mapping[str, str]
    status: AlertStatus
    ladder: tuple[int, ...]
    step: int
    opened_at: datetime
    next_step_at: datetime
    owner_id: int | None = None
    owner: str = ""
    due_on: date | None = None

    @property
    def ref(self) -> str:
        """What people type: E31."""
        return f"E{self.id}"

    @property
    def holder(self) -> int | None:
        """Whose it is now."""
        return holder_of(self.ladder, self.step, self.owner_id)

    @property
    def told(self) -> tuple[int, ...]:
        """Who has heard of it: the ladder up to its rung, and an owner from elsewhere."""
        heard = self.ladder if self.cause is Cause.HARM else self.ladder[: self.step + 1]
        return heard if self.owner_id is None or self.owner_id in heard else (*heard, self.owner_id)


def holder_of(ladder: Sequence[int], step: int, owner_id: int | None) -> int | None:
    """Return whose an alert is: its owner's, else that of whoever stands on the rung, if anybody does."""
    return owner_id or (ladder[step] if step < len(ladder) else None)


@dataclass(frozen=True, slots=True)
class Held:
    """Who holds an open alert, and when its next step is due."""

    id: int
    holder: int | None
    next_step_at: datetime


@dataclass(frozen=True, slots=True)
class Past:
    """The newest alert there was for a cause key: when it opened, whether it is open, or closed by the facts."""

    opened_at: datetime
    open: bool
    by_facts: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """What is on record of one district when alerts are looked at; what no rule in question needs is left empty.

    `since` is the day from which silence counts: nobody was asked before. `diaries` are the months that have one,
    `people` the district's, `unsettled` the values that wait or are flagged, `updates` the day on which somebody last
    spoke of an activity, by its key.
    """

    district: District
    programme: Programme
    today: date
    since: date
    values: Values = field(default_factory=Values)
    plan: tuple[Activity, ...] = ()
    diaries: Collection[ReportingPeriod] = ()
    people: tuple[Contact, ...] = ()
    unsettled: tuple[IndicatorValue, ...] = ()
    updates: Mapping[str, date] = field(default_factory=dict)

    @property
    def period(self) -> ReportingPeriod:
        """The newest month whose report is due."""
        last = ReportingPeriod.last_closed(self.today)
        return last if self.today > due_day(last, self.programme) else last.back(1)


@dataclass(frozen=True, slots=True)
class Rule:
    """One cause: what raises it, and whether it is still there.

    `told` raises by what happened, at once; `standing` by what is on record, once a day. `holds` says whether the
    cause of an open alert is there yet; without it, whether `standing` would raise it. `needs` names the facts that
    this takes.
    """

    cause: Cause
    needs: frozenset[str] = frozenset()
    told: Callable[[Event, Programme], Iterable[Raise]] | None = None
    standing: Callable[[Facts], Iterable[Raise]] | None = None
    holds: Callable[[Alert, Facts], bool] | None = None


def raised_by(rules: Iterable[Rule], events: Iterable[Event], programme: Programme) -> Iterator[Raise]:
    """Yield the alerts that what happened calls for."""
    for event in events:
        for rule in rules:
            if rule.told is not None:
                yield from rule.told(event, programme)


def raised_over(rules: Iterable[Rule], facts: Facts) -> Iterator[Raise]:
    """Yield the alerts that what is on record of a district calls for."""
    for rule in rules:
        if rule.standing is not None:
            yield from rule.standing(facts)


def still_holds(rule: Rule, alert: Alert, facts: Facts) -> bool:
    """Whether the cause of an open alert is still there."""
    if rule.holds is not None:
        return rule.holds(alert, facts)
    return rule.standing is None or any(found.key == alert.key for found in rule.standing(facts))


def opens_again(found: Raise, past: Past | None) -> bool:
    """Whether a cause that is there is news: never raised, gone in between, or begun anew since somebody closed it."""
    if past is None:
        return True
    began_anew = found.since is not None and found.since > past.opened_at.date()
    return not past.open and (past.by_facts or began_anew)


def ladder_for(
    alert: Raise | Alert, programme: Programme, people: Iterable[tuple[int, Role, tuple[str, ...]]]
) -> tuple[int, ...]:
    """Return the contact ids that `alert` climbs, in the programme's order of roles.

    `people` are (contact id, role, groups) of those who can be reached; somebody with no groups looks after all.
    Nobody climbs to whom the concern is their own, unless there is nobody else.
    """
    group = programme.districts[alert.district].group
    ladder = tuple(
        contact_id
        for role in programme.alerts.steps
        for contact_id, r, groups in people
        if r is role and (not groups or group in groups)
    )
    others = tuple(i for i in ladder if str(i) != alert.evidence.get("sender"))
    return others or ladder


def next_rung(alert: Alert, reachable: Collection[int]) -> int | None:
    """Return the next rung on which somebody can be reached, if there is one."""
    return next((n for n in range(alert.step + 1, len(alert.ladder)) if alert.ladder[n] in reachable), None)


def fault(alert: Held, reachable: Collection[int], now: datetime) -> str:
    """Return what is wrong with an open alert, or nothing: it has a holder who can be reached, and a step to come."""
    if alert.holder is None:
        return "nobody holds it"
    if alert.holder not in reachable:
        return "its holder cannot be reached"
    if alert.next_step_at < now - STEP_MAY_WAIT:
        return "its next step was not taken"
    return ""


def late_activities(activities: Iterable[Activity], today: date) -> list[Activity]:
    """Return open activities past their date, the latest first."""
    return sorted((a for a in activities if a.late(today)), key=lambda a: a.due_on)
