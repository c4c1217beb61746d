"""Work that many processes share: jobs made with the answer they are for, found again when lost, done in order."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta

import psycopg
import pytest
from procrastinate import App, PsycopgConnector
from sqlalchemy import text
from sqlalchemy.orm import Session

from benchmarks.kill import until
from bot import leading
from bot.leading import address, lead_alone, locked
from bot.outbox import Sender
from bot.turns import take_turn
from bot.work import RECOVERY, Worker, give_jobs, is_ready, make_ready, retry_stalled, sweep
from domain.messages import Inbound, Lane, Outbound, Receipt, Status
from domain.people import Urn
from storage import contacts, outbox, rates
from storage.outbox import Part
from storage.rates import Limit
from tests.conftest import RIGS
from tests.rig import Rig

AMA, ABENA = Urn("tel", "+233200000011"), Urn("tel", "+233200000022")
SCHEMES = ("tel", "telegram")


@pytest.fixture
def shared(request: pytest.FixtureRequest) -> Iterator[Rig]:
    """A programme on a PostgreSQL in which work is shared."""
    with RIGS["postgresql"](request) as rig:
        make_ready(rig.db)
        give_jobs(rig.db)
        yield rig


class Taking:
    """A channel that takes everything."""

    name = "sms"

    def __init__(self) -> None:
        self.took: list[str] = []

    async def send(self, message: Outbound, now: object) -> Receipt:
        await asyncio.sleep(0)
        self.took.append(message.text)
        return Receipt(f"SM{message.id}", Status.WIRED)

    async def find(self, message: Outbound, since: object) -> list[Receipt]:
        return []

    async def close(self) -> None: ...


@pytest.fixture
async def working(shared: Rig) -> AsyncIterator[Taking]:
    """Two worker processes' worth of hands, over one channel."""
    channel, stop = Taking(), asyncio.Event()
    sender = Sender(shared.db, {"tel": channel}, lambda: shared.now, stop=stop)
    workers = [Worker(shared.db, sender, ("tel",), {}, lambda: shared.now) for _n in range(2)]
    running = [asyncio.create_task(worker.run(stop)) for worker in workers]
    yield channel
    stop.set()
    await asyncio.gather(*running)


def jobs(rig: Rig) -> list[tuple[str, dict[str, int], str]]:
    query = text("select queue_name, args, lock from procrastinate_jobs where status in ('todo', 'doing') order by id")
    with rig.db.engine.connect() as connection:
        return [(row.queue_name, row.args, row.lock) for row in connection.execute(query)]


def put(rig: Rig, words: str, lane: Lane = Lane.ANSWER, urn: Urn = AMA) -> int:
    contact = rig.db.work(contacts.find, urn)
    part = Part(words, "report", lane, urn, words, 1, rig.now, contact.id if contact else None)
    row_id = rig.db.work(outbox.put, part, rig.now)
    assert row_id is not None
    return row_id


async def until_sent(rig: Rig, number: int) -> None:
    await until(lambda: rig.db.work(outbox.counts).get("wired", 0) >= number)


def drop_connections(rig: Rig, query: str) -> None:
    """End the connections that a query finds by their process ids."""
    with psycopg.connect(address(rig.db), autocommit=True) as admin:
        admin.execute(f"select pg_terminate_backend(pid) from ({query}) as found where pid <> pg_backend_pid()")


async def recover_beside_others(rig: Rig, workers: int) -> list[int]:
    """Let workers look for stalled jobs at the same moment; return how many each took up."""
    apps = [App(connector=PsycopgConnector(conninfo=address(rig.db), min_size=1)) for _n in range(workers)]
    async with contextlib.AsyncExitStack() as opened:
        for app in apps:
            await opened.enter_async_context(app.open_async())
        return await asyncio.gather(*(retry_stalled(app, rig.db) for app in apps))


def raise_after(db: Session, inbound: Inbound, now: datetime) -> None:
    take_turn(db, inbound, now)
    raise RuntimeError


def test_the_queue_has_its_tables_once(shared: Rig) -> None:
    make_ready(shared.db)
    assert is_ready(shared.db)


def test_an_answer_has_a_job_that_carries_its_id_and_nothing_of_the_person(shared: Rig) -> None:
    taken = shared.db.work(take_turn, Inbound("sms", "SM1", AMA, "WHO", shared.now), shared.now)
    assert taken.turn is not None
    [(queue, arguments, lock)] = jobs(shared)
    assert (queue, list(arguments)) == ("answer", ["outbound_id"])
    assert AMA.path not in lock


