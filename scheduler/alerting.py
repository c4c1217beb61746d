"""Alerts by the clock: opened and closed by what is on record, climbing, going out together, and audited."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.orm import Session

from bot.alarms import Telling, climb, raise_alerts, settle, tell, tell_those_who_wait
from domain import alerts as rules
from domain.alerts import Alert, AlertStatus, Facts, Held, Raise
from domain.calendar import is_working_day
from domain.causes import RULES, overdue
from domain.periods import ReportingPeriod, local
from domain.programme import Programme
from domain.prompts import rung_time
from storage import alerts, contacts, facts, occurrences, programmes
from storage.absences import away, is_away
from storage.apart import alone, for_each, left_out
from storage.turns import REMIND_OWNER

log = logging.getLogger(__name__)

ON_LEAVE = "its holder is on leave"
SETTLED = "alerts settled"  # the cursor that remembers up to which change open alerts were judged
Look = Callable[[Facts], Iterable[Raise]]
STANDING = tuple(rule for rule in RULES if rule.standing is not None)
STANDING_NEEDS = frozenset(need for rule in STANDING for need in rule.needs)


def tend_alerts(db: Session, now: datetime) -> int:
    """Close alerts whose cause has gone, open and climb those that are due, and tell each person in one message."""
    programme = programmes.current(db)
    closed = settle_changed(db, programme, now)
    opened = [*_overdue(db, programme, now), *_review(db, programme, now)]
    stepped = [
        telling
        for alert in alerts.due_steps(db, now)
        for telling in alone(db, partial(_step, db, alert, programme, now), alert_id=alert.id) or ()
    ]
    mended = _mend(db, programme, now)
    tell(db, [*opened, *stepped, *mended], programme, now)
    return closed + len(opened) + len(stepped) + len(mended) + tell_those_who_wait(db, programme, now)


def settle_changed(db: Session, programme: Programme, now: datetime) -> int:
    """Judge the open alerts by the facts, if anything has changed since that was last done."""
    changed = facts.newest_change(db)
    position = int(changed.timestamp() * 1_000_000) if changed else 0
    if position == occurrences.position(db, SETTLED):
        return 0
    occurrences.move(db, SETTLED, position)
    return settle(db, alerts.still_open(db), programme, now)


def _overdue(db: Session, programme: Programme, now: datetime) -> list[Telling]:
    """Open an alert for each district whose report is still missing on the ladder's last day."""
    period = ReportingPeriod.last_closed(local(now, programme.timezone).date())
    for rung in (r for r in programme.ladder if r.step == "overdue"):
        at = rung_time(rung, period, programme.timezone, programme)
        come = at <= now <= at + timedelta(hours=rung.grace_hours)
        if come:
            look = partial(overdue, period=period)
            return _once(db, f"alerts:{rung.key}:{period}", programme, {"values", "people"}, now, look)
    return []


def _found(db: Session, programme: Programme, needs: Collection[str], now: datetime, look: Look) -> list[Raise]:
    """Return what a look at what is on record of each district finds; one that cannot be looked at is left out."""

    def some(codes: list[str]) -> list[Raise]:
        return [one for of in facts.load(db, programme, codes, needs, now).values() for one in look(of)]

    return for_each(db, list(programme.districts), some, lambda code: {"district": code})


def _review(db: Session, programme: Programme, now: datetime) -> list[Telling]:
    """Look once on each working day at what is on record of every district; judge the open alerts by it too."""
    here = local(now, programme.timezone)
    if here.time() < programme.alerts.at or not is_working_day(here.date(), programme.country):
        return []
    key = f"alerts:review:{here.date()}"
    if not occurrences.decided(db, key):
        settle(db, alerts.still_open(db), programme, now)
    return _once(db, key, programme, STANDING_NEEDS, now, partial(rules.raised_over, STANDING))


