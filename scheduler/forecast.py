"""What the next prompt will come to: the job itself, rehearsed in a transaction that is taken back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from domain.costs import Forecast, forecast
from domain.people import Role
from domain.periods import ReportingPeriod
from domain.programme import Programme, Rung
from domain.prompts import rung_time
from scheduler.jobs import send_prompts
from storage import contacts, costs, programmes

STRAGGLERS = timedelta(days=1)  # who is in a dialogue at the hour is asked within a day


@dataclass(frozen=True, slots=True)
class Run:
    """The prompt for one month: the hours (aware, UTC) at which it comes to people in their time zones."""

    period: ReportingPeriod
    rung: Rung
    hours: tuple[datetime, ...]


def forecast_prompts(db: Session, now: datetime) -> tuple[Run, Forecast] | None:
    """Return the next prompt and what it comes to if nobody writes before; None where nobody is ever prompted."""
    programme = programmes.current(db)
    run = next_run(db, programme, now)
    if run is None:
        return None
    rehearsal = db.begin_nested()
    try:
        for hour in (*run.hours, run.hours[-1] + STRAGGLERS):
            send_prompts(db, hour)
        planned = costs.planned(db, f"{run.rung.key}:{run.period}:", now)
    finally:
        rehearsal.rollback()
    return run, forecast(planned, programme.prices)


def next_run(db: Session, programme: Programme, now: datetime) -> Run | None:
    """Return the prompt that comes first after `now` for anybody, at all the hours that are still ahead."""
    clocks = {(contact.timezone, contact.hour) for contact in contacts.everyone(db, Role.FOCAL, Role.PARTNER)}
    closed = ReportingPeriod.last_closed(now.date())
    ahead = [
        (hour, period, rung)
        for period in (closed.back(1), closed, closed.next())
        for rung in programme.rungs("prompt", period)
        for zone, own in clocks
        if (hour := rung_time(rung, period, zone, programme, own)) > now
    ]
    if not ahead:
        return None
    _first, period, rung = min(ahead, key=lambda one: one[0])
    return Run(period, rung, tuple(sorted({at for at, *which in ahead if which == [period, rung]})))
