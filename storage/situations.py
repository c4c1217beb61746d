"""Loading what a turn may look at: only what its verb or flow asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from conversations.flows.rating import rated_places
from conversations.places import districts_of
from conversations.situation import Situation
from domain.checking import MONTHS_CHECKED
from domain.people import REPORTERS, Role
from domain.periods import ReportingPeriod
from domain.prompts import ASKING, prompt_key
from storage import (
    alerts,
    boards,
    contacts,
    diaries,
    edits,
    messages,
    notes,
    occurrences,
    plans,
    ratings,
    reports,
    trails,
    values,
    visits,
)

RATED_LATELY = timedelta(days=90)
UNDONE_WITHIN = timedelta(hours=24)
REPEATED = timedelta(hours=24)  # in which the same words again are a repeat
THREADS_LATELY = timedelta(days=30)
NOTES_LATELY = timedelta(days=90)
LATE_MONTHS = 25  # a report may be for a month this long ago


def complete(db: Session, situation: Situation, needs: frozenset[str]) -> Situation:
    """Return the situation with what `needs` names loaded; a need may say of what: `trail asuo ANC1`."""
    loaded: dict[str, Any] = {}
    for need in sorted(needs):
        name, *of = need.split()
        loaded[name] = LOADERS_OF[name](db, situation, *of) if of else LOADERS[name](db, situation)
    return replace(situation, **loaded)


def _values(db: Session, situation: Situation, of: str = "") -> Any:
    district = of or situation.contact.district or ""
    since = situation.period.back(LATE_MONTHS)
    return values.load(db, [district], situation.programme, since)[district]


def _peers(db: Session, situation: Situation) -> Any:
    group = situation.programme.groups[situation.district.group]
    return values.load(db, group.districts, situation.programme, situation.period.back(1))


def _plan(db: Session, situation: Situation) -> Any:
    district = situation.contact.district or ""
    return plans.load(db, [district])[district]


def _diary(db: Session, situation: Situation) -> Any:
    district = situation.contact.district or ""
    return diaries.load(db, [district], situation.period.back(1))[district]


def _reports(db: Session, situation: Situation) -> Any:
    return reports.past_reports(db, situation.contact.id, situation.programme, situation.now)


def _alerts(db: Session, situation: Situation) -> Any:
    return alerts.for_contact(db, situation.contact.id)


def _helpers(db: Session, situation: Situation) -> Any:
    if situation.contact.district is None:
        others = contacts.everyone(db, Role.MANAGER)
    else:
        others = contacts.facilitators_of(db, situation.district.group)
    return tuple(c for c in others if c.id != situation.contact.id)


def _colleagues(db: Session, situation: Situation) -> Any:
    return tuple(contacts.everyone(db))


def _ratings(db: Session, situation: Situation) -> Any:
    return ratings.since(db, rated_places(situation), situation.today - RATED_LATELY)


def _board(db: Session, situation: Situation) -> Any:
    districts = districts_of(situation.contact, situation.programme)
    return boards.board(db, situation.programme, districts, situation.period, situation.now)


def _alert_record(db: Session, situation: Situation) -> Any:
    districts = districts_of(situation.contact, situation.programme)
    return boards.alert_record(db, districts, boards.month_of(situation.period, situation.programme), situation.now)


def _records(db: Session, situation: Situation) -> Any:
    districts = districts_of(situation.contact, situation.programme)
    return values.load(db, districts, situation.programme, situation.period.back(boards.MONTHS_BACK))


def _unsettled(db: Session, situation: Situation) -> Any:
    districts = districts_of(situation.contact, situation.programme)
    return trails.unsettled(db, districts, situation.period.back(MONTHS_CHECKED), situation.programme)


def _reporters(db: Session, situation: Situation) -> Any:
    districts = districts_of(situation.contact, situation.programme)
    return tuple(c for c in contacts.everyone(db, Role.FOCAL, Role.PARTNER) if c.district in districts)


def _thread(db: Session, situation: Situation, ref: str) -> Any:
    return notes.thread(db, int(ref))


def _threads(db: Session, situation: Situation) -> Any:
    return notes.threads(db, _read_by(situation), situation.now - THREADS_LATELY)


def _notes(db: Session, situation: Situation) -> Any:
    return notes.listed(db, situation.contact, _read_by(situation), situation.now - NOTES_LATELY)


def _visits(db: Session, situation: Situation) -> Any:
    return visits.ahead(db, situation.now, _read_by(situation))


def _diaries(db: Session, situation: Situation) -> Any:
    found = diaries.load(db, _read_by(situation), situation.period.back(1))
    return tuple(entry for entries in found.values() for entry in entries)


def _agreed(db: Session, situation: Situation) -> Any:
    return visits.agreed(db, _read_by(situation))


def _asked(db: Session, situation: Situation) -> Any:
    programme = situation.programme
    return frozenset(
        occurrences.among(
            db,
            (
                prompt_key(rung, situation.contact.id, period)
                for period in (situation.period, situation.period.next())
                for step in ASKING
                for rung in programme.rungs(step, period)
            ),
        )
    )


def _said_before(db: Session, situation: Situation) -> Any:
    since = situation.now - REPEATED
    return messages.said_before(db, situation.contact.id, situation.fingerprint, since, situation.inbound_id)


def _written(db: Session, situation: Situation) -> Any:
    return edits.last_written(db, situation.contact, situation.programme, situation.now - UNDONE_WITHIN)


def _read_by(situation: Situation) -> tuple[str, ...]:
    """Return the districts whose notes somebody may read: their own, or those they look after."""
    contact = situation.contact
    if contact.role in REPORTERS:
        return (contact.district,) if contact.district else ()
    return districts_of(contact, situation.programme)


def _trail(db: Session, situation: Situation, district: str, code: str, period: str = "") -> Any:
    month = ReportingPeriod.parse(period) if period else None
    return trails.trail(db, district, code, month, situation.period, situation.programme)


LOADERS: Mapping[str, Callable[[Session, Situation], Any]] = {
    "values": _values,
    "peers": _peers,
    "plan": _plan,
    "diary": _diary,
    "reports": _reports,
    "alerts": _alerts,
    "helpers": _helpers,
    "colleagues": _colleagues,
    "ratings": _ratings,
    "board": _board,
    "alert_record": _alert_record,
    "records": _records,
    "unsettled": _unsettled,
    "reporters": _reporters,
    "threads": _threads,
    "notes": _notes,
    "visits": _visits,
    "diaries": _diaries,
    "agreed": _agreed,
    "asked": _asked,
    "said_before": _said_before,
    "written": _written,
}

LOADERS_OF: Mapping[str, Callable[..., Any]] = {"values": _values, "trail": _trail, "thread": _thread}
