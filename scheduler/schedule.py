"""The one table of what happens when, and the tick that runs it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from bot.holding import tell_of_refusals
from scheduler import alerting, briefing, digesting, jobs, late_lists, packing, returning, visits
from scheduler.noting import Share
from storage.database import Database
from storage.programmes import NoProgramme

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """One scheduled thing. It runs at every tick and decides itself what is due; `why` is for the reader.

    Where much may be due at once, `shares` divides it into work that has a transaction each; `run` does all in one.
    """

    name: str
    run: Callable[[Session, datetime], int]
    why: str
    shares: Callable[[Session, datetime], Sequence[Share]] | None = None


SCHEDULE = (
    Job("sweep", jobs.sweep, "messages whose handling failed are read again"),
    Job("prompts", jobs.send_prompts, "reporters are asked once a month, at their hour", jobs.prompt_shares),
    Job("nudges", jobs.send_nudges, "silence is followed by a reminder of what is missing", jobs.nudge_shares),
    Job("late_lists", jobs.send_late_lists, "a facilitator sees who is late, in one list", late_lists.shares),
    Job(
        "alerts",
        alerting.tend_alerts,
        "what nobody can leave so is somebody's to follow up, climbs, and ends",
        alerting.alert_shares,
    ),
    Job("digests", digesting.send_digests, "facilitators and managers read the week", digesting.digest_shares),
    Job("briefs", briefing.send_briefs, "managers read the month over all groups", briefing.brief_shares),
    Job("packs", packing.send_packs, "a group meets with its quarter on paper", packing.pack_shares),
    Job("refusals", tell_of_refusals, "a manager hears what a provider refuses to too many, so that somebody mends it"),
    Job("visits", visits.remind_of_visits, "a visit is remembered by those who said yes, and prepared"),
    Job("returns", returning.send_to_returned, "words wait for who is on leave, and go when they are back early"),
    Job("expiry", jobs.expire_sessions, "a dialogue nobody came back to is let go"),
)


def tick(db: Database, now: datetime) -> dict[str, int]:
    """Run every job once, each in its own transaction; one that raises is logged and does not stop the others."""
    done: dict[str, int] = {}
    for job in SCHEDULE:
        try:
            done[job.name] = db.work(job.run, now)
        except NoProgramme:
            log.warning("no programme yet", extra={"job": job.name})
        except Exception:
            log.exception("job failed", extra={"job": job.name})
    return done
