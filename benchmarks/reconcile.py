"""Time and memory of the jobs that run each minute: with nothing due, with many prompts due at once, with digests.

Run: `.venv/bin/python -m benchmarks.reconcile [--districts 30,300] [--prompts 1000,10000] [--readers 30,300]`.
Each case has a process of its own, so that the memory is that of the case. SQLite, synchronous=FULL, as it ships.
Prompts stand beside bare inserts of as many rows in the same process: with plain text, and sealed as ours are.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import random
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from benchmarks.bare import bare_inserts
from benchmarks.machine import PEAK, forget_peak, machine, memory
from bot.opening import settle
from bot.painter import Painter
from domain.people import ContactStatus, Role
from scheduler.digesting import digest_shares
from scheduler.jobs import prompt_shares
from scheduler.made_up import made_up_programme
from scheduler.noting import Drawing, Share
from scheduler.schedule import SCHEDULE
from storage import occurrences, programmes
from storage.database import Database
from storage.models import AddressRow, ContactRow, CurrentValueRow, OccurrenceRow
from storage.sealing import keyring

LOADED = datetime(2028, 11, 1, 6, tzinfo=UTC)
IDLE = datetime(2028, 11, 7, 15, tzinfo=UTC)  # a Tuesday on which prompts may still come, and all have gone
PROMPT = datetime(2028, 11, 1, 14, 30, tzinfo=UTC)
DIGEST = datetime(2028, 11, 6, 8, tzinfo=UTC)
MONTHS = 34  # of values on record, January 2026 to October 2028
ASKED = ("prompt1:2028-10", "nudge3:2028-10", "nudge5:2028-10")  # keys of what has gone by then
SECRET = "a benchmark keeps no secret"
RESULTS = Path(__file__).parent / "results" / "reconcile.md"


@dataclass(frozen=True, slots=True)
class Size:
    """How large a case is: `size` people who are prompted or readers, and months of values on record."""

    size: int
    districts: int
    months: int = MONTHS
    pictures: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """What a case came to: seconds, seconds of processor, of the longest transaction, MB more at the peak, a remark."""

    seconds: float
    processor: float
    longest: float
    more: float = 0.0
    beside: str = ""


Case = Callable[[Database, Size], Found]


def measured(case: Case, size: Size, queue: Any) -> None:
    """Run a case in a database of its own and put what it came to into `queue`."""
    with tempfile.TemporaryDirectory(prefix="kumbusha-") as folder:
        db = Database(f"sqlite:///{folder}/reconcile.sqlite", SECRET)
        db.upgrade()
        db.work(programmes.install, made_up_programme(size.districts, seed=1, groups_of_one=1), LOADED)
        settle(db)
        queue.put(case(db, size))
        db.close()


def worked(db: Database, shares: Callable[[Session, datetime], Sequence[Share]], now: datetime) -> tuple[int, Found]:
    """Do all the work of a job as the clock does; return how much went, and what it came to."""
    return asyncio.run(_worked(db, shares, now))


async def _worked(
    db: Database, shares: Callable[[Session, datetime], Sequence[Share]], now: datetime
) -> tuple[int, Found]:
    before = forget_peak()
    began, processor, longest, done = time.perf_counter(), time.process_time(), 0.0, 0
    painter = Painter()
    for share in db.work(shares, now):
        share_began = time.perf_counter()
        did = db.work(share)
        longest = max(longest, time.perf_counter() - share_began)
        if isinstance(did, Drawing):
            drawn = await painter.draw(did.pictures)
            share_began = time.perf_counter()
            did = db.work(did.then, drawn)
            longest = max(longest, time.perf_counter() - share_began)
        done += did
    await painter.close()
    seconds, processor = time.perf_counter() - began, time.process_time() - processor
    return done, Found(seconds, processor, longest, memory("self", PEAK) - before)


def nothing_due(db: Database, size: Size) -> Found:
    """A tick of every job with nothing to do; the middle of five."""
    if size.size:
        db.work(add_people, size.size)
    db.work(add_keys)
    found = sorted((_tick(db, IDLE + timedelta(minutes=minute)) for minute in range(7)), key=lambda one: one.seconds)
    return found[3]


def _tick(db: Database, now: datetime) -> Found:
    each = [worked(db, job.shares or _whole(job.run), now)[1] for job in SCHEDULE]
    seconds, processor = sum(one.seconds for one in each), sum(one.processor for one in each)
    return Found(seconds, processor, max(one.seconds for one in each), sum(one.more for one in each))


def _whole(run: Callable[[Session, datetime], int]) -> Callable[[Session, datetime], list[Share]]:
    return lambda _db, now: [lambda db: run(db, now)]


def prompts_due(db: Database, size: Size) -> Found:
    """So many prompts due at once, to people who have never written, beside bare inserts."""
    db.work(prompt_shares, PROMPT - timedelta(minutes=45))  # what is loaded once is not the case's
    db.work(add_people, size.size)
    sent, found = worked(db, prompt_shares, PROMPT)
    assert sent >= size.size, sent
    plain, sealed = (bare_inserts(sent, seals) for seals in (False, True))
    beside = f"bare {plain[0]:.2f} s plain, {sealed[0]:.2f} s sealed: {found.seconds / sealed[0]:.1f} x"
    beside += f" ({found.processor / sealed[1]:.1f} x of processor)"
    return Found(found.seconds, found.processor, found.longest, found.more, beside)


def digests_due(db: Database, size: Size) -> Found:
    """The weekly digests of so many facilitators, each of three districts, and of two managers."""
    db.work(add_values, size.months)
    if size.pictures:
        db.work(give_telegram)
    worked(db, digest_shares, DIGEST - timedelta(days=7))
    sent, found = worked(db, digest_shares, DIGEST)
    assert sent >= size.size, sent
    return found


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


def add_keys(db: Session) -> None:
    """Write down of everybody who reports that they were asked."""
    wanted = select(ContactRow.id).where(ContactRow.role.in_((str(Role.FOCAL), str(Role.PARTNER))))
    shared = {"kind": "prompt", "outcome": occurrences.SENT, "reason": "", "at": LOADED}
    for key in ASKED:
        rows = [{"key": f"{key}:{i}", "contact_id": i, **shared} for i in db.scalars(wanted)]
        db.execute(insert(OccurrenceRow), rows)


def give_telegram(db: Session) -> None:
    """Let facilitators read on Telegram, where digests have pictures."""
    ids = db.scalars(select(ContactRow.id).where(ContactRow.role == str(Role.FACILITATOR))).all()
    shared = {"scheme": "telegram", "status": "active"}
    rows = [{"contact_id": i, "path": f"7{i}", "digest": keyring().digest(f"telegram:7{i}"), **shared} for i in ids]
    db.execute(insert(AddressRow), rows)
    db.execute(update(ContactRow).where(ContactRow.id.in_(ids)).values(preferred="telegram"))


def add_values(db: Session, months: int) -> None:
    """Put so many months of values on record, up to October 2028."""
    dice, programme = random.Random(1), programmes.current(db)
    there = [programme.starts.back(-n) for n in range(MONTHS)][-months:]
    rows = [
        {
            "district": district.code, "period": str(month), "code": code, "version": 1, "status": "reported",
            "value": float(dice.randint(20, 60)), "flagged": False, "at": LOADED,
        }
        for district in programme.districts.values()
        for code in district.indicators
        for month in there
    ]  # fmt: skip
    for first in range(0, len(rows), 5000):
        db.execute(insert(CurrentValueRow), rows[first : first + 5000])


def rows_of(name: str, case: Case, sizes: Iterable[Size]) -> list[str]:
    """Run a case in each of its sizes; return rows of the table."""
    rows, before = [], None
    context = multiprocessing.get_context("spawn")
    for size in sizes:
        queue = context.Queue()
        process = context.Process(target=measured, args=(case, size, queue))
        process.start()
        found: Found = queue.get()
        process.join()
        growth = f"{found.seconds / before:.1f} x" if before else ""
        cells = (f"{size.size:,}", str(size.districts), f"{found.seconds:.2f}", f"{found.processor:.2f}")
        more = (f"{found.longest:.2f}", f"{found.more:.0f}", growth, found.beside)
        rows.append(f"| {' | '.join((name, *cells, *more))} |")
        print(rows[-1], flush=True)
        before = found.seconds
    return rows


def numbers(text: str) -> list[int]:
    """Read `10,100`."""
    return [int(part) for part in text.split(",") if part]


HEAD = """# Reconcile

