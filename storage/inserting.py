"""Writing rows, the same on both engines: statements of the path of a message, each shape built once."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlalchemy import String, Table, bindparam, func, select, update
from sqlalchemy import insert as insert_into
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from storage.models import Base
from storage.prepared import Prepared

_LOCK = Prepared(select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("name", type_=String), 0))))
WHERE = "where_"  # begins the names of parameters that find rows, apart from those that set them


def rows_of(model: type[Base]) -> Table:
    """Return the table of a model, for statements that need rows and no objects."""
    return model.metadata.tables[model.__tablename__]


def insert(db: Session, table: type[Base], values: dict[str, Any]) -> None:
    """Insert a row."""
    _plain(table, tuple(values)).run(db, values)


def change(db: Session, table: type[Base], key: dict[str, Any], fields: dict[str, Any]) -> None:
    """Set `fields` of the rows whose columns are as `key` says."""
    if fields:
        found = {f"{WHERE}{name}": value for name, value in key.items()}
        _setting(table, tuple(key), tuple(fields)).run(db, found | fields)


def insert_once(db: Session, table: type[Base], values: dict[str, Any], key: list[str]) -> int | None:
    """Insert a row unless one with the same `key` columns exists; return its id, or None when it does."""
    row_id: int | None = _once(db.get_bind().dialect.name, table, tuple(values), tuple(key)).value(db, values)
    return row_id


def upsert(db: Session, table: type[Base], values: dict[str, Any], key: list[str]) -> None:
    """Insert a row, or set its other columns when one with the same `key` exists."""
    _over(db.get_bind().dialect.name, table, tuple(values), tuple(key)).run(db, values)


def lock(db: Session, name: str) -> None:
    """Let one transaction at a time go on from here for this name, until it ends; SQLite has one writer anyway."""
    if db.get_bind().dialect.name == "postgresql":
        _LOCK.run(db, {"name": name})


# Building a statement costs more than running it, so each shape is built once.
@lru_cache(maxsize=64)
def _plain(table: type[Base], names: tuple[str, ...]) -> Prepared:
    return Prepared(insert_into(rows_of(table)).values({name: bindparam(name) for name in names}))


@lru_cache(maxsize=256)
def _setting(table: type[Base], key: tuple[str, ...], names: tuple[str, ...]) -> Prepared:
    columns = rows_of(table).c
    found = (columns[name] == bindparam(f"{WHERE}{name}") for name in key)
    return Prepared(update(rows_of(table)).where(*found).values({name: bindparam(name) for name in names}))


@lru_cache(maxsize=64)
def _once(dialect: str, table: type[Base], names: tuple[str, ...], key: tuple[str, ...]) -> Prepared:
    statement = _into(dialect, table).values({name: bindparam(name) for name in names})
    return Prepared(statement.on_conflict_do_nothing(index_elements=key).returning(rows_of(table).c.id))


@lru_cache(maxsize=64)
def _over(dialect: str, table: type[Base], names: tuple[str, ...], key: tuple[str, ...]) -> Prepared:
    statement = _into(dialect, table).values({name: bindparam(name) for name in names})
    others = {name: statement.excluded[name] for name in names if name not in key}
    return Prepared(statement.on_conflict_do_update(index_elements=key, set_=others))


def _into(dialect: str, table: type[Base]) -> sqlite.Insert | postgresql.Insert:
    return sqlite.insert(rows_of(table)) if dialect == "sqlite" else postgresql.insert(rows_of(table))
