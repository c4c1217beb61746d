"""The clock that ticks: APScheduler, once a minute, in UTC. Truth is in the tables; this only wakes us."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from scheduler.schedule import SCHEDULE
from storage.database import Database


def start_clock(db: Database, clock: Callable[[], datetime]) -> AsyncIOScheduler:
    """Start ticking every job of SCHEDULE each minute on the running loop; return the scheduler, to shut down later.

    A tick that comes late runs once (coalesced) however late it is, and never beside itself.
    """
    scheduler = AsyncIOScheduler(timezone=UTC)
    for job in SCHEDULE:

        async def run(job=job) -> None:  # type: ignore[no-untyped-def]
            await db.run(job.run, clock())

        scheduler.add_job(
            run,
            "interval",
            minutes=1,
            id=job.name,
            next_run_time=datetime.now(UTC),
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
        )
    scheduler.start()
    return scheduler
