"""Databases for the tests: a fresh copy of a ready programme, on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy import Engine
from uvicorn.loops.auto import auto_loop_factory

from bot.drawing import painting
from bot.drawing.png import png_of
from storage.database import Database
from tests import memory, postgres
from tests.rig import SECRET, START, Rig

# CI plays the same examples each time; on a developer's machine new ones are looked for.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.register_profile("searching", deadline=None)
settings.load_profile("repeatable" if os.environ.get("CI") else "searching")

# The same digests come up in hundreds of tests, and drawing one takes as long as a dozen turns.
painting.png_of = lru_cache(maxsize=64)(png_of)

os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", memory.folder())  # where pytest makes `tmp_path`

# The files that take longest; each is begun on another worker than the one before.
LONG = (
    *("test_years", "test_kill", "test_simulation", "test_drills", "test_drills_of_sending", "test_dialogues"),
    *("test_logs", "test_clocks"),
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--update` rewrites what the bot says in the dialogues, to be read as a diff."""
    parser.addoption("--update", action="store_true", help="rewrite Bot and Saved lines of dialogues")


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Run tests in the kind of event loop in which the processes run."""
    return {"as run": auto_loop_factory()}


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long, some of it on each worker, so that none is left alone with it at the end.

    pytest-xdist gives each worker one stretch of the list, as long as the others; whoever has done theirs takes from
    the end of another's.
    """
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    short = [item for item in items if item.path.stem not in LONG]
    ordered = list[pytest.Item]()
    for n in range(workers):
        stretch = [item for stem in LONG[n::workers] for item in items if item.path.stem == stem]
        size = max((len(items) - len(ordered)) // (workers - n) - len(stretch), 0)
        stretch, short = [*stretch, *short[:size]], short[size:]
        ordered += stretch
    items[:] = ordered + short


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file with the sample programme in it."""
    path = tmp_path_factory.mktemp("template") / "sample.sqlite"
    Rig.on(f"sqlite:///{path}").close()
    return path


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A private PostgreSQL with the sample programme in the database `template_sample`."""
    with postgres.server() as prefix:
        with postgres.manager(prefix) as manage:
            manage("create database template_sample")
        Rig.on(prefix.format("template_sample")).close()
        yield prefix


@pytest.fixture(scope="session")
def manage(postgres_server: str) -> Iterator[Callable[[str], None]]:
    """What runs statements about whole databases on the private PostgreSQL."""
    with postgres.manager(postgres_server) as run:
        yield run


_numbers = itertools.count(1)
_first_of = dict[str, Engine]()


def _warmed(db: Database) -> Database:
    """Let a database use the statements that the databases before it have compiled.

    Each engine compiles for itself, which takes a process no time in a year, and a test as long as the rest of it.
    """
    engine = db.engine
    first = _first_of.setdefault(engine.dialect.name, engine)
    if first is engine:
        engine.connect().close()  # from here on its dialect knows what it talks to
    engine.dialect = engine.pool._dialect = first.dialect
    engine._compiled_cache = first._compiled_cache
    return db


@contextmanager
def _sqlite_rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    template = request.getfixturevalue("sqlite_template")
    path = request.getfixturevalue("tmp_path") / f"rig{next(_numbers)}.sqlite"
    shutil.copy(template, path)
    rig = Rig(_warmed(Database(f"sqlite:///{path}", SECRET)), START)
    yield rig
    rig.close()


@contextmanager
def _postgres_rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    prefix, manage = request.getfixturevalue("postgres_server"), request.getfixturevalue("manage")
    name = f"rig{next(_numbers)}"
    manage(f"create database {name} template template_sample strategy file_copy")  # nobody writes to the template
    rig = Rig(_warmed(Database(prefix.format(name), SECRET)), START)
    yield rig
    rig.close()
    manage(f"drop database {name} with (force)")


RIGS = {"sqlite": _sqlite_rig, "postgresql": _postgres_rig}


@pytest.fixture(params=list(RIGS))
def rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    """A programme of its own for one test, on each engine."""
    with RIGS[request.param](request) as made:
        yield made


@pytest.fixture
def sqlite_rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    """A programme of its own on SQLite, for tests in which the engine does not matter."""
    with _sqlite_rig(request) as made:
        yield made


@pytest.fixture
def postgres_rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    """A programme of its own on PostgreSQL, for what only happens where several write at once."""
    with _postgres_rig(request) as made:
        yield made