def _once(
    db: Session, key: str, programme: Programme, needs: Collection[str], now: datetime, look: Look
) -> list[Telling]:
    """Open the alerts that a look at each district finds, once for `key`; where some fail, again at the next tick."""
    if occurrences.decided(db, key):
        return []
    before = left_out(db)
    opened = _open(db, _found(db, programme, needs, now, look), programme, now)
    if left_out(db) == before:
        occurrences.record(db, key, "alerts", None, now)
    return opened


def _open(db: Session, found: list[Raise], programme: Programme, now: datetime) -> list[Telling]:
    past = alerts.past(db, [one.key for one in found])
    news = [one for one in found if one.key not in past or past[one.key].open or rules.opens_again(one, past[one.key])]
    return for_each(db, news, lambda some: raise_alerts(db, some, programme, now))


def _step(db: Session, alert: Alert, programme: Programme, now: datetime) -> list[Telling]:
    """Remind the owner of an alert, or move one that nobody took, or of which nothing came, up its ladder."""
    today = local(now, programme.timezone).date()
    lapsed = alert.due_on is not None and today > alert.due_on
    if alert.status is AlertStatus.ACKNOWLEDGED and alert.owner_id is not None and not lapsed:
        if not alerts.put_off(db, alert.id, now + REMIND_OWNER):
            return []  # its owner closes it at this moment
        return [Telling(alerts.load(db, alert.id), alert.owner_id)]
    return _told(climb(db, alert, programme, now))


def _told(alert: Alert) -> list[Telling]:
    if alert.holder is None or alert.status is AlertStatus.CLOSED:  # somebody closes it at this moment
        return []
    return [Telling(alert, alert.holder)]


def _mend(db: Session, programme: Programme, now: datetime) -> list[Telling]:
    """Prove that every open alert has somebody who can be reached and a step to come; where not, climb and say so."""
    return [
        telling
        for alert_id, wrong in alone(db, partial(faults, db, now)) or ()
        for telling in alone(db, partial(_mend_one, db, alert_id, wrong, programme, now), alert_id=alert_id) or ()
    ]


def _mend_one(db: Session, alert_id: int, wrong: str, programme: Programme, now: datetime) -> list[Telling]:
    alert = alerts.load(db, alert_id)
    moved = climb(db, alert, programme, now)
    if moved.status is AlertStatus.CLOSED:
        return []
    holder = moved.holder
    mended = holder is not None and bool(contacts.reachable(db, [holder]))
    key = f"audit:{alert.id}:{local(now, programme.timezone).date()}:{alert.step}:{moved.step}"
    if not occurrences.record(db, key, "audit", holder, now, "mended" if mended else "failed", wrong):
        return []
    log.warning("alert mended" if mended else "alert that nobody can own", extra={"alert_id": alert.id})
    return _told(moved)


def faults(db: Session, now: datetime) -> list[tuple[int, str]]:
    """Return (id, why) of the open alerts that nobody who is there holds, or whose next step was not taken."""
    held = alerts.held(db)
    holders = {one.holder for one in held if one.holder}
    reachable = contacts.reachable(db, holders) if held else set()
    gone = away(db, reachable, now)
    found = ((one.id, rules.fault(one, reachable, now) or _absence(db, one, gone, now)) for one in held)
    return [(alert_id, wrong) for alert_id, wrong in found if wrong]


def _absence(db: Session, alert: Held, gone: set[int], now: datetime) -> str:
    return ON_LEAVE if alert.holder in gone and _others(db, alert.id, now) else ""


def _others(db: Session, alert_id: int, now: datetime) -> bool:
    """Whether somebody is there who could take an alert from a holder who is on leave."""
    programme, alert = programmes.current(db), alerts.load(db, alert_id)
    leaders = [c for c in contacts.everyone(db, *programme.alerts.steps) if c.reachable and not is_away(c, now)]
    return bool(rules.ladder_for(alert, programme, [(c.id, c.role, c.groups) for c in leaders]))
