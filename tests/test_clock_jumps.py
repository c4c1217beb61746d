"""A clock that was ahead and is put right: what it wrote silences nobody, and what it was told is not the last word."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from bot.clock import wall_clock
from bot.outbox import ABANDONED, Sender
from domain.messages import Lane, Outbound, Receipt, SendError, SendFailure, Status
from scheduler.clock import keep_time
from scheduler.schedule import Job
from storage import claims, holds
from tests.rig import Rig
from tests.test_outbox import Scripted, drain, put, row, sender, status
from tests.test_run import until

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


BUSY = SendError(SendFailure.RETRYABLE, "busy", 3600)
LOST = SendError(SendFailure.UNKNOWN, "lost")


async def put_right(rig: Rig, one: Sender, now: datetime) -> None:
    """Put the clock right, and let the process look after what is in doubt until it would give up on a claim."""
    rig.now = now
    await one.settle_doubts()
    rig.now += ABANDONED + timedelta(seconds=1)
    await one.settle_doubts()


@pytest.mark.parametrize("fault", [None, BUSY, LOST], ids=str)
@pytest.mark.parametrize("ahead", [timedelta(minutes=10), DAY, 366 * DAY], ids=str)
async def test_an_answer_of_a_clock_that_was_ahead_goes_before_those_after_it(
    rig: Rig, ahead: timedelta, fault: SendError | None
) -> None:
    now, one = rig.now, sender(rig, channel := Scripted(faults=[fault] if fault else []))
    rig.now += ahead
    put(rig, "an answer")
    if fault:
        await drain(one)
    await put_right(rig, one, now)
    put(rig, "the next")
    await drain(one)
    assert channel.took == ["an answer", "the next"]


async def test_what_died_while_its_clock_was_ahead_is_asked_about_and_lets_others_pass(rig: Rig) -> None:
    now, one = rig.now, sender(rig, channel := Scripted())
    rig.now += DAY
    put(rig, "an answer")
    rig.db.work(claims.claim, rig.now, 1, ("tel",))
    channel.known["an answer"] = Receipt("SM9", Status.SENT)
    await put_right(rig, one, now)
    put(rig, "the next")
    await drain(one)
    assert (channel.took, status(rig, "an answer")) == (["the next"], Status.SENT)


class Dated(Scripted):
    """A provider that finds what it was handed only when it is asked from before that moment."""

    handed_over = datetime.max.replace(tzinfo=UTC)

    async def find(self, message: Outbound, since: datetime) -> list[Receipt]:
        return await super().find(message, since) if since <= self.handed_over else []


async def test_what_was_handed_over_while_the_clock_was_behind_is_found_and_not_sent_again(rig: Rig) -> None:
    one = sender(rig, channel := Dated(known={"an answer": Receipt("SM9", Status.SENT)}))
    put(rig, "an answer")
    queued, rig.now = rig.now, rig.now - timedelta(hours=5)
    await one.settle_doubts()
    channel.handed_over = rig.now
    assert rig.db.work(claims.claim, rig.now, 1, ("tel",))
    rig.now = queued + ABANDONED + timedelta(seconds=1)
    await one.settle_doubts()
    await drain(one)
    assert (channel.took, status(rig, "an answer")) == ([], Status.SENT)


async def test_a_claim_by_a_clock_that_was_ahead_is_not_taken_from_who_holds_it_at_once(rig: Rig) -> None:
    now, one = rig.now, sender(rig, Scripted())
    rig.now += DAY
    put(rig, "an answer")
    rig.db.work(claims.claim, rig.now, 1, ("tel",))
    rig.now = now
    await one.settle_doubts()
    rig.now += timedelta(seconds=20)
    assert (await one.settle_doubts(), status(rig, "an answer")) == (0, Status.SENDING)


async def test_bulk_that_a_clock_that_was_ahead_tried_waits_no_longer_than_it_has_to(rig: Rig) -> None:
    rig.now = MONDAY
    one = sender(rig, channel := Scripted(faults=[BUSY]))
    rig.now += DAY
    put(rig, "a nudge", lane=Lane.BULK, kind="nudge")
    await drain(one)
    await put_right(rig, one, MONDAY)
    put(rig, "another", lane=Lane.BULK, kind="nudge")
    await drain(one)
    assert channel.took == ["a nudge", "another"]


async def test_bulk_that_waits_rightly_is_not_sent_early(rig: Rig) -> None:
    rig.now = MONDAY
    one, morning = sender(rig, channel := Scripted(faults=[BUSY])), MONDAY + DAY
    put(rig, "tried", lane=Lane.BULK, kind="nudge")
    await drain(one)
    put(rig, "tomorrow", lane=Lane.BULK, kind="nudge", due_at=morning)
    rig.now += 9 * DAY
    put(rig, "after leave", lane=Lane.BULK, kind="nudge")  # which is as if it had been said then
    await put_right(rig, one, MONDAY)
    await drain(one)
    assert (channel.took, row(rig, "tomorrow").due_at) == ([], morning)


async def test_a_clock_that_jumps_ahead_and_is_put_right_throws_nothing_away(rig: Rig) -> None:
    rig.now = MONDAY
    one, words = sender(rig, channel := Scripted()), ("an alert", "an answer", "its second part", "a nudge")
    put(rig, "an alert", lane=Lane.ALERT, kind="alert")
    put(rig, "an answer", key="turn:1:0")
    put(rig, "its second part", key="turn:1:1")
    put(rig, "a nudge", lane=Lane.BULK, kind="nudge")
    rig.now += 9 * DAY
    await drain(one)
    assert channel.took == []
    await put_right(rig, one, MONDAY)
    await drain(one)
    assert channel.took == list(words)


async def test_what_is_stale_indeed_goes_nowhere_and_lets_others_pass(rig: Rig) -> None:
    rig.now = MONDAY
    one = sender(rig, channel := Scripted())
    put(rig, "an answer", key="turn:1:0")
    put(rig, "its second part", key="turn:1:1")
    rig.now += 9 * DAY
    await drain(one)
    put(rig, "the next")
    await drain(one)
    assert channel.took == ["the next"]
    rig.now += DAY
    await drain(one)
    assert (channel.took, status(rig, "an answer"), status(rig, "its second part")) == (
        ["the next"],
        Status.DROPPED,
        Status.DROPPED,
    )
    assert row(rig, "an answer").reason == "expired: could not be sent in time"


async def test_a_provider_is_asked_about_what_it_has_got_before_a_clock_was_put_right(rig: Rig) -> None:
    class Dated(Scripted):
        async def find(self, message: Outbound, since: datetime) -> list[Receipt]:
            return [Receipt("SM9", Status.SENT)] if since <= now else []

    now, one = rig.now, sender(rig, Dated(faults=[LOST]))
    rig.now += DAY
    put(rig, "an answer")
    await drain(one)
    await put_right(rig, one, now)
    assert status(rig, "an answer") is Status.SENT


async def test_jobs_go_on_when_the_machines_clock_jumps_ahead_or_is_put_back(
    sqlite_rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was 1970 when the process began, then today, then three hours earlier."""
    ticks, stop, lag = list[datetime](), asyncio.Event(), [timedelta()]
    began = datetime(1970, 1, 1, tzinfo=UTC)

    def tick(_db: Session, now: datetime) -> int:
        ticks.append(now)
        return 1

    monkeypatch.setattr("scheduler.clock.SCHEDULE", (Job("ticks", tick, "to be counted"),))
    monkeypatch.setattr("scheduler.clock.LOOK", 0.05)
    monkeypatch.setattr("scheduler.clock.wall_clock", lambda: wall_clock() - lag[0])
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        group.create_task(keep_time(sqlite_rig.db, lambda: began, stop))
        await until(lambda: len(ticks) == 1, "the first minute")
        await asyncio.sleep(0.2)
        assert len(ticks) == 1
        lag[0] = timedelta(hours=3)
        await until(lambda: len(ticks) > 1, "a minute after the clock was put back")
        stop.set()
