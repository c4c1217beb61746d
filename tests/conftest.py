"""Databases for the tests: a fresh copy of a ready programme, on SQLite and on PostgreSQL."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy import create_engine, text

from storage.database import Database
from tests import postgres
from tests.rig import SECRET, START, Rig

# CI plays the same examples each time; on a developer's machine new ones are looked for.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.register_profile("searching", deadline=None)
settings.load_profile("repeatable" if os.environ.get("CI") else "searching")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--update` rewrites what the bot says in the dialogues, to be read as a diff."""
    parser.addoption("--update", action="store_true", help="rewrite Bot and Saved lines of dialogues")


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
        _admin(prefix, "create database template_sample")
        Rig.on(prefix.format("template_sample")).close()
        yield prefix


def _admin(prefix: str, statement: str) -> None:
    engine = create_engine(prefix.format("postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


_numbers = itertools.count(1)


def _sqlite_rig(request: pytest.FixtureRequest) -> Rig:
    template = request.getfixturevalue("sqlite_template")
    path = request.getfixturevalue("tmp_path") / f"rig{next(_numbers)}.sqlite"
    shutil.copy(template, path)
    return Rig(Database(f"sqlite:///{path}", SECRET), START)


def _postgres_rig(request: pytest.FixtureRequest) -> Rig:
    prefix = request.getfixturevalue("postgres_server")
    name = f"rig{next(_numbers)}"
    _admin(prefix, f"create database {name} template template_sample")
    return Rig(Database(prefix.format(name), SECRET), START)


RIGS = {"sqlite": _sqlite_rig, "postgresql": _postgres_rig}


@pytest.fixture(params=list(RIGS))
def rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    """A programme of its own for one test, on each engine."""
    made = RIGS[request.param](request)
    yield made
    made.close()


@pytest.fixture
def sqlite_rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    """A programme of its own on SQLite, for tests in which the engine does not matter."""
    made = _sqlite_rig(request)
    yield made
    made.close()


@pytest.fixture
def postgres_rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    """A programme of its own on PostgreSQL, for what only happens where several write at once."""
    made = _postgres_rig(request)
    yield made
    made.close()
