"""A process that is killed at one chosen moment of its work: before and after each commit and sending."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, event

from bot.channels import Channel
from domain.messages import Outbound, Receipt
from storage.database import Database
from tests.forked import PROCESSES
from tests.rig import SECRET

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
        """Count when a database has begun a transaction, and when it is about to commit one; between is nothing."""
        event.listen(engine, "begin", self.moment)
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
