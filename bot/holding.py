"""A channel that is left alone: what is written down, and who hears that our account there needs mending."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from bot.reaching import after_quiet, queue
from conversations.turn import say
from domain.messages import Lane, SendError
from domain.people import MAIL, AddressStatus, Contact, ContactStatus, Role, Urn
from domain.text import Text, _, plain
from storage import contacts, holds, programmes
from storage.holds import Hold

log = logging.getLogger(__name__)

SHORTEST_HOLD = 30.0  # seconds, where the provider named none
NAMES = {"tel": "SMS", "telegram": "Telegram", "whatsapp": "WhatsApp", MAIL: "e-mail"}


def note_hold(db: Session, scheme: str, error: SendError, now: datetime) -> None:
    """Write down that a channel is left alone; where our account is at fault, tell each manager once a day.

    They hear of it on another channel of theirs, where they have one.
    """
    until = now + timedelta(seconds=error.retry_after or SHORTEST_HOLD)
    found = holds.hold(db, scheme, error.reason, now, until, broken=error.broken)
    if not error.broken:
        return
    log.error("channel held", extra={"channel": scheme, "reason": error.reason})
    programme = programmes.current(db)
    for manager in contacts.everyone(db, Role.MANAGER):
        urn = _beside(manager, scheme)
        if urn is not None and manager.status is ContactStatus.ACTIVE:
            key = f"hold:{scheme}:{now:%Y-%m-%d}:{manager.id}"
            due_at = after_quiet(now, manager.timezone, programme)
            queue(db, say(_words(found)), manager, urn, key, "hold", Lane.BULK, now, due_at=due_at)


def _beside(person: Contact, scheme: str) -> Urn | None:
    """Return an address of somebody on another channel than the one that is held."""
    working = (a.urn for a in person.addresses if a.status is AddressStatus.ACTIVE)
    return next((urn for urn in working if urn.scheme not in (scheme, MAIL)), None)


def _words(found: Hold) -> Text:
    return _(
        "Nothing goes out by {channel} since {day} {hour}: our account there is refused ({reason})."
        " Messages wait. Please tell who runs this system.",
        channel=plain("{name}", name=NAMES.get(found.scheme, found.scheme)),
        day=found.since.date(),
        hour=found.since,
        reason=found.reason.split(" ", 1)[0],
    )
