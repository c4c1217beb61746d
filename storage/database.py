"""The one place where units of work are opened and committed, on SQLite or PostgreSQL."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session, sessionmaker

from storage import sealing

P = ParamSpec("P")
T = TypeVar("T")

BUSY_MS = 10_000  # how long a second SQLite process waits for the writer's lock
POOL = 8  # connections, and threads, of one process on PostgreSQL
MIGRATIONS = Path(__file__).parent / "migrations"


class Database:
    """An engine and the threads its units of work run on.

    SQLite has one writer at a time, so one thread takes all work in turn; PostgreSQL has a pool. `run` is the seam
    between the asynchronous edge and the synchronous inside: it opens a session, runs the unit of work, commits.
    """

    def __init__(self, url: str, secret: str) -> None:
        sealing.use(sealing.Keyring(secret))
        self.url = plain_url(url)
        self.engine = _engine(self.url)
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)
        threads = 1 if self.sqlite else POOL
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="work")

    @property
    def sqlite(self) -> bool:
        """Whether this is the embedded engine."""
        return self.engine.dialect.name == "sqlite"

    @contextlib.contextmanager
    def begin(self) -> Iterator[Session]:
        """Open a session, commit at the end, roll back when the work raises."""
        with self._sessions() as session, session.begin():
            yield session

    def work(self, unit: Callable[Concatenate[Session, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a unit of work here and now, in one transaction."""
        with self.begin() as session:
            return unit(session, *args, **kwargs)

    async def run(self, unit: Callable[Concatenate[Session, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a unit of work on a thread, in one transaction, and wait for its commit."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, lambda: self.work(unit, *args, **kwargs))

    def upgrade(self) -> None:
        """Bring the tables up to this release."""
        with self.engine.begin() as connection:
            command.upgrade(alembic_config(connection), "head")

    def close(self) -> None:
        """Finish the work under way and let go of connections."""
        self._threads.shutdown()
        self.engine.dispose()


def plain_url(url: str) -> str:
    """Return a URL that SQLAlchemy takes: hosting services still hand out `postgres://`."""
    for old in ("postgres://", "postgresql://"):
        if url.startswith(old):
            return "postgresql+psycopg://" + url.removeprefix(old)
    return url


def alembic_config(connection: Connection) -> Config:
    """Return Alembic's configuration, working on an open connection."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def _engine(url: str) -> Engine:
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, pool_size=POOL, max_overflow=0, pool_pre_ping=True)
    engine = create_engine(url, connect_args={"check_same_thread": False})
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin_immediate)
    return engine


def _prepare(connection: Any, _record: object) -> None:
    # The driver would begin deferred transactions by itself, and those lose updates under concurrency.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", f"busy_timeout={BUSY_MS}", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
