"""A process that is killed at one chosen moment of its work, at each of them in turn, and what it may be doing then.

The moments are before and after each commit and each sending.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import shutil
import signal
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.engine import make_url

from bot.channels import Channel
from bot.channels.telegram import TelegramChannel
from bot.channels.twilio import TwilioChannel
from bot.news import take_news
from bot.outbox import Sender
from bot.turns import take_turn
from domain.messages import Inbound, Outbound, Receipt
from domain.people import Urn
from scheduler.noting import run_noted
from scheduler.schedule import SCHEDULE
from storage.database import Database
from tests import postgres
from tests.doubles.telegram_api import TOKEN
from tests.doubles.twilio_api import ACCOUNT_SID, AUTH_TOKEN, NUMBER
from tests.forked import PROCESSES
from tests.rig import SECRET, Rig

PROMPT_DAY = datetime(2026, 11, 2, 14, 5, tzinfo=UTC)
AMA = Urn("tel", "+233200000011")
_numbers = itertools.count(1)

Operation = Callable[..., None]


class Countdown:
    """Kills its own process at the moment that is numbered `at`, as a power cut would."""

    def __init__(self, at: int) -> None:
        self._left = at

    def moment(self, *_: object) -> None:
        """Let one moment pass."""
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(self, engine: Engine) -> None:
        """Count when a database is about to commit, which is as good as after the commit before: between is nothing."""
        event.listen(engine, "commit", self.moment)

    def around(self, channel: Channel) -> Channel:
        """Count the moments before and after a channel hands a part over."""
        return _Counted(channel, self)


class _Counted:
    def __init__(self, channel: Channel, countdown: Countdown) -> None:
        self.name = channel.name
        self._channel = channel
        self._countdown = countdown

    async def send(self, message: Outbound, now: datetime) -> Receipt:
        self._countdown.moment()
        receipt = await self._channel.send(message, now)
        self._countdown.moment()
        return receipt

    async def find(self, message: Outbound, since: datetime) -> list[Receipt]:
        return await self._channel.find(message, since)

    async def close(self) -> None:
        await self._channel.close()


def dies(operation: Operation, url: str, at: int, *args: Any) -> bool:
    """Run an operation in a process of its own that is killed at moment `at`; False when it ended before that.

    `operation` takes the database, the countdown and `args`; it stands in a module, so that another process finds it.
    """
    process = PROCESSES.Process(target=_live, args=(operation, url, at, args))
    process.start()
    process.join()
    if process.exitcode not in (0, -signal.SIGKILL):
        raise RuntimeError(f"{operation.__name__} ended with {process.exitcode} at moment {at}")
    return process.exitcode != 0


def _live(operation: Operation, url: str, at: int, args: tuple[Any, ...]) -> None:
    countdown = Countdown(at)
    db = Database(url, SECRET)
    countdown.watch(db.engine)
    operation(db, countdown, *args)
    countdown.moment()


@contextlib.contextmanager
def copy_of(rig: Rig) -> Iterator[Rig]:
    """Open a copy of a rig's database, and throw it away afterwards."""
    rig.db.engine.dispose()
    name = f"drill{next(_numbers)}"
    url = make_url(rig.db.url)
    if rig.db.sqlite:
        file = Path(url.database or "").with_name(f"{name}.sqlite")
        shutil.copy(str(url.database), file)
        made = Rig(Database(f"sqlite:///{file}", SECRET), rig.now)
        yield made
        made.close()
        return
    with postgres.manager(rig.db.url.replace(f"/{url.database}?", "/{}?")) as manage:
        manage(f"create database {name} template {url.database} strategy file_copy")
        made = Rig(Database(rig.db.url.replace(f"/{url.database}?", f"/{name}?"), SECRET), rig.now)
        yield made
        made.close()
        manage(f"drop database {name} with (force)")


async def drill(
    rig: Rig,
    operation: Operation,
    args: tuple[Any, ...],
    restart: Callable[[Rig], Awaitable[None]],
    seen: Callable[[Rig], Any],
) -> list[Any]:
    """Kill an operation at each of its moments, and return what was seen after each restart; the first is unharmed."""
    found: list[Any] = []
    for at in itertools.chain([0], itertools.count(1)):
        with copy_of(rig) as copied:
            killed = await asyncio.to_thread(dies, operation, copied.db.url, at, *args)
            await restart(copied)
            found.append(await asyncio.to_thread(seen, copied))
        if at and not killed:
            return found
    raise AssertionError


# What dies


def take_messages(db: Database, countdown: Countdown, messages: list[Inbound], now: datetime) -> None:
    """Take messages as a process does, one after the other."""

    async def take() -> None:
        for inbound in messages:
            await db.run(take_turn, inbound, now)

    asyncio.run(take())


def take_at_once(db: Database, countdown: Countdown, messages: list[Inbound], now: datetime) -> None:
    """Take messages that wait together, which share a commit where the engine has one writer."""

    async def take() -> None:
        await asyncio.gather(*(db.run(take_turn, inbound, now) for inbound in messages))

    asyncio.run(take())


def run_job(db: Database, countdown: Countdown, name: str, now: datetime) -> None:
    """Run a scheduled job as the clock does."""
    job = next(job for job in SCHEDULE if job.name == name)
    asyncio.run(run_noted(db, job.name, job.run, now, job.shares))


def send_all(db: Database, countdown: Countdown, twilio: str, telegram: str, moments: list[datetime]) -> None:
    """Send all that is due through the real channels, at each of some moments."""
    asyncio.run(send(db, twilio, telegram, moments, countdown.around))


def hear_news(db: Database, countdown: Countdown, receipts: list[tuple[Receipt, int]], now: datetime) -> None:
    """Take status callbacks."""
    for receipt, outbound_id in receipts:
        db.work(take_news, receipt, now, outbound_id)


async def send(
    db: Database,
    twilio: str,
    telegram: str,
    moments: list[datetime],
    around: Callable[[Channel], Channel] = lambda channel: channel,
) -> None:
    """Settle doubts and send what is due, at each of some moments."""
    channels: dict[str, Channel] = {
        "tel": around(TwilioChannel(ACCOUNT_SID, AUTH_TOKEN, sender=NUMBER, base_url=twilio)),
        "telegram": around(TelegramChannel(TOKEN, base_url=telegram)),
    }
    for now in moments:
        sender = Sender(db, channels, lambda now=now: now)
        await sender.settle_doubts()
        while await sender.send_due():
            pass
    for channel in channels.values():
        await channel.close()


# What is said


def said(text: str, n: int, who: Urn = AMA, at: datetime = PROMPT_DAY) -> Inbound:
    """Return a message as its channel hands it over."""
    return Inbound("sms" if who.scheme == "tel" else "telegram", f"m{n}", who, text, at)
