"""An hour at a steady rate: does memory grow, do files stay open, does anybody wait longer at the end than at first?"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.machine import machine
from benchmarks.served import Served

RESULT = Path(__file__).parent / "results" / "soak.md"
EVERY = 10.0  # seconds between two looks
PROBED = 0.2  # seconds between two writes of our own, which say what the disk does
BLOCK = 4096  # bytes, about what a commit waits for
WARM = 0.2  # the part of the time in which caches fill, left out of the slope


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen at a moment: seconds since the start, MB, open files, milliseconds of the last answers."""

    at: float
    memory: float
    files: int
    p50: float
    p99: float


async def look_on(served: Served, looks: list[Look], stop: asyncio.Event) -> None:
    """Look at the process until `stop`."""
    began, seen = time.monotonic(), 0
    while not stop.is_set():
        await asyncio.sleep(EVERY)
        took = sorted(served.load.took[seen:]) or [0.0]
        seen = len(served.load.took)
        p50, p99 = 1000 * took[len(took) // 2], 1000 * took[int(len(took) * 0.99)]
        looks.append(Look(time.monotonic() - began, served.memory(), served.open_files(), p50, p99))


async def probe(folder: Path, took: list[float], stop: asyncio.Event) -> None:
    """Write a block to the same disk again and again until `stop`, and note the seconds until it is safe there."""

    def write(file: int) -> float:
        os.pwrite(file, os.urandom(BLOCK), 0)
        began = time.perf_counter()
        os.fdatasync(file)
        return time.perf_counter() - began

    file = os.open(folder / "probe", os.O_CREAT | os.O_WRONLY)
    while not stop.is_set():
        took.append(await asyncio.to_thread(write, file))
        await asyncio.sleep(PROBED)
    os.close(file)


def slope(looks: list[Look], seconds: float) -> tuple[float, float]:
    """Return by how many MB an hour memory grows after warming up, and the standard error of that."""
    warm = [look for look in looks if look.at > WARM * seconds]
    hours, memory = [look.at / 3600 for look in warm], [look.memory for look in warm]
    line = statistics.linear_regression(hours, memory)
    left = [m - line.slope * h - line.intercept for h, m in zip(hours, memory, strict=True)]
    spread = sum((h - statistics.fmean(hours)) ** 2 for h in hours)
    return line.slope, (sum(x * x for x in left) / (len(warm) - 2) / spread) ** 0.5


def page(
    served: Served, looks: list[Look], disk: list[float], rate: float, seconds: float, counts: tuple[int, int, int]
) -> str:
    """Return the result as a page."""
    grows, give = slope(looks, seconds)
    received, handled, answered = counts
    took = sorted(served.load.took[int(WARM * len(served.load.took)) :])
    safe = sorted(disk)
    sixth = max(1, len(looks) // 6)
    lines = [
        "# Soak",
        "",
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC; {machine()}.",
        "",
        f"`kumbusha {served.part}` on SQLite, {served.people} people, {rate:.0f} signed webhooks a second for "
        f"{seconds:.0f} s; "
        + ("every answer is sent to a provider's double over HTTP." if served.part == "run" else "nothing is sent."),
        "",
        f"- posted {served.load.posted}, refused {served.load.refused}; on record {received}, handled {handled}, "
        f"answers the provider has {answered}",
        f"- after the first {WARM:.0%} of the time a webhook is answered after its commit in p50 "
        f"{1000 * took[len(took) // 2]:.1f} ms, "
        f"p99 {1000 * took[int(len(took) * 0.99)]:.1f} ms, at most {1000 * took[-1]:.0f} ms",
        f"- beside it {BLOCK} bytes were safe on the same disk in p50 {1000 * safe[len(safe) // 2]:.1f} ms, "
        f"p99 {1000 * safe[int(len(safe) * 0.99)]:.1f} ms, at most {1000 * safe[-1]:.0f} ms",
        f"- memory grows by {grows:+.2f} ± {give:.2f} MB an hour (least squares and its standard error, "
        f"the first {WARM:.0%} of the time left out)",
        f"- open files: {looks[0].files} at first, {looks[-1].files} at the end, {max(x.files for x in looks)} at most",
        "",
        "| minute | MB | open files | p50 ms | p99 ms |",
        "| ---: | ---: | ---: | ---: | ---: |",
        *(f"| {x.at / 60:.0f} | {x.memory:.0f} | {x.files} | {x.p50:.1f} | {x.p99:.1f} |" for x in looks[::sixth]),
        "",
        f"Again: `python -m benchmarks.soak --rate {rate:.0f} --seconds {seconds:.0f} --people {served.people} "
        f"--part {served.part}`",
        "",
    ]
    return "\n".join(lines)


async def soak(rate: float, seconds: float, people: int, part: str) -> str:
    """Run it and return the page."""
    looks, disk = list[Look](), list[float]()
    stop = asyncio.Event()
    with tempfile.TemporaryDirectory() as folder:
        async with Served(Path(folder), people, part) as served:
            looking = asyncio.gather(look_on(served, looks, stop), probe(served.folder, disk, stop))
            await served.write(rate, seconds)
            await asyncio.sleep(3 * EVERY)  # for the last answers to leave
            stop.set()
            await looking
            return page(served, looks, disk, rate, seconds, served.counts())


def main() -> None:
    """Soak as told on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=50, help="messages a second")
    parser.add_argument("--seconds", type=float, default=3600)
    parser.add_argument("--people", type=int, default=2000)
    parser.add_argument("--part", choices=["run", "web"], default="run", help="web takes messages and sends none")
    parser.add_argument("--out", type=Path, default=RESULT)
    given = parser.parse_args()
    text = asyncio.run(soak(given.rate, given.seconds, given.people, given.part))
    print(text)
    given.out.write_text(text)


if __name__ == "__main__":
    main()
