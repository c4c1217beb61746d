"""Sending: once, in order, by whoever is free; what each failure leads to, and news that never turns back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from cryptography.exceptions import InvalidTag
from sqlalchemy import select
from sqlalchemy import text as sql
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from bot import running
from bot.channels.console import ConsoleChannel
from bot.channels.twilio import TwilioChannel
from bot.claiming import BATCH, OTHERS_VALID, VALID
from bot.clock import wall_clock
from bot.news import take_news
from bot.outbox import ABANDONED, PAUSES, STILL_ARRIVING, Sender, pause
from bot.reaching import queue, reach
from bot.render import LONGEST_CAPTION
from bot.settings import Settings
from conversations.turn import say
from domain.messages import Lane, Option, Outbound, Receipt, SendError, SendFailure, Status
from domain.people import AddressStatus, ContactStatus, Urn
from domain.text import plain
from scheduler.returning import send_to_returned
from storage import claims, contacts, holds, outbox, programmes, sealing
from storage.database import Database
from storage.models import OutboundRow
from storage.outbox import Part
from storage.sealing import Keyring
from tests.doubles.server import Fault
from tests.doubles.twilio_api import ACCOUNT_SID, AUTH_TOKEN, NUMBER, TwilioDouble
from tests.rig import SECRET, Rig
from tests.test_run import until
from tests.tracing import nothing_sent_is_recorded

AMA = Urn("tel", "+233200000011")
ABENA = Urn("tel", "+233200000022")
KOFI = Urn("telegram", "700012")


@dataclass
class Scripted:
    """A channel that does with each sending what it is told to, and takes the rest."""

    name: str = "sms"
    faults: list[SendError] = field(default_factory=list)
    took: list[str] = field(default_factory=list)
    known: dict[str, Receipt] = field(default_factory=dict)
    asked: asyncio.Event | None = None
    answer: asyncio.Event | None = None

    async def send(self, message: Outbound, now: datetime) -> Receipt:
        await asyncio.sleep(0)
        if self.faults:
            raise self.faults.pop(0)
        self.took.append(message.text)
        return Receipt(f"SM{message.id}-{len(self.took)}", Status.WIRED)

    async def find(self, message: Outbound, since: datetime) -> list[Receipt]:
        if self.asked and self.answer:
            self.asked.set()
            await self.answer.wait()
        return [self.known[message.text]] if message.text in self.known else []

    async def close(self) -> None: ...


class Blind(Scripted):
    """A channel whose provider cannot be asked."""

    async def find(self, message: Outbound, since: datetime) -> list[Receipt]:
        raise LookupError("cannot be asked")


def error(failure: SendFailure, retry_after: float | None = None, hold: bool = False) -> SendError:
    return SendError(failure, "told to", retry_after, hold)


def put(rig: Rig, text: str, urn: Urn = AMA, lane: Lane = Lane.ANSWER, **more: object) -> int | None:
    fields = {"key": text, "kind": "report", "segments": 1, "due_at": rig.now, **more}
    contact = rig.db.work(contacts.find, urn)
    part = Part(lane=lane, urn=urn, text=text, contact_id=contact.id if contact else None, **fields)  # type: ignore[arg-type]
    return rig.db.work(outbox.put, part, rig.now)


def row(rig: Rig, text: str) -> OutboundRow:
    def find(db: Session) -> OutboundRow:
        return next(r for r in db.scalars(select(OutboundRow).order_by(OutboundRow.id)) if r.text == text)

    return rig.db.work(find)


def status(rig: Rig, text: str) -> Status:
    return Status(row(rig, text).status)


def sender(rig: Rig, *channels: Scripted | ConsoleChannel | TwilioChannel, db: Database | None = None) -> Sender:
    return Sender(db or rig.db, dict(zip(("tel", "telegram"), channels, strict=False)), lambda: rig.now)


async def settled(rig: Rig, sender: Sender) -> int:
    """Settle doubts after a minute, when a slow provider would know too."""
    rig.now += timedelta(minutes=1)
    return await sender.settle_doubts()


async def drain(sender: Sender) -> int:
    total = 0
    while sent := await sender.send_due():
        total += sent
    return total


# Once, and in order


async def test_a_key_makes_a_part_go_once(rig: Rig) -> None:
    assert put(rig, "first words", key="turn:1:0") is not None
    assert put(rig, "other words", key="turn:1:0") is None
    channel = Scripted()
    assert await drain(sender(rig, channel)) == 1
    assert channel.took == ["first words"]


async def test_answers_overtake_bulk_and_each_lane_keeps_its_order(rig: Rig) -> None:
    put(rig, "bulk 1", lane=Lane.BULK)
    put(rig, "bulk 2", ABENA, lane=Lane.BULK, due_at=rig.now - timedelta(hours=1))
    put(rig, "answer 1")
    put(rig, "answer 2")
    channel = Scripted()
    await drain(sender(rig, channel))
    assert channel.took == ["answer 1", "bulk 2", "answer 2", "bulk 1"]  # the second one is another person's


async def test_what_is_not_due_yet_waits(rig: Rig) -> None:
    put(rig, "tomorrow", due_at=rig.now + timedelta(days=1))
    channel = Scripted()
    assert await drain(sender(rig, channel)) == 0
    rig.now += timedelta(days=1)
    assert await drain(sender(rig, channel)) == 1


async def test_a_channel_that_is_not_there_keeps_its_parts(rig: Rig) -> None:
    put(rig, "for the chat", KOFI)
    assert await drain(sender(rig, Scripted())) == 0
    assert status(rig, "for the chat") is Status.QUEUED


async def test_two_senders_at_once_never_send_the_same_part(rig: Rig) -> None:
    words = [f"part {n}" for n in range(3 * BATCH)]
    for n, text in enumerate(words):
        put(rig, text, (AMA, ABENA)[n % 2])
    channel, second = Scripted(), Database(rig.db.url, SECRET)
    both = [sender(rig, channel), sender(rig, channel, db=second)]
    sent = await asyncio.gather(*(drain(one) for one in both))
    second.close()
    assert sum(sent) == len(words)
    assert sorted(channel.took) == sorted(words)
    assert [t for t in channel.took if int(t[5:]) % 2 == 0] != []


async def test_parts_for_one_person_leave_in_order(rig: Rig) -> None:
    for n in range(12):
        put(rig, f"part {n:02}", (AMA, ABENA)[n % 2])
    channel = Scripted()
    await drain(sender(rig, channel))
    assert [t for t in channel.took if int(t[5:]) % 2] == [f"part {n:02}" for n in range(1, 12, 2)]


async def test_answers_keep_their_order_when_the_clock_is_put_back(rig: Rig) -> None:
    put(rig, "the first")
    rig.now -= timedelta(minutes=2)
    put(rig, "the second")
    put(rig, "to somebody else", ABENA)
    channel = Scripted()
    await drain(sender(rig, channel))
    assert channel.took == ["to somebody else"]
    rig.now += timedelta(minutes=3)
    await drain(sender(rig, channel))
    assert channel.took[1:] == ["the first", "the second"]


def test_what_is_queued_while_a_tick_runs_is_not_taken_for_words_that_wait_for_a_return(rig: Rig) -> None:
    """A tick knows the moment at which it began; turns of other processes go on meanwhile."""
    tick = datetime(2026, 11, 3, 23, tzinfo=UTC)
    rig.now = tick + timedelta(seconds=5)
    put(rig, "an answer")
    put(rig, "an alert", lane=Lane.BULK, kind="alert")
    rig.db.work(send_to_returned, tick)
    assert [row(rig, words).due_at for words in ("an answer", "an alert")] == [rig.now, rig.now]


# What a failure leads to


async def test_a_passing_failure_is_tried_again_when_the_provider_said(rig: Rig) -> None:
    put(rig, "words")
    channel = Scripted(faults=[error(SendFailure.RETRYABLE, retry_after=90)])
    one = sender(rig, channel)
    await drain(one)
    assert (status(rig, "words"), row(rig, "words").due_at) == (Status.QUEUED, rig.now + timedelta(seconds=90))
    rig.now += timedelta(seconds=89)
    assert await drain(one) == 0
    rig.now += timedelta(seconds=1)
    assert await drain(one) == 1
    assert channel.took == ["words"]


async def test_a_channel_that_asks_to_be_left_alone_is_left_alone(rig: Rig) -> None:
    put(rig, "words")
    channel = Scripted(faults=[error(SendFailure.RETRYABLE, retry_after=60, hold=True)])
    other = Scripted("telegram")
    one = sender(rig, channel, other)
    await drain(one)
    put(rig, "more words")
    put(rig, "a chat", KOFI)
    assert await drain(one) == 1
    assert (channel.took, other.took) == ([], ["a chat"])
    rig.now += timedelta(seconds=61)
    await drain(one)
    assert sorted(channel.took) == ["more words", "words"]


def test_a_channel_that_is_held_by_many_at_once_is_held_once(rig: Rig) -> None:
    until = rig.now + timedelta(minutes=1)
    with ThreadPoolExecutor(8) as threads:
        for n in range(10):
            holdings = [threads.submit(rig.db.work, holds.hold, f"way {n}", "busy", rig.now, until) for _n in range(8)]
            assert {holding.result().until for holding in holdings} == {until}
    assert len(rig.db.work(holds.held, rig.now)) == 10


def test_a_shorter_hold_does_not_end_a_longer_one(rig: Rig) -> None:
    hour, minute = (rig.now + timedelta(seconds=seconds) for seconds in (3600, 60))
    assert rig.db.work(holds.hold, "tel", "no credit", rig.now, hour, broken=True).until == hour
    assert rig.db.work(holds.hold, "tel", "busy", rig.now, minute).until == hour
    (held,) = rig.db.work(holds.held, minute)
    assert (held.reason, held.broken, held.until) == ("no credit", True, hour)
    longer = hour + timedelta(hours=1)
    assert rig.db.work(holds.hold, "tel", "no credit", minute, longer, broken=True).until == longer
    assert rig.db.work(holds.held, longer) == []


def test_of_holds_of_many_at_once_the_longest_stays(rig: Rig) -> None:
    with ThreadPoolExecutor(8) as threads:
        moments = [rig.now + timedelta(seconds=n) for n in (30, 600, 60, 45, 90, 35, 40, 50)]
        for n in range(10):
            for holding in [threads.submit(rig.db.work, holds.hold, f"way {n}", "busy", rig.now, m) for m in moments]:
                holding.result()
    assert {one.until for one in rig.db.work(holds.held, rig.now)} == {moments[1]}


async def test_after_a_hold_part_one_still_waits_for_part_zero(rig: Rig) -> None:
    def ticking() -> datetime:
        rig.now += timedelta(milliseconds=300)
        return rig.now

    for n in range(2):
        put(rig, f"part {n}", key=f"turn:1:{n}")
    one = Sender(rig.db, {"tel": Scripted(faults=[error(SendFailure.RETRYABLE, hold=True)])}, ticking)
    await one.send_due()
    [hold] = rig.db.work(holds.held, rig.now)
    assert row(rig, "part 0").due_at <= hold.until


async def test_a_failure_that_does_not_pass_is_given_up_in_the_end(rig: Rig) -> None:
    put(rig, "words")
    began, channel = rig.now, Scripted(faults=[error(SendFailure.RETRYABLE) for _n in range(999)])
    while status(rig, "words") is Status.QUEUED:
        await drain(sender(rig, channel))
        rig.now += timedelta(hours=1)
    assert OTHERS_VALID <= rig.now - began <= OTHERS_VALID + timedelta(hours=3)
    tried = len(channel.faults)
    await drain(sender(rig, channel))
    assert (len(channel.faults), channel.took) == (tried, [])


@pytest.mark.parametrize("kind", VALID)
async def test_what_came_too_late_is_not_sent_and_says_why(rig: Rig, kind: str) -> None:
    put(rig, "words", lane=Lane.BULK, kind=kind)
    one = sender(rig, channel := Scripted(faults=[error(SendFailure.RETRYABLE, retry_after=3600)]))
    await drain(one)
    rig.now += VALID[kind] + timedelta(hours=1)
    await drain(one)
    assert channel.took == []
    assert (status(rig, "words"), row(rig, "words").reason) == (Status.DROPPED, "expired: told to")


@pytest.mark.parametrize("kind", [*VALID, "report"])
async def test_what_comes_just_in_time_is_sent(rig: Rig, kind: str) -> None:
    put(rig, "words", lane=Lane.BULK, kind=kind)
    rig.now += VALID.get(kind, OTHERS_VALID) - timedelta(minutes=1)
    await drain(sender(rig, channel := Scripted()))
    assert (channel.took, status(rig, "words")) == (["words"], Status.WIRED)


async def test_a_channel_that_is_held_costs_no_attempts(rig: Rig) -> None:
    put(rig, "words")
    channel = Scripted(faults=[error(SendFailure.RETRYABLE, 300, hold=True) for _n in range(20)])
    one = sender(rig, channel)
    while channel.faults:
        await drain(one)
        assert (status(rig, "words"), row(rig, "words").attempts) == (Status.QUEUED, 0)
        rig.now += timedelta(seconds=300)
    await drain(one)
    assert channel.took == ["words"]


def test_a_claim_that_was_given_back_and_taken_again_is_another_claim(rig: Rig) -> None:
    put(rig, "words")
    [late] = rig.db.work(claims.claim, rig.now, BATCH, ("tel",))
    rig.db.work(outbox.release, late, rig.now, "held")
    rig.now += timedelta(minutes=1)
    [again] = rig.db.work(claims.claim, rig.now, BATCH, ("tel",))
    assert late.attempts == again.attempts
    rig.db.work(outbox.again, late, rig.now, "not found at the provider")
    assert status(rig, "words") is Status.SENDING
    rig.db.work(outbox.again, again, rig.now, "not found at the provider")
    assert status(rig, "words") is Status.QUEUED


@pytest.mark.parametrize("lane", Lane)
def test_pauses_double_up_to_a_longest_one(lane: Lane) -> None:
    first, longest = PAUSES[lane]
    middle = [first * 2**n for n in range(6)]
    assert all(0.8 * m <= pause(n + 1, lane) <= 1.2 * m for n, m in enumerate(middle))
    assert pause(4000, lane) <= 1.2 * longest
    for attempts in (1, 4000):  # spread, so that a crowd which failed at once does not come back at once
        assert len({pause(attempts, lane) for _n in range(20)}) > 10


async def test_a_lasting_failure_marks_the_address_and_the_other_one_is_used(rig: Rig) -> None:
    put(rig, "words")
    await drain(sender(rig, Scripted(faults=[error(SendFailure.PERMANENT)])))
    ama = rig.contact("ama")
    assert status(rig, "words") is Status.FAILED
    assert {a.urn.scheme: a.status for a in ama.addresses} == {
        "tel": AddressStatus.UNREACHABLE,
        "telegram": AddressStatus.ACTIVE,
    }
    assert ama.address() == rig.urn("ama", "telegram")
    assert ama.status is ContactStatus.ACTIVE


async def test_a_text_that_is_refused_does_not_silence_the_person(rig: Rig) -> None:
    put(rig, "words")
    await drain(sender(rig, Scripted(faults=[error(SendFailure.REJECTED)])))
    assert status(rig, "words") is Status.FAILED
    assert rig.contact("ama").address("tel") == AMA


async def test_who_opted_out_at_the_carrier_is_stopped_everywhere(rig: Rig) -> None:
    put(rig, "words")
    put(rig, "a chat", rig.urn("ama", "telegram"), due_at=rig.now + timedelta(hours=1))
    await drain(sender(rig, Scripted(faults=[error(SendFailure.STOPPED)])))
    assert rig.contact("ama").status is ContactStatus.STOPPED
    assert (status(rig, "words"), status(rig, "a chat")) == (Status.FAILED, Status.DROPPED)


async def test_who_blocked_the_bot_is_still_reached_by_sms(rig: Rig) -> None:
    put(rig, "a chat", KOFI)
    await drain(sender(rig, Scripted(), Scripted("telegram", [error(SendFailure.STOPPED)])))
    kofi = rig.contact("kofi")
    assert (kofi.status, kofi.address()) == (ContactStatus.ACTIVE, rig.urn("kofi", "tel"))


async def test_what_breaks_our_own_code_costs_one_part_and_nobody(rig: Rig) -> None:
    class Breaking(Scripted):
        async def send(self, message: Outbound, now: datetime) -> Receipt:
            if message.text == "broken":
                raise ValueError("too long")
            return await super().send(message, now)

    put(rig, "broken")
    put(rig, "words")
    put(rig, "more words", ABENA)
    channel = Breaking()
    await drain(sender(rig, channel))
    assert sorted(channel.took) == ["more words", "words"]
    assert (status(rig, "broken"), row(rig, "broken").reason) == (Status.FAILED, "ValueError")
    assert rig.contact("ama").address("tel") == AMA


@pytest.mark.parametrize(
    ("column", "spoilt"),
    [
        ("text", Keyring("the secret of somebody else").seal("broken", "outbound.text")),
        ("path", b"no seal"),
        ("buttons", Keyring(SECRET).seal("[[", "outbound.buttons")),
        ("enclosed", Keyring(SECRET).seal("{}", "outbound.enclosed")),
    ],
    ids=["text", "path", "buttons", "enclosed"],
)
async def test_a_part_that_cannot_be_opened_is_passed_over_and_the_others_go(
    rig: Rig, caplog: pytest.LogCaptureFixture, column: str, spoilt: bytes
) -> None:
    def spoil(db: Session) -> None:
        db.execute(sql(f"update outbound set {column} = :spoilt where id = :id"), {"spoilt": spoilt, "id": broken})

    def became(db: Session) -> tuple[str, str]:
        one = db.execute(sql("select status, reason from outbound where id = :id"), {"id": broken}).one()
        return one.status, one.reason

    broken = put(rig, "broken", key="turn:1:0")
    put(rig, "the rest of it", key="turn:1:1")
    put(rig, "words")
    put(rig, "more words", ABENA)
    rig.db.work(spoil)
    channel = Scripted()
    one = sender(rig, channel)
    for _n in range(3):
        await one.send_due()
    assert sorted(channel.took) == ["more words", "words"]
    how, why = rig.db.work(became)
    assert (how, why.startswith("cannot be opened: ")) == ("failed", True)
    assert [record.__dict__.get("outbound_id") for record in caplog.records] == [broken]
    assert rig.db.work(outbox.counts) == {"failed": 1, "dropped": 1, "wired": 2}


async def test_a_process_with_another_secret_ends_nothing(rig: Rig) -> None:
    put(rig, "words")
    one = sender(rig, channel := Scripted())
    sealing.use(Keyring("the secret of somebody else"))
    try:
        with pytest.raises(InvalidTag):
            await one.send_due()
    finally:
        sealing.use(Keyring(SECRET))
    await drain(one)
    assert channel.took == ["words"]


async def test_the_loop_goes_on_after_a_database_that_went_away(monkeypatch: pytest.MonkeyPatch) -> None:
    class Restarting:
        looks = 0

        async def send_due(self, schemes: tuple[str, ...]) -> int:
            self.looks += 1
            if self.looks == 1:
                raise OSError("server closed the connection")
            stop.set()
            return 1

    stop, restarting = asyncio.Event(), Restarting()
    monkeypatch.setattr(running, "BROKEN_PAUSE", 0.01)
    async with asyncio.timeout(10):
        await running.send(restarting, stop, "tel")  # type: ignore[arg-type]
    assert restarting.looks == 2


async def test_what_was_sent_while_the_database_was_away_is_recorded_and_not_sent_again(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.outbox.RECORD_PAUSES", (0.05,) * 200)
    put(rig, "an answer")
    put(rig, "bulk", lane=Lane.BULK)
    channel = Scripted()
    one = sender(rig, channel)
    with nothing_sent_is_recorded(rig.db):
        sending = asyncio.create_task(one.send_due())
        await until(lambda: bool(channel.took), "the sending")
        await asyncio.sleep(0.3)
    await sending
    rig.now += ABANDONED + timedelta(minutes=1)
    assert await one.settle_doubts() == 0
    assert (channel.took, status(rig, "an answer"), status(rig, "bulk")) == (
        ["an answer", "bulk"],
        Status.WIRED,
        Status.WIRED,
    )


async def test_what_was_not_begun_when_the_database_stayed_away_is_not_taken_for_sent(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.outbox.RECORD_PAUSES", ())
    put(rig, "an answer")
    put(rig, "bulk", lane=Lane.BULK)
    channel = Scripted()
    one = sender(rig, channel)
    with nothing_sent_is_recorded(rig.db), pytest.raises(OperationalError):
        await one.send_due()
    assert (channel.took, status(rig, "bulk")) == (["an answer"], Status.QUEUED)


async def test_a_slow_channel_holds_up_no_other(sqlite_rig: Rig) -> None:
    class Slow(Scripted):
        async def send(self, message: Outbound, now: datetime) -> Receipt:
            begun.set()
            await over.wait()
            return await super().send(message, now)

    rig, (stop, begun, over) = sqlite_rig, (asyncio.Event() for _n in range(3))
    rig.now = wall_clock()
    put(rig, "slow", KOFI)
    channels = {"tel": (sms := Scripted()), "telegram": (slow := Slow("telegram"))}
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        for part in running.working(Settings(_env_file=None), rig.db, channels, stop):
            group.create_task(part)
        await begun.wait()
        put(rig, "an answer")
        await until(lambda: bool(sms.took), "the answer by SMS")
        assert not slow.took
        over.set()
        stop.set()
    assert (sms.took, slow.took) == (["an answer"], ["slow"])


async def test_the_words_of_a_picture_that_a_chat_refuses_go_without_it(rig: Rig) -> None:
    put(rig, "Trend", KOFI, key="digest:1:0", kind="digest", lane=Lane.BULK, picture=b"PNG", segments=0)
    put(rig, "The words", KOFI, key="digest:1:1", kind="digest", lane=Lane.BULK, segments=0)
    chat = Scripted("telegram", [error(SendFailure.REJECTED)])
    await drain(sender(rig, Scripted(), chat))
    assert (chat.took, row(rig, "Trend").picture) == (["Trend", "The words"], None)


async def test_the_words_after_a_picture_alone_that_a_chat_refuses_go(rig: Rig) -> None:
    put(rig, "", KOFI, key="digest:1:0", kind="digest", lane=Lane.BULK, picture=b"PNG", segments=0)
    put(rig, "The words", KOFI, key="digest:1:1", kind="digest", lane=Lane.BULK, segments=0)
    chat = Scripted("telegram", [error(SendFailure.REJECTED)])
    await drain(sender(rig, Scripted(), chat))
    assert (chat.took, status(rig, "")) == (["The words"], Status.FAILED)


async def test_the_words_after_a_picture_of_which_nobody_knows_whether_it_came_go(rig: Rig) -> None:
    put(rig, "Trend", KOFI, key="digest:1:0", kind="digest", lane=Lane.BULK, picture=b"PNG", segments=0)
    put(rig, "The words", KOFI, key="digest:1:1", kind="digest", lane=Lane.BULK, segments=0)
    chat = Blind("telegram", [error(SendFailure.UNKNOWN)])
    one = sender(rig, Scripted(), chat)
    await drain(one)
    assert await settled(rig, one) == 1
    await drain(one)
    assert (chat.took, status(rig, "Trend")) == (["The words"], Status.FAILED)


@pytest.mark.parametrize("failure", [SendFailure.STOPPED, SendFailure.PERMANENT])
async def test_what_a_chat_does_not_take_goes_by_sms(rig: Rig, failure: SendFailure) -> None:
    put(rig, "Got Sep “2026”\nand more ✓", KOFI, buttons=(("More", "v1:1:m"),), segments=0)
    sms, chat = Scripted(), Scripted("telegram", [error(failure)])
    await drain(sender(rig, sms, chat))
    assert sms.took == ['Got Sep "2026" and more']
    copy = row(rig, sms.took[0])
    assert (copy.key, copy.segments, copy.buttons) == ("Got Sep “2026”\nand more ✓:tel", 1, None)


@pytest.mark.parametrize("failure", [SendFailure.REJECTED, SendFailure.UNKNOWN, SendFailure.RETRYABLE])
async def test_other_failures_of_a_chat_cost_no_sms(rig: Rig, failure: SendFailure) -> None:
    put(rig, "words", KOFI)
    sms = Scripted()
    await drain(sender(rig, sms, Scripted("telegram", [error(failure)])))
    assert sms.took == []


async def test_who_has_stopped_gets_no_sms_instead(rig: Rig) -> None:
    rig.db.work(contacts.change, rig.contact("kofi").id, status=str(ContactStatus.STOPPED))
    put(rig, "words", KOFI)
    sms = Scripted()
    await drain(sender(rig, sms, Scripted("telegram", [error(SendFailure.STOPPED)])))
    assert sms.took == []


async def test_part_two_goes_after_part_one_and_never_without_it(rig: Rig) -> None:
    for n in range(3):
        put(rig, f"part {n}", key=f"turn:1:{n}")
    put(rig, "next answer", key="turn:2:0")
    channel = Scripted(faults=[error(SendFailure.RETRYABLE, retry_after=60)])
    one = sender(rig, channel)
    await drain(one)
    assert channel.took == []  # the rest waits for the first part
    rig.now += timedelta(minutes=1)
    channel.faults = [error(SendFailure.REJECTED)]
    await drain(one)
    assert channel.took == ["next answer"]
    assert [status(rig, f"part {n}") for n in range(3)] == [Status.FAILED, Status.DROPPED, Status.DROPPED]


async def test_the_parts_of_a_message_go_another_way_together_and_in_order(rig: Rig) -> None:
    for n in range(2):
        put(rig, f"part {n}", key=f"turn:1:{n}")
    chat = Scripted("telegram")
    await drain(sender(rig, Scripted(faults=[error(SendFailure.PERMANENT)]), chat))
    assert chat.took == ["part 0", "part 1"]


async def test_parts_that_cannot_go_this_way_now_go_another_one_together_and_in_order(rig: Rig) -> None:
    for n in range(3):
        put(rig, f"part {n}", key=f"turn:1:{n}")
    put(rig, "next answer", key="turn:2:0")
    sms, chat = Scripted(faults=[error(SendFailure.ELSEWHERE, retry_after=1800)]), Scripted("telegram")
    await drain(sender(rig, sms, chat))
    assert (sms.took, chat.took) == (["next answer"], ["part 0", "part 1", "part 2"])
    assert [status(rig, f"part {n}") for n in range(3)] == [Status.FAILED] * 3


async def test_who_has_stopped_gets_the_answer_to_that_and_nothing_else(rig: Rig) -> None:
    put(rig, "earlier words")
    channel = Scripted(faults=[error(SendFailure.RETRYABLE, retry_after=60)])
    await drain(sender(rig, channel))
    rig.db.work(contacts.change, rig.contact("ama").id, status=str(ContactStatus.STOPPED))
    rig.now += timedelta(minutes=1)
    put(rig, "a nudge", lane=Lane.BULK)
    put(rig, "no more, then", kind="join")
    await drain(sender(rig, channel))
    assert channel.took == ["no more, then"]
    for words in ("earlier words", "a nudge"):
        assert (status(rig, words), row(rig, words).reason) == (Status.DROPPED, "stopped")


# What nobody knows


async def test_an_unknown_outcome_is_not_sent_again_before_the_provider_was_asked(rig: Rig) -> None:
    put(rig, "words")
    channel = Scripted(faults=[error(SendFailure.UNKNOWN)])
    one = sender(rig, channel)
    await drain(one)
    rig.now += timedelta(days=1)
    assert await drain(one) == 0
    assert status(rig, "words") is Status.UNKNOWN
    channel.known["words"] = Receipt("SM9", Status.SENT)
    assert await settled(rig, one) == 1
    assert (status(rig, "words"), row(rig, "words").provider_id, channel.took) == (Status.SENT, "SM9", [])


async def test_what_the_provider_never_got_is_sent(rig: Rig) -> None:
    put(rig, "words")
    channel = Scripted(faults=[error(SendFailure.UNKNOWN)])
    one = sender(rig, channel)
    await drain(one)
    await settled(rig, one)
    await drain(one)
    assert (status(rig, "words"), channel.took) == (Status.WIRED, ["words"])


@pytest.mark.parametrize(
    ("lane", "kind", "goes_again"),
    [
        (Lane.ANSWER, "report", True),
        (Lane.BULK, "alert", True),
        *((Lane.BULK, kind, False) for kind in ("prompt", "late_list", "visit", "invite", "hold", "brief_mail")),
    ],
)
async def test_where_nobody_can_be_asked_answers_and_alerts_go_again_and_the_rest_does_not(
    rig: Rig, lane: Lane, kind: str, goes_again: bool
) -> None:
    put(rig, "words", lane=lane, kind=kind)
    channel = Blind(faults=[error(SendFailure.UNKNOWN)])
    one = sender(rig, channel)
    await drain(one)
    await settled(rig, one)
    await drain(one)
    assert channel.took == (["words"] if goes_again else [])
    assert status(rig, "words") is (Status.WIRED if goes_again else Status.FAILED)


async def test_a_provider_that_cannot_be_asked_now_is_asked_later(rig: Rig) -> None:
    class Down(Scripted):
        async def find(self, message: Outbound, since: datetime) -> list[Receipt]:
            raise error(SendFailure.RETRYABLE)

    put(rig, "words")
    one = sender(rig, Down(faults=[error(SendFailure.UNKNOWN)]))
    await drain(one)
    await settled(rig, one)
    assert status(rig, "words") is Status.UNKNOWN


class Away(Scripted):
    """A channel whose provider does not answer questions now; it counts them."""

    questions = 0

    async def find(self, message: Outbound, since: datetime) -> list[Receipt]:
        self.questions += 1
        raise error(SendFailure.RETRYABLE)


async def test_a_provider_that_is_away_is_asked_once_a_round_and_the_others_too(rig: Rig) -> None:
    doubts = [("sms 1", AMA), ("sms 2", ABENA), ("a chat", KOFI)]
    for text, urn in doubts:
        put(rig, text, urn)
    away = Away(faults=[error(SendFailure.UNKNOWN) for _n in range(2)])
    one = sender(rig, away, Scripted("telegram", [error(SendFailure.UNKNOWN)]))
    await drain(one)
    await settled(rig, one)
    assert away.questions == 1
    assert [status(rig, text) for text, _urn in doubts] == [Status.UNKNOWN, Status.UNKNOWN, Status.QUEUED]


async def test_what_cannot_be_settled_holds_nobody_up_once_it_is_stale(rig: Rig) -> None:
    put(rig, "words")
    put(rig, "more words", ABENA)
    channel = Away(faults=[error(SendFailure.UNKNOWN) for _n in range(2)])
    one = sender(rig, channel)
    await drain(one)
    rig.now += OTHERS_VALID
    await settled(rig, one)
    assert [status(rig, text) for text in ("words", "more words")] == [Status.FAILED] * 2
    put(rig, "next words")
    await drain(one)
    assert channel.took == ["next words"]


async def test_doubts_on_a_channel_that_is_gone_keep_no_others_waiting(rig: Rig) -> None:
    for n in range(60):
        put(rig, f"chat {n}", Urn("telegram", f"7001{n:02}"))
    put(rig, "words")
    chat = Scripted("telegram", [error(SendFailure.UNKNOWN) for _n in range(60)])
    sms = Scripted(faults=[error(SendFailure.UNKNOWN)])
    await drain(sender(rig, sms, chat))
    one = sender(rig, sms)  # there is no bot any more
    await settled(rig, one)
    await drain(one)
    assert sms.took == ["words"]


async def test_what_is_being_sent_is_not_in_doubt_however_long_it_takes(rig: Rig) -> None:
    class Slow(Scripted):
        async def send(self, message: Outbound, now: datetime) -> Receipt:
            handed.set()
            await arrived.wait()
            return await super().send(message, now)

    handed, arrived = asyncio.Event(), asyncio.Event()
    put(rig, "words")
    one = sender(rig, channel := Slow())
    sending = asyncio.create_task(drain(one))
    await handed.wait()
    rig.now += 2 * ABANDONED
    await one.settle_doubts()
    assert status(rig, "words") is Status.SENDING
    arrived.set()
    await sending
    assert (channel.took, status(rig, "words")) == (["words"], Status.WIRED)


async def test_answers_go_on_while_a_provider_is_slow_to_say_what_became_of_others(sqlite_rig: Rig) -> None:
    class Telling(Scripted):
        async def send(self, message: Outbound, now: datetime) -> Receipt:
            took.set()
            return await super().send(message, now)

    rig, (stop, asked, answer, took) = sqlite_rig, (asyncio.Event() for _n in range(4))
    rig.now = wall_clock() - timedelta(hours=1)
    put(rig, "in doubt", KOFI)
    slow = Scripted("telegram", [error(SendFailure.UNKNOWN)], asked=asked, answer=answer)
    channels = {"tel": (sms := Telling()), "telegram": slow}
    await drain(Sender(rig.db, channels, lambda: rig.now))
    settings = Settings(_env_file=None)
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        for part in running.working(settings, rig.db, channels, stop):
            group.create_task(part)
        await asked.wait()
        put(rig, "words")
        await took.wait()
        stop.set()
        answer.set()
    assert sms.took == ["words"]


async def test_what_a_dead_process_left_is_settled_after_a_while(rig: Rig) -> None:
    put(rig, "words")
    rig.db.work(claims.claim, rig.now, BATCH, ("tel",))  # and then it died
    channel = Scripted()
    one = sender(rig, channel)
    rig.now += ABANDONED
    assert (await one.settle_doubts(), await drain(one)) == (0, 0)
    rig.now += timedelta(seconds=1)
    assert await one.settle_doubts() == 1
    await drain(one)
    assert (channel.took, status(rig, "words")) == (["words"], Status.WIRED)


async def test_who_starts_alone_soon_asks_about_what_the_process_before_it_held(sqlite_rig: Rig) -> None:
    rig = sqlite_rig
    put(rig, "words")
    rig.db.work(claims.claim, rig.now, BATCH, ("tel",))  # and then it died
    rig.now += timedelta(seconds=1)
    after = sender(rig, Scripted())
    assert await after.settle_doubts() == 0
    rig.now += STILL_ARRIVING
    assert await after.settle_doubts() == 1


async def test_two_processes_that_settle_the_same_doubt_send_it_once(rig: Rig) -> None:
    """The second one's question is answered only after the first has sent the part again."""
    put(rig, "words")
    asked, answer = asyncio.Event(), asyncio.Event()
    first, slow = Scripted(faults=[error(SendFailure.UNKNOWN)]), Scripted(asked=asked, answer=answer)
    one, two = sender(rig, first), sender(rig, slow)
    await drain(one)
    settling = asyncio.create_task(settled(rig, two))
    await asked.wait()
    await settled(rig, one)
    await drain(one)
    answer.set()
    await settling
    await drain(one)
    assert first.took == ["words"]


