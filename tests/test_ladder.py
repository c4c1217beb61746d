"""Many people are asked at once: all of them, each once, each in their own words, also when it is cut short."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partial

from sqlalchemy import text, update
from sqlalchemy.orm import Session

from domain.people import Role
from scheduler import jobs, ladder
from scheduler.noting import Work, run_noted
from storage import contacts, conversations, job_runs
from storage.models import ContactRow, ConversationRow
from tests.rig import Rig

PROMPT, NUDGE = datetime(2026, 11, 2, 20, tzinfo=UTC), datetime(2026, 11, 4, 14, tzinfo=UTC)
FEW = 2  # people in a share


def heard(rig: Rig) -> Counter[str]:
    """Return how many messages reached each address, by the next morning where it was night."""
    for later in (timedelta(minutes=2), timedelta(hours=12)):
        rig.now = PROMPT + later
        rig.deliver()
    return Counter(str(message.urn) for message in rig.sent)


def words_for(rig: Rig, key: str) -> str:
    urns = {address.urn for address in rig.contact(key).addresses}
    return " ".join(message.text for message in rig.sent if message.urn in urns)


def test_shares_ask_everybody_whom_the_whole_job_would_ask(rig: Rig) -> None:
    shares = rig.db.work(ladder.shares, PROMPT, "prompt", FEW)
    reporters = rig.db.work(contacts.everyone, Role.FOCAL, Role.PARTNER)
    assert len(shares) >= len(reporters) // FEW
    asked = sum(rig.db.work(share) for share in shares)
    assert rig.db.work(jobs.send_prompts, PROMPT) == 0
    told = heard(rig)
    assert asked == len(told) > len(shares)
    assert set(told.values()) == {1}


def test_a_round_that_was_cut_short_goes_on_and_nobody_is_asked_twice(rig: Rig) -> None:
    first, *others = rig.db.work(ladder.shares, PROMPT, "prompt", FEW)
    asked = rig.db.work(first)  # and here the process dies
    later = PROMPT + timedelta(minutes=1)
    asked += sum(rig.db.work(share) for share in rig.db.work(ladder.shares, later, "prompt", FEW))
    assert [rig.db.work(share) for share in (first, *others)] == [0] * (1 + len(others))
    told = heard(rig)
    assert (len(told), set(told.values())) == (asked, {1})


def test_colleagues_are_called_by_their_own_names(rig: Rig) -> None:
    for moment in (PROMPT, NUDGE):
        rig.sent.clear()
        rig.now = moment
        rig.db.work(jobs.send_prompts, moment)
        rig.db.work(jobs.send_nudges, moment)
        rig.deliver()
    assert "Kofi, a reminder" in words_for(rig, "kofi")
    assert "Abena, a reminder" in words_for(rig, "abena")
    assert "Abena" not in words_for(rig, "kofi")


def test_a_draft_is_kept_when_its_writer_is_asked_with_many_others(rig: Rig) -> None:
    rig.now = PROMPT - timedelta(days=2)
    rig.says("ama", "DIARY")
    before = rig.db.work(conversations.load, rig.contact("ama").id)
    rig.now = PROMPT
    rig.db.work(jobs.send_prompts, PROMPT)
    after = rig.db.work(conversations.load, rig.contact("ama").id)
    assert (after.sessions, after.order(PROMPT)) == (before.sessions, ("ANC1", "ABS", "APR", "YAW"))
    assert rig.db.work(conversations.waiting_since, PROMPT) == [rig.contact("ama").id]


def prompt_all(rig: Rig) -> int:
    """Run the job as the clock does, its shares one after another; return how many were asked."""
    few = partial(ladder.shares, step="prompt", most=FEW)
    return asyncio.run(run_noted(rig.db, "prompts", jobs.send_prompts, PROMPT, few))


def failures(rig: Rig) -> int:
    return sum(run.failures for run in rig.db.work(job_runs.job_runs))


def test_people_of_a_district_that_is_gone_are_asked_for_nothing(sqlite_rig: Rig) -> None:
    reporters = sqlite_rig.db.work(contacts.everyone, Role.FOCAL, Role.PARTNER)
    with sqlite_rig.db.begin() as db:
        db.execute(update(ContactRow).values(district="gone"))
    assert (prompt_all(sqlite_rig), failures(sqlite_rig)) == (0, 0)
    assert reporters


def test_one_conversation_that_cannot_be_read_keeps_nobody_from_being_asked(sqlite_rig: Rig) -> None:
    reporters = sqlite_rig.db.work(contacts.everyone, Role.FOCAL, Role.PARTNER)
    with sqlite_rig.db.begin() as db:
        db.add(ConversationRow(contact_id=reporters[0].id, state="no conversation"))
    assert prompt_all(sqlite_rig) > 1
    told = heard(sqlite_rig)
    assert {str(reporters[0].address()), str(reporters[-1].address())} <= set(told)


def test_a_share_that_fails_is_counted_and_the_next_ones_are_done(sqlite_rig: Rig) -> None:
    def breaks(db: Session) -> int:
        raise ValueError("this share alone")

    def shares(db: Session, now: datetime) -> list[Work]:
        return [breaks, *ladder.shares(db, now, "prompt", FEW)]

    assert asyncio.run(run_noted(sqlite_rig.db, "prompts", jobs.send_prompts, PROMPT, shares)) > 1
    assert failures(sqlite_rig) == 1


def test_words_that_cannot_be_unsealed_keep_their_owner_alone_from_being_asked(sqlite_rig: Rig) -> None:
    kofi, *others = (sqlite_rig.contact(key) for key in ("kofi", "ama", "abena"))
    with sqlite_rig.db.begin() as db:
        bad = {"id": kofi.id, "state": b"sealed by somebody else, long enough"}
        db.execute(text("insert into conversations (contact_id, state) values (:id, :state)"), bad)
    prompt_all(sqlite_rig)
    told = heard(sqlite_rig)
    assert [str(one.address()) in told for one in (kofi, *others)] == [False, True, True]
