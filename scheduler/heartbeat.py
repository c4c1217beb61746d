"""A sign of life: an address outside is called as long as alerts are owned, jobs run, and what is due goes out."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

import httpx
from sqlalchemy.orm import Session

from bot.clock import Clock
from scheduler.alerting import faults
from storage.database import Database
from storage.holds import held
from storage.job_runs import failing
from storage.vitals import outbox_age

log = logging.getLogger(__name__)

BEAT_MINUTES = 5
LONGEST_WAIT = timedelta(minutes=30)  # an alert that nobody sends is nobody's, whoever owns it
LONG = "for over half an hour"
TIME_OUT = 10.0  # seconds; whoever listens misses one beat, and the next comes soon enough


async def beat(db: Database, clock: Clock, url: str) -> bool:
    """Call `url` if nothing is wrong that somebody has to mend, once; return whether it was heard."""
    wrong = await db.run(_what_is_wrong, clock())
    for why in wrong:
        log.error("no heartbeat: %s", why)
    if wrong:
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


def _what_is_wrong(db: Session, now: datetime) -> list[str]:
    """Return why we are silent. What waits for a channel that is not set counts too: nobody gets it."""
    unowned, failed = faults(db, now), failing(db, now, LONGEST_WAIT)
    refused = [hold.scheme for hold in held(db, now) if hold.broken and now - hold.since > LONGEST_WAIT]
    found = {
        f"open alerts that nobody can own: {len(unowned)}": unowned,
        "messages wait in the outbox, is a worker running?": outbox_age(db, now) > LONGEST_WAIT,
        f"jobs that failed {LONG}: {', '.join(failed)}": failed,
        f"our account is refused {LONG}: {', '.join(refused)}": refused,
    }
    return [why for why, holds in found.items() if holds]
