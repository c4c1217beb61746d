"""Alembic's entry: migrate the connection we were given, or the one that DATABASE_URL names."""

from __future__ import annotations

import os
from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection, create_engine

from storage.database import plain_url
from storage.models import Base, Utc
from storage.sealing import Sealed

PLAIN = {Sealed: "sa.LargeBinary()", Utc: "sa.DateTime(timezone=True)"}


def plain_type(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Write our own column types as what the database sees, so that old migrations never import new code."""
    return PLAIN.get(type(item), False) if kind == "type" else False


def migrate(connection: Connection) -> None:
    """Run the migrations on `connection`."""
    context.configure(
        connection=connection, target_metadata=Base.metadata, render_as_batch=True, render_item=plain_type
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    migrate(given)
else:
    with create_engine(plain_url(os.environ["DATABASE_URL"])).begin() as opened:
        migrate(opened)
