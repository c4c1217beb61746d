"""Alerts by the clock: opened and closed by what is on record, climbing, going out together, and audited."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
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
from scheduler.noting import Work
from storage import alerts, contacts, facts, occurrences, programmes
from storage.absences import away, is_away
from storage.apart import alone, for_each
from storage.turns import REMIND_OWNER

log = logging.getLogger(__name__)

ON_LEAVE = "its holder is on leave"
SETTLED = "alerts settled"  # the cursor that remembers up to which change open alerts were judged
AGAIN = "alerts_again"  # the kind of what remembers that a district could not be searched
PAUSE = timedelta(hours=1)  # between two searches of one that fails: what is wrong with it is seldom mended sooner
Look = Callable[[Facts], Iterable[Raise]]
STANDING = tuple(rule for rule in RULES if rule.standing is not None)
STANDING_NEEDS = frozenset(need for rule in STANDING for need in rule.needs)


@dataclass(frozen=True, slots=True)
class Search:
    """A look at what `needs` names of every district, once for its key, for causes that nobody has told of."""

    key: str
    needs: Collection[str]
    look: Look


def tend_alerts(db: Session, now: datetime) -> int:
    """Close alerts whose cause has gone, open and climb those that are due, and tell each person in one message."""
    return sum(share(db) for share in alert_shares(db, now))


def alert_shares(db: Session, now: datetime) -> list[Work]:
    """Return the work of `tend_alerts` in shares: a district that failed is searched again by itself, after a pause."""
    failed = occurrences.failed(db, AGAIN, now - PAUSE)
    return [partial(_tend, now=now), *(partial(_search_again, key=key, now=now) for key in failed)]


def _tend(db: Session, now: datetime) -> int:
    programme = programmes.current(db)
    alerts.put_right(db, now, programme.alerts.time_to_take)
    closed = settle_changed(db, programme, now)
    opened = [telling for one in _searches(db, programme, now) for telling in _search_all(db, one, programme, now)]
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


def _searches(db: Session, programme: Programme, now: datetime) -> Iterator[Search]:
    """Yield the searches whose time it is: for reports missing on the ladder's last day, and on working mornings."""
    here = local(now, programme.timezone)
    period = ReportingPeriod.last_closed(here.date())
    for rung in programme.rungs("overdue", period):
        # However late, but not of before there was anybody to ask.
        if programmes.began(db) <= rung_time(rung, period, programme.timezone, programme) <= now:
            yield Search(f"alerts:{rung.key}:{period}", ("values", "people"), partial(overdue, period=period))
    if here.time() >= programme.alerts.at and is_working_day(here.date(), programme.country):
        yield Search(f"alerts:review:{here.date()}", STANDING_NEEDS, partial(rules.raised_over, STANDING))


def _search_all(db: Session, search: Search, programme: Programme, now: datetime) -> list[Telling]:
    """Search all districts once, and write down those that fail; judge the open alerts too."""
    if not occurrences.record(db, search.key, "alerts", None, now):
        return []
    settle(db, alerts.still_open(db), programme, now)
    opened, failed = _opened(db, search, list(programme.districts), programme, now)
    for code in failed:
        occurrences.record(db, f"{search.key}:{code}", AGAIN, None, now, occurrences.FAILED)
    return opened


def _search_again(db: Session, key: str, now: datetime) -> int:
    """Search the one district that `key` names, where it is still time for that."""
    programme, (name, _, code) = programmes.current(db), key.rpartition(":")
    search = next((one for one in _searches(db, programme, now) if one.key == name), None)
    if search is None or code not in programme.districts:
        occurrences.settle(db, key, occurrences.SKIPPED, "its time is over")
        return 0
    opened, failed = _opened(db, search, [code], programme, now)
    tell(db, opened, programme, now)
    if failed:
        occurrences.failed_again(db, key, now)
    else:
        occurrences.settle(db, key, occurrences.SENT)
    return len(opened)


def _opened(
    db: Session, search: Search, codes: list[str], programme: Programme, now: datetime
) -> tuple[list[Telling], set[str]]:
    """Open the alerts that a search of districts finds; return who is to hear of them, and which districts failed."""

    def look(some: list[str]) -> list[tuple[str, list[Raise]]]:
        on_record = facts.load(db, programme, some, search.needs, now)
        return [(code, list(search.look(on_record[code]))) for code in some]

    def open_all(some: list[Raise]) -> list[tuple[list[Raise], list[Telling]]]:
        return [(some, raise_alerts(db, some, programme, now))]

    looked = for_each(db, codes, look, lambda code: {"district": code})
    news = _news(db, [one for _code, found in looked for one in found])
    opened = for_each(db, news, open_all, lambda one: {"district": one.district})
    done = {one.key for some, _tellings in opened for one in some}
    failed = set(codes) - {code for code, _found in looked} | {one.district for one in news if one.key not in done}
    return [telling for _some, tellings in opened for telling in tellings], failed


def _news(db: Session, found: list[Raise]) -> list[Raise]:
    past = alerts.past(db, [one.key for one in found])
    return [one for one in found if one.key not in past or past[one.key].open or rules.opens_again(one, past[one.key])]


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
