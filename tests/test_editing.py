"""Edited messages of the diary and the plan: what stands afterwards is what they say now, once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from domain.messages import InboundKind
from domain.periods import ReportingPeriod
from domain.workplans import ActivityStatus
from storage import diaries, plans
from tests.rig import Rig

OCTOBER = ReportingPeriod(2026, 10)
MORNING = datetime(2026, 11, 3, 10, tzinfo=UTC)


class Talk:
    """Ama on Telegram, a minute between any two of her messages."""

    def __init__(self, rig: Rig) -> None:
        self.rig, self.last = rig, ""
        rig.now = MORNING

    def says(self, *texts: str) -> Talk:
        for text in texts:
            self.rig.now += timedelta(minutes=1)
            self.last = f"m{self.rig.now:%H%M}"
            self.rig.says("ama", text, scheme="telegram", provider_id=self.last)
        return self

    def edits(self, text: str, which: str = "") -> Talk:
        self.rig.now += timedelta(minutes=1)
        edit = {"kind": InboundKind.EDIT, "edit_of": which or self.last}
        self.rig.says("ama", text, scheme="telegram", provider_id=f"e{self.rig.now:%H%M}", **edit)  # type: ignore[arg-type]
        return self

    @property
    def diary(self) -> list[tuple[str, str]]:
        """What stands in her diary: (section, words)."""
        entries = self.rig.db.work(diaries.load, ["asuo"], OCTOBER)["asuo"]
        return [(entry.section, entry.words) for entry in entries]

    def stands(self, key: str) -> tuple[ActivityStatus, int, str | None]:
        """How an activity of hers stands."""
        plan = self.rig.db.work(plans.load, ["asuo"])["asuo"]
        return next((a.status, a.percent, a.reason) for a in plan if a.key == key)


@pytest.fixture
def talk(rig: Rig) -> Talk:
    return Talk(rig)


def test_an_entry_is_there_once_as_it_was_edited_last(talk: Talk) -> None:
    talk.says("D+ rosters in 9 sites D- no fuel").edits("D+ rosters in 10 sites D- no fuel")
    assert talk.diary == [("well", "rosters in 10 sites"), ("not_well", "no fuel")]
    assert talk.edits("rosters are up").diary == [("well", "rosters in 10 sites"), ("not_well", "no fuel")]
    assert talk.edits("D+ rosters are up").diary == [("well", "rosters are up")]
    assert talk.edits("rosters are up in all").diary == [("well", "rosters are up in all")]


def test_an_answer_of_the_guided_diary_is_changed_where_it_was_given(talk: Talk) -> None:
    talk.says("DIARY", "Rosters in 9 sites")
    first = talk.last
    talk.says("Staff came").edits("Rosters in 10 sites", first)
    assert talk.diary == [("well", "Staff came"), ("planned", "Rosters in 10 sites")]
    assert talk.says("BACK", "Staff came late").diary == [
        ("planned", "Rosters in 10 sites"),
        ("well", "Staff came late"),
    ]
    assert talk.edits("P1 is on every wall").diary[-1] == ("well", "P1 is on every wall")


def test_what_an_answer_becomes_takes_the_place_of_no_other_answer(talk: Talk) -> None:
    talk.says("DIARY", "Rosters in 9 sites")
    first = talk.last
    talk.says("Staff came").edits("D+ rosters in 10 sites", first)
    assert talk.diary == [("well", "Staff came"), ("well", "rosters in 10 sites")]


def test_an_activity_that_an_edit_names_no_more_is_as_it_was(talk: Talk) -> None:
    talk.says("P1 40%", "P1 STUCK no fuel").edits("P3 10%")
    assert talk.stands("P1") == (ActivityStatus.ON_TRACK, 40, None)
    assert talk.stands("P3") == (ActivityStatus.ON_TRACK, 10, None)
    assert talk.edits("P3 LATE").stands("P3") == (ActivityStatus.LATE, 0, None)


def test_a_date_that_an_edit_names_no_more_is_as_it_was(talk: Talk) -> None:
    before = talk.rig.db.work(plans.load, ["asuo"])["asuo"]
    talk.says("P3 20 DEC").edits("P3 30%")
    after = talk.rig.db.work(plans.load, ["asuo"])["asuo"]
    assert [a.due_on for a in after] == [a.due_on for a in before]


def test_what_somebody_else_has_said_since_is_left_alone(talk: Talk) -> None:
    talk.says("P1 40%")
    talk.rig.says("nana", "P1 DONE")
    assert talk.edits("P3 10%").stands("P1")[:2] == (ActivityStatus.DONE, 100)


def test_a_diary_entry_that_becomes_an_update_is_one(talk: Talk) -> None:
    talk.says("D+ rosters").edits("P1 40%")
    assert (talk.diary, talk.stands("P1")[1]) == ([], 40)
    talk.edits("D+ rosters")
    assert (talk.diary, talk.stands("P1")[1]) == ([("well", "rosters")], 0)


def test_an_edit_calls_for_help_no_second_time(talk: Talk) -> None:
    talk.says("P1 40% P2 HELP need fuel")
    talk.rig.sent.clear()
    talk.edits("P1 50% P2 HELP need fuel")
    assert {message.urn for message in talk.rig.sent} == {talk.rig.urn("ama", "telegram")}
