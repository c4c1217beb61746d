"""Rates that hold whoever sends: so many a second in the long run, a few at once, answers before bulk."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from bot.claiming import A_CHAT, ANSWERS_AHEAD, BATCH, claim_due
from bot.outbox import Sender
from domain.messages import Lane, Outbound, Receipt, Status
from domain.people import ContactStatus, Urn
from storage import contacts, outbox, rates
from storage.database import Database
from storage.outbox import Claimed, Part
from storage.rates import Limit
from tests.rig import SECRET, Rig

AMA, ABENA = Urn("tel", "+233200000011"), Urn("tel", "+233200000022")
FAST = Limit(50, burst=3)


class Taking:
    """A channel that takes everything."""

    name = "sms"

    def __init__(self) -> None:
        self.took: list[str] = []

    async def send(self, message: Outbound, now: object) -> Receipt:
        self.took.append(message.text)
        return Receipt(f"SM{message.id}", Status.WIRED)

    async def find(self, message: Outbound, since: object) -> list[Receipt]:
        return []

    async def close(self) -> None: ...


def put(rig: Rig, text: str, lane: Lane, urn: Urn = AMA, segments: int = 1) -> None:
    contact = rig.db.work(contacts.find, urn)
    part = Part(text, "report", lane, urn, text, segments, rig.now, contact.id if contact else None)
    rig.db.work(outbox.put, part, rig.now)


def most_in_a_second(moments: list[float]) -> int:
    return max(sum(start <= moment < start + 1 for moment in moments) for start in moments)


def test_several_processes_at_once_keep_the_rate(rig: Rig) -> None:
    limit, others = Limit(20, burst=5), [Database(rig.db.url, SECRET) for _n in range(3)]

    def use(db: Database) -> list[float]:
        return [db.work(rates.take, "sms", limit, rig.now) for _n in range(20)]

    with ThreadPoolExecutor(3) as threads:
        waits = sorted(wait for found in threads.map(use, others) for wait in found)
    for db in others:
        db.close()
    assert waits[: int(limit.burst)] == [0.0] * 5
    assert most_in_a_second(waits) == 25
    assert waits[-1] == pytest.approx((60 - limit.burst) / limit.rate, abs=0.001)


def test_segments_count_and_a_rest_is_forgotten(rig: Rig) -> None:
    limit = Limit(1)
    assert rig.db.work(rates.take, "sms", limit, rig.now, 3) == 0
    assert rig.db.work(rates.take, "sms", limit, rig.now, 1) == pytest.approx(3)
    later = rig.now + timedelta(hours=2)
    assert [rig.db.work(rates.take, "sms", limit, later) for _n in range(2)] == pytest.approx([0, 1])


def test_room_is_what_may_go_until_then(rig: Rig) -> None:
    limits = {"sms": Limit(10, burst=3)}
    assert rig.db.work(rates.room, limits, rig.now) == {"sms": 3}
    assert rig.db.work(rates.room, limits, rig.now, 1.0) == {"sms": 13}
    for _n in range(8):
        rig.db.work(rates.take, "sms", limits["sms"], rig.now)
    assert rig.db.work(rates.room, limits, rig.now) == {"sms": 0}
    assert rig.db.work(rates.room, limits, rig.now, 1.0) == {"sms": 5}


@pytest.mark.parametrize("ahead", [timedelta(minutes=10), timedelta(minutes=59), timedelta(days=9)])
def test_a_clock_that_was_ahead_and_is_put_right_stops_nobody(rig: Rig, ahead: timedelta) -> None:
    limits = {"sms": Limit(1)}
    for _n in range(20):
        rig.db.work(rates.take, "sms", limits["sms"], rig.now + ahead)
    assert rig.db.work(rates.room, limits, rig.now) == {"sms": 1}
    assert rig.db.work(rates.take, "sms", limits["sms"], rig.now) == 0


async def test_bulk_takes_what_the_moment_allows_and_leaves_the_rest(rig: Rig) -> None:
    for n in range(BATCH):
        put(rig, f"bulk {n}", Lane.BULK, (AMA, ABENA)[n % 2])
    channel = Taking()
    one = Sender(rig.db, {"tel": channel}, lambda: rig.now, {"tel": Limit(1)})
    assert await one.send_due() == 1
    assert await one.send_due() == 0  # a second later there is room for one more
    rig.now += timedelta(seconds=1)
    assert await one.send_due() == 1


def test_long_answers_take_no_more_of_the_rate_than_short_ones(rig: Rig) -> None:
    for n in range(13):
        put(rig, f"answer {n}", Lane.ANSWER, Urn("tel", f"+23320000003{n:02}"), segments=3)
    batch = rig.db.work(claim_due, rig.now, ("tel",), {"tel": Limit(1, burst=3)})
    waits = [ready.wait for ready in batch.ready]
    assert waits == pytest.approx([0, 1, 4, 7, 10])  # three seconds each, of which a rest gives the first two
    assert max(waits) <= ANSWERS_AHEAD
    assert rig.db.work(outbox.counts) == {"queued": 13 - len(batch), "sending": len(batch)}


async def begin_to_send(rig: Rig, lane: Lane) -> tuple[Taking, asyncio.Task[int], Claimed]:
    """Let somebody claim words that must wait half a second for their rate."""
    limit, channel, taken = Limit(2), Taking(), list[Claimed]()
    rig.db.work(rates.take, "tel", limit, rig.now, 2)
    put(rig, "words", lane)
    sending = asyncio.create_task(Sender(rig.db, {"tel": channel}, lambda: rig.now, {"tel": limit}).send_due())
    while not taken:
        await asyncio.sleep(0.01)
        taken = rig.db.work(outbox.in_doubt, rig.now + timedelta(seconds=1))
    return channel, sending, taken[0]


async def test_what_another_process_took_over_while_it_waited_is_left_to_it(rig: Rig) -> None:
    channel, sending, part = await begin_to_send(rig, Lane.ANSWER)
    rig.db.work(outbox.again, part, rig.now, "abandoned")
    rig.now += timedelta(seconds=1)
    await sending
    assert (channel.took, rig.db.work(outbox.counts)) == ([], {"queued": 1})


async def test_who_stops_while_words_wait_for_their_rate_does_not_get_them(rig: Rig) -> None:
    channel, sending, _part = await begin_to_send(rig, Lane.ALERT)
    rig.db.work(contacts.change, rig.contact("ama").id, status=str(ContactStatus.STOPPED))
    rig.now += timedelta(seconds=1)
    await sending
    assert (channel.took, rig.db.work(outbox.counts)) == ([], {"dropped": 1})


@pytest.mark.parametrize("passes", [timedelta(seconds=1), timedelta(hours=-1)], ids=["time passes", "clock put back"])
async def test_who_stops_while_a_slow_message_goes_before_the_next_does_not_get_that(
    rig: Rig, passes: timedelta
) -> None:
    class Slow(Taking):
        async def send(self, message: Outbound, now: object) -> Receipt:
            rig.now += passes
            await rig.db.run(contacts.change, rig.contact("ama").id, status=str(ContactStatus.STOPPED))
            return await super().send(message, now)

    put(rig, "an alert", Lane.ALERT)
    put(rig, "a digest", Lane.BULK)
    await Sender(rig.db, {"tel": (channel := Slow())}, lambda: rig.now).send_due()
    assert (channel.took, rig.db.work(outbox.counts)) == (["an alert"], {"dropped": 1, "wired": 1})


async def test_an_answer_goes_before_bulk_that_has_waited_for_long(rig: Rig) -> None:
    for n in range(BATCH):
        put(rig, f"bulk {n}", Lane.BULK)
    rig.now += timedelta(hours=1)
    channel = Taking()
    one = Sender(rig.db, {"tel": channel}, lambda: rig.now, {"tel": FAST})
    for n in range(3):
        put(rig, f"answer {n}", Lane.ANSWER, ABENA)
        await one.send_due()
        rig.now += timedelta(milliseconds=20)
    answers = [text for text in channel.took if text.startswith("answer")]
    assert answers == ["answer 0", "answer 1", "answer 2"]
    assert channel.took[0] == "answer 0"


def test_a_chat_is_written_to_at_its_own_pace(rig: Rig) -> None:
    ama = rig.contact("ama")
    for _n in range(int(A_CHAT.burst)):
        assert rig.db.work(rates.take, f"chat:{ama.id}", A_CHAT, rig.now) == 0
    put(rig, "words", Lane.ANSWER, rig.urn("ama", "telegram"))
    batch = rig.db.work(claim_due, rig.now, ("telegram",), {"telegram": Limit(25, burst=5)})
    assert [ready.wait for ready in batch.ready] == pytest.approx([1 / A_CHAT.rate])


async def test_a_process_that_has_to_end_hands_back_what_it_has_not_begun(rig: Rig) -> None:
    stop, channel = asyncio.Event(), Taking()
    put(rig, "words", Lane.ANSWER)
    stop.set()
    await Sender(rig.db, {"tel": channel}, lambda: rig.now, stop=stop).send_due()
    assert (channel.took, rig.db.work(outbox.counts)) == ([], {"queued": 1})
    await Sender(rig.db, {"tel": channel}, lambda: rig.now).send_due()
    assert channel.took == ["words"]
