"""Years of a made-up programme in minutes: the clock jumps from one moment at which something happens to the next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

from bot.channels.console import ConsoleChannel
from bot.outbox import Sender
from bot.turns import take_turn
from domain.calendar import WEEKEND, moment
from domain.messages import Inbound
from domain.periods import ReportingPeriod
from scheduler.crowd import Crowd
from scheduler.invariants import check_alerts, check_digests, check_record
from scheduler.made_up import FIRST_MONTH, ZONES, made_up_programme
from scheduler.people import CHANNELS
from scheduler.schedule import SCHEDULE
from storage import contacts, programmes
from storage.database import Database

MORNING, ASKING = time(7), time(14)  # local hours at which quiet hours end, and at which people are asked
LEADING, LOOKING = time(8), time(9)  # those of digests and lists, and of the daily look at what is on record
RAISED = "messages that raised"
SECRET = "a played programme keeps no secret"


class Years:
    """A made-up programme that is played: `broken` counts what must never be, by its name."""

    def __init__(self, folder: Path, districts: int, seed: int) -> None:
        self.db = Database(f"sqlite:///{folder}/years.sqlite", SECRET)
        event.listen(self.db.engine, "connect", _hasten)
        self.db.engine.dispose()
        self.db.upgrade()
        first = ReportingPeriod.parse(FIRST_MONTH)
        self.start = datetime.combine(first.next().first_day, time(), UTC)
        self.now = self.start
        self.db.work(programmes.install, made_up_programme(districts, seed), self.now - timedelta(days=5))
        console = ConsoleChannel("console")
        self._sender = Sender(self.db, dict.fromkeys(CHANNELS, console), lambda: self.now)
        self.crowd = Crowd(seed)
        self.broken: Counter[str] = Counter()
        self.said: Counter[str] = Counter()

    async def play(self, months: int) -> None:
        """Play so many months from the programme's first prompt, and check what must never be as it goes."""
        month = ReportingPeriod.of(self.start.date())
        for period in (month.back(-n) for n in range(months)):
            self.now = max(self.now, datetime.combine(period.first_day, time(), UTC))
            self.db.work(self.crowd.plan_month, self.now)
            await self._play_month(period)
            self.broken.update(self.db.work(check_alerts, self.now))
        self.broken.update(self.db.work(check_record))

    async def _play_month(self, period: ReportingPeriod) -> None:
        for at in _moments(period):
            while (next_at := self.crowd.next_at()) is not None and next_at < at:
                await self._let_people_act(next_at)
            self.now = at
            await self._tick()

    async def _tick(self) -> None:
        before = self.said["digests"] + self.said["briefs"]
        for job in SCHEDULE:
            self.said[job.name] += self.db.work(job.run, self.now)
        if self.said["digests"] + self.said["briefs"] > before:
            self.broken.update(self.db.work(check_digests, self.now))
        if self.now.hour == LOOKING.hour:
            self.db.work(self.crowd.plan_day, self.now)
        await self._send()

    async def _let_people_act(self, at: datetime) -> None:
        self.now = max(self.now, at)
        heard: set[int] = set()
        for inbound in self.db.work(self.crowd.act, self.now):
            taken = self.db.work(take_turn, inbound, self.now)
            self.said["messages in"] += 1
            self.broken[RAISED] += taken.turn is None
            contact = self.db.work(_whose, inbound)
            heard.update([contact] if contact else [])
        self.db.work(self.crowd.hear, heard, self.now)
        await self._send()

    async def _send(self) -> None:
        while sent := await self._sender.send_due():
            self.said["messages out"] += sent


def _whose(db: Session, inbound: Inbound) -> int | None:
    contact = contacts.find(db, inbound.sender)
    return contact.id if contact else None


def _moments(period: ReportingPeriod) -> Iterator[datetime]:
    """Yield the moments of a month at which something scheduled may begin."""
    days = (date.fromordinal(n) for n in range(period.first_day.toordinal(), period.next().first_day.toordinal()))
    for day in days:
        local = {moment(day, hour, zone) for hour in (MORNING, ASKING) for zone in ZONES}
        leading = {moment(day, hour, ZONES[0]) for hour in (LEADING, LOOKING)}
        yield from [moment(day, MORNING, ZONES[0])] if day.weekday() in WEEKEND else sorted(local | leading)


def _hasten(connection: Any, _record: object) -> None:
    # What is played may be lost in a power cut.
    connection.execute("PRAGMA synchronous=OFF")
