"""Many processes on one PostgreSQL, of which one after the other is killed or told to stop under load.

Two web processes, two workers and two clocks are the real command; the providers are doubles over sockets, which post
to either web process and turn to the other when one is down. People fill in the month's report as in
`benchmarks/kill.py`, and the same is counted.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol, TypeVar

import httpx

from benchmarks import kill, work
from benchmarks.kill import Hour, until
from benchmarks.machine import machine
from bot.channels.updates import SECRET_HEADER
from tests import postgres
from tests.doubles.telegram_api import TelegramDouble
from tests.rig import SECRET

T = TypeVar("T")

RESULT = Path(__file__).parent / "results" / "fleet.md"
PUBLIC, HOOK_SECRET = "https://kumbusha.test", "a-secret-for-telegram"
PARTS = ("web", "worker", "clock")
NEVER = 1e6  # seconds
AGAIN = 0.2  # seconds until a provider posts again what nobody took
LONGEST_LEAVE = 30.0  # seconds that a host gives a process to finish


@dataclass(frozen=True, slots=True)
class End:
    """How a process ended that was told to: by which signal, after how many seconds, with which code."""

    name: str
    by: str
    seconds: float
    code: int


class Running(Protocol):
    """A process that may be ended."""

    def send_signal(self, number: signal.Signals, /) -> None:
        """Send it a signal."""

    async def wait(self) -> int:
        """Wait until it is gone, and return how it ended."""
        ...


class Fleet(Hour):
    """The processes, the people, and who is ended when."""

    def __init__(self, url: str, people: int, seed: int, every: float, *, copies: int = 2, least: int = 0) -> None:
        super().__init__(url, people, 0, seed)
        self.telegram = TelegramDouble()
        self.every, self.least = every, least
        self.ends: list[End] = []
        self.broken = 0
        self.took = 0.0  # seconds from the first message to the last answer
        names = [f"{part}{n}" for n in range(1, copies + 1) for part in PARTS]
        self._running: dict[str, Running] = {}
        self._ports = {name: free_port() for name in names}
        self._turn = itertools.count()
        self._update = itertools.count(1)

    async def play(self) -> None:
        """Let everybody report while processes end and start again, at least `least` of them; then count."""
        async with self.sms, self.telegram, httpx.AsyncClient(timeout=60) as self._http:
            with kill.LOG.open("ab") as self._log:
                try:
                    await asyncio.gather(*(self.start(name) for name in self._ports))
                    await asyncio.gather(*(self._wait_until_it_answers(name) for name in self._ports if "web" in name))
                    await self._report()
                finally:
                    await asyncio.gather(*(self.end(name, signal.SIGTERM) for name in self._ports))

    async def _report(self) -> None:
        began = time.monotonic()
        everybody = asyncio.gather(*(self._person(n) for n in range(self.people)))
        ending = asyncio.create_task(self._end_in_turn())
        try:
            await everybody
            await until(lambda: len(self.ends) >= self.least)
            await until(lambda: self.count().recorded >= self.messages, every=0.5)
            self.took = time.monotonic() - began
        finally:
            ending.cancel()
            await asyncio.gather(ending, return_exceptions=True)
        self.counts.append(self.count())

    async def _end_in_turn(self) -> None:
        """End one process after the other, by kill and by stop in turn, and start it again at once; `least`, or on."""
        for turn in itertools.count():
            for n, name in enumerate(self._ports):
                if self.least and len(self.ends) >= self.least:
                    return
                await asyncio.sleep(self.every)
                await asyncio.shield(self._replace(name, (signal.SIGKILL, signal.SIGTERM)[(turn + n) % 2]))

    async def _replace(self, name: str, by: signal.Signals) -> None:
        await self.end(name, by)
        await self.start(name)

    async def start(self, name: str) -> None:
        """Start one process."""
        self._running[name] = await self.launch(name.rstrip("0123456789"), self._environment(name))

    async def launch(self, part: str, environment: dict[str, str]) -> Running:
        """Run the real command in a process of its own."""
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.process", part),
            cwd=kill.ROOT,
            env=environment,
            stdout=self._log,
            stderr=self._log,
        )

    async def end(self, name: str, by: signal.Signals) -> None:
        """End one process, and wait until it is gone."""
        process = self._running.pop(name, None)
        if process is None:
            return
        began = time.monotonic()
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(by)
        code = await process.wait()
        self.ends.append(End(name, by.name, time.monotonic() - began, code))

    def _environment(self, name: str) -> dict[str, str]:
        kept = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
        return (
            kept
            | environment(self.url)
            | {
                "PORT": str(self._ports[name]),
                "TWILIO_ACCOUNT_SID": self.sms.account_sid,
                "TWILIO_AUTH_TOKEN": self.sms.auth_token,
                "TWILIO_SENDER": self.sms.number,
                "TWILIO_BASE_URL": self.sms.base_url,
                "TELEGRAM_TOKEN": self.telegram.token,
                "TELEGRAM_BASE_URL": self.telegram.base_url,
                "TELEGRAM_SECRET": HOOK_SECRET,
                "PUBLIC_URL": PUBLIC,
                "SMS_SEGMENTS_PER_SECOND": "1000",
                "TELEGRAM_PER_SECOND": "1000",
            }
        )

    async def _wait_until_it_answers(self, name: str) -> None:
        for _n in range(600):
            with contextlib.suppress(httpx.HTTPError):
                await self._http.get(f"http://127.0.0.1:{self._ports[name]}/healthz", timeout=2)
                return
            await asyncio.sleep(AGAIN / 2)
        raise TimeoutError(f"{name} does not answer; its errors are in {kill.LOG}")

    # ------------------------------------------------------------------------------------------ what providers post

    async def _on_telegram(self, n: int, text: str, twice: bool) -> None:
        message = self.telegram._message(work.chat_of(n), work.chat_of(n), text)
        update = json.dumps({"update_id": next(self._update), "message": message}).encode()
        headers = {SECRET_HEADER: HOOK_SECRET, "Content-Type": "application/json"}
        for _n in range(2 if twice else 1):
            await self._post_until_taken("/telegram", update, headers)
        self._told_telegram += 1

    async def _by_sms(self, n: int, text: str, twice: bool) -> None:
        form = self.sms.receive(work.phone_of(n), text)
        body = str(httpx.QueryParams(form)).encode()
        headers = self.sms.signed(f"{PUBLIC}/sms", form) | {"Content-Type": "application/x-www-form-urlencoded"}
        for _n in range(2 if twice else 1):
            if await self._post("/sms", body, headers):  # Twilio posts once; its list is read for what nobody took
                self._confirmed.add(form["MessageSid"])

    async def _post_until_taken(self, path: str, body: bytes, headers: Mapping[str, str]) -> None:
        for _attempt in itertools.count():
            if await self._post(path, body, headers):
                return
            await asyncio.sleep(AGAIN)

    async def _post(self, path: str, body: bytes, headers: Mapping[str, str]) -> bool:
        webs = [name for name in self._running if name.startswith("web")]
        if not webs:
            return False
        port = self._ports[webs[next(self._turn) % len(webs)]]
        try:
            answer = await self._http.post(f"http://127.0.0.1:{port}{path}", content=body, headers=dict(headers))
        except httpx.HTTPError:
            self.broken += 1
            return False
        return answer.is_success


def environment(url: str) -> dict[str, str]:
    """Return what every process of such a fleet is told."""
    return {"DATABASE_URL": url, "KUMBUSHA_SECRET": SECRET, "PYTHONPATH": str(kill.ROOT), "COLUMNS": "200"}


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def upgrade(url: str) -> None:
    """Bring the tables up to date by the real command."""
    command = [sys.executable, "-m", "tests.process", "db", "upgrade"]
    subprocess.run(command, cwd=kill.ROOT, env={**os.environ, **environment(url)}, check=True, capture_output=True)


def page(fleet: Fleet, seconds: float, rates: list[tuple[float, float]]) -> str:
    """Return the result as a page."""
    kinds = Counter(end.by for end in fleet.ends)
    longest = max((end.seconds for end in fleet.ends if end.by == "SIGTERM"), default=0.0)
    lines = [
        "# Many processes, ended in turn under load",
        "",
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC; {machine()}.",
        "",
        f"{fleet.people} people, every third on Telegram and the others on SMS, write {fleet.messages} messages to two",
        "web processes; two workers and two clocks share one PostgreSQL. Every",
        f"{fleet.every:.0f} seconds one process is ended and started again, in turn by SIGKILL and SIGTERM",
        f"(seed {fleet.seed}).",
        "",
        kill.table(fleet.counts),
        "",
        *kill.verdict(fleet, seconds),
        f"- Processes ended: {kinds['SIGKILL']} by SIGKILL, {kinds['SIGTERM']} by SIGTERM; the longest to finish took"
        f" {longest:.1f} s.",
        f"- Requests of providers that broke off with a process: {fleet.broken}.",
        "",
        "Without an end, messages answered a second, one of each process beside two of each, in turn: "
        + "; ".join(f"{one:.0f} and {two:.0f}, {two / one:.2f} x" for one, two in rates)
        + f". Median {statistics.median(two / one for one, two in rates):.2f} x.",
        "",
        f"Again: `python -m benchmarks.fleet --people {fleet.people} --every {fleet.every:.0f} --seed {fleet.seed}"
        f" --rounds {len(rates)}`",
        "",
    ]
    return "\n".join(lines)


def played(people: int, seed: int, every: float, copies: int, tell: Callable[[Fleet], T]) -> T:
    """Play a fleet on a durable PostgreSQL of its own, and return what there is to tell of it while that is there."""
    with postgres.server(durable=True) as prefix:
        url = prefix.format("postgres")
        upgrade(url)
        kill.install(url, people)
        fleet = Fleet(url, people, seed, every, copies=copies)
        asyncio.run(fleet.play())
        return tell(fleet)


def rate(seed: int, copies: int) -> float:
    """Return how many messages a second so many of each process answer, when none ends."""
    return played(60, seed, NEVER, copies, lambda fleet: fleet.messages / fleet.took)


def main() -> None:
    """Play on a durable PostgreSQL of its own and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=60)
    parser.add_argument("--every", type=float, default=5.0, help="seconds between two ends")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3, help="one of each process beside two, so many times")
    parser.add_argument("--out", type=Path, default=RESULT)
    given = parser.parse_args()
    rates = [(rate(given.seed, 1), rate(given.seed, 2)) for _n in range(given.rounds)]
    written = played(given.people, given.seed, given.every, 2, lambda fleet: page(fleet, fleet.took, rates))
    print(written)
    given.out.write_text(written)


if __name__ == "__main__":
    main()
