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
from domain.digests import Board, Desk, Reporter
from domain.people import Role
from domain.periods import ReportingPeriod
from domain.programme import Programme
from storage import alerts, contacts, diaries, plans, ratings, trails, values

MONTHS_BACK = 13  # months that a digest or trend may show
RATED_LATELY = timedelta(days=90)
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
    return values.past_reports(db, situation.contact.id, situation.programme, situation.now)


def _alerts(db: Session, situation: Situation) -> Any:
    return alerts.for_contact(db, situation.contact.id)


def _helpers(db: Session, situation: Situation) -> Any:
    if situation.contact.district is None:
        return tuple(contacts.everyone(db, Role.MANAGER))
    return tuple(contacts.facilitators_of(db, situation.district.group))


def _colleagues(db: Session, situation: Situation) -> Any:
    return tuple(contacts.everyone(db))


def _ratings(db: Session, situation: Situation) -> Any:
    return ratings.since(db, rated_places(situation), situation.today - RATED_LATELY)


def _board(db: Session, situation: Situation) -> Any:
    return board(db, situation.programme, districts_of(situation.contact, situation.programme), situation.period)


def _records(db: Session, situation: Situation) -> Any:
    districts = districts_of(situation.contact, situation.programme)
    return values.load(db, districts, situation.programme, situation.period.back(MONTHS_BACK))


def _unsettled(db: Session, situation: Situation) -> Any:
    districts = districts_of(situation.contact, situation.programme)
    return trails.unsettled(db, districts, situation.period.back(MONTHS_CHECKED), situation.programme)


def _reporters(db: Session, situation: Situation) -> Any:
    districts = districts_of(situation.contact, situation.programme)
    return tuple(c for c in contacts.everyone(db, Role.FOCAL, Role.PARTNER) if c.district in districts)


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
    "records": _records,
    "unsettled": _unsettled,
    "reporters": _reporters,
}

LOADERS_OF: Mapping[str, Callable[..., Any]] = {"values": _values, "trail": _trail}


def board(db: Session, programme: Programme, districts: tuple[str, ...], period: ReportingPeriod) -> Board:
    """Return the desks of districts for the digest of a month: a few months of values, the plan, the diary."""
    by_district = values.load(db, districts, programme, period.back(MONTHS_BACK))
    plan = plans.load(db, districts)
    diary = diaries.load(db, districts, period)
    open_alerts = [alert.district for alert in alerts.still_open(db)]
    reporters = contacts.everyone(db, Role.FOCAL)
    return {
        code: Desk(
            by_district[code],
            plan[code],
            tuple(entry for entry in diary[code] if not entry.private),
            tuple(Reporter(c.id, c.key, c.name) for c in reporters if c.district == code),
            open_alerts.count(code),
        )
        for code in districts
    }
