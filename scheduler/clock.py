"""The clock that ticks: APScheduler, once a minute, in UTC. Truth is in the tables; this only wakes us."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger

from bot.clock import Clock, wall_clock
from bot.leading import lead_alone, sleep
from scheduler.heartbeat import BEAT_MINUTES, beat
from scheduler.noting import run_noted
from scheduler.schedule import SCHEDULE, Job
from storage.database import Database

LOOK = 15.0  # seconds between looks at whether the machine's clock was put back


class Every(BaseTrigger):  # type: ignore[misc]
    """A pause after each run, whatever the clock said before: minutes that it jumped over are not gone through."""

    def __init__(self, minutes: int) -> None:
        self.pause = timedelta(minutes=minutes)

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        """Return when to run next, seen from `now`."""
        return now + self.pause


async def keep_time(db: Database, clock: Clock, stop: asyncio.Event, heartbeat_url: str = "") -> None:
    """Tick until `stop`; of several processes on one PostgreSQL one ticks, and another goes on when it dies."""

    async def tick(over: asyncio.Event) -> None:
        scheduler = start_clock(db, clock, heartbeat_url)
        try:
            while not over.is_set():
                await sleep(LOOK, over)
                follow(scheduler, wall_clock())
        finally:
            scheduler.shutdown(wait=False)

    await lead_alone(db, "clock", tick, stop)


def follow(scheduler: AsyncIOScheduler, now: datetime) -> None:
    """Run at once what is further off than its pause: the clock that it waits for was put back."""
    for job in scheduler.get_jobs():
        if job.next_run_time > now + job.trigger.pause:
            job.modify(next_run_time=now)


def start_clock(db: Database, clock: Clock, heartbeat_url: str = "") -> AsyncIOScheduler:
    """Start ticking every job of SCHEDULE each minute on the running loop; return the scheduler, to shut down later.

    With `heartbeat_url` that address hears every few minutes that all is well. A tick that comes late runs once
    (coalesced) however late it is, and never beside itself.
    """
    scheduler = AsyncIOScheduler(timezone=UTC)
    for job in SCHEDULE:
        scheduler.add_job(
            _ticking(job, db, clock),
            Every(1),
            id=job.name,
            next_run_time=clock(),
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
        )
    if heartbeat_url:
        scheduler.add_job(
            beat,
            Every(BEAT_MINUTES),
            [db, clock, heartbeat_url],
            next_run_time=clock(),
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
        )
    scheduler.start()
    return scheduler


def _ticking(job: Job, db: Database, clock: Clock) -> Callable[[], Awaitable[None]]:
    async def tick() -> None:
        await run_noted(db, job.name, job.run, clock(), job.shares)

    return tick
