"""Working days, public holidays and quiet hours: when a person may be written to."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache

import holidays

from domain.periods import ReportingPeriod, local
from domain.programme import Programme, QuietHours

WEEKEND = frozenset({5, 6})


@lru_cache(maxsize=256)
def public_holidays(country: str, year: int) -> frozenset[date]:
    """Return the public holidays of a country (ISO code) in a year; none for a country that is not known."""
    try:
        return frozenset(holidays.country_holidays(country, years=year))
    except NotImplementedError:
        return frozenset()


def is_working_day(day: date, country: str) -> bool:
    """Whether people are at work on `day`: no weekend, no public holiday."""
    return day.weekday() not in WEEKEND and day not in public_holidays(country, day.year)


@lru_cache(maxsize=1024)
def working_day(period: ReportingPeriod, number: int, country: str) -> date:
    """Return the `number`-th working day (from 1) of a month, going on into the next one if need be."""
    day = period.first_day - timedelta(days=1)
    while number:
        day += timedelta(days=1)
        number -= is_working_day(day, country)
    return day


def due_day(period: ReportingPeriod, programme: Programme) -> date:
    """Return the date by which the report for a month is wanted; later ones are taken and marked late."""
    return working_day(period.next(), programme.due_working_day, programme.country)


def is_quiet(now: datetime, timezone: str, quiet: QuietHours) -> bool:
    """Whether unasked messages wait at `now` (aware) for somebody in `timezone`."""
    hour = local(now, timezone).time()
    if quiet.starts > quiet.ends:
        return hour >= quiet.starts or hour < quiet.ends
    return quiet.starts <= hour < quiet.ends
