"""A clock that was ahead and is put right: what it wrote silences nobody, and what it was told is not the last word."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from storage import holds
from tests.rig import Rig

MONDAY = datetime(2026, 11, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("FIX ABS 13 recount", "ABS Oct 2026 changed 12% to 13% (recount)."),
        ("REP ABS 13", "Got Oct 2026 Asuo: ABS 13% (was 12%)."),
        ("REP ABS ND", "Noted: ABS not available for Oct 2026."),
    ],
)
def test_a_value_that_was_said_while_the_clock_was_ahead_is_corrected(rig: Rig, words: str, answer: str) -> None:
    rig.now = MONDAY + DAY
    rig.says("ama", "REP ABS 12", scheme="tel")
    rig.now = MONDAY
    rig.says("ama", words, scheme="tel")
    assert rig.sent[-1].text.startswith(answer)


@pytest.mark.parametrize("ahead", [timedelta(minutes=10), DAY, 366 * DAY], ids=str)
def test_a_channel_that_was_held_while_the_clock_was_ahead_is_open(rig: Rig, ahead: timedelta) -> None:
    pause, later = timedelta(seconds=30), rig.now + ahead
    rig.db.work(holds.hold, "tel", "429", later, later + pause)
    assert rig.db.work(holds.held, rig.now) == []
    again = rig.db.work(holds.hold, "tel", "429", rig.now, rig.now + pause)
    assert (again.since, again.until) == (rig.now, rig.now + pause)
    assert rig.db.work(holds.held, rig.now) == [again]


def test_a_hold_by_another_machine_whose_clock_is_a_little_ahead_counts(rig: Rig) -> None:
    later = rig.now + timedelta(minutes=2)
    held = rig.db.work(holds.hold, "tel", "429", later, later + timedelta(seconds=30))
    assert rig.db.work(holds.held, rig.now) == [held]


def test_after_a_restore_nothing_goes_however_far_ahead_the_clock_was(rig: Rig) -> None:
    later = rig.now + DAY
    rig.db.work(holds.hold, "tel", holds.RESTORED, later, later + timedelta(hours=1))
    assert [hold.reason for hold in rig.db.work(holds.held, rig.now)] == [holds.RESTORED]
    rig.db.work(holds.hold, "tel", "429", rig.now, rig.now + timedelta(seconds=30))
    assert [hold.reason for hold in rig.db.work(holds.held, rig.now)] == [holds.RESTORED]
