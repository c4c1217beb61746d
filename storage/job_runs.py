"""When each scheduled job last ran, and how often it failed: what a watcher of the clock reads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.models import JobRunRow


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
