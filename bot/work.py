"""Work shared by many processes on PostgreSQL: a job carries the id of a part, and the outbox row is the truth.

An answer has its job inserted by the transaction that queues it. What is unasked, what is tried again, and what a lost
job was for is found by a sweep. So a job may be lost, run twice, or run by hand.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from procrastinate import App, JobContext, PsycopgConnector, RetryStrategy, SyncPsycopgConnector, exceptions
from procrastinate.schema import SchemaManager
from sqlalchemy import event, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.leading import address, locked, sleep
from bot.outbox import Sender
from domain.messages import Lane
from storage import holds, rates, unclaimed
from storage.database import Database
from storage.outbox import JUST_ANSWERED
from storage.rates import Limit

log = logging.getLogger(__name__)

TASK, RECOVERY = "send", "stalled jobs"
PRIORITIES: Mapping[Lane, int] = {Lane.ALERT: 20, Lane.ANSWER: 10, Lane.BULK: 0}
# A lane has its own hands, so that bulk never ties up all.
AT_ONCE: Mapping[Lane, int] = {Lane.ALERT: 2, Lane.ANSWER: 8, Lane.BULK: 4}
LOOK = 0.5  # seconds between looks for jobs of which no notice came, such as those that waited for a lock
BEAT, STALLED = 5.0, 20.0  # seconds between signs of life, and without one until the jobs of a worker are run again
GRACE = 20.0  # seconds in which a job that is under way may end when the process has to
SWEEP_PAUSE, STALLED_PAUSE = 1.0, 10.0  # seconds
BROKEN_PAUSE = 5.0  # seconds before work goes on after a database went away
MOST_SWEPT = 100  # jobs made at once, in each lane of a channel
KEEP_FAILED = 7 * 24  # hours that a failed job is kept to be looked at

_jobs = App(connector=SyncPsycopgConnector())  # never opened: jobs are inserted by the connection of a session


def make_ready(db: Database) -> None:
    """Create the queue's own tables where they are missing; nothing on SQLite, which needs no queue."""
    if not db.sqlite and not is_ready(db):
        with psycopg.connect(address(db)) as connection:
            connection.execute(SchemaManager.get_schema())


def with_queue(url: str, secret: str, copied: dict[str, int]) -> dict[str, int]:
    """Make the queue's own tables beside rows that were copied, and return these; what is due is in the rows."""
    db = Database(url, secret)
    make_ready(db)
    db.close()
    return copied


def is_ready(db: Database) -> bool:
    """Whether the queue's tables are there."""
    with db.engine.connect() as connection:
        return connection.execute(text("select to_regclass('procrastinate_jobs')")).scalar() is not None


def give_jobs(db: Database) -> None:
    """From now on, let each answer that this process queues have a job, inserted by the same transaction."""

    def before_commit(session: Session) -> None:
        if session.get_bind().engine is db.engine:
            for outbound_id, contact_id in session.info.pop(JUST_ANSWERED, ()):
                _insert(session, outbound_id, contact_id, Lane.ANSWER)

    event.listen(Session, "before_commit", before_commit)


def _insert(db: Session, outbound_id: int, contact_id: int | None, lane: Lane) -> None:
    # One at a time for a person. Each lane has its lock, so that an answer does not wait for a picture to be uploaded.
    lock = unclaimed.lock_of(lane, contact_id, outbound_id)
    connection = db.connection().connection.driver_connection
    _jobs.configure_task(TASK, lock=lock, queue=str(lane), priority=PRIORITIES[lane], connection=connection).defer(
        outbound_id=outbound_id
    )


