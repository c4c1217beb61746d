"""Who is due a prompt or a nudge now, given what was sent and what was answered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from domain.calendar import moment, working_day
from domain.people import Contact, ContactStatus
from domain.periods import ReportingPeriod, local
from domain.programme import Programme, Rung, WhenLate

DAY = timedelta(days=1)
LONGEST_WAIT = timedelta(days=12)  # a snooze of a week, and two days between clocks on either side
MOST_A_WEEK = 4  # unasked messages a person
ASKING = ("prompt", "nudge")  # steps that go to who reports, at an hour of their own if they have one


@dataclass(frozen=True, slots=True)
class Come:
    """A rung of the ladder whose hour has come for somebody."""

    contact: Contact
    rung: Rung
    period: ReportingPeriod


@dataclass(frozen=True, slots=True)
class Assignment:
    """What is on record for somebody: what they still owe, our unasked messages of the week, a dialogue under way.

    `missing` are codes of indicators for a focal point, keys of activities for a partner. `asked_today` is whether a
    prompt or nudge went or waits on this day of theirs, `covered` whether a focal point of the district can be asked
    who is no deputy.
    """

    missing: tuple[str, ...]
    unasked_week: int = 0
    in_dialogue: bool = False
    asked_today: bool = False
    covered: bool = False


@dataclass(frozen=True, slots=True)
class Due:
    """What to do about a rung that has come: send it, or do not and say why."""

    contact: Contact
    rung: Rung
    period: ReportingPeriod
    key: str
    missing: tuple[str, ...]
    skip: str = ""


def may_come(programme: Programme, step: str, now: datetime) -> bool:
    """Whether any rung of a `step` can be due anywhere at `now`; a cheap look before anything is loaded."""
    for period in {ReportingPeriod.last_closed((now + shift).date()) for shift in (-DAY, DAY)}:
        for rung in programme.rungs(step, period):
            opens = rung_time(rung, period, "UTC", programme) - 2 * DAY
            if opens <= now <= opens + timedelta(hours=rung.grace_hours) + LONGEST_WAIT:
                return True
    return False


@dataclass(frozen=True, slots=True)
class Mark:
    """A rung whose hour has come for the report of a month on some clocks: time zones, with an hour of one's own."""

    rung: Rung
    period: ReportingPeriod
    clocks: tuple[tuple[str, time | None], ...]

    @property
    def prefix(self) -> str:
        """How the keys of this rung and month begin; the id of the contact follows."""
        return prompt_key(self.rung, "", self.period)


def marks(
    clocks: Iterable[tuple[str, time | None]], programme: Programme, step: str, now: datetime
) -> tuple[Mark, ...]:
    """Return the rungs of a `step` that have come at `now` (aware, UTC) on any of some clocks, and may still go."""
    found: dict[tuple[Rung, ReportingPeriod], list[tuple[str, time | None]]] = {}
    for timezone, hour in clocks:
        for rung, period in rungs_come(programme, step, now, timezone, hour):
            found.setdefault((rung, period), []).append((timezone, hour))
    return tuple(Mark(rung, period, tuple(theirs)) for (rung, period), theirs in found.items())


def rungs_come(
    programme: Programme, step: str, now: datetime, timezone: str, hour: time | None = None
) -> list[tuple[Rung, ReportingPeriod]]:
    """Return the rungs of a `step`, and the month they are about, that have come at `now` on one clock."""
    period = ReportingPeriod.last_closed(local(now, timezone).date())
    return [
        (rung, period)
        for rung in programme.rungs(step, period)
        for at in (rung_time(rung, period, timezone, programme, hour),)
        if at <= now <= at + timedelta(hours=rung.grace_hours) + LONGEST_WAIT
    ]


def due_prompts(
    came: Iterable[Come], desks: Mapping[int, Assignment], programme: Programme, now: datetime
) -> list[Due]:
    """Return what to do at `now` about rungs that have come, at most one message per person.

    A decision not to send carries its reason. A rung that only waits (a snooze, a dialogue under way) is left out,
    and comes up again at the next tick; when several have waited, the last one goes. `desks` maps contact ids to
    what is on record for them.
    """
    newest: dict[int, Due] = {}
    decided: list[Due] = []
    for one in sorted(came, key=lambda one: (one.period, one.rung.working_day)):
        due = due_for(one, desks[one.contact.id], programme, now)
        if due is None:
            continue
        if due.skip:
            decided.append(due)
            continue
        if (before := newest.get(one.contact.id)) is not None:
            decided.append(replace(before, skip="a later reminder took its place"))
        newest[one.contact.id] = due
    return [*decided, *newest.values()]


