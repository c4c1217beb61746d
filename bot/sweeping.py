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
AT_ONCE = 200  # parts looked at in one transaction; the next look goes on behind them
NOT_SET = "its channel is not set"


async def sweep(db: Database, schemes: Collection[str], clock: Clock, stop: asyncio.Event) -> None:
    """Settle again and again what waits for none of the channels that are set."""
    after = 0
    while not stop.is_set():
        try:
            after = await db.run(drop_unsendable, clock(), schemes, after)
        except Exception:
            log.exception("what nobody can send was not settled")
        await sleep(PAUSE, stop)


def drop_unsendable(db: Session, now: datetime, schemes: Collection[str], after: int = 0) -> int:
    """Settle some of what no channel that is set can send; return after which part to go on, 0 is from the oldest.

    Letters are dropped at once, as e-mail is an extra. Other words go to another address of their reader when nobody
    has sent them for a while, and fail once they are stale.
    """
    waiting = unsendable(db, now, schemes, AT_ONCE, after)
    if letters := [one.id for one in waiting if one.scheme == MAIL]:
        settle(db, letters, Status.DROPPED, NOT_SET)
    others = [one for one in waiting if one.scheme != MAIL]
    stale = [one.id for one in others if now > valid_until(one)]
    if stale:
        settle(db, stale, Status.FAILED, NOT_SET)
    waited = [one for one in others if one.id not in set(stale) and one.due_at <= now - PATIENCE]
    for outbound_id in (one.id for one in waited if one.elsewhere and one.status is Status.QUEUED):
        alone(db, partial(_move, db, outbound_id, schemes, now), outbound_id=outbound_id)
    return waiting[-1].id if len(waiting) == AT_ONCE else 0


def _move(db: Session, outbound_id: int, schemes: Collection[str], now: datetime) -> bool:
    moved = send_elsewhere(db, part(db, outbound_id), now, schemes)
    if moved:
        settle(db, [outbound_id], Status.FAILED, NOT_SET)
    return moved
