"""Working days, public holidays and quiet hours: when people may be written to."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from benchmarks.calendar import FIRST, nights_broken, prompts_of
from domain.calendar import awake_at, due_day, is_quiet, is_working_day, moment, working_day
from domain.measures import Measure, Unit
from domain.periods import ReportingPeriod
from domain.plausibility import doubts
from domain.programme import Programme, QuietHours, Rung
from domain.prompts import rung_time
from storage.programme_file import parse_programme, sample_text

PROGRAMME: Programme = parse_programme(sample_text())
NIGHT = QuietHours(time(19), time(7))
NOON = QuietHours(time(12), time(14))
TRICKY = (
    "Africa/Cairo", "Africa/Casablanca", "America/Asuncion", "America/Havana", "America/Nuuk", "America/Santiago",
    "America/St_Johns", "Antarctica/Troll", "Asia/Beirut", "Asia/Gaza", "Asia/Kathmandu", "Asia/Tehran",
    "Atlantic/Azores", "Australia/Lord_Howe", "Europe/Dublin", "Pacific/Apia", "Pacific/Chatham", "Pacific/Kiritimati",
    "Pacific/Marquesas", "Pacific/Norfolk",
)  # fmt: skip


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


@pytest.mark.parametrize(
    ("zone", "day", "at", "comes"),
    [
        ("Africa/Cairo", date(2026, 4, 24), time(0, 30), "2026-04-23T22:00"),  # midnight goes to one
        ("Europe/Berlin", date(2026, 3, 29), time(2, 30), "2026-03-29T01:00"),
        ("America/New_York", date(2027, 3, 14), time(2, 30), "2027-03-14T07:00"),
        ("Australia/Lord_Howe", date(2026, 10, 4), time(2, 15), "2026-10-03T15:30"),  # a jump of half an hour
        ("Asia/Beirut", date(2026, 3, 29), time(0, 0), "2026-03-28T22:00"),
    ],
)
def test_an_hour_that_clocks_jump_over_comes_at_the_first_moment_after(
    zone: str, day: date, at: time, comes: str
) -> None:
    assert moment(day, at, zone) == datetime.fromisoformat(f"{comes}+00:00")
    assert moment(day, at, zone).astimezone(ZoneInfo(zone)).time() > at


@pytest.mark.parametrize(
    ("zone", "day", "at", "comes"),
    [
        ("Europe/Berlin", date(2026, 10, 25), time(2, 30), "2026-10-25T00:30"),
        ("Africa/Cairo", date(2026, 10, 29), time(23, 30), "2026-10-29T20:30"),
        ("America/New_York", date(2026, 11, 1), time(1, 30), "2026-11-01T05:30"),
    ],
)
def test_an_hour_that_comes_twice_is_taken_the_first_time(zone: str, day: date, at: time, comes: str) -> None:
    assert moment(day, at, zone) == datetime.fromisoformat(f"{comes}+00:00")


def test_what_waits_for_the_morning_leaves_at_its_first_moment() -> None:
    """Berlin's clocks go back at three: an hour after the quiet ones ended they begin again, and end again."""
    until_half_past_two = QuietHours(time(19), time(2, 30))
    first, again = (datetime(2026, 10, 25, hour, 10, tzinfo=UTC) for hour in (0, 1))
    assert awake_at(first, "Europe/Berlin", until_half_past_two).time() == time(0, 30)
    assert awake_at(again, "Europe/Berlin", until_half_past_two).time() == time(1, 30)


@pytest.mark.parametrize("zone", TRICKY)
def test_each_month_has_one_prompt_and_no_night_is_broken(zone: str) -> None:
    found = prompts_of(PROGRAMME, zone, time(2, 30))
    assert [found[FIRST.back(1 - n)] for n in range(24)] == [1] * 24
    assert nights_broken(PROGRAMME, zone) == (0, 0)


@pytest.mark.parametrize(
    ("month", "starts", "number", "year"),
    [
        ("2026-07", 7, 1, 2026),
        ("2026-06", 7, 12, 2025),
        ("2026-03", 4, 12, 2025),
        ("2026-04", 4, 1, 2026),
        ("2026-01", 1, 1, 2026),
    ],
)
def test_a_fiscal_year_begins_where_the_programme_says(month: str, starts: int, number: int, year: int) -> None:
    period = ReportingPeriod.parse(month)
    assert (period.month_of_year(starts), period.fiscal_year(starts)) == (number, year)


def test_what_counts_from_the_start_of_a_fiscal_year_may_fall_there_alone() -> None:
    text = sample_text().replace("  due_working_day: 5\n", "  due_working_day: 5\n  fiscal_year_starts: 7\n", 1)
    indicators = parse_programme(text).indicators
    assert (indicators["APR"].cumulative, indicators["APR"].year_starts) == (True, 7)
    months = (ReportingPeriod(2026, 1).back(-n) for n in range(6))
    history = [(month, Measure(8.0 * n, Unit.PERCENT)) for n, month in enumerate(months, 7)]

    def asked(value: float, period: ReportingPeriod) -> bool:
        said = {"APR": Measure(float(value), Unit.PERCENT)}
        return bool(doubts(said, period, indicators, {"APR": history}))

    assert not asked(8, ReportingPeriod(2026, 7))
    history.append((ReportingPeriod(2026, 7), Measure(8.0, Unit.PERCENT)))
    assert asked(2, ReportingPeriod(2026, 8))
    assert not asked(16, ReportingPeriod(2026, 8))
