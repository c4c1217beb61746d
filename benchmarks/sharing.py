"""How fast answers leave when workers share them: by the job queue, and by claimed rows with LISTEN/NOTIFY alone.

Both claim the same rows by the same code and send over a channel that takes everything at once, on a PostgreSQL that
is durable, in turn and several times: what is compared is how a worker learns of its work.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import statistics
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial

import psycopg
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from benchmarks import kill, work
from bot.channels.console import ConsoleChannel
from bot.leading import address
from bot.outbox import Sender
from bot.work import Worker, give_jobs, make_ready
from domain.messages import Lane, Outbound
from domain.people import Urn
from storage import contacts, outbox
from storage.database import Database
from storage.outbox import JUST_ANSWERED, Part
from tests import postgres
from tests.rig import SECRET

PEOPLE, ROUNDS = 100, 5
MANY, SINGLE = 400, 40  # answers at once, and one by one
WORKERS = 2
Work = Callable[[Database, Sender, asyncio.Event], Awaitable[None]]


def now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


async def by_jobs(db: Database, sender: Sender, stop: asyncio.Event) -> None:
    """Work as a worker process does."""
    await Worker(db, sender, ("tel",), {}, now).run(stop)


async def by_notices(db: Database, sender: Sender, stop: asyncio.Event) -> None:
    """Claim what is due whenever PostgreSQL says that something was queued, and twice a second."""
    async with await psycopg.AsyncConnection.connect(address(db), autocommit=True) as connection:
        await connection.execute("listen queued")
        while not stop.is_set():
            while await sender.send_due():
                pass
            async for _notice in connection.notifies(timeout=0.5, stop_after=1):
                pass


def notify(session: Session) -> None:
    """Tell of answers at the commit that queues them."""
    if session.info.pop(JUST_ANSWERED, ()):
        session.execute(text("notify queued"))


class Measured:
    """One way of sharing, on a database of its own."""

    def __init__(self, db: Database, share: Work) -> None:
        self.db, self.share = db, share
        self.sent: list[float] = []
        phones = [work.phone_of(n) for n in range(PEOPLE) if not work.is_on_telegram(n, kill.TELEGRAM_EVERY)]
        self.urns = [Urn("tel", phone) for phone in phones]
        self.people = [contact.id for urn in self.urns if (contact := db.work(contacts.find, urn)) is not None]
        self._keys = iter(range(10**9))

    async def round(self) -> tuple[float, float]:
        """Return answers a second when many wait, and the median seconds from commit to sending of one alone."""
        stop = asyncio.Event()
        channel = ConsoleChannel("sms", self._took)
        shares = [self.share(self.db, Sender(self.db, {"tel": channel}, now), stop) for _n in range(WORKERS)]
        for n in range(MANY):
            await self.db.run(self._put, n)
        self.sent.clear()
        began = time.monotonic()
        working = [asyncio.ensure_future(share) for share in shares]
        await self._until(MANY)
        rate = MANY / (time.monotonic() - began)
        waits = [await self._one(n) for n in range(SINGLE)]
        stop.set()
        await asyncio.gather(*working)
        return rate, statistics.median(waits)

    async def _one(self, n: int) -> float:
        self.sent.clear()
        await self.db.run(self._put, n)
        began = time.monotonic()
        await self._until(1)
        return max(0.0, self.sent[0] - began)

    async def _until(self, number: int) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(60):
                for _n in iter(lambda: len(self.sent) < number, False):
                    await asyncio.sleep(0.001)

    def _took(self, message: Outbound) -> None:
        self.sent.append(time.monotonic())

    def _put(self, db: Session, n: int) -> None:
        key, n = str(next(self._keys)), n % len(self.urns)
        part = Part(key, "report", Lane.ANSWER, self.urns[n], f"answer {key}", 1, now(), self.people[n])
        outbox.put(db, part, now())


def database(prefix: str, name: str) -> Database:
    """Return a database with the programme of some people in force."""
    with psycopg.connect(prefix.format("postgres").replace("+psycopg", ""), autocommit=True) as admin:
        admin.execute(f"create database {name}")
    kill.install(prefix.format(name), PEOPLE)
    return Database(prefix.format(name), SECRET)


async def compare(measured: dict[str, Measured]) -> None:
    """Print medians over rounds that take turns."""
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in measured}
    for _round in range(ROUNDS):
        for name, one in measured.items():
            found[name].append(await one.round())
    for name, rounds in found.items():
        rate, wait = (statistics.median(values) for values in zip(*rounds, strict=True))
        print(f"{name}: {rate:.0f} answers/s drained, {1000 * wait:.1f} ms from commit to sending")


def main() -> None:
    """Measure both ways."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    with postgres.server(durable=True) as prefix:
        jobs, notices = database(prefix, "jobs"), database(prefix, "notices")
        make_ready(jobs)
        give_jobs(jobs)
        event.listen(Session, "before_commit", partial(_only_for, notices))
        asyncio.run(compare({"jobs": Measured(jobs, by_jobs), "claimed rows": Measured(notices, by_notices)}))
        jobs.close()
        notices.close()


def _only_for(db: Database, session: Session) -> None:
    if session.get_bind().engine is db.engine:
        notify(session)


if __name__ == "__main__":
    main()