def due_for(one: Come, assignment: Assignment, programme: Programme, now: datetime) -> Due | None:
    """Return what one rung means for one person now, or None when it waits."""
    contact, rung = one.contact, one.rung
    at = rung_time(rung, one.period, contact.timezone, programme, contact.hour)
    skip = reason_to_skip(contact, assignment, rung, at, now)
    if not skip and _waits(contact, assignment, rung, at, now):
        return None
    if not skip and _merges(rung, one.period, programme, at, now):
        skip = "goes with the next reminder"
    return Due(contact, rung, one.period, prompt_key(rung, contact.id, one.period), assignment.missing, skip)


def reason_to_skip(contact: Contact, assignment: Assignment, rung: Rung, at: datetime, now: datetime) -> str:
    """Return why a rung that has come is not sent, or nothing."""
    if contact.status is not ContactStatus.ACTIVE:
        return f"contact {contact.status}"
    if contact.address() is None:
        return "no address works"
    if not assignment.missing:
        return "report is in"
    if contact.away is not None and contact.is_away(local(now, contact.timezone).date()):
        return "on leave"
    if contact.deputy and assignment.covered:
        return "deputy is not needed"
    # Somebody who asked for LATER was promised to be asked again, so lateness counts from then.
    wanted = max(at, contact.snoozed_until) if contact.snoozed_until else at
    if now > wanted + timedelta(hours=rung.grace_hours):
        return "too late"
    if rung.when_late is WhenLate.SKIP and now > wanted + timedelta(hours=1):
        return "hour missed"
    if rung.step != "prompt" and assignment.unasked_week >= MOST_A_WEEK:
        return "enough unasked messages this week"
    return ""


def _waits(contact: Contact, assignment: Assignment, rung: Rung, at: datetime, now: datetime) -> bool:
    snoozed = contact.snoozed_until
    if snoozed is not None and snoozed > now:
        return True
    if assignment.asked_today or (rung.step == "prompt" and assignment.unasked_week >= MOST_A_WEEK):
        return True
    # A dialogue under way is not talked into for a day; after that the prompt goes, and the draft stays.
    return assignment.in_dialogue and now < at + timedelta(hours=24)


def _merges(rung: Rung, period: ReportingPeriod, programme: Programme, at: datetime, now: datetime) -> bool:
    """Whether the words of a rung whose hour was missed come with a later one, which names all that is missing."""
    if rung.when_late is not WhenLate.MERGE or now <= at + timedelta(hours=1):
        return False
    return any(r.working_day > rung.working_day for step in ASKING for r in programme.rungs(step, period))


def asked_next(
    contact: Contact, programme: Programme, period: ReportingPeriod, decided: Set[str], since: datetime
) -> datetime | None:
    """Return when the next prompt or nudge about a month goes to somebody who is not to be asked before `since`.

    `decided` are the keys of those that went or were left out. None when no other is left.
    """
    rungs = [rung for step in ASKING for rung in programme.rungs(step, period)]
    left = [rung for rung in rungs if prompt_key(rung, contact.id, period) not in decided]
    times = [(rung, rung_time(rung, period, contact.timezone, programme, contact.hour)) for rung in left]
    return min(
        (
            max(at, since)
            for rung, at in times
            if since <= at + timedelta(hours=rung.grace_hours) + LONGEST_WAIT
            and not _merges(rung, period, programme, at, since)
        ),
        default=None,
    )


def asked_after(day: date, programme: Programme, period: ReportingPeriod) -> bool:
    """Whether a prompt or nudge about a month comes after a day."""
    rungs = (rung for step in ASKING for rung in programme.rungs(step, period))
    return any(working_day(period.next(), rung.working_day, programme.country) > day for rung in rungs)


def prompt_key(rung: Rung, contact_id: int | str, period: ReportingPeriod) -> str:
    """Return the key by which a rung goes to a person once a month."""
    return f"{rung.key}:{period}:{contact_id}"


def rung_time(
    rung: Rung, period: ReportingPeriod, timezone: str, programme: Programme, hour: time | None = None
) -> datetime:
    """Return when (UTC) a rung comes for the report of `period`: on its working day, on the clock of `timezone`.

    The hour is that of the rung; for prompts and nudges `hour`, if the person has one.
    """
    at = hour if hour is not None and rung.step in ASKING else rung.at
    return moment(working_day(period.next(), rung.working_day, programme.country), at, timezone)
