"""Months as DHIS2 and people write them, and the wall clocks that people live by."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from domain.periods import ReportingPeriod, local

OCTOBER = ReportingPeriod(2026, 10)


@pytest.mark.parametrize("text", ["2026-10", "1999-01", "2026-12"])
def test_a_month_is_written_as_it_is_read(text: str) -> None:
    assert str(ReportingPeriod.parse(text)) == text


@pytest.mark.parametrize(
    "text", ["2026-13", "2026-00", "2026-1", "202610", "2026-10-01", "oct", "", " 2026-10", "2026-10\n"]
)
def test_anything_else_is_no_month(text: str) -> None:
    with pytest.raises(ValueError, match="month"):
        ReportingPeriod.parse(text)


@pytest.mark.parametrize(
    ("today", "closed"),
    [
        (date(2026, 11, 1), "2026-10"),
        (date(2026, 11, 30), "2026-10"),
        (date(2027, 1, 1), "2026-12"),
        (date(2028, 3, 1), "2028-02"),
    ],
)
def test_the_last_closed_month_is_the_one_before_today(today: date, closed: str) -> None:
    assert str(ReportingPeriod.last_closed(today)) == closed


@pytest.mark.parametrize(
    ("months", "found"), [(0, "2026-10"), (9, "2026-01"), (10, "2025-12"), (34, "2023-12"), (-3, "2027-01")]
)
def test_going_back_crosses_years(months: int, found: str) -> None:
    assert str(OCTOBER.back(months)) == found
    assert ReportingPeriod.parse(found).months_since(OCTOBER) == -months


def test_months_follow_each_other_in_order() -> None:
    months = [OCTOBER]
    for _n in range(5):
        months.append(months[-1].next())
    assert [str(m) for m in months] == ["2026-10", "2026-11", "2026-12", "2027-01", "2027-02", "2027-03"]
    assert sorted(months, key=str) == sorted(months) == months


@pytest.mark.parametrize(
    ("moment", "zone", "here"),
    [
        (datetime(2026, 11, 1, 23, 30, tzinfo=UTC), "Africa/Dar_es_Salaam", "2026-11-02 02:30"),
        (datetime(2026, 11, 1, 3, 30, tzinfo=UTC), "America/Guatemala", "2026-10-31 21:30"),
        (datetime(2026, 7, 1, 12, 0, tzinfo=UTC), "Africa/Cairo", "2026-07-01 15:00"),  # summer time
        (datetime(2026, 12, 1, 12, 0, tzinfo=UTC), "Africa/Cairo", "2026-12-01 14:00"),
    ],
)
def test_local_time_is_the_persons_own(moment: datetime, zone: str, here: str) -> None:
    assert f"{local(moment, zone):%Y-%m-%d %H:%M}" == here
