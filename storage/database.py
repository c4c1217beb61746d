"""The one place where units of work are opened and committed, on SQLite or PostgreSQL."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Dialect, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker

from storage import sealing

P = ParamSpec("P")
T = TypeVar("T")

BUSY_MS = 10_000  # how long a second SQLite process waits for the writer's lock
POOL = 8  # connections, and threads, of one process on PostgreSQL
GROUP = 16  # units of work that share one commit, at most; more of them would make the first wait
CLASHES = ("40P01", "40001")  # PostgreSQL gave one of two transactions up, so that the other could go on
MOST_CLASHES = 3
# A PostgreSQL that goes without a word (its machine off, the network cut) is given up after 5 s, or 25 in the middle
# of something: in seconds, but for the last.
PATIENCE: Mapping[str, int] = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,
}
MIGRATIONS = Path(__file__).parent / "migrations"


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A unit of work that somebody waits for."""

    unit: Callable[[Session], Any]
    done: Future[Any] = field(default_factory=Future)


class Database:
    """An engine and the threads its units of work run on.

    SQLite has one writer at a time, so one thread takes all work in turn, and those that wait share a commit, which
    is what costs there. PostgreSQL has a pool, and gathers the commits of its connections by itself. `run` is the seam
    between the asynchronous edge and the synchronous inside: it opens a session, runs the unit of work, commits.
    """

    def __init__(self, url: str, secret: str) -> None:
        sealing.use(sealing.Keyring(secret))
        self.url = plain_url(url)
        self.engine = _engine(self.url)
        _name_savepoints(self.engine.dialect)
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)
        threads, self._most = (1, GROUP) if self.sqlite else (POOL, 1)
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="work")
        self._waiting: deque[_Waiting] = deque()

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
        """Run a unit of work here and now, in one transaction; again when it and another waited for each other."""
        for _attempt in range(MOST_CLASHES):
            try:
                with self.begin() as session:
                    return unit(session, *args, **kwargs)
            except OperationalError as error:
                if getattr(error.orig, "sqlstate", None) not in CLASHES:
                    raise
        with self.begin() as session:
            return unit(session, *args, **kwargs)

    async def run(self, unit: Callable[Concatenate[Session, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a unit of work on a thread, in one transaction, and wait for its commit.

        On SQLite it may share the transaction with others that wait. One that raises takes nothing with it: the
        others are run again without it, so a unit of work changes nothing outside its session.
        """
        one = _Waiting(lambda session: unit(session, *args, **kwargs))
        self._waiting.append(one)
        self._threads.submit(self._take_waiting)
        result: T = await asyncio.wrap_future(one.done)
        return result

    def _take_waiting(self) -> None:
        """Run the units of work that wait, as many as one commit takes; none when an earlier call has taken them."""
        group: list[_Waiting] = []
        with contextlib.suppress(IndexError):  # another thread may take the last one between a look and a grasp
            while len(group) < self._most:
                one = self._waiting.popleft()
                if one.done.set_running_or_notify_cancel():
                    group.append(one)
        if len(group) > 1 and self._ran_together(group):
            return
        for one in group:
            try:
                one.done.set_result(self.work(one.unit))
            except Exception as error:
                one.done.set_exception(error)

    def _ran_together(self, group: list[_Waiting]) -> bool:
        """Run units of work in one transaction, each in a session of its own; False when nothing came of it."""
        try:
            with self.engine.begin() as connection:
                results = [self._within(connection, one.unit) for one in group]
        except Exception:  # whose it is shows when each runs alone
            return False
        for one, result in zip(group, results, strict=True):
            one.done.set_result(result)
        return True

    def _within(self, connection: Connection, unit: Callable[[Session], T]) -> T:
        with self._sessions(bind=connection, join_transaction_mode="rollback_only") as session, session.begin():
            return unit(session)

    def upgrade(self) -> None:
        """Bring the tables up to this release."""
        with self.engine.connect() as connection:
            if self.sqlite:  # a table that is made anew is dropped first, and others point to its rows
                connection.connection.dbapi_connection.execute("PRAGMA foreign_keys=OFF")  # type: ignore[union-attr]
            with connection.begin():
                command.upgrade(alembic_config(connection), "head")
            connection.invalidate()

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


def patience(url: str) -> dict[str, int]:
    """Return how long the PostgreSQL at a URL is waited for, as far as the URL does not say so itself."""
    said = make_url(url).query
    return {name: value for name, value in PATIENCE.items() if name not in said}


def alembic_config(connection: Connection) -> Config:
    """Return Alembic's configuration, working on an open connection."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def _engine(url: str) -> Engine:
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, pool_size=POOL, max_overflow=0, pool_pre_ping=True, connect_args=patience(url))
    engine = create_engine(url, connect_args={"check_same_thread": False})
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin_immediate)
    return engine


def _name_savepoints(dialect: Dialect) -> None:
    """Let savepoints be set and released by name: SQLAlchemy compiles a statement for each, a tenth of a whole turn."""

    def by_name(words: str) -> Callable[[Connection, str], None]:
        return lambda connection, name: connection.exec_driver_sql(f"{words} {name}").close()

    dialect.do_savepoint = by_name("SAVEPOINT")  # type: ignore[method-assign,assignment]
    dialect.do_release_savepoint = by_name("RELEASE SAVEPOINT")  # type: ignore[method-assign,assignment]


def _prepare(connection: Any, _record: object) -> None:
    # The driver would begin deferred transactions by itself, and those lose updates under concurrency.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", f"busy_timeout={BUSY_MS}", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