{when} UTC; {machine}.

What the clock costs each minute. Seconds, seconds of processor, the longest transaction in seconds (answers wait that
long on SQLite), MB more at the peak, growth from the row above. Made by `python -m benchmarks.reconcile`.

| case | size | districts | seconds | processor | longest | MB more | growth | beside |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
"""


def main() -> None:
    """Measure, print and keep the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--districts", type=numbers, default=[30, 300], help="programmes with nothing due")
    parser.add_argument("--people", type=numbers, default=[], help="people in 300 districts with nothing due")
    parser.add_argument("--prompts", type=numbers, default=[1000, 10_000], help="prompts due at once")
    parser.add_argument("--readers", type=numbers, default=[30, 300], help="facilitators of three districts each")
    given = parser.parse_args()
    rows = rows_of("nothing due", nothing_due, [Size(0, n) for n in given.districts])
    rows += rows_of("nothing due, many people", nothing_due, [Size(n, 300) for n in given.people])
    rows += rows_of("prompts", prompts_due, [Size(n, 30) for n in given.prompts])
    rows += rows_of("digests, a year on record", digests_due, [Size(n, 3 * n, 12) for n in given.readers])
    rows += rows_of("digests, 34 months on record", digests_due, [Size(n, 3 * n) for n in given.readers])
    pictured = [Size(n, 3 * n, pictures=True) for n in given.readers]
    rows += rows_of("digests with pictures, 34 months", digests_due, pictured)
    head = HEAD.format(when=f"{datetime.now(UTC):%Y-%m-%d %H:%M}", machine=machine())
    RESULTS.write_text(head + "\n".join(rows) + "\n")


if __name__ == "__main__":
    main()
