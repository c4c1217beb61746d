"""What an embedded database is asked, as SQLite itself sees it, and how it is made to fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event, text

from storage.database import Database

DISK_FULL = """
create function refuse() returns trigger language plpgsql as
$$ begin raise exception 'no space left' using errcode = 'disk_full'; end $$;
create trigger refuse before {writing} on outbound for each row execute function refuse();
"""
NEVER_HANDLED = """
create function refuse() returns trigger language plpgsql as $$ begin raise exception 'refused'; end $$;
create trigger refuse before update of handled_at on inbound for each row execute function refuse();
"""
NEVER_HANDLED_IN_SQLITE = """
create trigger refuse before update of handled_at on inbound begin select raise(abort, 'refused'); end
"""


@contextmanager
def asked(db: Database) -> Iterator[list[str]]:
    """Collect the statements that SQLite runs, their parameters filled in."""
    seen: list[str] = []
    with _on_connecting(db, lambda connection: connection.set_trace_callback(seen.append)):
        yield seen


@contextmanager
def no_room_for_answers(db: Database) -> Iterator[None]:
    """Make the database itself fail, in its own way, whenever a row is put into the outbox."""
    with _no_room(db, "insert", "INSERT INTO outbound"):
        yield


@contextmanager
def nothing_sent_is_recorded(db: Database) -> Iterator[None]:
    """Make the database itself fail, in its own way, whenever it is told that a part was sent."""
    with _no_room(db, "update of sent_at", "UPDATE outbound SET status=CASE"):
        yield


@contextmanager
def _no_room(db: Database, writing: str, statement: str) -> Iterator[None]:
    """Make the database fail at what PostgreSQL calls `writing`, and SQLite runs as what begins with `statement`."""
    if not db.sqlite:
        with db.begin() as session:
            session.execute(text(DISK_FULL.format(writing=writing)))
        yield
        with db.begin() as session:
            session.execute(text("drop trigger refuse on outbound; drop function refuse"))
        return

    def interrupt(connection: Any) -> None:
        now: list[bool] = []
        connection.set_trace_callback(lambda asked: now.append(asked.startswith(statement)))
        connection.set_progress_handler(lambda: now[-1], 1)

    with _on_connecting(db, interrupt):
        yield


@contextmanager
def no_turn_ends(db: Database) -> Iterator[None]:
    """Make every turn fail with the last thing it writes."""
    with db.begin() as session:
        session.execute(text(NEVER_HANDLED_IN_SQLITE if db.sqlite else NEVER_HANDLED))
    yield
    with db.begin() as session:
        session.execute(text("drop trigger refuse" if db.sqlite else "drop trigger refuse on inbound"))


@contextmanager
def _on_connecting(db: Database, prepare: Callable[[Any], None]) -> Iterator[None]:
    def connected(connection: Any, _record: object) -> None:
        prepare(connection)

    db.engine.dispose()  # what is open was not prepared
    event.listen(db.engine, "connect", connected)
    try:
        yield
    finally:
        event.remove(db.engine, "connect", connected)
        db.engine.dispose()
