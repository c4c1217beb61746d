"""A sign of life: an address outside is called as long as every open alert is owned and what is due goes out."""

from __future__ import annotations

import logging
from datetime import timedelta

import httpx

from bot.clock import Clock
from scheduler.alerting import faults
from storage.database import Database
from storage.vitals import outbox_age

log = logging.getLogger(__name__)

BEAT_MINUTES = 5
LONGEST_WAIT = timedelta(minutes=30)  # an alert that nobody sends is nobody's, whoever owns it
TIME_OUT = 10.0  # seconds; whoever listens misses one beat, and the next comes soon enough


async def beat(db: Database, clock: Clock, url: str) -> bool:
    """Call `url` if the audit of open alerts is clean and nothing that waits is late; return whether it was heard.

    One call, no second try. What waits for a channel that is not set counts too: nobody gets it.
    """
    now = clock()
    wrong = await db.run(faults, now)
    if wrong:
        log.error("no heartbeat: open alerts that nobody can own: %d", len(wrong))
        return False
    if await db.run(outbox_age, now) > LONGEST_WAIT:
        log.error("no heartbeat: messages wait in the outbox, is a worker running?")
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
