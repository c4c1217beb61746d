"""Runs one job and writes down how that went, so that somebody outside this process can see it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from storage import job_runs
from storage.database import Database

log = logging.getLogger(__name__)


async def run_noted(db: Database, name: str, run: Callable[[Session, datetime], int], now: datetime) -> int:
    """Run a job in one transaction and return what it did; one that raises is logged, counted, and did nothing."""
    try:
        return await db.run(_run, name, run, now)
    except LookupError:
        log.warning("no programme yet", extra={"job": name})
    except Exception:
        log.exception("job failed", extra={"job": name})
        await db.run(job_runs.failed, name, now)
    return 0


def _run(db: Session, name: str, run: Callable[[Session, datetime], int], now: datetime) -> int:
    done = run(db, now)
    job_runs.went_well(db, name, now)
    return done
