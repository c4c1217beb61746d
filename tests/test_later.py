"""LATER keeps what it promises: whoever was told a day is asked on that day, and before it nothing comes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.render import Voice
from domain.people import Contact, Role
from domain.periods import ReportingPeriod
from domain.programme import WhenLate
from domain.prompts import asked_after, asked_next, prompt_key
from storage.programme_file import parse_programme, sample_text
from tests.rig import Rig

PROGRAMME = parse_programme(sample_text())
OCTOBER = ReportingPeriod(2026, 10)
AMA = Contact(1, "ama", "Ama", Role.FOCAL, "en", "Africa/Accra", district="asuo")


def at(day: int, hour: int = 14) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=UTC)


def keys(*names: str) -> set[str]:
    rungs = [rung for step in ("prompt", "nudge") for rung in PROGRAMME.rungs(step, OCTOBER)]
    return {prompt_key(rung, AMA.id, OCTOBER) for rung in rungs if rung.key in names}


@pytest.mark.parametrize(
    ("decided", "since", "expected"),
    [
        ((), at(3), at(3)),  # the prompt has waited
        (("prompt1",), at(3), at(4)),  # the first nudge comes at its own hour
        (("prompt1",), at(9), at(9)),  # both nudges have waited, and the last one goes
        (("prompt1", "nudge3"), at(5), at(6)),
        (("prompt1", "nudge3", "nudge5"), at(9), None),
        ((), at(30), None),  # nothing waits for so long
    ],
)
def test_the_next_time_somebody_is_asked(decided: tuple[str, ...], since: datetime, expected: datetime | None) -> None:
    assert asked_next(AMA, PROGRAMME, OCTOBER, keys(*decided), since) == expected


def test_a_nudge_that_goes_with_the_next_one_is_not_promised() -> None:
    merging = tuple(replace(rung, when_late=WhenLate.MERGE) for rung in PROGRAMME.ladder)
    found = asked_next(AMA, replace(PROGRAMME, ladder=merging), OCTOBER, keys("prompt1"), at(5))
    assert found == at(6)


def test_nothing_comes_after_the_day_of_the_last_nudge() -> None:
    assert [asked_after(at(day).date(), PROGRAMME, OCTOBER) for day in (2, 5, 6, 9)] == [True, True, False, False]


SEVERAL_HOURS = timedelta(hours=4)
PROMISED = "OK, I will ask again on {day}. The due date stays."


@pytest.mark.parametrize("said_on", [2, 3, 4, 5, 6, 9])
@pytest.mark.parametrize("days", [1, 2, 5])
def test_whoever_is_told_a_day_is_asked_on_that_day(sqlite_rig: Rig, said_on: int, days: int) -> None:
    rig = sqlite_rig
    rig.now = at(2, 13)
    rig.move_to(at(said_on, 15), every=SEVERAL_HOURS)
    rig.says("ama", f"LATER {days}")
    answer = rig.sent[-1].text
    day = day_of_the_next(rig, "ama")
    if day is None:
        assert answer.startswith("No reminder is left for Oct 2026.")
    else:
        assert answer == PROMISED.format(day=Voice("en", "UTC").shown(day))


def day_of_the_next(rig: Rig, who: str) -> date | None:
    """Move on until somebody is written to, at most to the 17th; return on which day that was."""
    addresses = {address.urn for address in rig.contact(who).addresses}
    rig.sent.clear()
    while rig.now < at(17):
        rig.move_to(rig.now + SEVERAL_HOURS, every=SEVERAL_HOURS)
        if any(message.urn in addresses for message in rig.sent):
            return rig.now.date()
    return None


def test_whoever_has_reported_is_promised_nothing(sqlite_rig: Rig) -> None:
    rig = sqlite_rig
    rig.now = at(3)
    rig.says("ama", "REP ANC1 412/615 ABS 12 APR 80 YAW 5")
    rig.sent.clear()
    rig.says("ama", "LATER 2")
    assert rig.sent[-1].text == "No reminder is left for Oct 2026. I ask again on Tue 1 Dec."