# Twilio, over a socket


@pytest.fixture
async def twilio(rig: Rig) -> AsyncIterator[tuple[TwilioDouble, TwilioChannel]]:
    async with TwilioDouble(now=lambda: rig.now) as double:
        channel = TwilioChannel(ACCOUNT_SID, AUTH_TOKEN, sender=NUMBER, base_url=double.base_url, timeout=5)
        yield double, channel
        await channel.close()


@pytest.mark.parametrize(("drop", "sendings"), [("after", 1), ("before", 1)])
async def test_a_line_that_breaks_is_asked_about_and_the_text_arrives_once(
    rig: Rig, twilio: tuple[TwilioDouble, TwilioChannel], drop: str, sendings: int
) -> None:
    double, channel = twilio
    double.faults.append(Fault(drop=drop))  # type: ignore[arg-type]
    put(rig, "words")
    one = sender(rig, channel)
    await drain(one)
    assert status(rig, "words") is Status.UNKNOWN
    await settled(rig, one)
    await drain(one)
    assert [m.body for m in double.sent] == ["words"] * sendings
    assert (status(rig, "words"), row(rig, "words").provider_id) == (Status.WIRED, double.sent[0].sid)


async def test_a_clock_that_is_ahead_of_the_providers_sends_nothing_twice(
    rig: Rig, twilio: tuple[TwilioDouble, TwilioChannel]
) -> None:
    double, channel = twilio
    put(rig, "words")
    put(rig, "words", key="the same again")
    double.faults.append(Fault(drop="after"))
    rig.now -= timedelta(seconds=5)  # which is what Twilio thinks
    one = Sender(rig.db, {"tel": channel}, lambda: rig.now + timedelta(seconds=5))
    await one.send_due()
    await settled(rig, one)
    await drain(one)
    assert [m.body for m in double.sent] == ["words"] * 2


