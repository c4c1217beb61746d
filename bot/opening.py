"""What a command begins with: the settings and the database they name, or words to the operator and the end."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator
from datetime import datetime

from bot.catching_up import LONGEST_CATCH_UP
from bot.settings import Settings, database_file, read_settings, secret_of
from bot.work import is_ready, make_ready
from storage import messages, programmes
from storage.database import Database
from storage.programme_file import ProgrammeError
from storage.programmes import NoProgramme

NEW_OBJECTS = 5_000  # after so many Python looks for what nobody needs, for 10 ms; left to itself, after 700


def settings_or_stop() -> Settings:
    """Return what is set, or stop and name each wrong setting."""
    try:
        return read_settings()
    except ValueError as wrong:
        raise SystemExit(str(wrong)) from wrong


def open_database(settings: Settings, make: bool = False) -> Database:
    """Open the database that the settings name, with its secret; `make` an embedded one that is not there."""
    if not settings.embedded and not settings.kumbusha_secret:
        raise SystemExit("KUMBUSHA_SECRET is not set; PostgreSQL needs a long random text that all processes share.")
    if settings.embedded and not make and not (file := database_file(settings)).exists():
        raise SystemExit(f"{file} is not there. Is this the folder, and DATABASE_URL right? Else: kumbusha db upgrade")
    try:
        return Database(settings.database_url, secret_of(settings))
    except FileNotFoundError as missing:
        raise SystemExit(str(missing)) from missing


def open_shared(settings: Settings) -> Database:
    """Open a database that this process shares with others, whose tables somebody has made already."""
    db = open_database(settings)
    if not db.sqlite and not is_ready(db):
        raise SystemExit("The tables are not there yet: run `kumbusha db upgrade` first.")
    return db


def bring_up(db: Database, now: datetime) -> None:
    """Bring the tables up to this release, which may handle messages that the one before could not."""
    db.upgrade()
    make_ready(db)
    db.work(messages.try_again, now - LONGEST_CATCH_UP)


def settle(db: Database) -> None:
    """Read the programme before the first message needs it, and have Python's collector pass over all that is loaded.

    A programme of two thousand districts takes seconds to read, for which the first messages would wait. Looking
    through what stays, again and again, took a tenth of every turn, and a quarter of prompts to many.
    """
    with contextlib.suppress(NoProgramme, ProgrammeError):  # who needs it says so
        db.work(programmes.current)
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, 10, 10)


@contextlib.contextmanager
def opened(*mistakes: type[Exception], make: bool = False) -> Iterator[Database]:
    """Open the database that is set for one piece of work, and close it; stop with the words of one of `mistakes`."""
    db = open_database(settings_or_stop(), make)
    try:
        yield db
    except mistakes as mistake:
        raise SystemExit(str(mistake)) from mistake
    finally:
        db.close()
