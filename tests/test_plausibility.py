"""Which values are doubted, and whether they wait for an answer."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.indicators import Direction, Entry, Indicator
from domain.measures import Measure, Unit
from domain.periods import ReportingPeriod
from domain.plausibility import Doubt, doubts

OCTOBER = ReportingPeriod(2026, 10)
PERCENT = Indicator("ABS", {"en": "ABS"}, Unit.PERCENT, Entry.RATIO, Direction.LOWER, (0, 100), (5, 50))
WIDE = replace(PERCENT, soft=(0, 100))
COUNT = Indicator("OPD", {"en": "OPD"}, Unit.COUNT, Entry.COUNT, Direction.WATCH, (0, 200000), (0, 60000))
YES_NO = Indicator("DMT", {"en": "DMT"}, Unit.YES_NO, Entry.YES_NO, Direction.HIGHER, (0, 1), (0, 1))
DEATHS = replace(COUNT, code="MD", soft=(0, 0), alert_above=0)
ABSENT = (17, 16, 14, 15, 13, 12)
PATIENTS = (4100, 4260, 4180, 4320, 4240, 4390)


def doubt(
    indicator: Indicator, value: float, earlier: tuple[float, ...], period: ReportingPeriod = OCTOBER
) -> Doubt | None:
    history = [(period.back(len(earlier) - n), Measure(float(v), indicator.unit)) for n, v in enumerate(earlier)]
    measure = Measure(float(value), indicator.unit)
    found = doubts({indicator.code: measure}, period, {indicator.code: indicator}, {indicator.code: history})
    return found.get(indicator.code)


def word(found: Doubt | None) -> str:
    return "taken" if found is None else f"{found.why}{' waits' if found.blocking else ''}"


@pytest.mark.parametrize(
    ("indicator", "value", "earlier", "expected"),
    [
        (PERCENT, 13, ABSENT, "taken"),
        (PERCENT, 82, ABSENT, "soft_range waits"),
        (PERCENT, 51, ABSENT, "soft_range waits"),
        (PERCENT, 1, ABSENT, "soft_range waits"),
        (PERCENT, 31, ABSENT, "soft_range waits"),
        (PERCENT, 31, (), "taken"),
        (WIDE, 0.2, (18, 20, 19), "soft_range waits"),
        (WIDE, 67, (6.5, 6.7), "soft_range waits"),
        (COUNT, 4155, PATIENTS, "taken"),
        (COUNT, 42730, PATIENTS, "soft_range waits"),
        (COUNT, 427, PATIENTS, "soft_range waits"),
        (COUNT, 6260, PATIENTS, "soft_range waits"),
        (COUNT, 45, (40, 44, 41, 46, 43, 45), "taken"),
        (COUNT, 420, (40, 44, 41, 46, 43, 45), "soft_range waits"),
        (COUNT, 13, (40, 44, 41, 46, 43, 45), "soft_range waits"),
        (COUNT, 8, (6, 4, 7, 5, 8, 6), "taken"),
        (COUNT, 0, (6, 4, 7, 5, 8, 6), "taken"),
        (COUNT, 19, (6, 4, 7, 5, 8, 6), "soft_range waits"),
        (COUNT, 2, (0, 0, 0), "taken"),
        (COUNT, 9, (0, 0, 0), "soft_range waits"),
    ],
)
def test_a_value_far_from_the_usual_waits(
    indicator: Indicator, value: float, earlier: tuple[float, ...], expected: str
) -> None:
    assert word(doubt(indicator, value, earlier)) == expected


def test_a_doubt_names_the_usual_range() -> None:
    found = doubt(PERCENT, 82, ABSENT)
    assert found is not None
    assert found.usual == (12, 17)
    short = doubt(PERCENT, 82, (17, 16))
    assert short is not None
    assert short.usual is None


@pytest.mark.parametrize(
    ("value", "earlier", "expected"),
    [
        (12, (13, 12, 12), "flat"),
        (12, (12, 13, 12), "taken"),
        (0, (0, 0, 0), "taken"),
    ],
)
def test_three_equal_months_are_stored_and_asked(value: float, earlier: tuple[float, ...], expected: str) -> None:
    assert word(doubt(WIDE, value, earlier)) == expected


def test_yes_no_and_slow_indicators_may_stay_the_same() -> None:
    assert doubt(YES_NO, 1, (1, 1, 1)) is None
    assert doubt(replace(WIDE, slow=True), 28, (28, 28, 28)) is None


def test_a_slow_indicator_does_not_jump() -> None:
    assert doubt(replace(WIDE, slow=True), 33, (28, 27, 28)) is None
    assert word(doubt(replace(WIDE, slow=True), 39, (28, 27, 28))) == "soft_range waits"


def test_a_running_total_never_falls_inside_a_year() -> None:
    running = replace(WIDE, cumulative=True)
    assert doubt(running, 80, (40, 48, 55, 62, 70, 74)) is None
    assert word(doubt(running, 70, (40, 48, 55, 62, 70, 74))) == "soft_range waits"
    assert word(doubt(running, 95, (40, 48, 55, 62, 70, 74))) == "soft_range waits"
    assert doubt(running, 6, (40, 48, 55, 62, 70, 74), ReportingPeriod(2026, 1)) is None


def test_a_budget_keeps_pace_with_the_calendar() -> None:
    paced = replace(WIDE, pace=True, soft=(0, 110))
    assert doubt(paced, 76, (38, 47, 55, 63, 70, 76)) is None
    assert word(doubt(paced, 60, (38, 47, 55, 63, 70, 76))) == "soft_range waits"
    assert word(doubt(paced, 100, ())) == "soft_range waits"


def test_a_value_that_alerts_is_never_held_back() -> None:
    assert doubt(DEATHS, 3, (0, 0, 1, 0, 1, 0)) is None


def _coverage(**values: float) -> dict[str, Measure]:
    return {code: Measure(value, Unit.PERCENT) for code, value in values.items()}


COVERAGES = {code: replace(WIDE, code=code, soft=(0, 110)) for code in ("ANC1", "ANC4", "PNC2", "SBA", "TIME", "COMP")}


@pytest.mark.parametrize(
    ("sent", "already", "expected"),
    [
        ({"ANC1": 72, "ANC4": 76}, {}, {"ANC1": "ANC4", "ANC4": "ANC1"}),
        ({"ANC4": 76}, {"ANC1": 72}, {"ANC4": "ANC1"}),
        ({"ANC1": 72}, {"ANC4": 76}, {"ANC1": "ANC4"}),
        ({"ANC1": 80}, {"ANC1": 72, "ANC4": 76}, {}),
        ({"PNC2": 61}, {"SBA": 60}, {"PNC2": "SBA"}),
        ({"TIME": 90, "COMP": 89}, {}, {"TIME": "COMP", "COMP": "TIME"}),
        ({"TIME": 90, "COMP": 90}, {}, {}),
        ({"ANC4": 76}, {}, {}),
    ],
)
def test_a_part_is_never_more_than_its_whole(
    sent: dict[str, float], already: dict[str, float], expected: dict[str, str]
) -> None:
    found = doubts(_coverage(**sent), OCTOBER, COVERAGES, {}, _coverage(**already))
    assert {code: doubt.other for code, doubt in found.items()} == expected
    assert all(doubt.why == "cross_check" and doubt.blocking for doubt in found.values())


def test_months_after_the_reported_one_do_not_count() -> None:
    later = [(OCTOBER.back(-n), Measure(80.0, Unit.PERCENT)) for n in range(1, 7)]
    assert doubts({"ABS": Measure(13.0, Unit.PERCENT)}, OCTOBER, {"ABS": WIDE}, {"ABS": later}) == {}


@given(st.lists(st.floats(10, 90), min_size=3, max_size=12), st.integers(0, 11))
def test_a_value_among_the_earlier_ones_never_waits(earlier: list[float], pick: int) -> None:
    found = doubt(WIDE, earlier[pick % len(earlier)], tuple(earlier))
    assert found is None or not found.blocking


@given(st.integers(20, 5000), st.sampled_from([10, 0.1]))
def test_a_slip_of_ten_always_waits(usual: int, factor: float) -> None:
    earlier = (usual, usual + 1, usual - 1, usual + 2)
    found = doubt(COUNT, round(usual * factor), earlier)
    assert found is not None
    assert found.blocking
