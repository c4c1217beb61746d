"""The clock that ticks: APScheduler, once a minute, in UTC. Truth is in the tables; this only wakes us."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.clock import Clock
from scheduler.schedule import SCHEDULE, Job
from storage.database import Database


def start_clock(db: Database, clock: Clock) -> AsyncIOScheduler:
    """Start ticking every job of SCHEDULE each minute on the running loop; return the scheduler, to shut down later.

    A tick that comes late runs once (coalesced) however late it is, and never beside itself.
    """
    scheduler = AsyncIOScheduler(timezone=UTC)
    for job in SCHEDULE:
        scheduler.add_job(
            _ticking(job, db, clock),
            "interval",
            minutes=1,
            id=job.name,
            next_run_time=clock(),
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
        )
    scheduler.start()
    return scheduler


def _ticking(job: Job, db: Database, clock: Clock) -> Callable[[], Awaitable[None]]:
    async def tick() -> None:
        await db.run(job.run, clock())

    return tick
