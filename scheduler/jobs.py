"""What happens by the clock: plain functions of (db, now), safe to run twice, late, or on two machines."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from bot.reaching import NO_ADDRESS, reach, reason_to_rest
from bot.timing import goes
from bot.turns import expire_drafts, retake_turns
from conversations.flows import prompts
from conversations.places import districts_of
from domain.digests import weekly_digest
from domain.people import Contact, Role
from domain.periods import ReportingPeriod, local
from domain.programme import Lateness, Programme, Rung
from domain.prompts import may_come, rung_time
from scheduler import ladder
from scheduler.noting import Work
from storage import contacts, conversations, occurrences, programmes
from storage.boards import board
from storage.occurrences import SKIPPED

DRAFT_CHECK = timedelta(days=30)


def send_prompts(db: Session, now: datetime) -> int:
    """Ask every reporter for the month that closed, at their hour on the ladder's working day."""
    return sum(share(db) for share in prompt_shares(db, now))


def prompt_shares(db: Session, now: datetime) -> list[Work]:
    """Return the work of `send_prompts` in shares."""
    return ladder.shares(db, now, "prompt")


def send_nudges(db: Session, now: datetime) -> int:
    """Remind reporters of what is missing, on the ladder's days; none once the report is in."""
    return sum(share(db) for share in nudge_shares(db, now))


def nudge_shares(db: Session, now: datetime) -> list[Work]:
    """Return the work of `send_nudges` in shares."""
    return ladder.shares(db, now, "nudge")


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
    key = f"{rung.key}:{period}:{facilitator.id}"
    if now < at or occurrences.decided(db, key):
        return False
    policy = Lateness(rung.when_late, timedelta(hours=rung.grace_hours))
    if not goes(db, facilitator, "late_list", key, at, programme, now, policy):
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