async def test_the_same_words_just_before_are_not_taken_for_those_that_were_lost(
    rig: Rig, twilio: tuple[TwilioDouble, TwilioChannel]
) -> None:
    double, channel = twilio
    one = sender(rig, channel)
    put(rig, "words")
    await drain(one)
    rig.now += timedelta(seconds=20)
    put(rig, "words", key="the same again")
    double.faults.append(Fault(drop="before"))
    await drain(one)
    await settled(rig, one)
    await drain(one)
    assert [m.body for m in double.sent] == ["words"] * 2
    assert rig.db.work(outbox.counts) == {"wired": 2}


@pytest.mark.parametrize("later", [None, Fault(drop="before"), Fault(drop="after")])
async def test_a_lost_answer_is_found_beside_newer_ones_with_the_same_words(
    rig: Rig, twilio: tuple[TwilioDouble, TwilioChannel], later: Fault | None
) -> None:
    double, channel = twilio
    one = sender(rig, channel)
    put(rig, "words")
    double.faults.append(Fault(drop="after"))
    await drain(one)
    if later:
        double.faults.append(later)
    put(rig, "words", key="the same again", lane=Lane.ALERT)
    await drain(one)
    await settled(rig, one)
    await drain(one)
    assert [m.body for m in double.sent] == ["words"] * 2
    assert rig.db.work(outbox.counts) == {"wired": 2}


