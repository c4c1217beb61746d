"""Which release the tables are of, and which one this code wants."""

from __future__ import annotations

from functools import cache

from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from storage.database import MIGRATIONS


@cache
def newest() -> str:
    """Return the number of the newest migration of this release."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    head = ScriptDirectory.from_config(config).get_current_head()
    assert head is not None
    return head


def level(db: Connection) -> str | None:
    """Return the number of the last migration that was done, or None when there are no tables of ours."""
    return MigrationContext.configure(db).get_current_revision()
