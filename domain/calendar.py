"""Working days, public holidays and quiet hours: when a person may be written to."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

from domain.periods import ReportingPeriod, local
from domain.programme import Programme, QuietHours

WEEKEND = frozenset({5, 6})
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


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


@lru_cache(maxsize=4096)
def moment(day: date, at: time, timezone: str) -> datetime:
    """Return when (UTC) the clocks of `timezone` first show `at` on a day.

    Where clocks are put forward over that hour, it is the first moment after the gap; where an hour comes twice, the
    first of the two.
    """
    zone = ZoneInfo(timezone)
    found = datetime.combine(day, at, zone).astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None) == datetime.combine(day, at):
        return found
    while (found - MINUTE).astimezone(zone).replace(tzinfo=None) >= datetime.combine(day, at):
        found -= MINUTE
    return found


def awake_at(now: datetime, timezone: str, quiet: QuietHours) -> datetime:
    """Return `now` (aware), or the end of the quiet hours when it lies in them for somebody in `timezone`."""
    if not is_quiet(now, timezone, quiet):
        return now
    today = local(now, timezone).date()
    again = datetime.combine(today, quiet.ends, ZoneInfo(timezone)).replace(fold=1).astimezone(UTC)
    mornings = (moment(today, quiet.ends, timezone), again, moment(today + DAY, quiet.ends, timezone))
    return next(morning for morning in mornings if morning > now)


def is_quiet(now: datetime, timezone: str, quiet: QuietHours) -> bool:
    """Whether unasked messages wait at `now` (aware) for somebody in `timezone`."""
    return quiet.holds(local(now, timezone).time())
