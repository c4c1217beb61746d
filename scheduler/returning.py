"""Words that wait for somebody who is on leave, sent when they come back before the day they had named."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from sqlalchemy.orm import Session

from bot.reaching import after_leave, after_quiet
from storage import contacts, programmes, waiting_words
from storage.apart import alone


def send_to_returned(db: Session, now: datetime) -> int:
    """Let the words go now that wait for the return of people who are back already."""
    found = waiting_words.readers(db, now)
    return sum(alone(db, partial(_release, db, contact_id, now), contact_id=contact_id) or 0 for contact_id in found)


def _release(db: Session, contact_id: int, now: datetime) -> int:
    contact = contacts.load(db, contact_id)
    if after_leave(now, contact) != now:
        return 0
    return waiting_words.release(db, contact_id, now, after_quiet(now, contact.timezone, programmes.current(db)))
