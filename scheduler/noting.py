"""Runs one job and writes down how that went, so that somebody outside this process can see it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from storage import job_runs
from storage.database import Database
from storage.programmes import NoProgramme

log = logging.getLogger(__name__)

Work = Callable[[Session], int]
"""A part of what a job has to do, small enough for a transaction of its own."""


async def run_noted(
    db: Database,
    name: str,
    run: Callable[[Session, datetime], int],
    now: datetime,
    shares: Callable[[Session, datetime], Iterable[Work]] | None = None,
) -> int:
    """Run a job in one transaction and return what it did; one that raises is logged, counted, and did nothing.

    A job that says its `shares` has a transaction for each, so that answers go between; what was done before one of
    them raises stays.
    """
    try:
        if shares is None:
            return await db.run(_run, name, run, now)
        done = sum([await db.run(share) for share in await db.run(shares, now)])
        await db.run(job_runs.went_well, name, now)
        return done
    except NoProgramme:
        log.warning("no programme yet", extra={"job": name})
    except Exception:
        log.exception("job failed", extra={"job": name})
        await db.run(job_runs.failed, name, now)
    return 0


def _run(db: Session, name: str, run: Callable[[Session, datetime], int], now: datetime) -> int:
    done = run(db, now)
    job_runs.went_well(db, name, now)
    return done
