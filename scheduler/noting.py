"""Runs one job and writes down how that went, so that somebody outside this process can see it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from bot.drawing.painting import Wanted
from bot.painter import Painter, draw_here
from storage import job_runs
from storage.apart import left_out
from storage.database import Database
from storage.programmes import NoProgramme

log = logging.getLogger(__name__)

R = TypeVar("R")
Work = Callable[[Session], int]
"""A part of what a job has to do, small enough for a transaction of its own."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """Pictures and documents that work needs, each once; `then` goes on with those that could be drawn."""

    pictures: frozenset[Wanted]
    then: Callable[[Session, Mapping[Wanted, bytes]], int]


Share = Callable[[Session], int | Drawing]
"""Work that may ask for pictures first: they are drawn while no transaction is open."""


def whole(db: Session, share: Share) -> int:
    """Do a share here and now, its pictures too."""
    done = share(db)
    return done.then(db, draw_here(done.pictures)) if isinstance(done, Drawing) else done


async def run_noted(
    db: Database,
    name: str,
    run: Callable[[Session, datetime], int],
    now: datetime,
    shares: Callable[[Session, datetime], Sequence[Share]] | None = None,
) -> int:
    """Run a job in one transaction and return what it did; one that raises is logged, counted, and did nothing.

    One that left out somebody or something, so that others were done, is counted as a failure too.

    A job that says its `shares` has a transaction for each, so that answers go between; where one of them raises the
    others are done, and it is one failure.
    """
    painter = Painter()
    try:
        if shares is None:
            return await db.run(_run, name, run, now)
        due, well = await db.run(_done, lambda session: shares(session, now))
        done = [await _share(db, name, share, painter) for share in due]
        well = well and all(whole for _did, whole in done)
        await db.run(job_runs.went_well if well else job_runs.failed, name, now)
        return sum(did for did, _whole in done)
    except NoProgramme:
        log.warning("no programme yet", extra={"job": name})
    except Exception:
        log.exception("job failed", extra={"job": name})
        await db.run(job_runs.failed, name, now)
    finally:
        await painter.close()
    return 0


async def _share(db: Database, name: str, share: Share, painter: Painter) -> tuple[int, bool]:
    """Do one share of a job and return what it did, and whether nothing failed."""
    try:
        done, well = await db.run(_done, share)
        if not isinstance(done, Drawing):
            return done, well
        drawn = await painter.draw(done.pictures)
        did, well_too = await db.run(_done, lambda session: done.then(session, drawn))
        return did, well and well_too and len(drawn) == len(done.pictures)
    except OperationalError:  # the database's trouble is that of all shares
        raise
    except Exception:
        log.exception("share failed", extra={"job": name})
        return 0, False


def _done(db: Session, share: Callable[[Session], R]) -> tuple[R, bool]:
    return share(db), not left_out(db)


def _run(db: Session, name: str, run: Callable[[Session, datetime], int], now: datetime) -> int:
    done = run(db, now)
    (job_runs.failed if left_out(db) else job_runs.went_well)(db, name, now)
    return done
