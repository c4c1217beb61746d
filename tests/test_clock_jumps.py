"""A clock that was ahead and is put right: what it wrote silences nobody, and what it was told is not the last word."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

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
