"""Runs one job and writes down how that went, so that somebody outside this process can see it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import datetime

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from storage import job_runs
from storage.apart import left_out
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

    One that left out somebody or something, so that others were done, is counted as a failure too.

    A job that says its `shares` has a transaction for each, so that answers go between; where one of them raises the
    others are done, and it is one failure.
    """
    try:
        if shares is None:
            return await db.run(_run, name, run, now)
        done = [await _share(db, name, share) for share in await db.run(shares, now)]
        await db.run(job_runs.went_well if all(whole for _did, whole in done) else job_runs.failed, name, now)
        return sum(did for did, _whole in done)
    except NoProgramme:
        log.warning("no programme yet", extra={"job": name})
    except Exception:
        log.exception("job failed", extra={"job": name})
        await db.run(job_runs.failed, name, now)
    return 0


async def _share(db: Database, name: str, share: Work) -> tuple[int, bool]:
    """Do one share of a job and return what it did, and whether nothing failed."""
    try:
        return await db.run(_done, share)
    except OperationalError:  # the database's trouble is that of all shares
        raise
    except Exception:
        log.exception("share failed", extra={"job": name})
        return 0, False


def _done(db: Session, share: Work) -> tuple[int, bool]:
    return share(db), not left_out(db)


def _run(db: Session, name: str, run: Callable[[Session, datetime], int], now: datetime) -> int:
    done = run(db, now)
    (job_runs.failed if left_out(db) else job_runs.went_well)(db, name, now)
    return done
