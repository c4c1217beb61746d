"""The body of `kumbusha demo`: the sample programme, a clock to move, and what then happened, in words."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.channels import Channel
from bot.channels.console import ConsoleChannel
from bot.clock import MovedClock
from bot.opening import open_database
from bot.outbox import Sender
from bot.render import Voice
from bot.settings import Settings
from bot.turns import take_turn
from domain.messages import Inbound, Outbound
from domain.people import Contact, Urn
from domain.periods import ReportingPeriod
from domain.text import Text, _, ngettext
from scheduler.people import CHANNELS
from scheduler.simulation import World, month_end
from storage import contacts, figures, programmes
from storage.database import Database
from storage.figures import Figures
from storage.programme_file import sample_text

START = datetime(2026, 10, 30, 9, tzinfo=UTC)  # a Friday; the first prompt goes on Monday
PATIENCE = timedelta(days=45)  # how far the clock goes to meet the next prompt
HOUR = timedelta(hours=1)


def open_demo(folder: Path) -> Demo:
    """Open the demo that a folder keeps; on its first day it is made."""
    folder.mkdir(parents=True, exist_ok=True)
    settings = Settings(_env_file=None, database_url=f"sqlite:///{folder}/demo.sqlite")
    return Demo(open_database(settings, make=True), folder)


class Demo:
    """The sample programme with a clock to move, for the page and the terminal. `sent` gathers what has left it."""

    def __init__(self, db: Database, folder: Path) -> None:
        db.upgrade()
        self.db = db
        self.clock = MovedClock(folder / "clock", START)
        self._folder = folder
        try:
            self.programme = db.work(programmes.current)
        except LookupError:
            self.programme = db.work(programmes.install, sample_text(), self.clock())
        self.sent: list[Outbound] = []
        channels: dict[str, Channel] = {s: ConsoleChannel(name, self.sent.append) for s, name in CHANNELS.items()}
        self.world = World(db, self.clock, Sender(db, channels, self.clock))

    @property
    def people_answer(self) -> bool:
        """Whether the sample people answer by themselves when the clock moves."""
        return self.world.people_answer

    @people_answer.setter
    def people_answer(self, yes: bool) -> None:
        self.world.people_answer = yes

    def phone_of(self, key: str, scheme: str) -> tuple[Contact, Urn]:
        """Return somebody and their address. Raises LookupError with what to do where there is none."""
        contact = self.db.work(contacts.by_key, key)
        if contact is None:
            names = " ".join(c.key for c in self.db.work(contacts.everyone))
            raise LookupError(f"nobody is called {key!r}. People: {names}")
        urn = contact.address(scheme)
        if urn is None:
            code = next((p.join_code for p in self.programme.people if p.key == key), None) or "and the join code"
            raise LookupError(
                f"{contact.name} has not joined yet, so no phone is known. Send JOIN {code} from the phone that "
                f"carries this name on the page of `kumbusha demo --folder {self._folder}`, then come back."
            )
        return contact, urn

    async def say(self, urn: Urn, text: str) -> None:
        """Take what somebody writes."""
        now = self.clock()
        inbound = Inbound(CHANNELS[urn.scheme], f"chat-{secrets.token_hex(8)}", urn, text, now)
        await self.db.run(take_turn, inbound, now)

    async def send_due(self) -> None:
        """Send what is due now."""
        await self.world.send()

    async def move(self, how: str) -> str:
        """Move the clock by a day, a week, a month, or to the next prompt; return what happened in sentences."""
        start = self.clock()
        if how == "prompt":
            await self._to_next_prompt(start)
        else:
            days = {"day": 1, "week": 7}.get(how)
            end = start + timedelta(days=days) if days else month_end(ReportingPeriod.of(start.date()), start)
            await self.world.move_to(end, self.clock.set)
        done = await self.db.run(figures.between, start, self.clock() + timedelta(seconds=1))
        english = Voice("en", "UTC")
        return " ".join(english.words(text) for text in what_happened(done))

    async def _to_next_prompt(self, start: datetime) -> None:
        before = self.world.said["prompts"]
        while self.world.said["prompts"] == before and self.clock() < start + PATIENCE:
            await self.world.move_to(self.clock() + HOUR, self.clock.set)


def what_happened(done: Figures) -> tuple[Text, ...]:
    """Return what a stretch of the programme's time came to, in sentences."""
    return (
        _(
            "{prompts} and {reminders} went out, {messages} came in.",
            prompts=ngettext("{n} prompt", "{n} prompts", done.prompts),
            reminders=ngettext("{n} reminder", "{n} reminders", done.nudges),
            messages=ngettext("{n} message", "{n} messages", done.inbound),
        ),
        _(
            "{values} stored, {asked} questioned, {sections} written.",
            values=ngettext("{n} value", "{n} values", done.values),
            asked=done.questioned,
            sections=ngettext("{n} diary section", "{n} diary sections", done.diaries),
        ),
        _("Alerts opened: {opened}, closed: {closed}.", opened=done.alerts_opened, closed=done.alerts_closed),
        _(
            "{messages} from us in all, {segments} of SMS.",
            messages=ngettext("{n} message", "{n} messages", done.outbound),
            segments=ngettext("{n} segment", "{n} segments", done.segments),
        ),
    )
