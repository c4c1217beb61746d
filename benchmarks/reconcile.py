"""Time and memory of the jobs that run each minute: with nothing due, with many prompts due at once, with digests.

Run: `.venv/bin/python -m benchmarks.reconcile [--districts 30,300] [--prompts 1000,10000] [--readers 30,300]`.
Each case has a process of its own, so that the memory is that of the case. SQLite, synchronous=FULL, as it ships.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import resource
import tempfile
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from domain.people import ContactStatus
from scheduler.digesting import send_digests
from scheduler.jobs import send_prompts
from scheduler.made_up import made_up_programme
from scheduler.schedule import SCHEDULE
from storage import programmes
from storage.database import Database
from storage.models import AddressRow, ContactRow, CurrentValueRow
from storage.sealing import keyring

LOADED = datetime(2028, 11, 1, 6, tzinfo=UTC)
IDLE = datetime(2028, 11, 18, 11, tzinfo=UTC)  # a Saturday, on which nothing begins
PROMPT = datetime(2028, 11, 1, 14, 30, tzinfo=UTC)
DIGEST = datetime(2028, 11, 6, 8, tzinfo=UTC)
MONTHS = 34  # of values on record, January 2026 to October 2028
RESULTS = Path(__file__).parent / "results" / "reconcile.md"

Case = Callable[[Database, int], float]


def measured(case: Case, size: int, districts: int, queue: Any) -> None:
    """Run a case in a database of its own and put (seconds, MB more at the peak) into `queue`."""
    with tempfile.TemporaryDirectory(prefix="kumbusha-") as folder:
        db = Database(f"sqlite:///{folder}/reconcile.sqlite", "a benchmark keeps no secret")
        db.upgrade()
        db.work(programmes.install, made_up_programme(districts, seed=1, groups_of_one=1), LOADED)
        db.work(warm)
        case(db, 0)  # what is loaded once, such as drawing, is not the case's
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        seconds = case(db, size)
        queue.put((seconds, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024))
        db.close()


def warm(db: Session) -> None:
    """Fill what is kept between two ticks."""
    programmes.current(db)


def nothing_due(db: Database, size: int) -> float:
    """One tick of every job with nothing to do."""
    if size == 0:
        for _again in range(2):
            tick(db, IDLE)
        return 0.0
    return tick(db, IDLE + timedelta(minutes=1))


def tick(db: Database, now: datetime) -> float:
    """Run every job once; return the seconds."""
    began = time.perf_counter()
    for job in SCHEDULE:
        db.work(job.run, now)
    return time.perf_counter() - began


def prompts_due(db: Database, size: int) -> float:
    """So many prompts due at once."""
    if size == 0:
        return 0.0
    db.work(add_people, size)
    began = time.perf_counter()
    sent = db.work(send_prompts, PROMPT)
    seconds = time.perf_counter() - began
    assert sent >= size, sent
    return seconds


def digests_due(db: Database, size: int) -> float:
    """The weekly digests of so many facilitators, by SMS, with three years of values on record."""
    if size == 0:
        db.work(add_values)
        db.work(send_digests, DIGEST - timedelta(days=7))
        return 0.0
    began = time.perf_counter()
    sent = db.work(send_digests, DIGEST)
    seconds = time.perf_counter() - began
    assert sent >= size, sent
    return seconds


def add_people(db: Session, wanted: int) -> None:
    """Add focal points until there are `wanted`, all in the districts of the programme."""
    districts, keys = list(programmes.current(db).districts), keyring()
    people = [
        {
            "key": f"more{n}", "name": f"More {n}", "role": "focal", "district": districts[n % len(districts)],
            "groups": [], "language": "en", "timezone": "Africa/Accra", "preferred": "tel", "deputy": False,
            "status": str(ContactStatus.ACTIVE), "consented_at": LOADED,
        }
        for n in range(wanted)
    ]  # fmt: skip
    ids = db.scalars(insert(ContactRow).returning(ContactRow.id), people).all()
    numbers = [f"+23324{n:07d}" for n in range(wanted)]
    db.execute(
        insert(AddressRow),
        [
            {"contact_id": i, "scheme": "tel", "path": to, "digest": keys.digest(f"tel:{to}"), "status": "active"}
            for i, to in zip(ids, numbers, strict=True)
        ],
    )


def add_values(db: Session) -> None:
    """Put three years of values on record."""
    dice, programme = random.Random(1), programmes.current(db)
    months = [programme.starts.back(-n) for n in range(MONTHS)]
    rows = [
        {
            "district": district.code, "period": str(month), "code": code, "version": 1, "status": "reported",
            "value": float(dice.randint(20, 60)), "flagged": False, "at": LOADED,
        }
        for district in programme.districts.values()
        for code in district.indicators
        for month in months
    ]  # fmt: skip
    for first in range(0, len(rows), 5000):
        db.execute(insert(CurrentValueRow), rows[first : first + 5000])


def rows_of(name: str, case: Case, sizes: Iterable[tuple[int, int]]) -> list[str]:
    """Run a case in each of its sizes (size, districts); return rows of the table."""
    rows, before = [], None
    context = multiprocessing.get_context("spawn")
    for size, districts in sizes:
        queue = context.Queue()
        process = context.Process(target=measured, args=(case, size, districts, queue))
        process.start()
        seconds, more = queue.get()
        process.join()
        growth = f"{seconds / before:.1f} x" if before else ""
        rows.append(f"| {name} | {size} | {districts} | {seconds:.2f} | {more:.0f} | {growth} |")
        print(rows[-1], flush=True)
        before = seconds
    return rows


def numbers(text: str) -> list[int]:
    """Read `10,100`."""
    return [int(part) for part in text.split(",") if part]


def main() -> None:
    """Measure, print and keep the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--districts", type=numbers, default=[30, 300], help="programmes with nothing due")
    parser.add_argument("--prompts", type=numbers, default=[1000, 10_000], help="prompts due at once")
    parser.add_argument(
        "--readers", type=numbers, default=[30, 300], help="facilitators, each of one group of districts"
    )
    given = parser.parse_args()
    rows = rows_of("nothing due", nothing_due, [(n, n) for n in given.districts])
    rows += rows_of("prompts", prompts_due, [(n, 30) for n in given.prompts])
    rows += rows_of("digests", digests_due, [(n, 3 * n) for n in given.readers])
    head = (
        "| case | size | districts | seconds | MB more at the peak | growth |\n| --- | --- | --- | --- | --- | --- |\n"
    )
    RESULTS.write_text("# Reconcile\n\n" + head + "\n".join(rows) + "\n")


if __name__ == "__main__":
    main()
