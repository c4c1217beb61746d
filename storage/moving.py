"""Moving an embedded programme into PostgreSQL, all of it or nothing."""

from __future__ import annotations

from alembic.util import CommandError
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from storage.copying import CopyError, copy_rows, counts, prove
from storage.database import Database
from storage.snapshots import snapshot


def move(source_url: str, target_url: str, secret: str) -> dict[str, int]:
    """Copy a SQLite programme that no process uses into an empty PostgreSQL, prove it, and return rows by table.

    The tables are made or upgraded first. The rows go in one transaction, so that a move that fails leaves the target
    empty. The source is not changed. Raises CopyError with words for the operator.
    """
    if not source_url.startswith("sqlite") or target_url.startswith("sqlite"):
        raise CopyError("move goes from a SQLite file to PostgreSQL; for anything else take a backup and restore it")
    with snapshot(source_url, alone=True) as source:
        target = Database(target_url, secret)
        try:
            return fill(source, target)
        finally:
            target.close()


def fill(source: Connection, target: Database) -> dict[str, int]:
    """Copy all rows into an empty database and prove them, in one transaction; return rows by table."""
    try:
        target.upgrade()
        with target.engine.begin() as db:
            full = [name for name, count in counts(db).items() if count]
            if full:
                raise CopyError(f"the target is not empty: there are rows in {', '.join(full)}")
            copy_rows(source, db)
            return prove(source, db)
    except CommandError as error:
        raise CopyError("the target's tables are of a newer release than this one") from error
    except SQLAlchemyError as error:
        raise CopyError(f"the target does not take it: {str(error).splitlines()[0]}") from error
