"""What must never be, counted in what is on record, by other ways than those by which it came about."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from bot.alarms import facts_of
from conversations.places import districts_of
from domain.alerts import Alert, Cause, still_holds
from domain.attention import MOST_A_WEEK, UNASKED, WEEK, is_asked_for
from domain.calendar import is_quiet
from domain.causes import RULE_OF
from domain.people import MAIL, Contact, Role
from domain.periods import local
from domain.programme import Programme
from scheduler.alerting import faults
from scheduler.crowd import PRIVATE
from scheduler.gains import wrong_gains
from scheduler.recount import Recount
from scheduler.shown import wrong_figures
from storage import alerts, contacts, programmes, record, trace
from storage.record import Gone

PROMPTS_TWICE = "prompts twice"
AFTER_REPORT = "reminders after a report"
QUIET = "sends in quiet hours"
NO_OWNER = "alerts without owner"
CAUSE_GONE = "open alerts whose cause has gone"
WRONG_FIGURE = "digests with a wrong figure"
WRONG_GAIN = "receipts with a wrong figure"
PRIVATE_READ = "private text outside its readers"
TOO_MANY = "more than four unasked a week"
INVARIANTS = (
    PROMPTS_TWICE,
    AFTER_REPORT,
    QUIET,
    NO_OWNER,
    CAUSE_GONE,
    WRONG_FIGURE,
    WRONG_GAIN,
    PRIVATE_READ,
    TOO_MANY,
)

FIGURES = ("digest", "brief", "digest_mail", "brief_mail")
PERIOD = re.compile(r"^(?:prompt|nudge)\d+:(\d{4}-\d\d):")


def check_record(db: Session) -> Counter[str]:
    """Count what must never be, in all that was ever sent."""
    programme, people = programmes.current(db), {c.id: c for c in contacts.everyone(db)}
    sent, loud = record.unasked(db), _loud(db)
    return Counter(
        {
            PROMPTS_TWICE: _prompts_twice(sent),
            AFTER_REPORT: _after_report(db, sent, people, programme),
            QUIET: _in_quiet_hours(sent, people, programme, loud),
            PRIVATE_READ: _private_read(db),
            TOO_MANY: _too_many(sent, loud),
            WRONG_GAIN: len(wrong_gains(db)),
        }
    )


def _prompts_twice(sent: Iterable[Gone]) -> int:
    months = [(one.contact_id, _month(one)) for one in sent if one.kind == "prompt" and one.first]
    return sum(n - 1 for n in Counter(months).values())


def _month(one: Gone) -> str | None:
    found = PERIOD.match(one.key)
    return found[1] if found else None


def _after_report(db: Session, sent: Iterable[Gone], people: dict[int, Contact], programme: Programme) -> int:
    """Count prompts and nudges that left though every value of that month had been answered."""
    answered, wrong = record.first_answers(db), 0
    for one in sent:
        period, contact = _month(one), people[one.contact_id]
        if period is None or contact.role is not Role.FOCAL:
            continue
        district = _district_then(contact, programme)
        wanted = programme.districts[district].indicators if district else ()
        by_code = answered.get((district or "", period), {})
        wrong += bool(wanted) and all(code in by_code and by_code[code] < one.sent_at for code in wanted)
    return wrong


def _district_then(contact: Contact, programme: Programme) -> str | None:
    """Return the district somebody reports for; who has handed it over was asked for the one in the file."""
    return contact.district or next((p.district for p in programme.people if p.key == contact.key), None)


def _in_quiet_hours(
    sent: Iterable[Gone], people: dict[int, Contact], programme: Programme, loud: Collection[int]
) -> int:
    return sum(
        is_quiet(one.sent_at, people[one.contact_id].timezone, programme.quiet)
        for one in sent
        if not _is_loud(one, loud)
    )


def _private_read(db: Session) -> int:
    """Count messages with words of a private note that went to anybody but who wrote it."""
    writers = defaultdict[int, list[str]](list)
    for contact_id, words in record.private_notes(db):
        writers[contact_id].append(words)
    return sum(
        PRIVATE in text and not any(words in text for words in writers.get(contact_id or 0, ()))
        for contact_id, text in record.texts(db)
    )


def _too_many(sent: Iterable[Gone], loud: Collection[int]) -> int:
    """Count the unasked messages that were the fifth or later of somebody's seven days; critical alerts may pass."""
    moments = defaultdict[int, list[datetime]](list)
    too_many = 0
    for one in sent:
        whole = one.first or one.key.endswith(":document")
        counts = one.kind in UNASKED and one.scheme != MAIL and not is_asked_for(one.key)
        if whole and counts and not _is_loud(one, loud):
            mine = moments[one.contact_id]
            too_many += len(mine) - bisect_right(mine, one.sent_at - WEEK) >= MOST_A_WEEK
            mine.append(one.sent_at)
    return too_many


def _loud(db: Session) -> set[int]:
    """Return the ids of critical alerts."""
    critical = {str(cause) for cause in Cause if cause.critical}
    return {alert_id for alert_id, cause in record.causes(db).items() if cause in critical}


def _is_loud(one: Gone, loud: Collection[int]) -> bool:
    return one.key.startswith("alert:") and int(one.key.split(":")[1]) in loud


def check_alerts(db: Session, now: datetime) -> Counter[str]:
    """Count open alerts that nobody who can be reached holds, and those whose cause is there no more."""
    programme, still_open = programmes.current(db), alerts.still_open(db)
    facts = facts_of(db, still_open, programme, now) if still_open else {}
    gone = sum(
        not still_holds(RULE_OF[alert.cause], alert, facts[alert.district]) or _is_in(db, alert, programme, now)
        for alert in still_open
    )
    return Counter({NO_OWNER: len(faults(db, now)), CAUSE_GONE: gone})


def _is_in(db: Session, alert: Alert, programme: Programme, now: datetime) -> bool:
    """Whether an alert is about a report that is in."""
    found = re.search(r"\d{4}-\d\d", alert.key) if alert.cause is Cause.OVERDUE else None
    return found is not None and _complete(db, alert.district, found[0], programme, now)


def check_digests(db: Session, now: datetime) -> Counter[str]:
    """Count the figures of the digests and briefs of this moment that are not what was reported comes to."""
    return Counter({WRONG_FIGURE: len(wrong_digests(db, now))})


def wrong_digests(db: Session, now: datetime) -> list[str]:
    """Return what is wrong in the digests and briefs of this moment; those in other languages are passed over."""
    programme, wrong = programmes.current(db), list[str]()
    for (contact_id, _kind), text in trace.queued(db, FIGURES, now).items():
        reader = contacts.load(db, contact_id)
        if reader.language == "en":
            today = local(now, reader.timezone).date()
            wrong += wrong_figures(text, Recount(db, programme, districts_of(reader, programme), today, now))
    return wrong


def _complete(db: Session, district: str, period: str, programme: Programme, now: datetime) -> bool:
    return record.answered(db, district, period, now).issuperset(programme.districts[district].indicators)
