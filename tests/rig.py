"""The whole software in one test: a real database, a clock to move, channels that write down what they send."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from bot.channels import Channel
from bot.channels.console import ConsoleChannel
from bot.channels.whatsapp import SHUT_CODE, WhatsAppChannel
from bot.outbox import Sender
from bot.turns import Taken, take_turn
from domain.messages import Inbound, InboundKind, Outbound, Status
from domain.people import Contact, Urn
from scheduler.schedule import tick
from storage import contacts, programmes
from storage.database import Database
from storage.models import OutboundRow
from storage.programme_file import sample_text
from storage.windows import Envelope, envelope

SECRET = "a secret that is only for tests"
START = datetime(2026, 10, 31, 12, tzinfo=UTC)
CHANNELS = {"tel": "sms", "telegram": "telegram", "whatsapp": "whatsapp"}
NOW = bindparam("now", type_=OutboundRow.due_at.type)
WAITS = select(OutboundRow.id).where(OutboundRow.status == str(Status.QUEUED), OutboundRow.due_at <= NOW)
IS_DUE = select(WAITS.exists())


@dataclass
class Rig:
    """A running programme. `sent` lists what reached people, oldest first.

    `templates` are those approved for WhatsApp, by kind of message and language.
    """

    db: Database
    now: datetime = START
    sent: list[Outbound] = field(default_factory=list)
    templates: dict[str, dict[str, str]] = field(default_factory=dict)
    _ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @classmethod
    def on(cls, url: str, programme: str | None = None, now: datetime = START) -> Rig:
        """Open a database, bring it up to date, and load a programme (the sample, unless another is given)."""
        db = Database(url, SECRET)
        db.upgrade()
        rig = cls(db, now)
        db.work(programmes.install, programme or sample_text(), now)
        return rig

    def contact(self, key: str) -> Contact:
        """Return the contact that the programme file calls `key`."""
        found = self.db.work(contacts.by_key, key)
        assert found is not None, key
        return found

    def says(
        self,
        who: str | Urn,
        text: str,
        *,
        scheme: str | None = None,
        kind: InboundKind = InboundKind.MESSAGE,
        provider_id: str | None = None,
        edit_of: str | None = None,
        ticket: int | None = None,
    ) -> Taken:
        """Let somebody write, on their preferred channel unless `scheme` names another, and send the answers."""
        urn = who if isinstance(who, Urn) else self.urn(who, scheme)
        inbound = Inbound(
            channel=CHANNELS[urn.scheme],
            provider_id=provider_id or f"in-{next(self._ids)}",
            sender=urn,
            text=text,
            received_at=self.now,
            kind=kind,
            edit_of=edit_of,
            ticket=ticket,
        )
        taken = self.db.work(take_turn, inbound, self.now)
        self.deliver()
        return taken

    def urn(self, key: str, scheme: str | None = None) -> Urn:
        """Return a contact's address."""
        contact = self.contact(key)
        urn = next((a.urn for a in contact.addresses if a.urn.scheme == (scheme or contact.preferred)), None)
        assert urn is not None, f"{key} has no {scheme or contact.preferred} address"
        return urn

    def deliver(self) -> None:
        """Send all that is due now."""
        if self.db.work(_is_due, self.now):
            self.deliver_by(*CHANNELS)

    def deliver_by(self, *schemes: str) -> None:
        """Send what is due now by the channels of some schemes; no others are set."""
        channels: dict[str, Channel] = {s: ConsoleChannel(CHANNELS[s], self.sent.append) for s in schemes}
        if "whatsapp" in channels:
            channels["whatsapp"] = WhatsAppChannel(channels["whatsapp"], self.templates, self._envelope)
        sender = Sender(self.db, channels, lambda: self.now)

        async def drain() -> None:
            while await sender.send_due() and await self.db.run(_is_due, self.now):
                pass

        asyncio.run(drain())

    async def _envelope(self, outbound_id: int) -> Envelope:
        return await self.db.run(envelope, outbound_id, SHUT_CODE)

    def move_to(self, now: datetime, every: timedelta = timedelta(hours=1)) -> None:
        """Move the clock on, ticking the schedule and sending as it goes."""
        while self.now < now:
            self.now = min(self.now + every, now)
            tick(self.db, self.now)
            self.deliver()

    def close(self) -> None:
        """Let go of the database."""
        self.db.close()


def _is_due(db: Session, now: datetime) -> bool:
    return db.scalar(IS_DUE, {"now": now}) or False
