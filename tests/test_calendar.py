"""Working days, public holidays and quiet hours: when people may be written to."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from domain.calendar import due_day, is_quiet, is_working_day, working_day
from domain.periods import ReportingPeriod
from domain.programme import Programme, QuietHours, Rung
from domain.prompts import rung_time
from storage.programme_file import parse_programme, sample_text

PROGRAMME: Programme = parse_programme(sample_text())
NIGHT = QuietHours(time(19), time(7))
NOON = QuietHours(time(12), time(14))


@pytest.mark.parametrize(
    ("day", "country", "works"),
    [
        (date(2026, 11, 2), "GH", True),
        (date(2026, 10, 31), "GH", False),  # Saturday
        (date(2026, 11, 1), "GH", False),  # Sunday
        (date(2026, 12, 25), "GH", False),
        (date(2026, 12, 9), "TZ", False),  # independence day of Tanzania alone
        (date(2026, 12, 9), "GH", True),
        (date(2026, 12, 25), "XX", True),  # a country we know nothing of has weekends only
    ],
)
def test_people_work_on_weekdays_that_are_no_holiday(day: date, country: str, works: bool) -> None:
    assert is_working_day(day, country) is works


@pytest.mark.parametrize(
    ("month", "number", "country", "day"),
    [
        ("2026-11", 1, "GH", date(2026, 11, 2)),
        ("2026-11", 5, "GH", date(2026, 11, 6)),
        ("2026-11", 6, "GH", date(2026, 11, 9)),
        ("2027-01", 1, "GH", date(2027, 1, 4)),  # the first is a holiday, then a weekend
        ("2026-11", 25, "GH", date(2026, 12, 7)),  # into the next month, over Farmers' Day
    ],
)
def test_working_days_are_counted_over_weekends_and_holidays(month: str, number: int, country: str, day: date) -> None:
    assert working_day(ReportingPeriod.parse(month), number, country) == day


def test_a_report_is_due_on_a_working_day_of_the_month_after() -> None:
    assert PROGRAMME.due_working_day == 5
    assert due_day(ReportingPeriod(2026, 10), PROGRAMME) == date(2026, 11, 6)


@pytest.mark.parametrize(
    ("hour", "zone", "quiet", "waits"),
    [
        (18, "Africa/Accra", NIGHT, False),
        (19, "Africa/Accra", NIGHT, True),
        (6, "Africa/Accra", NIGHT, True),
        (7, "Africa/Accra", NIGHT, False),
        (16, "Africa/Dar_es_Salaam", NIGHT, True),
        (3, "America/Guatemala", NIGHT, True),
        (13, "America/Guatemala", NIGHT, False),
        (12, "Africa/Accra", NOON, True),
        (14, "Africa/Accra", NOON, False),
        (23, "Africa/Accra", NOON, False),
    ],
)
def test_quiet_hours_are_by_the_persons_clock(hour: int, zone: str, quiet: QuietHours, waits: bool) -> None:
    assert is_quiet(datetime(2026, 11, 2, hour, tzinfo=UTC), zone, quiet) is waits


@pytest.mark.parametrize(
    "zone", ["Africa/Accra", "Africa/Cairo", "Africa/Casablanca", "America/Guatemala", "Asia/Kathmandu"]
)
def test_a_rung_comes_at_its_own_hour_all_year_round(zone: str) -> None:
    """Cairo moves its clocks in April and October, Casablanca around Ramadan; two in the afternoon stays two."""
    prompt = Rung("prompt", 1, time(14))
    for month in (ReportingPeriod(2026, 1).back(-n) for n in range(12)):
        at = rung_time(prompt, month, zone, PROGRAMME)
        assert at.utcoffset() == UTC.utcoffset(None)
        here = at.astimezone(ZoneInfo(zone))
        assert (here.date(), here.time()) == (working_day(month.next(), 1, "GH"), time(14))


def test_summer_time_moves_the_moment_not_the_hour() -> None:
    prompt = Rung("prompt", 1, time(14))

    def hour(zone: str, month: str) -> int:
        return rung_time(prompt, ReportingPeriod.parse(month), zone, PROGRAMME).hour

    assert (hour("Africa/Cairo", "2026-01"), hour("Africa/Cairo", "2026-05")) == (12, 11)
    # Morocco leaves its +01:00 for Ramadan, which holds on 2 March 2026.
    assert (hour("Africa/Casablanca", "2026-02"), hour("Africa/Casablanca", "2026-05")) == (14, 13)


def test_an_hour_that_does_not_exist_is_still_one_moment() -> None:
    """Cairo's clocks go from midnight to one on 24 April 2026: half past midnight is read as the hour after."""
    zone = ZoneInfo("Africa/Cairo")
    missing = Rung("prompt", 1, time(0, 30))
    at = rung_time(missing, ReportingPeriod(2026, 3), "Africa/Cairo", PROGRAMME)
    assert at.tzinfo is not None
    assert at.astimezone(zone).date() == working_day(ReportingPeriod(2026, 4), 1, "GH")
