"""What happens by the clock: plain functions of (db, now), safe to run twice, late, or on two machines."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, time, timedelta

from sqlalchemy.orm import Session

from bot.reaching import NO_ADDRESS, reach, reason_to_rest, start_flow
from bot.turns import expire_drafts, retake_turns
from conversations.flows import prompts
from conversations.places import districts_of
from conversations.situation import Situation
from conversations.turn import Turn
from domain.digests import weekly_digest
from domain.people import Contact, Role
from domain.periods import ReportingPeriod, local
from domain.programme import Programme, Rung
from domain.prompts import ASKING, Assignment, Come, Due, come, due_prompts, may_come, rung_time
from storage import contacts, conversations, occurrences, outbox, plans, programmes, values
from storage.boards import board
from storage.occurrences import SKIPPED

WEEK = timedelta(days=7)
DAY = timedelta(days=1)
UNASKED = ("prompt", "nudge", "digest", "late_list")
DRAFT_CHECK = timedelta(days=30)


def send_prompts(db: Session, now: datetime) -> int:
    """Ask every reporter for the month that closed, at their hour on the ladder's working day."""
    return _climb_ladder(db, now, "prompt")


def send_nudges(db: Session, now: datetime) -> int:
    """Remind reporters of what is missing, on the ladder's days; none once the report is in."""
    return _climb_ladder(db, now, "nudge")


def _climb_ladder(db: Session, now: datetime, step: str) -> int:
    programme = programmes.current(db)
    if not may_come(programme, step, now):
        return 0
    people = contacts.everyone(db, Role.FOCAL, Role.PARTNER)
    periods = {ReportingPeriod.last_closed((now + shift).date()) for shift in (-DAY, DAY)}
    decided = {
        key
        for period in periods
        for rung in programme.rungs(step, period)
        for key in occurrences.done(db, f"{rung.key}:{period}:")
    }
    came = come(people, programme, decided, step, now)
    if not came:
        return 0
    due = due_prompts(came, _assignments(db, came, people, programme, now), programme, now)
    return sum(_ask(db, one, programme, now) for one in due)


def _assignments(
    db: Session, came: list[Come], people: list[Contact], programme: Programme, now: datetime
) -> dict[int, Assignment]:
    since = min(one.period for one in came)
    owed = _owed(db, programme, since)
    unasked = outbox.unasked_since(db, now - WEEK, UNASKED)
    talking = conversations.talking(db, now - DAY)
    asked = outbox.newest_due(db, now - 2 * DAY, ASKING)
    covered = {c.district for c in people if c.role is Role.FOCAL and not c.deputy and _is_there(c, now)}
    return {
        one.contact.id: Assignment(
            owed(one.contact, one.period),
            unasked.get(one.contact.id, 0),
            one.contact.id in talking,
            _is_today(asked.get(one.contact.id), one.contact, now),
            one.contact.district in covered,
        )
        for one in came
    }


def _is_there(contact: Contact, now: datetime) -> bool:
    return contact.address() is not None and not reason_to_rest(contact, now)


def _is_today(moment: datetime | None, contact: Contact, now: datetime) -> bool:
    """Whether something went to somebody on this day of theirs, or waits for a later one."""
    return moment is not None and local(moment, contact.timezone).date() >= local(now, contact.timezone).date()


def _owed(
    db: Session, programme: Programme, since: ReportingPeriod
) -> Callable[[Contact, ReportingPeriod], tuple[str, ...]]:
    """Return what tells what somebody owes: a focal point values, a partner word on their own activities."""
    by_district = values.load(db, programme.districts, programme, since)
    activities = plans.load(db, programme.districts)
    told = plans.updated_since(db, datetime.combine(since.next().first_day, time(), UTC))

    def owed(contact: Contact, period: ReportingPeriod) -> tuple[str, ...]:
        code = contact.district or ""
        if contact.role is Role.FOCAL:
            return by_district[code].missing(programme.districts[code].indicators, period)
        mine = [a for a in activities[code] if a.open and a.owner == contact.key]
        return tuple(a.key for a in mine if (code, a.key) not in told)

    return owed


def _ask(db: Session, due: Due, programme: Programme, now: datetime) -> bool:
    if due.skip:
        occurrences.record(db, due.key, due.rung.step, due.contact.id, now, SKIPPED, due.skip)
        return False
    nudges = [rung.working_day for rung in programme.rungs("nudge", due.period)]
    last = due.rung.working_day == max(nudges, default=0)

    def begin(situation: Situation) -> Turn:
        if due.contact.role is Role.PARTNER:
            return prompts.plan_prompt(situation, plans.load(db, [due.contact.district or ""]), due.missing)
        if due.rung.step == "prompt":
            return prompts.prompt(situation, due.missing)
        return prompts.nudge(situation, due.missing, last)

    return start_flow(db, due.contact, begin, due.key, due.rung.step, now)


def send_late_lists(db: Session, now: datetime) -> int:
    """Give each facilitator one list of the districts whose report is not in."""
    programme = programmes.current(db)
    count = 0
    if not may_come(programme, "late_list", now):
        return 0
    for facilitator in contacts.everyone(db, Role.FACILITATOR):
        period = ReportingPeriod.last_closed(local(now, facilitator.timezone).date())
        for rung in programme.rungs("late_list", period):
            count += _late_list(db, facilitator, rung, period, programme, now)
    return count


def _late_list(
    db: Session, facilitator: Contact, rung: Rung, period: ReportingPeriod, programme: Programme, now: datetime
) -> bool:
    at = rung_time(rung, period, facilitator.timezone, programme)
    if not at <= now <= at + timedelta(hours=rung.grace_hours):
        return False
    key = f"{rung.key}:{period}:{facilitator.id}"
    if occurrences.decided(db, key):
        return False
    desks = board(db, programme, districts_of(facilitator, programme), period, now)
    digest = weekly_digest(programme, desks, local(now, facilitator.timezone).date())
    rows = tuple(
        (d.name, len(d.missing), ", ".join(r.name for r in desks[d.code].reporters[:1]) or "-") for d in digest.late
    )
    rest = reason_to_rest(facilitator, now) or ("" if facilitator.address() else NO_ADDRESS)
    if skip := rest or ("" if rows else "nobody is late"):
        occurrences.record(db, key, "late_list", facilitator.id, now, SKIPPED, skip)
        return False
    if not occurrences.record(db, key, "late_list", facilitator.id, now):
        return False
    return reach(db, facilitator, prompts.late_list(period, rows), key, "late_list", now)


def expire_sessions(db: Session, now: datetime) -> int:
    """Let go of dialogues that have waited longer than their flow lasts."""
    waiting: Iterable[int] = conversations.waiting_since(db, now - DRAFT_CHECK)
    return sum(expire_drafts(db, contact_id, now) for contact_id in waiting)


def sweep(db: Session, now: datetime) -> int:
    """Try again the messages whose handling failed."""
    return retake_turns(db, now)
