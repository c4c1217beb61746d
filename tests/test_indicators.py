"""Targets on a straight line, and the colour a value earns against them."""

from __future__ import annotations

import pytest

from domain.indicators import Colour, Direction, Target
from domain.measures import Measure, Unit
from domain.periods import ReportingPeriod
from storage.programme_file import parse_programme, sample_text

JANUARY, JUNE, DECEMBER = (ReportingPeriod(2026, month) for month in (1, 6, 12))
UP = Target("ANC1", 50, 61, JANUARY, DECEMBER, Direction.HIGHER)
DOWN = Target("ABS", 21, 10, JANUARY, DECEMBER, Direction.LOWER)
WATCHED = Target("OPD", 50, 61, JANUARY, DECEMBER, Direction.WATCH)


def percent(value: float, denominator: int | None = None) -> Measure:
    return Measure(value, Unit.PERCENT, None if denominator is None else round(value), denominator)


@pytest.mark.parametrize(
    ("target", "month", "wanted"),
    [
        (UP, "2026-01", 50.0),
        (UP, "2026-06", 55.0),
        (UP, "2026-12", 61.0),
        (UP, "2027-05", 61.0),
        (UP, "2025-03", 50.0),
        (DOWN, "2026-01", 21.0),
        (DOWN, "2026-03", 19.0),
        (DOWN, "2026-12", 10.0),
    ],
)
def test_what_is_wanted_ramps_from_the_baseline_to_the_target(target: Target, month: str, wanted: float) -> None:
    assert target.wanted(ReportingPeriod.parse(month)) == wanted


def test_a_target_without_a_way_to_it_is_wanted_at_once() -> None:
    assert Target("ANC1", 50, 61, JUNE, JUNE, Direction.HIGHER).wanted(JUNE) == 61
    assert Target("ANC1", 50, 61, JUNE, JANUARY, Direction.HIGHER).wanted(JUNE) == 61


@pytest.mark.parametrize(
    ("target", "value", "colour"),
    [
        (UP, 61.0, Colour.GREEN),
        (UP, 80.0, Colour.GREEN),
        (UP, 60.9, Colour.AMBER),
        (UP, 54.9, Colour.AMBER),
        (UP, 54.8, Colour.RED),
        (UP, 0.0, Colour.RED),
        (DOWN, 10.0, Colour.GREEN),
        (DOWN, 0.0, Colour.GREEN),
        (DOWN, 10.1, Colour.AMBER),
        (DOWN, 11.0, Colour.AMBER),
        (DOWN, 11.1, Colour.RED),
        (WATCHED, 1.0, Colour.GREY),
    ],
)
def test_green_is_met_amber_within_a_tenth_red_the_rest(target: Target, value: float, colour: Colour) -> None:
    assert target.colour(percent(value), DECEMBER) is colour


@pytest.mark.parametrize(("denominator", "colour"), [(19, Colour.GREY), (20, Colour.RED), (None, Colour.RED)])
def test_a_percentage_of_a_few_is_given_no_colour(denominator: int | None, colour: Colour) -> None:
    assert UP.colour(percent(10, denominator), DECEMBER) is colour


def test_no_value_has_no_colour() -> None:
    assert UP.colour(None, DECEMBER) is Colour.GREY


def test_a_limit_of_zero_deaths_is_met_only_by_zero() -> None:
    deaths = Target("MD", 1, 0, JANUARY, DECEMBER, Direction.LOWER)
    found = [deaths.colour(Measure(n, Unit.COUNT), DECEMBER) for n in (0, 1, 2)]
    assert found == [Colour.GREEN, Colour.RED, Colour.RED]


@pytest.mark.parametrize(
    ("counts", "unit", "value"),
    [((412, 615), Unit.PERCENT, 67.0), ((3, 268), Unit.RATE, 11.2), ((0, 84), Unit.PERCENT, 0.0)],
)
def test_a_ratio_becomes_a_number_in_its_own_unit(counts: tuple[int, int], unit: Unit, value: float) -> None:
    assert Measure.ratio(*counts, unit).value == value


def test_the_same_number_from_other_counts_is_another_measure() -> None:
    assert not Measure.ratio(1, 2, Unit.PERCENT).same_as(Measure.ratio(50, 100, Unit.PERCENT))
    assert not Measure(50, Unit.PERCENT).same_as(None)
    assert Measure.ratio(1, 2, Unit.PERCENT).same_as(Measure.ratio(1, 2, Unit.PERCENT))


def test_an_indicator_is_named_in_the_readers_language_else_in_english() -> None:
    absent = parse_programme(sample_text()).indicators["ABS"]
    assert absent.name("es") == absent.names["es"]
    assert absent.name("pt") == absent.names["en"]
