"""Which values are doubted, and whether they wait for an answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.indicators import Direction, Entry, Indicator
from domain.measures import Measure, Unit
from domain.periods import ReportingPeriod
from domain.plausibility import Doubt, Sign, doubts, heaping

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
        (COUNT, 0, (40, 44, 41, 46, 43, 45), "soft_range waits"),
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


ADULTS = ((351, 606), (371, 619), (373, 612), (391, 621), (378, 610), (400, 615))
STAFF = ((14, 84), (13, 84), (12, 84), (13, 84), (11, 84), (10, 84))


def ratio_doubt(sent: tuple[int, int], earlier: Sequence[tuple[int, int]]) -> Doubt | None:
    history = [(OCTOBER.back(len(earlier) - n), Measure.ratio(*pair, Unit.PERCENT)) for n, pair in enumerate(earlier)]
    return doubts({"ABS": Measure.ratio(*sent, Unit.PERCENT)}, OCTOBER, {"ABS": WIDE}, {"ABS": history}).get("ABS")


def look(found: Doubt | None) -> tuple[Sign | None, float | None]:
    assert found is not None
    assert found.blocking
    return found.sign, found.meant.value if found.meant else None


@pytest.mark.parametrize(
    ("indicator", "sent", "earlier", "sign", "meant"),
    [
        (COUNT, 42730, PATIENTS, Sign.TEN_TIMES, 4273),
        (COUNT, 420, (40, 44, 41, 46, 43, 45), Sign.TEN_TIMES, 42),
        (WIDE, 67, (6.5, 6.7), Sign.TEN_TIMES, 6.7),
        (COUNT, 2443, PATIENTS, Sign.SWAPPED, 4243),
        (WIDE, 31, (14, 13, 15, 13, 12, 13), Sign.SWAPPED, 13),
        (COUNT, 427, PATIENTS, Sign.A_TENTH, None),
        (WIDE, 1, ABSENT, Sign.A_TENTH, None),
        (WIDE, 82, ABSENT, None, None),
        (COUNT, 6260, PATIENTS, None, None),
    ],
)
def test_a_doubt_names_the_slip_that_explains_it(
    indicator: Indicator, sent: float, earlier: tuple[float, ...], sign: Sign | None, meant: float | None
) -> None:
    assert look(doubt(indicator, sent, earlier)) == (sign, meant)


@pytest.mark.parametrize(
    ("sent", "earlier", "sign", "meant"),
    [
        ((42, 615), ADULTS, Sign.A_TENTH, None),
        ((241, 615), ADULTS, Sign.SWAPPED, (421, 615)),
        ((400, 6150), ADULTS, Sign.WHOLE, (400, 615)),
        ((12, 48), STAFF, Sign.WHOLE, (12, 84)),
        ((10, 8), STAFF, Sign.WHOLE, None),
        ((120, 840), STAFF, Sign.WHOLE, None),
    ],
)
def test_numerator_and_denominator_are_looked_at_each(
    sent: tuple[int, int], earlier: Sequence[tuple[int, int]], sign: Sign | None, meant: tuple[int, int] | None
) -> None:
    found = ratio_doubt(sent, earlier)
    assert found is not None
    assert found.blocking
    assert found.sign == sign
    assert (found.meant and (found.meant.numerator, found.meant.denominator)) == meant
    assert found.whole is None or found.whole in (84, 614)


@pytest.mark.parametrize(("sent", "earlier"), [((412, 630), ADULTS), ((12, 88), STAFF), ((9, 84), STAFF)])
def test_counts_that_differ_a_little_are_taken(sent: tuple[int, int], earlier: Sequence[tuple[int, int]]) -> None:
    assert ratio_doubt(sent, earlier) is None


def test_a_denominator_that_always_varies_may_vary() -> None:
    varied = ((14, 61), (13, 122), (22, 90), (9, 48), (20, 110), (15, 75))
    assert ratio_doubt((20, 130), varied) is None
    assert word(ratio_doubt((12, 130), STAFF)) == "soft_range waits"


def test_what_is_unusual_depends_on_how_much_a_district_varies() -> None:
    assert word(doubt(WIDE, 38, (24, 25, 24, 26, 25, 24))) == "soft_range waits"
    assert doubt(WIDE, 38, (24, 41, 33, 18, 37, 29)) is None


def test_a_value_may_go_on_as_it_went() -> None:
    assert doubt(WIDE, 42, (15, 18, 22, 26, 30, 34)) is None
    assert word(doubt(WIDE, 42, (24, 26, 23, 25, 22, 24))) == "soft_range waits"


def test_a_season_is_known_from_the_year_before() -> None:
    rains = (300, 302, 296, 305, 390, 410, 380, 301, 299, 303, 297, 300, 304, 298, 301, 302)
    assert doubt(COUNT, 402, rains) is None
    assert word(doubt(COUNT, 402, rains[7:])) == "soft_range waits"


def test_a_new_level_that_stood_last_month_is_not_asked_again() -> None:
    assert word(doubt(WIDE, 77, (53, 53, 54, 55, 53, 53))) == "soft_range waits"
    assert doubt(WIDE, 78, (53, 53, 54, 55, 53, 53, 77)) is None


@pytest.mark.parametrize(
    ("indicator", "earlier", "taken", "asked"),
    [
        (COUNT, (1, 14, 3, 9, 2, 12), 16, 20),
        (COUNT, (25, 60, 30, 70, 40, 65), 68, 74),
        (COUNT, (4000, 6000, 3200, 7000, 5000, 2900), 6400, 6900),
        (WIDE, (1, 30, 3, 60, 2, 5), 20, 33),
        (replace(WIDE, cumulative=True), (5, 45, 50, 90), 91, 88),
    ],
    ids=["three times", "half", "two fifths", "ten times", "running total"],
)
def test_what_programmes_agreed_on_holds_where_a_district_varies_much(
    indicator: Indicator, earlier: tuple[float, ...], taken: float, asked: float
) -> None:
    assert doubt(indicator, taken, earlier) is None
    assert word(doubt(indicator, asked, earlier)) == "soft_range waits"


def test_small_numbers_that_repeat_by_chance_are_not_asked() -> None:
    assert doubt(COUNT, 1, (1, 0, 2, 0, 1, 1)) is None
    assert word(doubt(COUNT, 14, (12, 17, 11, 9, 14, 14))) == "flat"


def test_the_same_share_of_other_counts_is_not_flat() -> None:
    assert ratio_doubt((20, 40), ((19, 42), (21, 40), (17, 36), (19, 38), (21, 42))) is None
    assert word(ratio_doubt((20, 40), ((19, 42), (21, 40), (17, 36), (20, 40), (20, 40)))) == "flat"


def counts(*numbers: int) -> list[Measure]:
    return [Measure(float(number), Unit.COUNT) for number in numbers]


def test_numbers_that_heap_at_round_ones_are_noted() -> None:
    found = heaping(counts(40, 45, 50, 35, 60, 45, 40, 52, 55, 40, 50, 65))
    assert found is not None
    assert (found.round_ones, found.numbers) == (11, 12)
    assert found.chance == pytest.approx(12 * 0.2**11 * 0.8 + 0.2**12)


@pytest.mark.parametrize(
    "numbers",
    [(40, 45, 50, 35, 60), (40, 43, 51, 36, 67, 45, 48, 52, 59, 40, 44, 61), (5, 0, 5, 0, 5, 0, 5, 0, 5, 0, 5, 0)],
    ids=["few", "by chance", "small"],
)
def test_numbers_that_end_anywhere_are_not_noted(numbers: tuple[int, ...]) -> None:
    assert heaping(counts(*numbers)) is None


def test_percentages_are_left_out_of_heaping_and_numerators_are_not() -> None:
    assert heaping([Measure(float(v), Unit.PERCENT) for v in range(10, 90, 5)]) is None
    assert heaping([Measure.ratio(v, 97, Unit.PERCENT) for v in range(10, 90, 5)]) is not None


@given(st.integers(10, 90), st.lists(st.integers(-2, 2), min_size=4, max_size=24))
def test_a_value_among_quiet_months_never_waits(level: int, changes: list[int]) -> None:
    earlier = tuple(level + change for change in changes)
    found = doubt(WIDE, sorted(earlier)[len(earlier) // 2], earlier)
    assert found is None or not found.blocking


@given(st.integers(100, 9000), st.lists(st.integers(-3, 3), min_size=3, max_size=12))
def test_what_is_offered_is_taken_when_it_is_sent(level: int, changes: list[int]) -> None:
    earlier = tuple(level * (100 + change) // 100 for change in changes)
    found = doubt(COUNT, level * 10, earlier)
    assert found is not None
    if found.meant is not None:
        taken = doubt(COUNT, found.meant.value, earlier)
        assert taken is None or not taken.blocking


@given(st.integers(20, 5000), st.sampled_from([10, 0.1]))
def test_a_slip_of_ten_always_waits(usual: int, factor: float) -> None:
    earlier = (usual, usual + 1, usual - 1, usual + 2)
    found = doubt(COUNT, round(usual * factor), earlier)
    assert found is not None
    assert found.blocking
