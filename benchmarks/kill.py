"""A busy hour in which the process is killed again and again: is anything lost, is anything doubled?

People on SMS and Telegram fill in the month's report on doubles of both providers, each writing the next answer when
the next question has come. The worker (tests/worker.py) is killed with SIGKILL at random moments and started again.
Afterwards what the providers handed over and accepted is compared with what is on record. See README.md beside this.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import astuple, dataclass, fields
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from benchmarks import work
from benchmarks.machine import machine
from domain.messages import Status
from storage import programmes
from storage.database import Database
from storage.models import ActivityUpdateRow, DiaryRow, InboundRow, OutboundRow, ValueVersionRow
from tests import postgres
from tests.doubles.server import Fault
from tests.doubles.telegram_api import TelegramDouble
from tests.doubles.twilio_api import TwilioDouble
from tests.rig import SECRET

log = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parents[1]
RESULT = Path(__file__).parent / "results" / "kill.md"
BETWEEN = timedelta(minutes=5)  # how far the clock moves while nobody works: beyond what leaves a sending in doubt
TWICE = 0.1  # share of messages that a provider hands over twice without being asked
TELEGRAM_EVERY = 3  # every third person is on Telegram
MESSAGES = 1 + len(work.ANSWERS)  # that each person sends, and that each is sent
LOOK = 0.005  # seconds between a person's looks at the phone
LONGEST_PAUSE = 0.05  # seconds by which a kill is put off at random, so that it falls anywhere in a turn or a sending
PATIENCE = 300.0  # seconds without an answer after which something is broken, however busy the machine
LOG = Path(tempfile.gettempdir()) / "kumbusha-killed-worker.log"

Key = tuple[str, str, str]  # scheme, path and text: no two replies of one person have the same words
TAKEN = (Status.WIRED, Status.SENT, Status.DELIVERED)
HANDLED = select(InboundRow.channel, InboundRow.provider_id).where(InboundRow.handled_at.is_not(None))
VALUES = select(ValueVersionRow.district, ValueVersionRow.code, ValueVersionRow.version, ValueVersionRow.value).where(
    ValueVersionRow.inbound_id.is_not(None)
)


@dataclass(frozen=True, slots=True)
class Count:
    """What could be counted at one moment, on the providers' side and on record."""

    written: int  # messages people wrote
    acknowledged: int  # of them confirmed by us to the provider
    acknowledged_lost: int  # confirmed, and yet not on record
    inbound: int  # inbound rows
    handled: int  # of them answered
    values: int  # value versions
    replies: int  # outbound rows
    recorded: int  # of them recorded as taken by the provider
    in_doubt: int  # of them claimed for sending, outcome not recorded
    accepted: int  # messages the providers took
    doubled: int  # of them more than there are rows


@dataclass(frozen=True, slots=True)
class NotOnce:
    """A reply that the provider took another number of times than once."""

    scheme: str
    status: str
    attempts: int
    accepted: int