def sweep(db: Session, now: datetime, schemes: tuple[str, ...], limits: Mapping[str, Limit]) -> int:
    """Make jobs for parts that are due and have none, of bulk no more than may go now; return how many."""
    held = {hold.scheme for hold in holds.held(db, now)}
    free = [scheme for scheme in schemes if scheme not in held]
    if not unclaimed.is_alone(db):
        return 0
    rooms = rates.room(db, {scheme: limits[scheme] for scheme in free if scheme in limits}, now, SWEEP_PAUSE)
    made = 0
    for scheme in free:
        room = min(rooms.get(scheme, MOST_SWEPT), MOST_SWEPT)
        for lane, most in ((Lane.ALERT, MOST_SWEPT), (Lane.ANSWER, MOST_SWEPT), (Lane.BULK, room)):
            for outbound_id, contact_id in unclaimed.without_job(db, now, scheme, lane, most):
                _insert(db, outbound_id, contact_id, lane)
                made += 1
    return made


@dataclass(frozen=True, slots=True)
class Worker:
    """One worker process: it runs the jobs of all lanes, and sweeps."""

    db: Database
    sender: Sender
    schemes: tuple[str, ...]
    limits: Mapping[str, Limit]
    clock: Clock

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop`, whatever breaks in between; then finish what is under way."""
        while not stop.is_set():
            try:
                await self._run(stop)
            except (psycopg.Error, exceptions.ProcrastinateException, OSError) as error:
                log.error("the queue is out of reach: %s", type(error).__name__)
            await sleep(BROKEN_PAUSE, stop)

    async def _run(self, stop: asyncio.Event) -> None:
        app = App(connector=PsycopgConnector(conninfo=address(self.db), min_size=2, max_size=6))
        app.task(name=TASK, pass_context=True, retry=RetryStrategy(max_attempts=3, wait=2))(_send)
        async with app.open_async():
            hands = [asyncio.create_task(self._hands(app, lane, stop)) for lane in Lane]
            others = [asyncio.create_task(part) for part in (self._sweep(stop), self._recover(app, stop))]
            stopping = asyncio.create_task(stop.wait())
            try:
                await asyncio.wait((*hands, *others, stopping), return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in (*hands, *others, stopping):
                    task.cancel()  # a worker that is cancelled finishes its jobs first
                ends = await asyncio.gather(*hands, *others, return_exceptions=True)
        for end in ends:
            if isinstance(end, Exception):
                raise end

    async def _hands(self, app: App, lane: Lane, stop: asyncio.Event) -> None:
        await app.run_worker_async(
            queues=[str(lane)],
            name=str(lane),
            concurrency=AT_ONCE[lane],
            fetch_job_polling_interval=LOOK,
            shutdown_graceful_timeout=GRACE,
            delete_jobs="successful",
            install_signal_handlers=False,
            update_heartbeat_interval=BEAT,
            stalled_worker_timeout=STALLED,
            additional_context={"sender": self.sender, "stop": stop},
        )

    async def _sweep(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                await self.db.run(sweep, self.clock(), self.schemes, self.limits)
            except SQLAlchemyError:  # such as a database that restarts
                log.exception("the outbox was not swept")
            await sleep(SWEEP_PAUSE, stop)

    async def _recover(self, app: App, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                await retry_stalled(app, self.db)
            except psycopg.Error as error:  # such as no connection for the lock
                log.warning("jobs of workers that died were not looked for: %s", type(error).__name__)
            await app.job_manager.delete_old_jobs(nb_hours=KEEP_FAILED, include_failed=True)
            await sleep(STALLED_PAUSE, stop)


async def _send(context: JobContext, outbound_id: int) -> None:
    """Send what is due to the reader of a part, until nothing is."""
    known: dict[str, Any] = context.additional_context
    while not known["stop"].is_set() and await known["sender"].send_due(outbound_id):
        pass


async def retry_stalled(app: App, db: Database) -> int:
    """Let the jobs of workers that died be run again; return how many.

    One process at a time looks: by an older list it might take a job from a worker that has taken it up since.
    """
    taken = 0
    async with locked(db, RECOVERY) as lock:
        if lock is None:
            return taken
        for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED):
            try:
                await app.job_manager.retry_job(job)
                taken += 1
            except exceptions.ConnectorException as error:
                if not isinstance(error.__cause__, psycopg.errors.RaiseException):  # it came to its end meanwhile
                    raise
    return taken
