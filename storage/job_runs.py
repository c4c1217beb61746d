"""When each scheduled job last ran, and how often it failed: what a watcher of the clock reads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.models import JobRunRow

TICK = timedelta(minutes=1)  # from a run to the next, also where they fail


@dataclass(frozen=True, slots=True)
class JobRun:
    """A job's last run, its last that ended well, and its failures since the programme began."""

    name: str
    ran_at: datetime
    well_at: datetime | None
    failures: int


def went_well(db: Session, name: str, now: datetime) -> None:
    """Record that a job ran to its end, in the transaction of its work."""
    row = _row(db, name, now)
    row.ran_at = row.well_at = now


def failed(db: Session, name: str, now: datetime) -> None:
    """Record that a job raised."""
    row = _row(db, name, now)
    row.ran_at, row.failures = now, row.failures + 1


def _row(db: Session, name: str, now: datetime) -> JobRunRow:
    row = db.get(JobRunRow, name)
    if row is None:
        row = JobRunRow(name=name, ran_at=now, failures=0)
        db.add(row)
    return row


def job_runs(db: Session) -> list[JobRun]:
    """Return every job that ever ran, by name."""
    rows = db.scalars(select(JobRunRow).order_by(JobRunRow.name))
    return [JobRun(row.name, row.ran_at, row.well_at, row.failures) for row in rows]


def failing(db: Session, now: datetime, longest: timedelta) -> list[str]:
    """Return the jobs that ran within this time, not well, and had not gone well for longer than that."""
    return [run.name for run in job_runs(db) if now - run.ran_at <= longest < _failed_for(run)]


def _failed_for(run: JobRun) -> timedelta:
    return run.failures * TICK if run.well_at is None else run.ran_at - run.well_at
