"""What we stand on fails for a while: the database, the disk, the clock. Afterwards all is as if it had not."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import OperationalError

from bot.catching_up import LONGEST_CATCH_UP
from bot.channels.twilio import TwilioChannel
from bot.leading import address
from bot.opening import bring_up
from bot.outbox import Sender
from bot.turns import MOST_ATTEMPTS, retake_turns, take_turn
from domain.messages import Inbound, Outbound, Receipt
from domain.people import Urn
from scheduler.schedule import tick
from storage import database
from storage.database import PATIENCE, Database, patience
from storage.models import CurrentValueRow, InboundRow, OccurrenceRow, OutboundRow
from tests import postgres
from tests.doubles.twilio_api import ACCOUNT_SID, AUTH_TOKEN, NUMBER, TwilioDouble
from tests.rig import SECRET, Rig
from tests.tracing import no_turn_ends

MONDAY = datetime(2026, 11, 2, 14, 5, tzinfo=UTC)
AMA = Urn("tel", "+233200000011")


def said(n: int, words: str = "") -> Inbound:
    return Inbound(
        "sms", f"m{n}", AMA, words or f"NOTE number {n} " + "of a long day " * 20, MONDAY + timedelta(minutes=20 * n)
    )


def stored(rig: Rig) -> tuple[int, int, int]:
    """Return how many messages are on record, how many of them were handled, and how many answers there are."""
    with rig.db.begin() as db:
        received, handled = db.execute(select(func.count(), func.count(InboundRow.handled_at))).one()
        answers = db.scalar(select(func.count(OutboundRow.id)).where(OutboundRow.inbound_id.is_not(None)))
    return received, handled, answers or 0


# The disk


@contextmanager
def full_disk(rig: Rig, pages: int) -> Iterator[None]:
    """Leave a database this many more pages (of 4096 bytes)."""

    def limit(connection: Any, _record: object = None) -> None:
        (used,) = connection.execute("pragma page_count").fetchone()
        connection.execute(f"pragma max_page_count = {used + pages}")

    rig.db.engine.dispose()
    event.listen(rig.db.engine, "connect", limit)
    yield
    event.remove(rig.db.engine, "connect", limit)
    rig.db.engine.dispose()


def is_taken(rig: Rig, inbound: Inbound) -> bool:
    try:
        rig.db.work(take_turn, inbound, MONDAY)
    except OperationalError:
        return False
    return True


@pytest.mark.parametrize("pages", range(4))
def test_a_full_disk_refuses_messages_whole_and_takes_them_when_there_is_room(sqlite_rig: Rig, pages: int) -> None:
    with full_disk(sqlite_rig, pages):
        refused = [n for n in range(12) if not is_taken(sqlite_rig, said(n))]
    assert refused, "the disk never was full"
    for n in range(12):  # the provider hands over again, what was taken too
        sqlite_rig.db.work(take_turn, said(n), MONDAY)
    sqlite_rig.db.work(retake_turns, MONDAY + timedelta(days=1))
    received, handled, answers = stored(sqlite_rig)
    assert (received, handled) == (12, 12)
    assert answers == 12


# The database


@pytest.fixture(scope="module")
def cluster() -> Iterator[postgres.Cluster]:
    """A PostgreSQL that a test may switch off."""
    with postgres.cluster(durable=True) as running:
        yield running


@pytest.fixture
def fragile(cluster: postgres.Cluster) -> Iterator[Rig]:
    """The sample programme on it."""
    rig = Rig.on(cluster.prefix.format("postgres"), now=MONDAY)
    yield rig
    rig.close()


async def test_a_database_that_is_gone_for_a_while_loses_nothing(cluster: postgres.Cluster, fragile: Rig) -> None:
    rig = fragile
    await rig.db.run(take_turn, said(1, "REP ABS 12"), MONDAY)
    cluster.crash()
    for n in (2, 3):
        with pytest.raises(OperationalError):
            await rig.db.run(take_turn, said(n, f"REP ABS 1{n}"), MONDAY)
    cluster.start()
    for n in (1, 2, 3):
        await rig.db.run(take_turn, said(n, f"REP ABS 1{n}"), MONDAY)
    assert stored(rig)[:2] == (3, 3)
    with rig.db.begin() as db:
        assert db.scalar(select(CurrentValueRow.value).where(CurrentValueRow.period == "2026-10")) == 13.0

    # And in the middle of sending: the provider has taken it, and nobody is there to write that down.
    async with TwilioDouble(lambda: MONDAY + timedelta(hours=2)) as provider:
        channel = _Then(
            TwilioChannel(ACCOUNT_SID, AUTH_TOKEN, sender=NUMBER, base_url=provider.base_url), cluster.crash
        )
        clock = MONDAY + timedelta(hours=2)
        with pytest.raises(OperationalError):
            await Sender(rig.db, {"tel": channel}, lambda: clock).send_due()
        cluster.start()
        clock += timedelta(minutes=5)
        sender = Sender(rig.db, {"tel": channel.inner}, lambda: clock)
        await sender.settle_doubts()
        while await sender.send_due():
            pass
        await channel.close()
        with rig.db.begin() as db:
            queued = list(
                db.scalars(select(OutboundRow.text).where(OutboundRow.scheme == "tel").order_by(OutboundRow.id))
            )
        assert [message.body for message in provider.sent] == queued
        assert len(queued) == 3


def test_every_connection_notices_a_database_that_is_gone_without_a_word(postgres_rig: Rig) -> None:
    with (
        postgres_rig.db.engine.connect() as connection,
        psycopg.connect(address(postgres_rig.db)) as other,
    ):
        for opened in (connection.connection.driver_connection, other):
            assert isinstance(opened, psycopg.Connection)
            found = opened.info.get_parameters()
            assert {name: found[name] for name in PATIENCE} == {name: str(value) for name, value in PATIENCE.items()}


def test_a_database_that_does_not_answer_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "PATIENCE", PATIENCE | {"connect_timeout": 2})
    with socket.create_server(("127.0.0.1", 0)) as silent:
        where = f"127.0.0.1:{silent.getsockname()[1]}"
        db, began = Database(f"postgresql://nobody@{where}/none", SECRET), time.monotonic()
        with pytest.raises(OperationalError):
            db.work(lambda session: session.execute(text("select 1")))
        db.close()
    assert time.monotonic() - began < 30


def test_an_address_says_itself_how_long_its_database_is_waited_for() -> None:
    assert patience("postgresql://nobody@host/none") == PATIENCE
    assert "connect_timeout" not in patience("postgresql://nobody@host/none?connect_timeout=60")


class _Then:
    """A channel after whose first sending something happens."""

    def __init__(self, inner: TwilioChannel, happens: Callable[[], None]) -> None:
        self.name, self.inner = inner.name, inner
        self._happens: Callable[[], None] | None = happens

    async def send(self, message: Outbound, now: datetime) -> Receipt:
        receipt = await self.inner.send(message, now)
        if self._happens is not None:
            await asyncio.to_thread(self._happens)
            self._happens = None
        return receipt

    async def find(self, message: Outbound, since: datetime) -> list[Receipt]:
        return await self.inner.find(message, since)

    async def close(self) -> None:
        await self.inner.close()


# The clock


def prompted(rig: Rig) -> dict[str, int]:
    """Return how often each person was asked for each month, by key of what was decided."""
    with rig.db.begin() as db:
        rows = db.execute(
            select(OccurrenceRow.key, func.count()).where(OccurrenceRow.kind == "prompt").group_by(OccurrenceRow.key)
        )
        parts = db.execute(
            select(OutboundRow.key, func.count()).where(OutboundRow.kind == "prompt").group_by(OutboundRow.key)
        )
        return {row[0]: row[1] for row in [*rows, *parts]}


@pytest.mark.parametrize("jump", [timedelta(days=-3), timedelta(hours=-7), timedelta(minutes=-1)], ids=str)
def test_a_clock_that_is_put_back_asks_nobody_twice(rig: Rig, jump: timedelta) -> None:
    tick(rig.db, MONDAY)
    before = prompted(rig)
    assert before
    for moment in (MONDAY + jump, MONDAY + jump / 2, MONDAY):
        tick(rig.db, moment)
    assert prompted(rig) == before
    assert set(before.values()) == {1}


def test_a_clock_that_was_a_year_ahead_for_an_hour_leaves_the_month_as_it_was(rig: Rig) -> None:
    tick(rig.db, MONDAY)
    before = prompted(rig)
    tick(rig.db, MONDAY + timedelta(days=366))
    tick(rig.db, MONDAY + timedelta(minutes=1))
    after = prompted(rig)
    assert {key: after[key] for key in before} == before
    assert set(after.values()) == {1}


# The secret


def test_a_message_that_cannot_be_opened_keeps_no_other_from_being_read_again(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    rig.db.work(take_turn, said(1, "WHO"), MONDAY)
    rig.db.work(take_turn, said(2, "DUE"), MONDAY)
    with rig.db.begin() as db:
        db.execute(text("update inbound set handled_at = null"))
        db.execute(text("update inbound set text = :other where provider_id = 'm1'"), {"other": bytes(80)})
        lost = db.scalar(select(InboundRow.id).where(InboundRow.provider_id == "m1"))
        db.execute(text("delete from outbound"))
    for n in range(1, 2 * MOST_ATTEMPTS):
        rig.db.work(retake_turns, MONDAY + timedelta(hours=n))
    assert stored(rig) == (2, 1, 1)
    told = [record for record in caplog.records if record.levelname == "ERROR"]
    assert {vars(record)["inbound_id"] for record in told} == {lost}
    assert len(told) == MOST_ATTEMPTS + 1


def test_a_message_that_was_given_up_is_tried_again_after_an_upgrade(sqlite_rig: Rig) -> None:
    rig = sqlite_rig
    with no_turn_ends(rig.db):
        rig.db.work(take_turn, said(1, "WHO"), MONDAY)
        for n in range(1, 2 * MOST_ATTEMPTS):
            rig.db.work(retake_turns, MONDAY + timedelta(hours=n))
    later = MONDAY + timedelta(days=2)
    assert rig.db.work(retake_turns, later) == 0
    bring_up(rig.db, later + LONGEST_CATCH_UP)  # by then nobody remembers what they wrote
    assert rig.db.work(retake_turns, later) == 0
    bring_up(rig.db, later)
    assert rig.db.work(retake_turns, later) == 1