async def test_of_two_lost_with_the_same_words_the_one_that_arrived_is_counted_once(
    rig: Rig, twilio: tuple[TwilioDouble, TwilioChannel]
) -> None:
    double, channel = twilio
    one = sender(rig, channel)
    lost, arrived = Fault(drop="before"), Fault(drop="after")
    for key, lane, fault in (("first", Lane.ANSWER, lost), ("second", Lane.ALERT, arrived)):
        put(rig, "words", key=key, lane=lane)
        double.faults.append(fault)
        await drain(one)
    await settled(rig, one)
    await drain(one)
    assert [m.body for m in double.sent] == ["words"] * 2
    assert rig.db.work(outbox.counts) == {"wired": 2}


async def test_a_busy_provider_is_given_the_time_it_asked_for(
    rig: Rig, twilio: tuple[TwilioDouble, TwilioChannel]
) -> None:
    double, channel = twilio
    double.faults.append(Fault(status=429, code=20429, retry_after=45))
    put(rig, "words")
    one = sender(rig, channel)
    await drain(one)
    rig.now += timedelta(seconds=44)
    assert await drain(one) == 0
    rig.now += timedelta(seconds=1)
    await drain(one)
    assert [m.body for m in double.sent] == ["words"]


async def test_who_texted_stop_to_the_carrier_is_not_written_to_again(
    rig: Rig, twilio: tuple[TwilioDouble, TwilioChannel]
) -> None:
    double, channel = twilio
    double.opted_out.add(AMA.path)
    put(rig, "words")
    await drain(sender(rig, channel))
    assert rig.contact("ama").status is ContactStatus.STOPPED


