"""Backups: one SQLite file from either engine, looked into before it is trusted, and put back into an empty database.

A copy row by row of one snapshot, since that is the same for both engines: a backup of PostgreSQL can be read, checked
and put back on a machine that has none, and nothing depends on the release of pg_dump.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from alembic.util import CommandError
from sqlalchemy import Connection, func, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from domain.messages import Status
from domain.people import SCHEMES, ContactStatus
from storage import holds, sealing
from storage.copying import CopyError, SealedPlace, counts, sealed_places, tables
from storage.database import Database
from storage.levels import newest
from storage.models import ContactRow, OutboundRow
from storage.moving import fill
from storage.snapshots import snapshot

SAMPLE = 50  # contents opened of each encrypted column; one wrong secret shows in the first
UNREAD = timedelta(days=365)  # a worker that has read what came in lifts the holds before
WAITING = (Status.QUEUED, Status.SENDING, Status.UNKNOWN)
PRIVATE = 0o600  # for its owner alone: words are encrypted in it, but districts and figures are not


@dataclass(frozen=True, slots=True)
class Look:
    """One thing looked at in a backup: whether it is well, and what was found."""

    what: str
    well: bool
    found: str


def back_up(url: str, secret: str, file: Path) -> dict[str, int]:
    """Write a programme as it stands now into a new file, while it runs; prove the copy and return rows by table.

    The secret is not in it. Raises CopyError, and leaves no file, when it cannot be made or differs from its source.
    """
    if file.exists():
        raise CopyError(f"{file} is there already; give another name")
    part = file.with_name(f"{file.name}.part")
    part.unlink(missing_ok=True)
    try:
        part.touch(mode=PRIVATE)
        with snapshot(url) as source:
            copied = _written(source, part, secret)
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
    return copied


def _written(source: Connection, part: Path, secret: str) -> dict[str, int]:
    target = Database(f"sqlite:///{part}", secret)
    try:
        copied = fill(source, target)
    finally:
        target.close()
    with contextlib.closing(sqlite3.connect(part)) as db:
        db.execute("PRAGMA journal_mode=DELETE")  # so that it is one file, also where nothing may be written
    return copied


def look_into(file: Path, secret: str) -> list[Look]:
    """Open a copy of a backup and look whether it could be put back: damage, release, rows, and the secret."""
    if not file.is_file():
        return [Look("file", False, f"{file} is not there")]
    damage = _damage(file)
    if damage:
        return [Look("file", False, damage)]
    before = _revision(file)
    try:
        with _brought_up(file, secret) as copy, copy.engine.begin() as db:
            rows = counts(db)
            return [
                Look("file", True, f"{file.stat().st_size / 1e6:.1f} MB, not damaged"),
                Look("release", True, before if before == newest() else f"{before}, can be brought to {newest()}"),
                _programme(rows),
                *(Look(f"rows of {name}", True, str(count)) for name, count in rows.items()),
                *(_opened(db, place) for place in sealed_places()),
            ]
    except CopyError as error:
        return [Look("release", False, str(error))]


def restore(file: Path, url: str, secret: str, now: datetime, stopped: Collection[str] = ()) -> dict[str, int]:
    """Put a backup into an empty database and prove it; return rows by table.

    What waited to be sent when the backup was made may have gone since: what is due by `now` is marked as of unknown
    outcome, so that providers are asked before it is sent. All channels are held until what came in since is read, so
    that nobody is written to who has stopped; those known to have are named by their keys in `stopped`. Raises
    CopyError with words for the operator.
    """
    damage = _damage(file) if file.is_file() else f"{file} is not there"
    if damage:
        raise CopyError(damage)
    with _brought_up(file, secret) as copy:
        copy.work(_doubt_what_waited, now)
        copy.work(_hold_all, now)
        copy.work(_stop, stopped)
        target = Database(url, secret)
        try:
            with copy.engine.connect() as source:
                return fill(source, target)
        finally:
            target.close()


def _doubt_what_waited(db: Session, now: datetime) -> None:
    db.execute(
        update(OutboundRow)
        .where(OutboundRow.status == str(Status.QUEUED), OutboundRow.due_at <= now)
        .values(status=str(Status.UNKNOWN), claimed_at=now, reason="restored from a backup")
    )


def _hold_all(db: Session, now: datetime) -> None:
    for scheme in SCHEMES:
        holds.hold(db, scheme, holds.RESTORED, now, now + UNREAD)


def _stop(db: Session, keys: Collection[str]) -> None:
    ids = {row.key: row.id for row in db.execute(select(ContactRow.key, ContactRow.id).where(ContactRow.key.in_(keys)))}
    if unknown := set(keys) - set(ids):
        raise CopyError(f"nobody has the key {' or '.join(sorted(unknown))}")
    db.execute(update(ContactRow).where(ContactRow.id.in_(ids.values())).values(status=str(ContactStatus.STOPPED)))
    db.execute(
        update(OutboundRow)
        .where(OutboundRow.contact_id.in_(ids.values()), OutboundRow.status.in_([str(one) for one in WAITING]))
        .values(status=str(Status.DROPPED), reason="stopped")
    )


def _damage(file: Path) -> str:
    """Return what SQLite finds wrong with a file, or nothing."""
    try:
        with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as db:
            found = [str(row[0]) for row in db.execute("PRAGMA integrity_check(3)") if row[0] != "ok"]
            found += [f"a row of {row[0]} points to nothing" for row in db.execute("PRAGMA foreign_key_check")][:3]
            if not found and not db.execute("select 1 from sqlite_master where name='alembic_version'").fetchone():
                found.append("it is no backup of ours")
    except sqlite3.DatabaseError as error:
        return f"{file} cannot be read: {error}"
    return f"{file}: {'; '.join(found)}" if found else ""


def _revision(file: Path) -> str:
    with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as db:
        return str(db.execute("select version_num from alembic_version").fetchone()[0])


@contextlib.contextmanager
def _brought_up(file: Path, secret: str) -> Iterator[Database]:
    """Open a copy of a backup, brought up to this release; the backup itself is not touched.

    The copy is beside it, as there is room for such files there, or where we may not write there in the system's
    temporary folder.
    """
    beside = file.parent if os.access(file.parent, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="kumbusha-", dir=beside) as folder:
        copy = Path(folder) / "copy.sqlite"
        shutil.copy(file, copy)
        db = Database(f"sqlite:///{copy}", secret)
        try:
            db.upgrade()
            yield db
        except (CommandError, SQLAlchemyError) as error:
            raise CopyError(f"it cannot be brought to this release ({newest()}): is it of a newer one?") from error
        finally:
            db.close()


def _programme(rows: dict[str, int]) -> Look:
    loaded = rows["programmes"]
    return Look("programme", loaded > 0, "loaded" if loaded else "none was loaded when this backup was made")


def _opened(db: Connection, place: SealedPlace) -> Look:
    """Open a sample of an encrypted column with the secret in use."""
    table = next(table for table in tables() if table.name == place.table)
    column = table.c[place.column]
    some = select(column).where(column.is_not(None)).order_by(func.random()).limit(SAMPLE)
    contents = [bytes(row[0]) for row in db.execute(some)]
    where = f"{place.table}.{place.column}"
    try:
        for content in contents:
            sealing.keyring().open(content, place.label)
    except Exception:
        return Look(where, False, "cannot be opened: is KUMBUSHA_SECRET the one it was written with?")
    return Look(where, True, f"{len(contents)} opened")
