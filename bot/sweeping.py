"""Sweeping: what waits for a channel that is not set, or not any more, goes another way or comes to an end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.orm import Session

from bot.claiming import valid_until
from bot.clock import Clock
from bot.elsewhere import send_elsewhere
from bot.leading import sleep
from domain.messages import Status
from domain.people import MAIL
from storage.apart import alone
from storage.database import Database
from storage.unsendable import part, settle, unsendable

log = logging.getLogger(__name__)

PAUSE = 60.0  # seconds between two looks
PATIENCE = timedelta(minutes=10)  # another process may have the channel, or somebody mends a setting
AT_ONCE = 200  # parts sent another way in one transaction
NOT_SET = "its channel is not set"


async def sweep(db: Database, schemes: Collection[str], clock: Clock, stop: asyncio.Event) -> None:
    """Settle again and again what waits for none of the channels that are set."""
    while not stop.is_set():
        try:
            await db.run(drop_unsendable, clock(), schemes)
        except Exception:
            log.exception("what nobody can send was not settled")
        await sleep(PAUSE, stop)


def drop_unsendable(db: Session, now: datetime, schemes: Collection[str]) -> None:
    """Settle what no channel that is set can send.

    Letters are dropped at once, as e-mail is an extra. Other words go to another address of their reader when nobody
    has sent them for a while, and fail once they are stale.
    """
    waiting = unsendable(db, now, schemes)
    if letters := [one.id for one in waiting if one.scheme == MAIL]:
        settle(db, letters, Status.DROPPED, NOT_SET)
    others = [one for one in waiting if one.scheme != MAIL]
    stale = [one.id for one in others if now > valid_until(one)]
    if stale:
        settle(db, stale, Status.FAILED, NOT_SET)
    waited = [one for one in others if one.id not in set(stale) and one.due_at <= now - PATIENCE]
    movable = [one.id for one in waited if one.elsewhere and one.status is Status.QUEUED]
    moved = 0
    for outbound_id in movable:
        if moved == AT_ONCE:
            break
        moved += bool(alone(db, partial(_move, db, outbound_id, schemes, now), outbound_id=outbound_id))


def _move(db: Session, outbound_id: int, schemes: Collection[str], now: datetime) -> bool:
    moved = send_elsewhere(db, part(db, outbound_id), now, schemes)
    if moved:
        settle(db, [outbound_id], Status.FAILED, NOT_SET)
    return moved
