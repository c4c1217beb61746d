"""Slips of the finger are questioned and right values are not, in districts that were made up; rows of a file too."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from benchmarks.slips import ALL, METHODS, judge_file, read, rows, tally

SEED = 6  # not one of those whose figures are published
GOAL, SLACK = (0.95, 0.03), 0.01  # some 200 right values leave their share a percent to either side


@pytest.fixture(scope="module")
def shares() -> dict[str, float]:
    """How much is questioned of each kind, in districts with six months of history or more."""
    judged = ((row, METHODS["Kumbusha"](row, read(row))) for row in rows(SEED, 12))
    return {name: asked / cases for (title, name), (asked, cases) in tally(judged).items() if title == ALL}


def test_slips_are_questioned(shares: dict[str, float]) -> None:
    assert shares["**tenfold and digit slips**"] >= GOAL[0]


def test_right_values_are_not(shares: dict[str, float]) -> None:
    assert shares["right values"] <= GOAL[1] + SLACK


MONTHS = ("2026-04", "2026-05", "2026-06", "2026-07", "2026-08", "2026-09")
TB = list(zip(MONTHS, (40, 44, 41, 46, 43, 45), strict=True))
VISITS = [
    (month, 100 * n / d, n, d)
    for month, n, d in zip(MONTHS, (351, 371, 373, 391, 378, 400), (606, 619, 612, 621, 610, 615), strict=True)
]


def answers() -> Iterator[dict[str, object]]:
    """Yield what is answered to a right row and a wrong one of each form."""
    given: list[dict[str, object]] = [
        {"id": "count", "code": "TBN", "period": "2026-10", "history": TB, "value": 44},
        {"id": "tenfold", "code": "TBN", "period": "2026-10", "history": TB, "value": 440},
        {"id": "ratio", "code": "ANC1", "history": VISITS, "numerator": 412, "denominator": 615},
        {"id": "swapped", "code": "ANC1", "history": VISITS, "numerator": 142, "denominator": 615},
        {"id": "yes", "code": "DMT", "period": "2026-10", "history": [("2026-09", 1)], "value": 1},
        {"id": "new", "code": "YTX", "period": "2026-10", "history": [], "value": 91.5},
        {"id": "beyond", "code": "ABS", "period": "2026-10", "history": [], "value": 130},
    ]
    yield from judge_file(json.dumps(row) for row in given)


def test_rows_of_a_file_are_judged() -> None:
    assert {answer["id"]: answer["questioned"] for answer in answers()} == {
        "count": False,
        "tenfold": True,
        "ratio": False,
        "swapped": True,
        "yes": False,
        "new": False,
        "beyond": True,
    }
