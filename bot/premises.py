"""What the doctor looks at on our own ground: secret, database, programme, what waits, the clock's jobs, the disk."""

from __future__ import annotations

import shutil
from collections.abc import Collection
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.channels.configured import schemes_of
from bot.findings import Finding
from bot.holding import NAMES
from bot.mistakes import in_a_line
from bot.settings import LOST, Settings, database_file, is_secret_lost, secret_file, secret_of
from bot.work import is_ready
from domain.programme import Programme
from locales import catalogue, path
from storage import programmes
from storage.database import Database
from storage.holds import RESTORED, Hold
from storage.job_runs import JobRun
from storage.levels import newest
from storage.unsendable import unsent
from storage.vitals import Vitals, first_message, long_in_doubt, tables_level, vitals

LEAST_FREE = 500_000_000  # bytes; a backup and some months of a large programme
OLD_QUEUE = timedelta(minutes=10)  # answers should leave within a second
OLD_DOUBT = timedelta(hours=1)  # providers are asked four times a minute
OLD_TICK = timedelta(minutes=5)  # the clock ticks each minute
NAMED = "`job failed`, `share failed`, `left out` and `was not drawn`"  # what a job that failed leaves there


def of_secret(settings: Settings) -> Finding:
    """Look whether there is a secret."""
    if not settings.kumbusha_secret and not settings.embedded:
        return Finding("secret", False, "KUMBUSHA_SECRET is not set; PostgreSQL needs one that all processes share")
    if is_secret_lost(settings):
        return Finding("secret", False, f"{secret_file(settings)} {LOST}")
    where = "set" if settings.kumbusha_secret else "kept in a file beside the database; keep a copy elsewhere"
    return Finding("secret", True, where)


def of_disk(settings: Settings) -> Finding:
    """Look whether there is room where the database, or else this process, is."""
    file = database_file(settings) if settings.embedded else Path()
    folder = file.absolute().parent
    if not folder.is_dir():
        return Finding("disk", False, f"{folder} is not there; make it, or change DATABASE_URL")
    free = shutil.disk_usage(folder).free
    advice = f"{free / 1e9:.1f} GB free"
    return Finding("disk", free >= LEAST_FREE, advice if free >= LEAST_FREE else f"only {advice}; make room")


async def of_database(settings: Settings, now: datetime) -> list[Finding]:
    """Look whether the database answers, and then at what is in it."""
    file = database_file(settings) if settings.embedded else None
    if file is not None and not file.exists():
        return [Finding("database", False, f"{file} is not there yet; run: kumbusha db upgrade")]
    try:
        db = Database(settings.database_url, secret_of(settings, make=False) or "only to look at the tables")
    except (SQLAlchemyError, ValueError) as error:
        return [Finding("database", False, in_a_line(error))]
    try:
        findings = [Finding("database", True, db.engine.dialect.name)]
        findings += await db.run(_of_tables, now, schemes_of(settings))
        if not db.sqlite and not is_ready(db):
            findings.append(Finding("queue", False, "the workers' queue has no tables; run: kumbusha db upgrade"))
        return findings
    except SQLAlchemyError as error:
        return [Finding("database", False, in_a_line(error))]
    finally:
        db.close()


def _of_tables(db: Session, now: datetime, schemes: Collection[str]) -> list[Finding]:
    found = tables_level(db)
    if found != newest():
        advice = f"the tables are of release {found or 'none'}, this is {newest()}; run: kumbusha db upgrade"
        return [Finding("tables", False, advice)]
    level = Finding("tables", True, f"release {found}")
    try:
        programme = programmes.current(db)
    except LookupError:
        return [level, Finding("programme", False, "none is loaded; run: kumbusha programme load FILE")]
    except Exception as error:
        return [level, Finding("programme", False, in_a_line(error))]
    state = vitals(db, now, schemes or None)
    return [
        level,
        Finding("programme", True, programme.name),
        _of_languages(programme),
        *_of_queue(state),
        *(_of_hold(hold) for hold in state.holds),
        *(_of_unset(*one) for one in unsent(db, now, schemes).items()),
        *_of_doubts(db, now),
        _of_clock(state.jobs, now) if state.jobs else _of_no_clock(db, now),
    ]


def _of_languages(programme: Programme) -> Finding:
    missing = [language for language in programme.languages if language != "en" and not path(language).exists()]
    if missing:
        return Finding("languages", False, f"no catalogue of {', '.join(missing)} is installed; install kumbusha again")
    empty = [one for one in programme.languages if one != "en" and not any(catalogue(one).singular.values())]
    if empty:
        return Finding("languages", False, f"the catalogue of {', '.join(empty)} is empty; install kumbusha again")
    return Finding("languages", True, " ".join(programme.languages))


def _of_queue(state: Vitals) -> list[Finding]:
    waits = state.outbox_age
    advice = f"the oldest message waits {waits.total_seconds():.0f} s" + (
        "; is `worker` running?" * (waits > OLD_QUEUE)
    )
    findings = [Finding("outbox", waits <= OLD_QUEUE, advice)]
    if state.unanswered:
        advice = f"{state.unanswered} could not be handled; look for `turn failed` in the log, a new release may help"
        findings.append(Finding("messages", False, advice))
    return findings


def _of_hold(hold: Hold) -> Finding:
    if hold.reason == RESTORED:
        return Finding("channel", False, f"{hold}; is `worker` running, and do Twilio and Telegram answer?")
    advice = "mend the account there" if hold.broken else "its provider asked for a pause; it goes on by itself"
    return Finding("channel", not hold.broken, f"{hold}; {advice}")


def _of_unset(scheme: str, count: int) -> Finding:
    name = NAMES.get(scheme, scheme)
    advice = f"{count} wait for {name}, which is not set; set it, or they go another way or nowhere"
    return Finding("channel", False, advice)


def _of_doubts(db: Session, now: datetime) -> list[Finding]:
    stuck = long_in_doubt(db, now - OLD_DOUBT)
    advice = f"of {stuck} messages it is not known whether they went; does their provider answer, is `worker` running?"
    return [Finding("doubts", False, advice)] if stuck else []


def _of_no_clock(db: Session, now: datetime) -> Finding:
    first = first_message(db)
    if first is not None and now - first > OLD_TICK:
        return Finding("jobs", False, "messages came in, and none ever ran; start `kumbusha clock`")
    return Finding("jobs", True, "none ran yet; `kumbusha run` or `kumbusha clock` begins")


def _of_clock(jobs: list[JobRun], now: datetime) -> Finding:
    ill = [job.name for job in jobs if job.well_at != job.ran_at]
    if ill:
        return Finding("jobs", False, f"{', '.join(ill)} failed at the last run; look for {NAMED} in the log")
    last = max(job.ran_at for job in jobs)
    if last > now + OLD_TICK:
        return Finding("jobs", False, "last ran at an hour still to come; is the clock right, is `clock` running?")
    minutes = max(now - last, timedelta()).total_seconds() / 60
    late = now - last > OLD_TICK
    return Finding("jobs", not late, f"last ran {minutes:.0f} min ago" + ("; is `clock` running?" if late else ""))