# News


STEPS = (Status.WIRED, Status.SENT, Status.DELIVERED)


@pytest.mark.parametrize("order", list(permutations(STEPS)), ids=lambda order: "-".join(order))
async def test_news_in_any_order_never_goes_backward(rig: Rig, order: Iterable[Status]) -> None:
    put(rig, "words")
    await drain(sender(rig, Scripted()))
    provider_id = row(rig, "words").provider_id
    assert provider_id
    seen = [status(rig, "words")]
    for step in order:
        rig.db.work(take_news, Receipt(provider_id, step), rig.now)
        rig.db.work(take_news, Receipt(provider_id, step), rig.now)
        seen.append(status(rig, "words"))
    assert [outbox.RANK[s] for s in seen] == sorted(outbox.RANK[s] for s in seen)
    assert seen[-1] is Status.DELIVERED


async def test_what_was_delivered_does_not_fail_afterwards(rig: Rig) -> None:
    put(rig, "words")
    await drain(sender(rig, Scripted()))
    provider_id = row(rig, "words").provider_id or ""
    rig.db.work(take_news, Receipt(provider_id, Status.DELIVERED), rig.now)
    rig.db.work(take_news, Receipt(provider_id, Status.FAILED, "30003"), rig.now)
    assert status(rig, "words") is Status.DELIVERED