def test_a_turn_that_is_rolled_back_leaves_no_job(shared: Rig) -> None:
    with pytest.raises(RuntimeError):
        shared.db.work(raise_after, Inbound("sms", "SM1", AMA, "WHO", shared.now), shared.now)
    assert (jobs(shared), shared.db.work(outbox.counts)) == ([], {})


def test_the_sweep_makes_jobs_for_what_is_due_and_has_none(shared: Rig) -> None:
    put(shared, "an answer")
    put(shared, "a nudge", Lane.BULK)
    put(shared, "another nudge", Lane.BULK, ABENA)
    assert [queue for queue, _arguments, _lock in jobs(shared)] == ["answer"]
    assert shared.db.work(sweep, shared.now, SCHEMES, {}) == 1  # Ama's nudge waits behind her answer
    with shared.db.begin() as db:
        db.execute(text("delete from procrastinate_jobs"))  # lost
    assert shared.db.work(sweep, shared.now, SCHEMES, {}) == 2
    assert shared.db.work(sweep, shared.now, SCHEMES, {}) == 0


async def test_a_job_whose_worker_died_is_taken_up_by_one_of_the_others(shared: Rig) -> None:
    for n in range(20):
        put(shared, f"answer {n}")
    with shared.db.begin() as db:
        db.execute(text("update procrastinate_jobs set status = 'doing', lock = id::text"))
    assert sum(await recover_beside_others(shared, 4)) == 20
    with shared.db.begin() as db:
        found = db.execute(text("select status, attempts from procrastinate_jobs")).all()
    assert {tuple(row) for row in found} == {("todo", 1)}


async def test_while_one_looks_for_the_jobs_of_the_dead_no_other_does(shared: Rig) -> None:
    put(shared, "an answer")
    with shared.db.begin() as db:
        db.execute(text("update procrastinate_jobs set status = 'doing'"))
    async with locked(shared.db, RECOVERY):
        assert await recover_beside_others(shared, 2) == [0, 0]
    assert await recover_beside_others(shared, 1) == [1]


def test_the_sweep_makes_no_more_bulk_than_may_go_now(shared: Rig) -> None:
    limits = {"tel": Limit(1)}
    put(shared, "a nudge", Lane.BULK)
    put(shared, "another nudge", Lane.BULK, ABENA)
    shared.db.work(rates.take, "tel", limits["tel"], shared.now, 5)
    assert shared.db.work(sweep, shared.now, SCHEMES, limits) == 0
    assert shared.db.work(sweep, shared.now + timedelta(seconds=4), SCHEMES, limits) == 1


async def test_workers_send_each_answer_once_and_in_order(shared: Rig, working: Taking) -> None:
    for n in range(20):
        put(shared, f"{n:02}", urn=(AMA, ABENA)[n % 2])
    await until_sent(shared, 20)
    assert sorted(working.took) == [f"{n:02}" for n in range(20)]
    assert [words for words in working.took if int(words) % 2] == [f"{n:02}" for n in range(1, 20, 2)]


async def test_a_database_that_drops_every_connection_costs_nothing(shared: Rig, working: Taking) -> None:
    put(shared, "before")
    await until_sent(shared, 1)
    drop_connections(shared, "select pid from pg_stat_activity where datname = current_database()")
    put(shared, "after", Lane.BULK)
    put(shared, "after, too", urn=ABENA)
    await until_sent(shared, 3)
    assert sorted(working.took) == ["after", "after, too", "before"]


async def test_one_leads_and_the_other_takes_over_when_its_connection_dies(
    shared: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leading, "LOOK", 0.1)
    led: list[int] = []
    stop = asyncio.Event()

    def lead_as(number: int) -> leading.Lead:
        async def lead(over: asyncio.Event) -> None:
            led.append(number)
            await over.wait()
            led.append(-number)

        return lead

    both = [asyncio.create_task(lead_alone(shared.db, "clock", lead_as(number), stop)) for number in (1, 2)]
    await until(lambda: len(led) == 1)
    here = "select oid from pg_database where datname = current_database()"
    drop_connections(
        shared, f"select pid from pg_locks where locktype = 'advisory' and granted and database = ({here})"
    )
    first = led[0]
    await until(lambda: -first in led and sum(number > 0 for number in led) == 2)
    stop.set()
    await asyncio.gather(*both)
    assert sum(led) == 0  # whoever led has ended