class Hour:
    """One busy hour: the doubles, the people, and the worker that is killed."""

    def __init__(self, url: str, people: int, kills: int, seed: int) -> None:
        self.url, self.people, self.kills, self.seed = url, people, kills, seed
        self.sms, self.telegram = TwilioDouble(self.now), TelegramDouble()
        self.counts: list[Count] = []
        self.written = 0
        self.twice = 0
        self._told_telegram = 0
        self._ahead = timedelta()
        self._confirmed: set[str] = set()
        self._worker: asyncio.subprocess.Process | None = None
        self._ready = asyncio.Event()

    def now(self) -> datetime:
        """Return the time, as the worker and the providers see it."""
        return datetime.now(UTC) + self._ahead

    @property
    def messages(self) -> int:
        """How many messages everybody sends in all, and is sent."""
        return self.people * MESSAGES

    async def play(self) -> None:
        """Let everybody report, and kill the worker on the way; `counts` gets a line for each kill and for the end."""
        async with self.sms, self.telegram:
            with LOG.open("ab") as self._log:
                await self._start()
                try:
                    await self._busy()
                finally:
                    await self._kill()

    async def _busy(self) -> None:
        await until(self._ready.is_set)
        everybody = asyncio.gather(*(self._person(n) for n in range(self.people)))
        chance = random.Random(self.seed)
        stretch = self.messages / (self.kills + 1)
        for n in range(self.kills):
            moment = stretch * (n + chance.uniform(0.5, 1.0))
            await until(partial(self._has_come_to, moment, everybody))
            await asyncio.sleep(chance.uniform(0, LONGEST_PAUSE))
            await self._kill()
            self.counts.append(self.count())
            log.info("killed for the %d. time, after %d messages", len(self.counts), self.written)
            self._ahead += BETWEEN
            await self._start()
        await everybody
        await until(lambda: self.count().recorded >= self.messages, every=0.2)
        self.counts.append(self.count())

    def _has_come_to(self, moment: float, everybody: asyncio.Future[Any]) -> bool:
        return self.written >= moment or everybody.done()

    # ------------------------------------------------------------------------------------------ people

    async def _person(self, n: int) -> None:
        chance = random.Random(self.seed * 10_000 + n)
        write = self._on_telegram if work.is_on_telegram(n, TELEGRAM_EVERY) else self._by_sms
        await asyncio.sleep(chance.uniform(0, 0.5))
        for answers, text in enumerate((work.FIRST, *work.ANSWERS), 1):
            self.written += 1
            twice = chance.random() < TWICE
            self.twice += twice
            await write(n, text, twice)
            # A text that comes twice is no new question, so different texts are counted.
            await until(partial(self._has_texts, n, answers))

    async def _on_telegram(self, n: int, text: str, twice: bool) -> None:
        if twice:
            self.telegram.faults.append(Fault(on="getupdates", twice=True))
        self.telegram.say(work.chat_of(n), text)
        self._told_telegram += 1

    async def _by_sms(self, n: int, text: str, twice: bool) -> None:
        form = self.sms.receive(work.phone_of(n), text)
        for _n in range(2 if twice else 1):
            if self._worker is None:
                return  # the webhook reaches nobody; only the provider's own list has the message now
            assert self._worker.stdin is not None
            with contextlib.suppress(ConnectionError):
                self._worker.stdin.write(json.dumps(form).encode() + b"\n")
                await self._worker.stdin.drain()

    def _has_texts(self, n: int, number: int) -> bool:
        return len(self._texts(n)) >= number

    def _texts(self, n: int) -> set[str]:
        chat, phone = work.chat_of(n), work.phone_of(n)
        if work.is_on_telegram(n, TELEGRAM_EVERY):
            return {sent.text for sent in self.telegram.sent if sent.chat_id == chat}
        return {sent.body for sent in self.sms.sent if sent.to == phone}

    # ------------------------------------------------------------------------------------------ the worker

    async def _start(self) -> None:
        options = {"database": self.url, "twilio": self.sms.base_url, "telegram": self.telegram.base_url}
        options["ahead"] = str(self._ahead.total_seconds())
        self._worker = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.worker"),
            *(word for name, value in options.items() for word in (f"--{name}", value)),
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=self._log,
        )
        self._listening = asyncio.create_task(self._listen(self._worker))

    async def _listen(self, worker: asyncio.subprocess.Process) -> None:
        assert worker.stdout is not None
        async for line in worker.stdout:
            if line == b"ready\n":
                self._ready.set()
            else:
                self._confirmed.add(line.decode().strip())

    async def _kill(self) -> None:
        if self._worker is None:
            return
        worker, self._worker = self._worker, None
        with contextlib.suppress(ProcessLookupError):
            worker.send_signal(signal.SIGKILL)
        await worker.wait()
        await self._listening

    # ------------------------------------------------------------------------------------------ counting

    def count(self) -> Count:
        """Count on both sides."""
        with _reading(self.url) as db:
            # Between two of these queries PostgreSQL may still finish a commit of the process that was killed.
            statuses = Counter(db.scalars(select(OutboundRow.status)))
            handled = {(channel, sid) for channel, sid in db.execute(HANDLED)}
            rows = Counter(key for key, _row in _replies(db))
            inbound = db.execute(select(func.count()).select_from(InboundRow)).scalar_one()
            values = len(db.execute(VALUES).all())
        confirmed = self._confirmed
        on_telegram = self._told_telegram - len(self.telegram.waiting)
        accepted = self._accepted()
        return Count(
            written=self.written,
            acknowledged=len(confirmed) + on_telegram,
            acknowledged_lost=sum(("sms", sid) not in handled for sid in confirmed)
            + max(0, on_telegram - sum(channel == "telegram" for channel, _sid in handled)),
            inbound=inbound,
            handled=len(handled),
            values=values,
            replies=rows.total(),
            recorded=sum(statuses[status] for status in TAKEN),
            in_doubt=statuses[Status.SENDING] + statuses[Status.UNKNOWN],
            accepted=accepted.total(),
            doubled=(accepted - rows).total(),
        )

    def not_once(self) -> list[NotOnce]:
        """Return the replies that did not go exactly once."""
        accepted = self._accepted()
        with _reading(self.url) as db:
            return [
                NotOnce(row.scheme, row.status, row.attempts, accepted[key])
                for key, row in _replies(db)
                if accepted[key] != 1
            ]

    def wrong(self) -> list[str]:
        """Return in words whatever is not on record exactly as everybody wrote it."""
        with _reading(self.url) as db:
            return list(_wrong(db, self.people))

    def _accepted(self) -> Counter[Key]:
        by_sms = Counter(("tel", sent.to, sent.body) for sent in self.sms.sent)
        return by_sms + Counter(("telegram", str(sent.chat_id), sent.text) for sent in self.telegram.sent)


