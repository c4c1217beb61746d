"""Who may be on leave, found without reading anybody else."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.people import Contact
from domain.periods import local
from storage import contacts
from storage.models import ContactRow

ELSEWHERE = timedelta(days=1)  # somebody's day may be another than ours


def away(db: Session, contact_ids: Collection[int], now: datetime) -> set[int]:
    """Return which of some contacts are on leave on their own day."""
    last, first = (now - ELSEWHERE).date(), (now + ELSEWHERE).date()
    query = select(ContactRow.id).where(ContactRow.id.in_(contact_ids), ContactRow.away_until >= last)
    near = db.scalars(query.where(ContactRow.away_from <= first)) if contact_ids else ()
    return {one for one in near if is_away(contacts.load(db, one), now)}


def is_away(person: Contact, now: datetime) -> bool:
    """Whether somebody is on leave."""
    return person.is_away(local(now, person.timezone).date())
