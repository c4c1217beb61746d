"""A database as it stands at one moment, to read from: beside its processes, or with all of them kept out."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from storage.copying import CopyError
from storage.database import plain_url
from storage.levels import level, newest

IN_USE = "is in use; stop every kumbusha process first"


@contextlib.contextmanager
def snapshot(url: str, *, alone: bool = False) -> Iterator[Connection]:
    """Open a database and read it as of this moment, whatever is written meanwhile.

    With `alone` (SQLite only) no other process may have it open, and none gets in until the end. Raises CopyError
    when it is not there, not of this release, or in use.
    """
    engine = create_engine(plain_url(url))
    if engine.dialect.name == "sqlite":
        file = Path(make_url(url).database or "")
        if not file.is_file():
            raise CopyError(f"{file} is not there")
        event.listen(engine, "connect", _prepare_alone if alone else _prepare)
        event.listen(engine, "begin", _begin)
    else:
        engine = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    try:
        with engine.connect() as db:
            _check_level(db)
            yield db
    except OperationalError as error:
        locked = isinstance(error.orig, sqlite3.OperationalError) and "locked" in str(error.orig)
        raise CopyError(f"{make_url(url).database} {IN_USE}" if locked else "the database does not answer") from error
    finally:
        engine.dispose()


def _check_level(db: Connection) -> None:
    found = level(db)
    if found is None:
        raise CopyError("there are no tables of ours in it")
    if found != newest():
        raise CopyError(f"its tables are of another release ({found}, not {newest()}); run: kumbusha db upgrade")


def _prepare(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver would not begin a transaction before the first write


def _prepare_alone(connection: Any, _record: object) -> None:
    _prepare(connection, _record)
    # In this mode SQLite wants the file for itself, and every process of ours holds it open while it runs.
    connection.execute("PRAGMA locking_mode=EXCLUSIVE")
    connection.execute("PRAGMA busy_timeout=500")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")
