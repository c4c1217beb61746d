"""Plan updates and one-message diaries are split where their marks stand, and read or asked about."""

from __future__ import annotations

from datetime import date

import pytest

from conversations.flows.diary import diary_parts
from conversations.progress import ProgressUnclear, plan_parts, read_progress
from domain.workplans import ActivityStatus

TODAY = date(2026, 11, 3)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("P1 40% P2 STUCK no tyres", [("P1", "40%"), ("P2", "STUCK no tyres")]),
        ("p1: 40%, p 2: done", [("P1", "40%"), ("P2", "done")]),
        ("P1 and P2 DONE", [("P1", "DONE"), ("P2", "DONE")]),
        ("P1, P2 na P3 imekamilika", [("P1", "imekamilika"), ("P2", "imekamilika"), ("P3", "imekamilika")]),
        ("P1", [("P1", "")]),
        ("the team of P1 is done", []),
    ],
)
def test_each_activity_gets_its_own_words(text: str, expected: list[tuple[str, str]]) -> None:
    assert plan_parts(text) == expected


@pytest.mark.parametrize(
    ("words", "status", "percent", "reason"),
    [
        ("40 pct", ActivityStatus.ON_TRACK, 40, None),
        ("now at 40%", ActivityStatus.ON_TRACK, 40, None),
        ("40% done", ActivityStatus.ON_TRACK, 40, None),
        ("is done", ActivityStatus.DONE, 100, None),
        ("STUCK: 2 motorbikes down since 3 weeks", ActivityStatus.STUCK, None, "2 motorbikes down since 3 weeks"),
        ("DROP 9 agents left", ActivityStatus.DROPPED, None, "9 agents left"),
    ],
)
def test_progress_is_read_with_its_reason(
    words: str, status: ActivityStatus, percent: int | None, reason: str | None
) -> None:
    update = read_progress("asuo", "P1", words, TODAY)
    assert (update.status, update.percent, update.reason) == (status, percent, reason)


@pytest.mark.parametrize("words", ["", "about 40%", "not done", "done not yet", "40% or 50%", "120%", "12/15 done"])
def test_progress_that_is_not_plain_is_asked_about(words: str) -> None:
    with pytest.raises(ProgressUnclear):
        read_progress("asuo", "P1", words, TODAY)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("D+ staff came D- no fuel", [("well", "staff came"), ("not_well", "no fuel")]),
        ("D+: staff came\nD-: no fuel", [("well", "staff came"), ("not_well", "no fuel")]),
        ("D+ vitamin D given", [("well", "vitamin D given")]),
        ("D+", []),
        ("we met D+ well", []),
    ],
)
def test_a_diary_is_split_at_its_marks(text: str, expected: list[tuple[str, str]]) -> None:
    assert diary_parts(text) == expected
