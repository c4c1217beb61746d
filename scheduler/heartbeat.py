"""A sign of life: an address outside is called as long as every open alert has somebody who can be reached."""

from __future__ import annotations

import logging

import httpx

from bot.clock import Clock
from scheduler.alerting import faults
from storage.database import Database

log = logging.getLogger(__name__)

BEAT_MINUTES = 5
TIME_OUT = 10.0  # seconds; whoever listens misses one beat, and the next comes soon enough


async def beat(db: Database, clock: Clock, url: str) -> bool:
    """Call `url` if the audit of open alerts is clean; one call, no second try. Return whether it was heard."""
    wrong = await db.run(faults, clock())
    if wrong:
        log.error("no heartbeat: open alerts that nobody can own: %d", len(wrong))
        return False
    try:
        async with httpx.AsyncClient(timeout=TIME_OUT) as client:
            answer = await client.get(url)
    except httpx.HTTPError as error:
        log.warning("heartbeat not heard: %s", type(error).__name__)
        return False
    if answer.is_error:
        log.warning("heartbeat not heard: status %d", answer.status_code)
    return not answer.is_error
