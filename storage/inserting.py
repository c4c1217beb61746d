"""Insert unless it is there already: what makes anything happen once, the same on both engines."""

from __future__ import annotations

from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from storage.models import Base


def insert_once(db: Session, table: type[Base], values: dict[str, Any], key: list[str]) -> int | None:
    """Insert a row unless one with the same `key` columns exists; return its id, or None when it does."""
    build = sqlite.insert if db.get_bind().dialect.name == "sqlite" else postgresql.insert
    statement = build(table).values(**values).on_conflict_do_nothing(index_elements=key)
    column: Any = table.__table__.c.id
    return db.execute(statement.returning(column)).scalar_one_or_none()


def upsert(db: Session, table: type[Base], values: dict[str, Any], key: list[str]) -> None:
    """Insert a row, or set its other columns when one with the same `key` exists."""
    build = sqlite.insert if db.get_bind().dialect.name == "sqlite" else postgresql.insert
    statement = build(table).values(**values)
    others = {name: statement.excluded[name] for name in values if name not in key}
    db.execute(statement.on_conflict_do_update(index_elements=key, set_=others))
