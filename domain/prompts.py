"""Who is due a prompt or a nudge now, given what was sent and what was answered."""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from domain.calendar import working_day
from domain.people import Contact, ContactStatus
from domain.periods import ReportingPeriod, local
from domain.programme import Programme, Rung, WhenLate
from domain.values import Values

MOST_A_DAY = 1  # nudges
MOST_A_WEEK = 4  # unasked messages a person


@dataclass(frozen=True, slots=True)
class Assignment:
    """A reporter and what their district has answered. `unasked_week` counts what we sent them unasked in seven days."""

    contact: Contact
    values: Values
    unasked_week: int = 0
    in_dialogue: bool = False


@dataclass(frozen=True, slots=True)
class Due:
    """A rung of the ladder that has come for somebody: send it, or do not and say why."""

    contact: Contact
    rung: Rung
    period: ReportingPeriod
    key: str
    missing: tuple[str, ...]
    skip: str = ""


def due_prompts(
    assignments: Iterable[Assignment], programme: Programme, sent: Set[str], steps: frozenset[str], now: datetime
) -> list[Due]:
    """Return what is due at `now` (aware, UTC) of the ladder's `steps`, at most one per person, rung and month.

    A rung is due when its local hour on its working day has come. A decision not to send carries its reason. One
    that only waits (a snooze, a dialogue under way) is left out, and comes up again at the next tick.
    """
    return [
        due
        for assignment in assignments
        for rung in programme.ladder
        if rung.step in steps and (due := due_for(assignment, rung, programme, sent, now)) is not None
    ]


def due_for(assignment: Assignment, rung: Rung, programme: Programme, sent: Set[str], now: datetime) -> Due | None:
    """Return what one rung means for one person now, or None when it is not its time."""
    contact = assignment.contact
    period = ReportingPeriod.last_closed(local(now, contact.timezone).date())
    key = prompt_key(rung, contact.id, period)
    at = rung_time(rung, period, contact.timezone, programme)
    if key in sent or now < at or contact.district is None:
        return None
    codes = programme.districts[contact.district].indicators
    missing = assignment.values.missing(codes, period)
    skip = reason_to_skip(assignment, rung, programme, missing, at, now)
    if not skip and _waits(assignment, rung, at, now):
        return None
    return Due(contact, rung, period, key, missing, skip)


def reason_to_skip(
    assignment: Assignment, rung: Rung, programme: Programme, missing: tuple[str, ...], at: datetime, now: datetime
) -> str:
    """Return why a rung that has come is not sent, or nothing."""
    contact = assignment.contact
    if contact.status is not ContactStatus.ACTIVE:
        return f"contact {contact.status}"
    if contact.address() is None:
        return "no address works"
    if not missing:
        return "report is in"
    if now > at + timedelta(hours=rung.grace_hours):
        return "too late"
    if rung.when_late is WhenLate.SKIP and now > at + timedelta(hours=1):
        return "hour missed"
    if rung.step != "prompt" and assignment.unasked_week >= MOST_A_WEEK:
        return "enough unasked messages this week"
    return ""


def _waits(assignment: Assignment, rung: Rung, at: datetime, now: datetime) -> bool:
    snoozed = assignment.contact.snoozed_until
    if snoozed is not None and snoozed > now:
        return True
    # A dialogue under way is not talked into for a day; after that the prompt goes, and the draft stays.
    return assignment.in_dialogue and now < at + timedelta(hours=24)


def prompt_key(rung: Rung, contact_id: int, period: ReportingPeriod) -> str:
    """Return the key by which a rung goes to a person once a month."""
    return f"{rung.key}:{contact_id}:{period}"


def rung_time(rung: Rung, period: ReportingPeriod, timezone: str, programme: Programme) -> datetime:
    """Return when a rung comes for the report of `period`: its hour on its working day, on the person's clock."""
    day: date = working_day(period.next(), rung.working_day, programme.country)
    return datetime.combine(day, rung.at, ZoneInfo(timezone)).astimezone(ZoneInfo("UTC"))
