"""The bodies of `kumbusha cost` and `kumbusha cost forecast`: what was spent, and what the next prompt will take."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, time

from sqlalchemy.orm import Session

from bot.costs import forecast_in_words, spent_as_csv, spent_in_words
from domain.costs import spending
from domain.periods import ReportingPeriod, local
from scheduler.forecast import Run, forecast_prompts
from storage import costs, programmes


def spending_report(db: Session, now: datetime, months: int, as_csv: bool) -> str:
    """Return what SMS cost in the last `months` calendar months of the programme, this one included."""
    programme = programmes.current(db)
    first = ReportingPeriod.of(local(now, programme.timezone).date()).back(months - 1)
    since = datetime.combine(first.first_day, time(), local(now, programme.timezone).tzinfo).astimezone(UTC)
    spent = spending(costs.carried(db, since, programme.timezone), programme.prices)
    return spent_as_csv(spent, programme) if as_csv else _lines(spent_in_words(spent, programme))


def forecast_report(db: Session, now: datetime) -> str:
    """Return what the next prompt will come to, if nobody reports before it."""
    programme = programmes.current(db)
    found = forecast_prompts(db, now)
    if found is None:
        return "Nobody will be prompted: the programme has nobody who reports.\n"
    run, forecast = found
    return _lines(forecast_in_words(run.period, _hours(run), forecast, programme))


def _hours(run: Run) -> str:
    first, last = run.hours[0], run.hours[-1]
    return f"{first:%a %d %b %Y %H:%M} UTC" if first == last else f"{first:%a %d %b %Y %H:%M} to {last:%a %H:%M} UTC"


def _lines(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
