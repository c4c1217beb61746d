"""The day before a support visit: who said yes is reminded, and the facilitator gets the brief."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot.reaching import start_flow
from bot.timing import goes
from conversations.flows.visit import NEEDS
from conversations.flows.visit_words import brief_of, reminder, who_comes
from conversations.situation import Situation
from conversations.turn import Turn
from domain.people import Contact
from domain.periods import local
from domain.visits import Visit
from storage import contacts, occurrences, programmes, visits
from storage.apart import alone
from storage.situations import complete

AT = time(9)  # of the day before, where the person is
AHEAD = timedelta(days=2)  # no zone is further from another


def remind_of_visits(db: Session, now: datetime) -> int:
    """Remind people of tomorrow's visits; a visit that was set after that hour needs no reminder, but a brief."""
    near = [visit for visit in visits.ahead(db, now) if visit.at - now <= AHEAD]
    return sum(alone(db, partial(_remind, db, visit, now)) or 0 for visit in near)


def _remind(db: Session, visit: Visit, now: datetime) -> int:
    coming = who_comes(visit, tuple(contacts.everyone(db, district=visit.district)))
    tasks = [(person, partial(_remind_one, db, visit, person, now)) for person in coming]
    facilitator = contacts.load(db, visit.by_id)
    tasks.append((facilitator, partial(_prepare, db, visit, facilitator, now)))
    return sum(bool(alone(db, task, contact_id=person.id)) for person, task in tasks)


def _remind_one(db: Session, visit: Visit, person: Contact, now: datetime) -> bool:
    due = visit.asked_at < day_before(visit, person.timezone) <= now
    return due and _goes(db, visit, person, "visit_day", now) and _send_reminder(db, visit, person, now)


def _prepare(db: Session, visit: Visit, facilitator: Contact, now: datetime) -> bool:
    due = day_before(visit, facilitator.timezone) <= now
    return due and _goes(db, visit, facilitator, "visit_brief", now) and _send_brief(db, visit, facilitator, now)


def _goes(db: Session, visit: Visit, person: Contact, kind: str, now: datetime) -> bool:
    """Whether a reminder or brief still goes; it is not late before the visit was set."""
    key, at = _key(kind, visit, person), max(day_before(visit, person.timezone), visit.asked_at)
    if occurrences.decided(db, key):
        return False
    return goes(db, person, "visit", key, at, programmes.current(db), now)


def day_before(visit: Visit, timezone: str) -> datetime:
    """Return the hour of the reminder (aware): in the morning of the day before, for somebody in `timezone`."""
    day = local(visit.at, timezone).date() - timedelta(days=1)
    return datetime.combine(day, AT, ZoneInfo(timezone))


def _send_reminder(db: Session, visit: Visit, person: Contact, now: datetime) -> bool:
    def begin(situation: Situation) -> Turn:
        return Turn("visit", situation.conversation, "receipt", reminder(visit, situation))

    return start_flow(db, person, begin, _key("visit_day", visit, person), "visit", now)


def _send_brief(db: Session, visit: Visit, facilitator: Contact, now: datetime) -> bool:
    def begin(situation: Situation) -> Turn:
        known = complete(db, situation, NEEDS)
        return Turn("visit", situation.conversation, "receipt", brief_of(visit, known))

    return start_flow(db, facilitator, begin, _key("visit_brief", visit, facilitator), "visit", now)


def _key(kind: str, visit: Visit, person: Contact) -> str:
    return f"{kind}:{visit.ref}:{visit.at:%Y-%m-%dT%H%M}:{person.id}"
