"""Alembic's entry: migrate the connection we were given, or the one that DATABASE_URL names."""

from __future__ import annotations

import os

from alembic import context
from sqlalchemy import Connection, create_engine

from storage.database import plain_url
from storage.models import Base


def migrate(connection: Connection) -> None:
    """Run the migrations on `connection`."""
    context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True, compare_type=True)
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    migrate(given)
else:
    with create_engine(plain_url(os.environ["DATABASE_URL"])).begin() as opened:
        migrate(opened)
