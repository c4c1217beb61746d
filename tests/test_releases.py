"""A new release meets what an older one stored: dialogues go on, and those it no longer has let their people go."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from conversations.state import Conversation, Practice, Shown
from domain.messages import InboundKind
from domain.people import Urn
from scheduler import jobs
from storage import conversations
from storage.models import CurrentValueRow, InboundRow
from tests.rig import Rig

SESSIONS = Path(__file__).parent / "sessions"
LATER = datetime(2026, 11, 2, 14, 15, tzinfo=UTC)  # ten minutes after the stored questions were asked


def stored(name: str) -> Conversation:
    return conversations.decode((SESSIONS / f"{name}.json").read_text())


def retired() -> Conversation:
    """Return a conversation in the middle of a flow that this release does not have."""
    kept = stored("monthly_report")
    session = replace(kept.sessions[0], flow="retired")
    shown = Shown(session.ticket, "retired", session.subject, "value:ABS", session.asked_at)
    return replace(kept, sessions=(session,), shown=(shown,))


def left_with(rig: Rig, conversation: Conversation) -> None:
    rig.now = LATER
    rig.db.work(conversations.save, rig.contact("ama").id, conversation)


def kept(rig: Rig) -> Conversation:
    return rig.db.work(conversations.load, rig.contact("ama").id)


def errors(rig: Rig) -> list[str]:
    with rig.db.begin() as db:
        return [error for error in db.scalars(select(InboundRow.error)) if error]


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("REP YAW 5", "YAW"),
        ("12", "REP"),
        ("yes", "HELP"),
        ("DUE", "ANC1"),
        ("BACK", "No question is open."),
        ("HELP", "REP"),
    ],
)
def test_a_reply_to_a_flow_that_is_no_more_is_read_as_if_nothing_waited(rig: Rig, words: str, answer: str) -> None:
    left_with(rig, retired())
    rig.says("ama", words)
    assert answer in rig.sent[-1].text
    assert (kept(rig).sessions, errors(rig)) == ((), [])


def test_a_paused_dialogue_and_a_rehearsed_one_of_a_flow_that_is_no_more_stop_nothing(rig: Rig) -> None:
    left = retired()
    rehearsed = Practice(LATER, left)
    left_with(rig, Conversation(paused=left.sessions, ticket=left.ticket, practice=rehearsed))
    rig.says("ama", "REP YAW 5")
    assert rig.sent[-1].text.startswith("PRACTICE, not saved:")
    assert kept(rig).paused == ()
    assert errors(rig) == []


def test_a_button_of_a_flow_that_is_no_more_changes_nothing(rig: Rig) -> None:
    left_with(rig, retired())
    rig.says("ama", "yes", kind=InboundKind.BUTTON, ticket=retired().ticket)
    assert rig.sent[-1].text.startswith("That button belongs to an earlier question.")
    assert errors(rig) == []


def test_a_second_phone_is_linked_in_the_middle_of_a_flow_that_is_no_more(rig: Rig) -> None:
    rig.now = LATER
    rig.says("abena", "LINK")
    code = rig.sent[-1].text.split("JOIN ")[1].split(".")[0]
    rig.db.work(conversations.save, rig.contact("abena").id, retired())
    rig.says(Urn("telegram", "799001"), f"JOIN {code}")
    assert "this channel is linked" in rig.sent[-1].text
    assert errors(rig) == []


def test_a_dialogue_of_a_flow_that_is_no_more_expires(rig: Rig) -> None:
    left = retired()
    left_with(rig, replace(left, paused=(replace(left.sessions[0], subject="2026-09"),)))
    assert rig.db.work(jobs.expire_sessions, LATER + timedelta(days=31)) == 2
    assert (kept(rig).sessions, kept(rig).paused) == ((), ())
    assert rig.db.work(jobs.expire_sessions, LATER + timedelta(days=31)) == 0


def test_what_an_older_release_asked_is_answered_in_this_one(rig: Rig) -> None:
    left_with(rig, stored("monthly_report"))
    rig.says("ama", "no")  # to the doubt that it kept
    rig.says("ama", "12")
    assert errors(rig) == []
    with rig.db.begin() as db:
        here = select(CurrentValueRow.code, CurrentValueRow.value).where(
            CurrentValueRow.district == "asuo", CurrentValueRow.period == "2026-10"
        )
        assert [tuple(row) for row in db.execute(here)] == [("ABS", 12.0)]
    session = kept(rig).session
    assert session is not None
    assert (session.flow, session.asked) == ("monthly_report", "value:APR")