async def test_a_failure_that_is_told_after_the_delivery_leads_to_nothing(rig: Rig) -> None:
    put(rig, "words", KOFI)
    await drain(sender(rig, Scripted(), Scripted("telegram")))
    provider_id = row(rig, "words").provider_id or ""
    rig.db.work(take_news, Receipt(provider_id, Status.DELIVERED), rig.now)
    rig.db.work(take_news, Receipt(provider_id, Status.FAILED, "403", SendFailure.PERMANENT), rig.now)
    assert rig.contact("kofi").address("telegram") == KOFI
    sms = Scripted()
    await drain(sender(rig, sms))
    assert sms.took == []


async def test_of_two_callbacks_at_once_the_later_one_knows_of_the_earlier(rig: Rig) -> None:
    put(rig, "words")
    await drain(sender(rig, Scripted()))
    provider_id = row(rig, "words").provider_id or ""
    with ThreadPoolExecutor(1) as other:
        with rig.db.begin() as db:
            outbox.news(db, Receipt(provider_id, Status.FAILED, "30003"), None)
            sent = other.submit(rig.db.work, take_news, Receipt(provider_id, Status.SENT), rig.now)
            await asyncio.sleep(0.3)
        sent.result(timeout=20)
    assert status(rig, "words") is Status.FAILED