async def until(happened: Callable[[], bool], every: float = LOOK) -> None:
    """Look again and again until something has happened. Raises TimeoutError when that takes too long."""
    began = time.monotonic()
    while not happened():
        if time.monotonic() - began > PATIENCE:
            raise TimeoutError(f"waited {PATIENCE:.0f} s in vain; the worker's errors are in {LOG}")
        await asyncio.sleep(every)


@contextlib.contextmanager
def _reading(url: str) -> Iterator[Session]:
    # Opened anew each time and closed at once: an open file would spare the next worker SQLite's recovery.
    db = Database(url, SECRET)
    with db.begin() as session:
        yield session
    db.close()


def _replies(db: Session) -> list[tuple[Key, OutboundRow]]:
    return [((row.scheme, row.path, row.text), row) for row in db.scalars(select(OutboundRow))]


def _wrong(db: Session, people: int) -> Iterator[str]:
    values = Counter((d, c, v, n) for d, c, v, n in db.execute(VALUES))
    numbers = tuple(zip(work.CODES, work.NUMBERS, strict=True))
    yield from _differences("value", values, ((f"d{n}", c, 1, float(v)) for n in range(people) for c, v in numbers))
    diary = Counter((d, s, w) for d, s, w in db.execute(select(DiaryRow.district, DiaryRow.section, DiaryRow.words)))
    sections = tuple(zip(work.SECTIONS, work.WORDS, strict=True))
    yield from _differences("diary section", diary, ((f"d{n}", s, w) for n in range(people) for s, w in sections))
    updates = Counter((d, k) for d, k in db.execute(select(ActivityUpdateRow.district, ActivityUpdateRow.key)))
    yield from _differences("activity update", updates, ((f"d{n}", k) for n in range(people) for k in ("P1", "P2")))


def _differences(what: str, found: Counter[Any], expected: Iterable[Any]) -> Iterator[str]:
    wanted = Counter(expected)
    yield from (f"{what} lost: {one}" for one in (wanted - found).elements())
    yield from (f"{what} too many: {one}" for one in (found - wanted).elements())


