"""A programme played in seconds: a clock that moves, and people who answer as people do, the same for a seed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.clock import MovedClock
from bot.outbox import Sender
from bot.turns import take_turn
from domain.periods import ReportingPeriod
from scheduler.people import what_people_say
from scheduler.schedule import SCHEDULE
from storage.database import Database


@dataclass
class World:
    """A played programme: its database, clock and sender. `said` counts what people and the programme did."""

    db: Database
    clock: MovedClock | Callable[[], datetime]
    sender: Sender
    seed: int = 1
    people_answer: bool = True
    step: timedelta = timedelta(hours=1)
    said: Counter[str] = field(default_factory=Counter)

    async def move_to(self, end: datetime, set_clock: Callable[[datetime], None]) -> None:
        """Move the clock to `end`, step by step, running every job and letting people answer."""
        while self.clock() < end:
            now = min(self.clock() + self.step, end)
            set_clock(now)
            await self.tick(now)

    async def tick(self, now: datetime) -> None:
        """Run what is due now, send it, and let people react."""
        for job in SCHEDULE:
            done = await self.db.run(job.run, now)
            self.said[job.name] += done
        await self.send()
        if self.people_answer:
            for inbound in await self.db.run(what_people_say, now, self.seed):
                await self.db.run(take_turn, inbound, now)
                self.said["messages in"] += 1
            await self.send()

    async def send(self) -> None:
        """Send all that is due."""
        while sent := await self.sender.send_due():
            self.said["messages out"] += sent


def month_end(period: ReportingPeriod, now: datetime) -> datetime:
    """Return the first moment after a month, on the clock that `now` is on."""
    first = period.next().first_day
    return now.replace(year=first.year, month=first.month, day=first.day, hour=0, minute=0, second=0, microsecond=0)
