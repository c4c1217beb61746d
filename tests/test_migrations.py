"""The tables as the migrations make them are the tables as the models name them, and there is a way back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.exc import IntegrityError

from storage.database import Database, alembic_config
from storage.models import Base
from tests.rig import SECRET


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest) -> Iterator[Database]:
    """A database with nothing in it."""
    if request.param == "sqlite":
        url = f"sqlite:///{request.getfixturevalue('tmp_path')}/empty.sqlite"
    else:
        prefix = request.getfixturevalue("postgres_server")
        admin = create_engine(prefix.format("postgres"), isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.execute(text("drop database if exists empty"))
            connection.execute(text("create database empty"))
        admin.dispose()
        url = prefix.format("empty")
    db = Database(url, SECRET)
    yield db
    db.close()


def tables(db: Database) -> set[str]:
    with db.engine.connect() as connection:
        return set(inspect(connection).get_table_names()) - {"alembic_version"}


def differences(db: Database) -> list[Any]:
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "render_as_batch": True})
        return compare_metadata(context, Base.metadata)


def move(db: Database, to: str) -> None:
    with db.engine.begin() as connection:
        change = command.downgrade if to == "base" else command.upgrade
        change(alembic_config(connection), to)


def test_from_nothing_to_the_newest_release_is_what_the_models_say(empty: Database) -> None:
    empty.upgrade()
    assert tables(empty) == set(Base.metadata.tables)
    assert differences(empty) == []


def test_upgrading_again_changes_nothing(empty: Database) -> None:
    empty.upgrade()
    empty.upgrade()
    assert differences(empty) == []


def test_back_to_nothing_and_up_again(empty: Database) -> None:
    empty.upgrade()
    move(empty, "base")
    assert tables(empty) == set()
    empty.upgrade()
    assert differences(empty) == []


def test_every_release_is_reached_one_after_the_other(empty: Database) -> None:
    with empty.engine.connect() as connection:
        script = ScriptDirectory.from_config(alembic_config(connection))
    revisions = [revision.revision for revision in script.walk_revisions()][::-1]
    assert len(script.get_heads()) == 1
    for revision in revisions:
        move(empty, revision)
    assert differences(empty) == []


def test_people_and_what_points_to_them_are_there_after_an_upgrade(empty: Database) -> None:
    move(empty, "0007")
    with empty.engine.begin() as connection:
        connection.execute(
            text(
                "insert into contacts (id, key, name, role, groups, language, timezone, preferred, status) "
                "values (7, 'ama', 'sealed', 'focal', '[]', 'en', 'UTC', 'tel', 'active')"
            )
        )
        connection.execute(
            text(
                "insert into addresses (contact_id, scheme, path, digest, status) "
                "values (7, 'tel', 'sealed', 'x', 'active')"
            )
        )
    empty.upgrade()
    with empty.engine.begin() as connection:
        joined = "select key from contacts join addresses on addresses.contact_id = contacts.id"
        assert connection.execute(text(joined)).scalars().all() == ["ama"]
        with pytest.raises(IntegrityError):
            connection.execute(text("update addresses set contact_id = 8"))


def test_a_missing_column_would_be_noticed(empty: Database) -> None:
    empty.upgrade()
    with empty.engine.begin() as connection:
        connection.execute(text("alter table notes drop column private"))
    assert differences(empty) != []
