"""What an operator is told of one person: what went, what did not and why, what waits, and what comes next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from scheduler.schedule import SCHEDULE
from scheduler.why import why_report
from tests.rig import Rig


def ticks(rig: Rig, *moments: datetime) -> None:
    """Run all but the digests, whose pictures take their time, at each moment, and send."""
    for moment in moments:
        rig.now = moment
        for job in SCHEDULE:
            if job.name != "digests":
                rig.db.work(job.run, moment)
        rig.deliver()


def day(number: int, hour: int = 14, minute: int = 0) -> datetime:
    return datetime(2026, 11, number, hour, minute, tzinfo=UTC)


def why(rig: Rig, who: str, days: int = 30) -> list[str]:
    """Return the lines of the report, with single spaces."""
    return [" ".join(line.split()) for line in rig.db.work(why_report, who, rig.now, days).splitlines()]


def test_what_went_is_said_with_how_it_arrived_newest_first(sqlite_rig: Rig) -> None:
    rig = sqlite_rig
    ticks(rig, day(2), day(4))
    lines = why(rig, "ama")
    nudge = "2026-11-04 14:00 nudge for 2026-10, working day 3 delivered by SMS"
    prompt = "2026-11-02 14:00 prompt for 2026-10, working day 1 delivered by SMS"
    assert lines.index(nudge) < lines.index(prompt)


def test_what_did_not_go_is_said_with_its_reason(sqlite_rig: Rig) -> None:
    rig = sqlite_rig
    ticks(rig, day(2))
    rig.says("ama", "REP ANC1 412/615 ABS 10/84 APR 60/80 YAW 6")
    ticks(rig, day(4))
    assert "2026-11-04 14:00 nudge for 2026-10, working day 3 skipped report is in" in why(rig, "ama")


def test_a_message_that_waits_for_the_morning_says_so(sqlite_rig: Rig) -> None:
    rig = sqlite_rig
    ticks(rig, day(2, 20))
    line = next(line for line in why(rig, "ama") if "prompt for 2026-10" in line)
    assert line == "2026-11-02 20:00 prompt for 2026-10, working day 1 queued by SMS waited for Tue 07:00"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("LEAVE 3 NOV 14 NOV", "on leave 03 Nov 2026 to 14 Nov 2026: nothing unasked"),
        ("LATER 2", "asked for later: no prompt or nudge before Wed 04 Nov 14:00"),
    ],
)
def test_what_holds_now_is_said_first(said: str, expected: str, sqlite_rig: Rig) -> None:
    rig = sqlite_rig
    rig.now = day(2)
    rig.says("ama", said)
    assert why(rig, "ama")[1] == expected


def test_what_comes_next_is_on_the_clock_of_the_person(sqlite_rig: Rig) -> None:
    rig = sqlite_rig
    rig.now = day(2, 15)
    assert "Wed 04 Nov 2026 14:00 nudge for 2026-10, if something is missing" in why(rig, "ama")
    assert "Mon 09 Nov 2026 08:00 digest of the week" in why(rig, "salima")
    assert why(rig, "asha")[0] == "asha: focal, active, Africa/Dar_es_Salaam"


def test_only_the_days_asked_for_are_shown(sqlite_rig: Rig) -> None:
    rig = sqlite_rig
    ticks(rig, day(2))
    rig.now += timedelta(days=5)
    assert "nothing in the last 3 days" in why(rig, "ama", days=3)


def test_a_key_that_nobody_has_is_named(sqlite_rig: Rig) -> None:
    with pytest.raises(LookupError, match="'nobody'"):
        sqlite_rig.db.work(why_report, "nobody", sqlite_rig.now, 30)
