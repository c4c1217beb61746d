"""One process as it is run, on SQLite, under signed webhooks at a steady rate: what soak and recovery share."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import aiohttp
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from benchmarks import work
from benchmarks.fleet import PUBLIC, free_port
from benchmarks.machine import NOW, memory
from storage import programmes
from storage.database import Database
from tests.doubles.twilio_api import ACCOUNT_SID, AUTH_TOKEN, NUMBER
from tests.rig import SECRET

ROOT = Path(__file__).resolve().parents[1]
RATE_OF_SENDER = "100000"  # segments a second; the provider is not what is measured
PATIENCE = 60.0  # seconds
NO_ANSWER = (aiohttp.ClientError, TimeoutError)


@dataclass
class Load:
    """What was posted: when each answer to a webhook came after its posting (seconds), and what was refused."""

    took: list[float] = field(default_factory=list)
    refused: int = 0
    posted: int = 0


class Served:
    """The process, its provider's double as another process, and people who write."""

    def __init__(self, folder: Path, people: int, part: str = "run", file: str = "served.sqlite") -> None:
        self.folder, self.people, self.part = folder, people, part
        self.file = folder / file
        self.load = Load()
        self.port = free_port()
        self._validator = RequestValidator(AUTH_TOKEN)

    async def __aenter__(self) -> Self:
        if not self.file.exists():
            db = Database(f"sqlite:///{self.file}", SECRET)
            db.upgrade()
            # Loaded now, so that no report is overdue: a thousand alerts at once are not what is measured.
            db.work(programmes.install, work.programme_text(self.people), datetime.now(UTC))
            db.close()
        self._double = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.doubles.twilio_api"), cwd=ROOT, stdout=asyncio.subprocess.PIPE
        )
        assert self._double.stdout is not None
        self.twilio = f"http://127.0.0.1:{int(await self._double.stdout.readline())}"
        self._http = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(PATIENCE), connector=aiohttp.TCPConnector(limit=0)
        )
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.end(signal.SIGTERM)
        self._double.terminate()
        await self._double.wait()
        await self._http.close()

    async def start(self) -> None:
        """Start the process, and wait until it answers."""
        settings = {
            "DATABASE_URL": f"sqlite:///{self.file}",
            "KUMBUSHA_SECRET": SECRET,
            "PUBLIC_URL": PUBLIC,
            "PORT": str(self.port),
            "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
            "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
            "TWILIO_SENDER": NUMBER,
            "TWILIO_BASE_URL": self.twilio,
            "SMS_SEGMENTS_PER_SECOND": RATE_OF_SENDER,
        }
        with (self.folder / "log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *(sys.executable, str(ROOT / "kumbusha.py"), self.part),
                cwd=self.folder,
                env={**os.environ, "PYTHONPATH": str(ROOT), **settings},
                stdout=log,
                stderr=log,
            )
        await self._up()

    async def _up(self) -> None:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if await self.is_up():
                return
            await asyncio.sleep(0.05)
        raise RuntimeError((self.folder / "log").read_text()[-2000:])

    async def is_up(self) -> bool:
        """Whether the process answers."""
        try:
            async with self._http.get(f"http://127.0.0.1:{self.port}/healthz") as said:
                return said.status == 200
        except NO_ANSWER:
            return False

    async def end(self, by: signal.Signals) -> None:
        """End the process."""
        self.process.send_signal(by)
        await self.process.wait()

    async def says(self, n: int) -> None:
        """Let a person report: the n-th message in all, a value that differs from their last."""
        person = n % self.people
        words = f"VA {40 + n // self.people % 40}"
        message = {"from": work.phone_of(person), "body": words}
        try:
            async with self._http.post(f"{self.twilio}/__receive", json=message) as said:
                form = await said.json()
        except NO_ANSWER:  # the double closed an idle connection under it; nobody was sent anything
            return
        self.load.posted += 1
        try:
            self.load.took.append(await self.post(form))
        except NO_ANSWER:
            self.load.refused += 1

    async def post(self, form: dict[str, str]) -> float:
        """Post a form as Twilio does; return the seconds until its answer. Raises one of NO_ANSWER when refused."""
        headers = {"X-Twilio-Signature": self._validator.compute_signature(f"{PUBLIC}/sms", form)}
        began = time.perf_counter()
        async with self._http.post(f"http://127.0.0.1:{self.port}/sms", data=form, headers=headers) as said:
            await said.read()
            said.raise_for_status()
        return time.perf_counter() - began

    async def write(self, rate: float, seconds: float) -> None:
        """Let people write at a rate for some seconds, each at their moment whether or not the others were answered."""
        first, began = self.load.posted, time.perf_counter()
        tasks: set[asyncio.Task[None]] = set()
        for n in range(int(rate * seconds)):
            await asyncio.sleep(max(0.0, began + n / rate - time.perf_counter()))
            task = asyncio.create_task(self.says(first + n))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        await asyncio.gather(*tasks)

    def memory(self, what: str = NOW) -> float:
        """Return the memory of the process, in MB: what it has now, or the most it had."""
        return memory(self.process.pid, what)

    def open_files(self) -> int:
        """Return how many files the process has open."""
        return len(list(Path(f"/proc/{self.process.pid}/fd").iterdir()))

    def counts(self) -> tuple[int, int, int]:
        """Return how many messages are on record, how many were handled, and how many answers the provider has."""
        with sqlite3.connect(f"file:{self.file}?mode=ro", uri=True) as db:
            received, handled = db.execute("select count(*), count(handled_at) from inbound").fetchone()
            (answered,) = db.execute(
                "select count(*) from outbound where inbound_id is not null and provider_id is not null"
            ).fetchone()
        return received, handled, answered