async def test_what_became_of_an_earlier_sending_is_no_news_of_the_one_after_it(rig: Rig) -> None:
    put(rig, "words")
    await drain(sender(rig, Scripted()))
    late = Receipt("SM-of-the-first", Status.FAILED, "30003", SendFailure.RETRYABLE)
    rig.db.work(take_news, late, rig.now, row(rig, "words").id)
    assert status(rig, "words") is Status.WIRED
    rig.now += timedelta(hours=1)
    assert await drain(sender(rig, Scripted())) == 0


async def test_an_id_that_a_phone_gave_before_means_the_newest(rig: Rig) -> None:
    class Counting(Scripted):
        async def send(self, message: Outbound, now: datetime) -> Receipt:
            return Receipt("gw:1", Status.WIRED)

    for words in ("old", "new"):
        put(rig, words)
        await drain(sender(rig, Counting()))
    rig.db.work(take_news, Receipt("gw:1", Status.DELIVERED), rig.now)
    assert (status(rig, "old"), status(rig, "new")) == (Status.WIRED, Status.DELIVERED)


async def test_an_id_that_is_too_long_to_keep_whole_is_known_again(rig: Rig) -> None:
    class Wordy(Scripted):
        async def send(self, message: Outbound, now: datetime) -> Receipt:
            return Receipt("x" * 300, Status.WIRED)

    put(rig, "words")
    await drain(sender(rig, Wordy()))
    rig.db.work(take_news, Receipt("x" * 300, Status.DELIVERED), rig.now)
    assert status(rig, "words") is Status.DELIVERED


