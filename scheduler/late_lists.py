"""Lists of who is late, one for each facilitator, from one look at the month of many districts."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.orm import Session

from bot.reaching import NO_ADDRESS, reach, reason_to_rest
from bot.timing import goes
from conversations.flows import prompts
from conversations.places import districts_of
from domain.people import Contact, Role
from domain.periods import ReportingPeriod
from domain.programme import Lateness, Programme, Rung
from domain.prompts import may_come, prompt_key, rung_time, rungs_come
from scheduler.noting import Work
from storage import boards, contacts, fanout, occurrences, programmes
from storage.answers import ANSWERS
from storage.apart import alone, for_each
from storage.occurrences import SKIPPED

KIND = "late_list"
LISTS = 50  # in one transaction
Late = tuple[str, int, str]
"""The name of a district, how many of its values are missing, and who reports them."""


@dataclass(frozen=True, slots=True)
class Due:
    """A list that has come for a facilitator."""

    facilitator: Contact
    rung: Rung
    period: ReportingPeriod

    @property
    def key(self) -> str:
        """What makes it go once."""
        return prompt_key(self.rung, self.facilitator.id, self.period)


def shares(db: Session, now: datetime) -> list[Work]:
    """Return the lists that are due, as work in shares."""
    due = _due(db, now)
    return [
        partial(_send, keys={one.key for one in due[first : first + LISTS]}, now=now)
        for first in range(0, len(due), LISTS)
    ]


def _due(db: Session, now: datetime) -> list[Due]:
    programme = programmes.current(db)
    if not may_come(programme, KIND, now):
        return []

    def come_for(some: list[Contact]) -> list[Due]:
        found = ((one, rungs_come(programme, KIND, now, one.timezone)) for one in some)
        return [Due(one, rung, period) for one, rungs in found for rung, period in rungs]

    come = for_each(db, contacts.everyone(db, Role.FACILITATOR), come_for, lambda one: {"contact_id": one.id})
    decided = occurrences.among(db, (one.key for one in come))
    return [one for one in come if one.key not in decided]


def _send(db: Session, keys: set[str], now: datetime) -> int:
    programme = programmes.current(db)
    wanted = [one for one in _due(db, now) if one.key in keys]
    due = for_each(db, wanted, lambda some: [one for one in some if _goes(db, one, programme, now)], _about)
    late = {period: _late(db, programme, due, period) for period in {one.period for one in due}}
    return sum(bool(alone(db, partial(_list, db, one, programme, late[one.period], now), **_about(one))) for one in due)


def _about(due: Due) -> dict[str, object]:
    return {"contact_id": due.facilitator.id}


def _goes(db: Session, due: Due, programme: Programme, now: datetime) -> bool:
    at = rung_time(due.rung, due.period, due.facilitator.timezone, programme)
    policy = Lateness(due.rung.when_late, timedelta(hours=due.rung.grace_hours))
    return goes(db, due.facilitator, KIND, due.key, at, programme, now, policy)


def _late(db: Session, programme: Programme, due: Collection[Due], period: ReportingPeriod) -> dict[str, Late]:
    districts = {code for one in due for code in districts_of(one.facilitator, programme)}
    answered = fanout.answered(db, districts, [period], ANSWERS)
    reporters = boards.reporters(db, tuple(districts))
    found: dict[str, Late] = {}
    for code in sorted(districts):
        district = programme.districts[code]
        missing = set(district.indicators) - answered.get((code, str(period)), set())
        if missing:
            who = ", ".join(reporter.name for reporter in reporters.get(code, ())[:1])
            found[code] = (district.name, len(missing), who or "-")
    return found


def _list(db: Session, due: Due, programme: Programme, late: dict[str, Late], now: datetime) -> bool:
    facilitator = due.facilitator
    mine = set(districts_of(facilitator, programme))
    rows = sorted((row for code, row in late.items() if code in mine), key=lambda row: -row[1])
    rest = reason_to_rest(facilitator, now) or ("" if facilitator.address() else NO_ADDRESS)
    if skip := rest or ("" if rows else "nobody is late"):
        occurrences.record(db, due.key, KIND, facilitator.id, now, SKIPPED, skip)
        return False
    if not occurrences.record(db, due.key, KIND, facilitator.id, now):
        return False
    return reach(db, facilitator, prompts.late_list(due.period, tuple(rows)), due.key, KIND, now)
