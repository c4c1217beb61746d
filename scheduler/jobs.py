"""What happens by the clock: plain functions of (db, now), safe to run twice, late, or on two machines."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from sqlalchemy.orm import Session

from bot.pictures import digest_picture
from bot.reaching import reach, start_flow
from bot.turns import expire_drafts, retake_turns
from conversations.flows import prompts
from conversations.flows.follow_up import digest_message, follow_up_menu
from conversations.places import districts_of
from conversations.situation import Situation
from conversations.turn import Turn
from domain.digests import weekly_digest
from domain.messages import Say
from domain.people import Contact, Role
from domain.periods import ReportingPeriod, local
from domain.programme import Programme, Rung
from domain.prompts import Assignment, Come, Due, come, due_prompts, may_come, rung_time
from storage import contacts, conversations, occurrences, outbox, plans, programmes, values
from storage.occurrences import SKIPPED
from storage.situations import board

WEEK = timedelta(days=7)
DAY = timedelta(days=1)
UNASKED = ("prompt", "nudge", "digest", "late_list")
DRAFT_CHECK = timedelta(days=30)
DIGEST_GRACE = timedelta(days=3)  # a digest older than this would only repeat what the next one says


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
    rungs = [rung.key for rung in programme.ladder if rung.step == step]
    decided = {key for rung in rungs for period in periods for key in occurrences.done(db, f"{rung}:{period}:")}
    came = come(people, programme, decided, step, now)
    if not came:
        return 0
    due = due_prompts(came, _assignments(db, came, programme, now), programme, now)
    return sum(_ask(db, one, programme, now) for one in due)


def _assignments(db: Session, came: list[Come], programme: Programme, now: datetime) -> dict[int, Assignment]:
    since = min(one.period for one in came)
    owed = _owed(db, programme, since)
    unasked = outbox.unasked_since(db, now - WEEK, UNASKED)
    talking = conversations.talking(db, now - DAY)
    return {
        one.contact.id: Assignment(
            owed(one.contact, one.period), unasked.get(one.contact.id, 0), one.contact.id in talking
        )
        for one in came
    }


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
    nudges = [r.key for r in programme.ladder if r.step == "nudge"]
    last = bool(nudges) and due.rung.key == nudges[-1]

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
    for rung in (r for r in programme.ladder if r.step == "late_list"):
        for facilitator in contacts.everyone(db, Role.FACILITATOR):
            count += _late_list(db, facilitator, rung, programme, now)
    return count


def _late_list(db: Session, facilitator: Contact, rung: Rung, programme: Programme, now: datetime) -> bool:
    period = ReportingPeriod.last_closed(local(now, facilitator.timezone).date())
    at = rung_time(rung, period, facilitator.timezone, programme)
    if not at <= now <= at + timedelta(hours=rung.grace_hours):
        return False
    key = f"{rung.key}:{period}:{facilitator.id}"
    if not occurrences.record(db, key, "late_list", facilitator.id, now):
        return False
    desks = board(db, programme, districts_of(facilitator, programme), period)
    digest = weekly_digest(programme, desks, local(now, facilitator.timezone).date())
    rows = tuple(
        (d.name, len(d.missing), ", ".join(r.name for r in desks[d.code].reporters[:1]) or "-") for d in digest.late
    )
    return bool(rows) and reach(db, facilitator, prompts.late_list(period, rows), key, "late_list", now)


def send_digests(db: Session, now: datetime) -> int:
    """Send each facilitator and manager the week, at their hour on the digest's day; on Telegram with a picture."""
    programme = programmes.current(db)
    since_due = (now.isoweekday() - programme.digest.weekday + 1) % 7
    if timedelta(days=since_due) > DIGEST_GRACE + 2 * DAY:
        return 0
    mondays = {(now + shift).date() - timedelta(days=(now + shift).weekday()) for shift in (-DAY, DAY)}
    sent = {key for monday in mondays for key in occurrences.done(db, f"digest:{monday}:")}
    readers = contacts.everyone(db, Role.FACILITATOR, Role.MANAGER)
    return sum(_digest(db, reader, programme, sent, now) for reader in readers)


def _digest(db: Session, reader: Contact, programme: Programme, sent: set[str], now: datetime) -> bool:
    here = local(now, reader.timezone)
    monday = here.date() - timedelta(days=here.isoweekday() - 1)
    at = here.replace(hour=programme.digest.at.hour, minute=programme.digest.at.minute, second=0, microsecond=0)
    at += timedelta(days=programme.digest.weekday - here.isoweekday())
    key = f"digest:{monday}:{reader.id}"
    if key in sent or not at <= here <= at + DIGEST_GRACE or reader.address() is None:
        return False
    return start_flow(db, reader, lambda s: digest_turn(db, reader, programme, now, s), key, "digest", now)


def digest_turn(db: Session, reader: Contact, programme: Programme, now: datetime, situation: Situation) -> Turn:
    """Make the digest of a reader: one segment on SMS, words and a trend picture on Telegram."""
    desks = board(db, programme, districts_of(reader, programme), situation.period)
    found = weekly_digest(programme, desks, situation.today)
    message: Say = digest_message(found, situation.scheme)
    if situation.scheme != "tel":
        message = replace(message, picture=digest_picture(found, desks, programme, reader))
    conversation = situation.conversation.asking(follow_up_menu(situation))
    return Turn("digest", conversation, "receipt", message)


def expire_sessions(db: Session, now: datetime) -> int:
    """Let go of dialogues that have waited longer than their flow lasts."""
    waiting: Iterable[int] = conversations.waiting_since(db, now - DRAFT_CHECK)
    return sum(expire_drafts(db, contact_id, now) for contact_id in waiting)


def sweep(db: Session, now: datetime) -> int:
    """Try again the messages whose handling failed."""
    return retake_turns(db, now)