async def test_a_refusal_in_the_answer_to_the_sending_itself_is_acted_on_as_one_that_is_told_later(rig: Rig) -> None:
    class Refusing(Scripted):
        async def send(self, message: Outbound, now: datetime) -> Receipt:
            return Receipt(f"SM{message.id}", Status.FAILED, "30006", SendFailure.PERMANENT)

    put(rig, "words")
    chat = Scripted("telegram")
    await drain(sender(rig, Refusing(), chat))
    assert (chat.took, status(rig, "words"), row(rig, "words").reason) == (["words"], Status.FAILED, "30006")
    assert rig.contact("ama").address("tel") == rig.urn("ama", "telegram")


async def test_news_of_an_opt_out_stops_the_person(rig: Rig) -> None:
    put(rig, "words")
    await drain(sender(rig, Scripted()))
    news = Receipt(row(rig, "words").provider_id or "", Status.FAILED, "21610", failure=SendFailure.STOPPED)
    rig.db.work(take_news, news, rig.now)
    assert rig.contact("ama").status is ContactStatus.STOPPED


def test_news_of_somebody_elses_message_is_left_alone(rig: Rig) -> None:
    put(rig, "words")
    rig.db.work(take_news, Receipt("SM-unknown", Status.FAILED, "30003", failure=SendFailure.STOPPED), rig.now)
    assert status(rig, "words") is Status.QUEUED
    assert rig.contact("ama").status is ContactStatus.ACTIVE


# Pictures


def parts_of(rig: Rig, text: str) -> list[tuple[str, bool, int]]:
    message = replace(say(plain(text)), picture=b"PNG", options=(Option("m", plain("More")),))
    rig.db.work(queue, message, rig.contact("kofi"), KOFI, "key", "digest", Lane.BULK, rig.now)
    rig.deliver()
    return [(m.text, m.picture is not None, len(m.buttons)) for m in rig.sent]


def test_a_picture_stands_over_a_short_text(sqlite_rig: Rig) -> None:
    assert parts_of(sqlite_rig, "Title\nwords") == [("Title\nwords", True, 1)]


def test_a_picture_over_a_long_text_goes_first_with_its_title(sqlite_rig: Rig) -> None:
    words = "w" * LONGEST_CAPTION
    assert parts_of(sqlite_rig, f"Title\n{words}") == [("Title", True, 0), (words, False, 1)]


def test_a_picture_over_a_text_of_one_long_line_goes_first_alone(sqlite_rig: Rig) -> None:
    words = "w" * 5000
    assert parts_of(sqlite_rig, words) == [("", True, 0), (words[:4096], False, 0), (words[4096:], False, 1)]


# Quiet hours


@pytest.mark.parametrize(
    ("who", "hour", "goes"),
    [
        ("ama", 18, "2026-11-03 18:00"),
        ("ama", 19, "2026-11-04 07:00"),
        ("ama", 3, "2026-11-03 07:00"),
        ("asha", 17, "2026-11-04 04:00"),  # eight in the evening in Dar es Salaam
        ("rosa", 12, "2026-11-03 13:00"),  # six in the morning in Guatemala
        ("rosa", 20, "2026-11-03 20:00"),
    ],
)
def test_what_nobody_asked_for_waits_for_the_morning(sqlite_rig: Rig, who: str, hour: int, goes: str) -> None:
    rig = sqlite_rig
    rig.now = datetime(2026, 11, 3, hour, tzinfo=UTC)
    assert rig.db.work(reach, rig.contact(who), say(plain("words")), "key", "nudge", rig.now)
    assert f"{row(rig, 'words').due_at:%Y-%m-%d %H:%M}" == goes


async def test_what_an_outage_kept_until_the_night_waits_for_the_morning(rig: Rig) -> None:
    rig.now = datetime(2026, 11, 3, 12, tzinfo=UTC)
    put(rig, "nudge", kind="nudge", lane=Lane.BULK)
    put(rig, "alert", kind="alert", lane=Lane.ALERT)
    put(rig, "answer")
    rig.now = datetime(2026, 11, 3, 23, tzinfo=UTC)
    channel = Scripted()
    await drain(sender(rig, channel))
    assert channel.took == ["alert", "answer"]
    waiting = row(rig, "nudge")
    assert (waiting.status, waiting.attempts) == (Status.QUEUED, 0)
    assert waiting.due_at == datetime(2026, 11, 4, 7, tzinfo=UTC)
    rig.now = waiting.due_at
    await drain(sender(rig, channel))
    assert (channel.took[2:], row(rig, "nudge").attempts) == (["nudge"], 1)


def test_what_is_critical_passes_at_night(rig: Rig) -> None:
    rig.now = datetime(2026, 11, 3, 23, tzinfo=UTC)
    rig.db.work(reach, rig.contact("ama"), say(plain("words")), "key", "alert", rig.now, critical=True)
    rig.deliver()
    assert [m.text for m in rig.sent] == ["words"]


def test_an_answer_is_given_at_any_hour(rig: Rig) -> None:
    rig.now = datetime(2026, 11, 3, 23, tzinfo=UTC)
    rig.says("ama", "DUE")
    assert len(rig.sent) == 1


def test_who_has_stopped_is_not_reached(rig: Rig) -> None:
    rig.says("ama", "STOP")
    assert not rig.db.work(reach, rig.contact("ama"), say(plain("words")), "key", "nudge", rig.now)
    assert rig.db.work(programmes.current).quiet.starts.hour == 19
