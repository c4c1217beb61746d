"""Alerts: why one opens, whom it climbs to, and what ends it. Raised once for one cause, owned, and closed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from domain.events import ActivityUpdated, Event, ValueReported, ValueStatus
from domain.measures import Measure
from domain.people import Role
from domain.periods import ReportingPeriod
from domain.programme import Programme
from domain.text import Text, _, plain
from domain.workplans import Activity, ActivityStatus


class Cause(StrEnum):
    """Why an alert opens."""

    BEYOND_LIMIT = "beyond_limit"
    OVERDUE = "overdue"
    STUCK = "stuck"


class AlertStatus(StrEnum):
    """Open until somebody takes it; closed by an outcome in words or by the facts."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Raise:
    """An alert that should be open: its cause key, where, and the evidence as data."""

    cause: Cause
    key: str
    district: str
    evidence: Mapping[str, str]


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


def beyond_limit(event: Event, programme: Programme) -> Iterable[Raise]:
    """Yield an alert when a reported value passes the indicator's limit, such as any maternal death."""
    if not isinstance(event, ValueReported) or event.status is not ValueStatus.REPORTED or event.measure is None:
        return
    limit = programme.indicators[event.code].alert_above
    if limit is not None and event.measure.value > limit:
        key = f"{Cause.BEYOND_LIMIT}:{event.district}:{event.code}:{event.period}"
        evidence = {
            "code": event.code,
            "period": str(event.period),
            "value": f"{event.measure.value:g}",
            "limit": f"{limit:g}",
        }
        yield Raise(Cause.BEYOND_LIMIT, key, event.district, evidence)


def stuck(event: Event, programme: Programme) -> Iterable[Raise]:
    """Yield an alert when somebody says an activity is stuck."""
    if isinstance(event, ActivityUpdated) and event.status is ActivityStatus.STUCK:
        evidence = {"activity": event.key, "reason": event.reason or ""}
        yield Raise(Cause.STUCK, f"{Cause.STUCK}:{event.district}:{event.key}", event.district, evidence)


RULES = (beyond_limit, stuck)


def raised_by(events: Iterable[Event], programme: Programme) -> list[Raise]:
    """Return the alerts that what happened calls for."""
    return [found for event in events for rule in RULES for found in rule(event, programme)]


def overdue(
    district: str, period: ReportingPeriod, missing: tuple[str, ...], nudges: int, reporters: tuple[str, ...]
) -> Raise:
    """Return the alert for a district whose report is still missing after its nudges."""
    evidence = {
        "period": str(period),
        "missing": " ".join(missing),
        "nudges": str(nudges),
        "reporters": ", ".join(reporters),
    }
    return Raise(Cause.OVERDUE, f"{Cause.OVERDUE}:{district}:{period}", district, evidence)


def settled_by(events: Iterable[Event], alert: Alert) -> bool:
    """Whether what happened ends `alert` by itself: the stuck activity moves, or the value is corrected."""
    for event in events:
        if alert.cause is Cause.STUCK and isinstance(event, ActivityUpdated):
            moved = event.status is not None and event.status is not ActivityStatus.STUCK
            if moved and alert.key == f"{Cause.STUCK}:{event.district}:{event.key}":
                return True
        if alert.cause is Cause.BEYOND_LIMIT and isinstance(event, ValueReported):
            same = alert.key == f"{Cause.BEYOND_LIMIT}:{event.district}:{event.code}:{event.period}"
            limit = float(alert.evidence["limit"])
            settled = same and event.status is not ValueStatus.PENDING
            if settled and (event.measure is None or event.measure.value <= limit):
                return True
    return False


def headline(alert: Alert | Raise, programme: Programme) -> Text:
    """Return what is wrong, in one short sentence."""
    district = programme.districts[alert.district].name
    evidence = alert.evidence
    if alert.cause is Cause.BEYOND_LIMIT:
        indicator = programme.indicators[evidence["code"]]
        return _(
            "{district} {code} {value} in {period} (limit {limit})",
            district=district,
            code=indicator.code,
            value=Measure(float(evidence["value"]), indicator.unit),
            period=ReportingPeriod.parse(evidence["period"]),
            limit=evidence["limit"],
        )
    if alert.cause is Cause.OVERDUE:
        return _(
            "{district} report {period} not in, missing {codes}",
            district=district,
            period=ReportingPeriod.parse(evidence["period"]),
            codes=evidence["missing"],
        )
    return _(
        "{district} {activity} is stuck: {reason}",
        district=district,
        activity=evidence["activity"],
        reason=evidence["reason"] or plain("-"),
    )


def ladder_for(
    alert: Raise, programme: Programme, people: Iterable[tuple[int, Role, tuple[str, ...]]]
) -> tuple[int, ...]:
    """Return the contact ids that `alert` climbs, in the programme's order of roles.

    `people` are (contact id, role, groups) of those who can be reached; somebody with no groups looks after all.
    """
    group = programme.districts[alert.district].group
    return tuple(
        contact_id
        for role in programme.alerts.steps
        for contact_id, r, groups in people
        if r is role and (not groups or group in groups)
    )


def late_activities(activities: Iterable[Activity], today: date) -> list[Activity]:
    """Return open activities past their date, the latest first."""
    return sorted((a for a in activities if a.late(today)), key=lambda a: a.due_on)
