"""Sweeping: what waits for a channel that is not set, or not any more, is dropped."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from bot.claiming import valid_until
from bot.clock import Clock
from bot.leading import sleep
from domain.people import MAIL
from storage import outbox
from storage.database import Database
from storage.unsendable import unsendable

log = logging.getLogger(__name__)

PAUSE = 60.0  # seconds between two looks


async def sweep(db: Database, schemes: Collection[str], clock: Clock, stop: asyncio.Event) -> None:
    """Drop again and again what waits for none of the channels that are set."""
    while not stop.is_set():
        try:
            await db.run(drop_unsendable, clock(), schemes)
        except Exception:
            log.exception("what nobody can send was not dropped")
        await sleep(PAUSE, stop)


def drop_unsendable(db: Session, now: datetime, schemes: Collection[str]) -> None:
    """Drop what no channel that is set can send: letters at once, as e-mail is an extra, and other words once stale."""
    waiting = unsendable(db, now, schemes)
    gone = [part.id for part in waiting if part.scheme == MAIL or now > valid_until(part)]
    if gone:
        outbox.drop(db, gone, "its channel is not set")
