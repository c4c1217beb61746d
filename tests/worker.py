"""The real thing in a process that may be killed: takes messages, answers them, and asks about what it left in doubt.

Telegram is polled, as in production. SMS arrive as lines on standard input, each the form of one webhook as JSON, and
are acknowledged on standard output after the commit. A webhook that reached nobody is never repeated, so a start
begins by reading the provider's own list. The end of the input ends the process.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from bot.channels.telegram import TelegramChannel
from bot.channels.twilio import TwilioChannel, parse_inbound
from bot.outbox import Sender
from bot.turns import retake_turns, take_turn
from domain.messages import Inbound
from storage.database import Database
from storage.inserting import upsert
from storage.models import CursorRow
from tests.doubles.telegram_api import TOKEN
from tests.doubles.twilio_api import ACCOUNT_SID, AUTH_TOKEN, NUMBER
from tests.rig import SECRET

IDLE = 0.02  # seconds between two looks into an empty outbox
SWEEP = 0.5  # seconds between two questions about parts in doubt
LOOK_BACK = timedelta(days=1)


class Worker:
    """One process: its database, its two channels, and a clock that may be ahead of the machine's."""

    def __init__(self, database: str, twilio: str, telegram: str, ahead: timedelta) -> None:
        self._ahead = ahead
        self.db = Database(database, SECRET)
        self.sms = TwilioChannel(ACCOUNT_SID, AUTH_TOKEN, sender=NUMBER, base_url=twilio)
        self.telegram = TelegramChannel(TOKEN, base_url=telegram, poll_seconds=1)
        self.sender = Sender(self.db, {"tel": self.sms, "telegram": self.telegram}, self.now)
        self.stop = asyncio.Event()

    def now(self) -> datetime:
        """Return the time."""
        return datetime.now(UTC) + self._ahead

    async def run(self) -> None:
        """Do everything at once until the input ends."""
        pages = [page async for page in self.sms.recent_inbound(self.now() - LOOK_BACK)]
        for missed in reversed([inbound for page in pages for inbound in page]):
            await self.take(missed)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.telegram.poll(self.take, self.load_offset, self.save_offset, self.stop, self.now))
            tasks.create_task(self.read_input())
            tasks.create_task(self.send())
            tasks.create_task(self.sweep())

    async def take(self, inbound: Inbound) -> None:
        """Take one message; it is committed when this returns."""
        await self.db.run(take_turn, inbound, self.now())

    async def read_input(self) -> None:
        """Take webhooks from standard input, and acknowledge each."""
        lines = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
        say("ready")
        while line := await lines.readline():
            form = json.loads(line)
            await self.take(parse_inbound(form, self.now()))
            say(form["MessageSid"])
        self.stop.set()

    async def send(self) -> None:
        """Send what is due."""
        while not self.stop.is_set():
            if not await self.sender.send_due():
                await asyncio.sleep(IDLE)

    async def sweep(self) -> None:
        """Settle what is in doubt, and take again what raised."""
        while not self.stop.is_set():
            await self.sender.settle_doubts()
            await self.db.run(retake_turns, self.now())
            await asyncio.sleep(SWEEP)

    async def load_offset(self) -> int | None:
        """Return how far Telegram was read."""
        return await self.db.run(_load_offset)

    async def save_offset(self, offset: int) -> None:
        """Remember how far Telegram was read."""
        await self.db.run(_save_offset, offset)


def _load_offset(db: Session) -> int | None:
    row = db.get(CursorRow, "telegram")
    return row.position if row else None


def _save_offset(db: Session, offset: int) -> None:
    upsert(db, CursorRow, {"name": "telegram", "position": offset}, ["name"])


def say(word: str) -> None:
    """Write one line to whoever started this process."""
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


async def main() -> None:
    """Work as told on the command line."""
    parser = argparse.ArgumentParser()
    for name in ("database", "twilio", "telegram"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--ahead", type=float, default=0.0, help="seconds the clock is ahead of the machine's")
    given = parser.parse_args()
    await Worker(given.database, given.twilio, given.telegram, timedelta(seconds=given.ahead)).run()


if __name__ == "__main__":
    asyncio.run(main())
