"""Insert unless it is there already: what makes anything happen once, the same on both engines."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from storage.models import Base


def insert_once(db: Session, table: type[Base], values: dict[str, Any], key: list[str]) -> int | None:
    """Insert a row unless one with the same `key` columns exists; return its id, or None when it does."""
    statement = _once(db.get_bind().dialect.name, table, tuple(values), tuple(key))
    return db.execute(statement, values).scalar_one_or_none()


def upsert(db: Session, table: type[Base], values: dict[str, Any], key: list[str]) -> None:
    """Insert a row, or set its other columns when one with the same `key` exists."""
    db.execute(_over(db.get_bind().dialect.name, table, tuple(values), tuple(key)), values)


def lock(db: Session, name: str) -> None:
    """Let one transaction at a time go on from here for this name, until it ends; SQLite has one writer anyway."""
    if db.get_bind().dialect.name == "postgresql":
        db.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))


# Building a statement costs more than running it, so each shape is built once.
@lru_cache(maxsize=64)
def _once(dialect: str, table: type[Base], names: tuple[str, ...], key: tuple[str, ...]) -> Any:
    statement = _into(dialect, table).values({name: bindparam(name) for name in names})
    return statement.on_conflict_do_nothing(index_elements=key).returning(table.__table__.c.id)


@lru_cache(maxsize=64)
def _over(dialect: str, table: type[Base], names: tuple[str, ...], key: tuple[str, ...]) -> Any:
    statement = _into(dialect, table).values({name: bindparam(name) for name in names})
    others = {name: statement.excluded[name] for name in names if name not in key}
    return statement.on_conflict_do_update(index_elements=key, set_=others)


def _into(dialect: str, table: type[Base]) -> sqlite.Insert | postgresql.Insert:
    rows = table.metadata.tables[table.__tablename__]
    return sqlite.insert(rows) if dialect == "sqlite" else postgresql.insert(rows)
