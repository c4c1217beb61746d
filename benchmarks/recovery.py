"""Killed under load and started at once: how long until the first answer, and until nobody waits that wrote before.

People go on writing while the process is down; what reached nobody is in the provider's list, which a start reads.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import statistics
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.machine import machine
from benchmarks.served import Served

RESULT = Path(__file__).parent / "results" / "recovery.md"
BEFORE, AFTER = 10.0, 40.0  # seconds of load before the kill and after it


@dataclass(frozen=True, slots=True)
class Recovery:
    """Seconds from the kill until the first answer left, and until the backlog was empty."""

    first: float
    empty: float
    refused: int


async def recover(rate: float, people: int) -> Recovery:
    """Kill once, and measure; raises AssertionError when anything was lost or answered twice."""
    with tempfile.TemporaryDirectory() as folder:
        async with Served(Path(folder), people) as served:
            load = asyncio.create_task(served.write(rate, BEFORE + AFTER))
            await asyncio.sleep(BEFORE)
            await served.end(signal.SIGKILL)
            killed, had = time.perf_counter(), served.counts()[2]
            starting = asyncio.create_task(served.start())
            first = empty = 0.0
            while not empty:
                await asyncio.sleep(0.02)
                _received, handled, answered = served.counts()
                moment = time.perf_counter() - killed
                if not first and answered > had:
                    first = moment
                # Nobody waits: what was written, but for the last half second, was taken and answered.
                if first and min(handled, answered) >= served.load.posted - rate / 2:
                    empty = moment
                if moment > AFTER:
                    break
            await starting
            await load
            await asyncio.sleep(10)
            received, handled, answered = served.counts()
            assert received == handled == answered == served.load.posted, (served.counts(), served.load.posted)
            return Recovery(first, empty, served.load.refused)


def page(found: list[Recovery], rate: float, people: int) -> str:
    """Return the result as a page."""
    return "\n".join(
        (
            "# Recovery",
            "",
            f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC; {machine()}.",
            "",
            f"`kumbusha run` on SQLite, {people} people, {rate:.0f} messages a second; kill -9, started at once, "
            f"{len(found)} times on fresh databases. Afterwards each message was on record once and answered once.",
            "",
            "| | median | worst |",
            "| --- | ---: | ---: |",
            _row("seconds to the first answer", [x.first for x in found]),
            _row("seconds until nobody waited", [x.empty for x in found]),
            _row("webhooks that reached nobody, and were fetched", [float(x.refused) for x in found]),
            "",
            f"Again: `python -m benchmarks.recovery --rate {rate:.0f} --times {len(found)}`",
            "",
        )
    )


def _row(title: str, figures: list[float]) -> str:
    return f"| {title} | {statistics.median(figures):.1f} | {max(figures):.1f} |"


def main() -> None:
    """Kill and measure as told on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=25, help="messages a second")
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--people", type=int, default=1000)
    parser.add_argument("--out", type=Path, default=RESULT)
    given = parser.parse_args()
    text = page([asyncio.run(recover(given.rate, given.people)) for _n in range(given.times)], given.rate, given.people)
    print(text)
    given.out.write_text(text)


if __name__ == "__main__":
    main()
