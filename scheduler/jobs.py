"""What happens by the clock: plain functions of (db, now), safe to run twice, late, or on two machines."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.orm import Session

from bot.turns import expire_drafts, retake_turns
from scheduler import ladder, late_lists
from scheduler.noting import Work
from storage import conversations
from storage.apart import alone

DRAFT_CHECK = timedelta(days=30)


def send_prompts(db: Session, now: datetime) -> int:
    """Ask every reporter for the month that closed, at their hour on the ladder's working day."""
    return sum(share(db) for share in prompt_shares(db, now))


def prompt_shares(db: Session, now: datetime) -> list[Work]:
    """Return the work of `send_prompts` in shares."""
    return ladder.shares(db, now, "prompt")


def send_nudges(db: Session, now: datetime) -> int:
    """Remind reporters of what is missing, on the ladder's days; none once the report is in."""
    return sum(share(db) for share in nudge_shares(db, now))


def nudge_shares(db: Session, now: datetime) -> list[Work]:
    """Return the work of `send_nudges` in shares."""
    return ladder.shares(db, now, "nudge")


def send_late_lists(db: Session, now: datetime) -> int:
    """Give each facilitator one list of the districts whose report is not in."""
    return sum(share(db) for share in late_lists.shares(db, now))


def expire_sessions(db: Session, now: datetime) -> int:
    """Let go of dialogues that have waited longer than their flow lasts."""
    waiting: Iterable[int] = conversations.waiting_since(db, now - DRAFT_CHECK)
    return sum(alone(db, partial(expire_drafts, db, one, now), contact_id=one) or 0 for one in waiting)


def sweep(db: Session, now: datetime) -> int:
    """Try again the messages whose handling failed."""
    return retake_turns(db, now)