def install(url: str, people: int) -> None:
    """Bring a database up to date and put the programme of these people in force."""
    db = Database(url, SECRET)
    db.upgrade()
    db.work(programmes.install, work.programme_text(people, TELEGRAM_EVERY), datetime.now(UTC))
    db.close()


# ---------------------------------------------------------------------------------------------- the page


def table(counts: list[Count]) -> str:
    """Return one line for each kill and one for the end."""
    names = [f.name.replace("_", " ") for f in fields(Count)]
    lines = [f"| | {' | '.join(names)} |", f"| --- |{' ---: |' * len(names)}"]
    for n, count in enumerate(counts, 1):
        title = "end" if n == len(counts) else f"kill {n}"
        lines.append(f"| {title} | {' | '.join(str(value) for value in astuple(count))} |")
    return "\n".join(lines)


def page(hours: dict[str, Hour], seconds: dict[str, float]) -> str:
    """Return the whole result as a page."""
    hour = next(iter(hours.values()))
    lines = [
        "# Killed during a busy hour",
        "",
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC; {machine()}.",
        "",
        f"{hour.people} people, every third on Telegram and the others on SMS, write {hour.messages} messages",
        f"and are sent as many. The worker is killed {hour.kills} times (seed {hour.seed}). A line is counted when",
        "the worker is dead, before it starts again. What the columns mean: `Count` in `benchmarks/kill.py`.",
    ]
    for name, hour in hours.items():
        lines += ["", f"## {name}", "", table(hour.counts), "", *verdict(hour, seconds[name])]
    return "\n".join(
        (*lines, "", f"Again: `python -m benchmarks.kill --people {hour.people} --kills {hour.kills}`", "")
    )


def verdict(hour: Hour, seconds: float) -> Iterator[str]:
    """Say in a few lines what came of it all."""
    end, wrong, not_once = hour.counts[-1], hour.wrong(), hour.not_once()
    yield f"- {seconds:.0f} seconds; {hour.twice} messages were handed over twice on purpose."
    yield f"- Of {hour.messages} messages {end.handled} were answered; {end.acknowledged_lost} were confirmed and lost."
    yield f"- Values, diary, activities: {'all on record exactly once' if not wrong else '; '.join(wrong[:9])}."
    lost = sum(reply.accepted == 0 for reply in not_once)
    doubled = Counter(reply.scheme for reply in not_once if reply.accepted > 1)
    where = "".join(f", {number} of them to {scheme}" for scheme, number in doubled.items())
    yield f"- Replies: {end.replies} queued, {lost} never sent, {doubled.total()} sent twice{where}."


@contextlib.contextmanager
def databases(folder: Path, names: list[str]) -> Iterator[dict[str, str]]:
    """Give a fresh database of each engine."""
    with contextlib.ExitStack() as stack:
        urls = {"SQLite": f"sqlite:///{folder / 'kill.sqlite'}"}
        if "PostgreSQL" in names:
            urls["PostgreSQL"] = stack.enter_context(postgres.server(durable=True)).format("postgres")
        yield {name: urls[name] for name in names}


def main() -> None:
    """Play one busy hour on each engine and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=60)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="+", choices=["SQLite", "PostgreSQL"], default=["SQLite", "PostgreSQL"])
    parser.add_argument("--out", type=Path, default=RESULT)
    given = parser.parse_args()
    logging.basicConfig(format="%(asctime)s %(message)s")
    log.setLevel(logging.INFO)
    hours: dict[str, Hour] = {}
    seconds: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="kill-") as folder, databases(Path(folder), given.only) as urls:
        for name, url in urls.items():
            install(url, given.people)
            hours[name] = Hour(url, given.people, given.kills, given.seed)
            began = time.monotonic()
            asyncio.run(hours[name].play())
            seconds[name] = time.monotonic() - began
        written = page(hours, seconds)
    print(written)
    given.out.write_text(written)


if __name__ == "__main__":
    main()
