"""Words that wait for somebody who is on leave, sent when they come back before the day they had named."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from bot.reaching import after_leave, after_quiet
from storage import contacts, programmes, waiting_words


def send_to_returned(db: Session, now: datetime) -> int:
    """Let the words go now that wait for the return of people who are back already."""
    found = waiting_words.readers(db, now)
    programme = programmes.current(db) if found else None
    back = 0
    for contact_id in found:
        contact = contacts.load(db, contact_id)
        if programme is not None and after_leave(now, contact) == now:
            back += waiting_words.release(db, contact_id, now, after_quiet(now, contact.timezone, programme))
    return back
