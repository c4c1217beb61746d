"""A channel that is left alone: what is written down, and who hears that our account there needs mending."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.orm import Session

from bot.channels.failures import TWILIO
from bot.reaching import after_quiet, queue
from conversations.turn import say
from domain.messages import Lane, SendError
from domain.people import MAIL, AddressStatus, Contact, ContactStatus, Role, Urn
from domain.text import Text, _, ngettext, plain
from storage import contacts, holds, occurrences, programmes
from storage.apart import alone
from storage.holds import Hold

log = logging.getLogger(__name__)

LOOK_BACK = timedelta(days=1)  # for what a provider refuses
SHORTEST_HOLD = 30.0  # seconds, where the provider named none
NAMES = {"tel": "SMS", "telegram": "Telegram", "whatsapp": "WhatsApp", MAIL: "e-mail"}


def note_hold(db: Session, scheme: str, error: SendError, now: datetime) -> None:
    """Write down that a channel is left alone; where our account is at fault, tell each manager once a day.

    They hear of it on another channel of theirs, where they have one, else by e-mail.
    """
    until = now + timedelta(seconds=error.retry_after or SHORTEST_HOLD)
    found = holds.hold(db, scheme, error.reason, now, until, broken=error.broken)
    if not error.broken:
        return
    log.error("channel held", extra={"channel": scheme, "reason": error.reason})
    _tell_managers(db, scheme, _words(replace(found, reason=error.reason)), f"hold:{scheme}", now)


def tell_of_refusals(db: Session, now: datetime) -> int:
    """Tell each manager, once a day, of what a provider refuses to so many people that the fault is ours."""
    count = 0
    for scheme, code, people in holds.refused(db, now - LOOK_BACK):
        meaning = TWILIO.get(int(code)) if code.isdecimal() else None
        if meaning is not None and 0 < meaning.tell_at <= people:
            text = _refused_words(scheme, code, people)
            count += _tell_managers(db, scheme, text, f"refused:{scheme}:{code}", now)
    return count


def _tell_managers(db: Session, scheme: str, text: Text, key: str, now: datetime) -> int:
    """Queue words for the managers' other channels; return to how many for the first time today."""
    return sum(
        bool(alone(db, partial(_tell, db, manager, scheme, text, key, now), contact_id=manager.id))
        for manager in contacts.everyone(db, Role.MANAGER)
    )


def _tell(db: Session, manager: Contact, scheme: str, text: Text, key: str, now: datetime) -> bool:
    urn, once = _beside(manager, scheme), f"{key}:{now:%Y-%m-%d}:{manager.id}"
    if urn is None or manager.status is not ContactStatus.ACTIVE:
        return False
    if not occurrences.record(db, once, "hold", manager.id, now):
        return False
    due_at = after_quiet(now, manager.timezone, programmes.current(db))
    queue(db, say(text), manager, urn, once, "hold", Lane.BULK, now, due_at=due_at)
    return True


def _beside(person: Contact, scheme: str) -> Urn | None:
    """Return an address of somebody on another channel than the one that is held, e-mail where there is no other."""
    working = [a.urn for a in person.addresses if a.status is AddressStatus.ACTIVE and a.urn.scheme != scheme]
    return min(working, key=lambda urn: urn.scheme == MAIL, default=None)


def _refused_words(scheme: str, code: str, people: int) -> Text:
    return ngettext(
        "{channel} refuses our messages to {n} person ({error})."
        " They go another way where there is one. Please tell who runs this system.",
        "{channel} refuses our messages to {n} people ({error})."
        " They go another way where there is one. Please tell who runs this system.",
        people,
        channel=plain("{name}", name=NAMES.get(scheme, scheme)),
        error=code,
    )


def _words(found: Hold) -> Text:
    return _(
        "Nothing goes out by {channel} since {day:day} {time}: our account there is refused ({error})."
        " Messages wait. Please tell who runs this system.",
        channel=plain("{name}", name=NAMES.get(found.scheme, found.scheme)),
        day=found.since,
        time=found.since,
        error=found.reason.split(" ", 1)[0],
    )
