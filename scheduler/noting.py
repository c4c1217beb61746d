"""Runs one job and writes down how that went, so that somebody outside this process can see it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TypeVar

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from storage import job_runs
from storage.database import Database
from storage.programmes import NoProgramme

log = logging.getLogger(__name__)

T = TypeVar("T")

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

    A job that says its `shares` has a transaction for each, so that answers go between; where one of them raises the
    others are done, and it is one failure.
    """
    try:
        if shares is None:
            return await db.run(_run, name, run, now)
        done = [await _share(db, name, share) for share in await db.run(shares, now)]
        await db.run(job_runs.failed if None in done else job_runs.went_well, name, now)
        return sum(one or 0 for one in done)
    except NoProgramme:
        log.warning("no programme yet", extra={"job": name})
    except Exception:
        log.exception("job failed", extra={"job": name})
        await db.run(job_runs.failed, name, now)
    return 0


async def _share(db: Database, name: str, share: Work) -> int | None:
    """Do one share of a job and return what it did, or None where it raised."""
    try:
        return await db.run(share)
    except OperationalError:  # the database's trouble is that of all shares
        raise
    except Exception:
        log.exception("share failed", extra={"job": name})
        return None


def alone(db: Session, work: Callable[[], T], **about: object) -> T | None:
    """Return what `work` returns; where it raises, log it with what it was `about`, undo it, and return None."""
    try:
        with db.begin_nested():
            return work()
    except OperationalError:  # the database's trouble is that of all
        raise
    except Exception:
        log.exception("left out, so that others are not", extra=about)
        return None


def _run(db: Session, name: str, run: Callable[[Session, datetime], int], now: datetime) -> int:
    done = run(db, now)
    job_runs.went_well(db, name, now)
    return done
