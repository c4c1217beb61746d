"""Alerts: opened by what happened, told to whoever stands on the rung, closed by the facts."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from bot.reaching import reach
from conversations.flows.alerts import message
from conversations.turn import say
from domain import alerts as rules
from domain.events import ActivityUpdated, Event, ValueReported
from domain.people import ContactStatus
from domain.periods import ReportingPeriod
from domain.programme import Programme
from domain.text import _
from storage import alerts, contacts, values


def alert_on(db: Session, events: Iterable[Event], programme: Programme, now: datetime) -> None:
    """Open the alerts that events call for, and close those that they settle."""
    events = list(events)
    districts = {e.district for e in events if isinstance(e, ValueReported | ActivityUpdated)}
    for district in districts:
        for alert in alerts.still_open(db, district):
            if rules.settled_by(events, alert) or _report_is_in(db, alert, programme):
                settle_alert(db, alert, programme, now)
    for found in rules.raised_by(events, programme):
        raise_alert(db, found, programme, now)


def _report_is_in(db: Session, alert: rules.Alert, programme: Programme) -> bool:
    if alert.cause is not rules.Cause.OVERDUE:
        return False
    period = ReportingPeriod.parse(alert.evidence["period"])
    on_record = values.load(db, [alert.district], programme, period)[alert.district]
    return not on_record.missing(programme.districts[alert.district].indicators, period)


def settle_alert(db: Session, alert: rules.Alert, programme: Programme, now: datetime) -> None:
    """Close an alert by the facts, and tell those who were told of it."""
    alerts.close(db, alert.id, "settled by the facts", None, now)
    line = _("{ref} is closed by the facts: {what}.", ref=alert.ref, what=rules.headline(alert, programme))
    for contact_id in alert.ladder[: alert.step + 1]:
        reach(db, contacts.load(db, contact_id), say(line), f"settled:{alert.id}:{contact_id}", "alert", now)


def raise_alert(db: Session, found: rules.Raise, programme: Programme, now: datetime) -> bool:
    """Open an alert and tell the first person on its ladder; False when one is open for this cause already.

    One that is open with other evidence (two deaths now, not one) is brought up to date and told again.
    """
    ladder, skipped = _ladder(db, found, programme)
    if skipped:
        found = replace(found, evidence={**found.evidence, "skipped": ", ".join(skipped)})
    next_step = now + timedelta(hours=programme.alerts.acknowledge_hours)
    alert = alerts.open_one(db, found, ladder, now, next_step)
    if alert is not None:
        tell_rung(db, alert, programme, now)
        return True
    known = alerts.find_open(db, found.key)
    if known is not None and known.evidence != found.evidence:
        alerts.renew(db, known.id, found.evidence)
        tell_rung(db, alerts.load(db, known.id), programme, now)
    return False


def _ladder(db: Session, found: rules.Raise, programme: Programme) -> tuple[tuple[int, ...], list[str]]:
    """Return who the alert climbs, and the names of those on the way who cannot be reached."""
    people = contacts.everyone(db, *programme.alerts.steps)
    reached = [c for c in people if c.status is ContactStatus.ACTIVE and c.address() is not None]
    wanted = rules.ladder_for(found, programme, [(c.id, c.role, c.groups) for c in people])
    ladder = rules.ladder_for(found, programme, [(c.id, c.role, c.groups) for c in reached])
    return ladder, [c.name for c in people if c.id in wanted and c.id not in ladder]


def tell_rung(db: Session, alert: rules.Alert, programme: Programme, now: datetime) -> None:
    """Send an alert to whoever stands on its rung."""
    if alert.step < len(alert.ladder):
        tell_person(db, alert, alert.ladder[alert.step], programme, now)


def tell_person(db: Session, alert: rules.Alert, contact_id: int, programme: Programme, now: datetime) -> None:
    """Send an alert to somebody, once for each of its steps; one beyond a limit passes through quiet hours."""
    critical = alert.cause is rules.Cause.BEYOND_LIMIT
    evidence = "".join(f"{name}={value};" for name, value in sorted(alert.evidence.items()))
    stamp = f"{int(alert.next_step_at.timestamp())}:{zlib.crc32(evidence.encode()):08x}"
    key = f"alert:{alert.id}:{contact_id}:{stamp}"
    reach(db, contacts.load(db, contact_id), message(alert, programme), key, "alert", now, critical)
