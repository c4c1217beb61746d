"""Whether something that goes by the calendar goes to somebody now; why not is written down once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from bot.reaching import after_quiet
from domain.attention import has_room
from domain.lateness import why_not
from domain.people import Contact
from domain.programme import Lateness, Programme
from storage import occurrences, unasked


def goes(
    db: Session,
    person: Contact,
    kind: str,
    key: str,
    at: datetime,
    programme: Programme,
    now: datetime,
    policy: Lateness | None = None,
) -> bool:
    """Whether a message of a `kind` that was due `at` goes to somebody now; False while it waits, or never goes.

    `policy` says what happens when it is late, if that is not what the programme says of its kind. That it never
    goes is recorded under `key`.
    """
    room = has_time_for(db, person, programme, now, kind)
    reason = why_not(policy or programme.lateness[kind], at, now, room)
    if reason:
        occurrences.record(db, key, kind, person.id, now, occurrences.SKIPPED, reason)
    return reason == ""


def has_time_for(db: Session, person: Contact, programme: Programme, now: datetime, kind: str) -> bool:
    """Whether one more unasked message of a kind may go to somebody this week."""
    at = after_quiet(now, person.timezone, programme)
    return has_room(unasked.lately(db, [person.id], now).get(person.id, ()), kind, at)
