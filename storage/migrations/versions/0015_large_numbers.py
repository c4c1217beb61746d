"""numerators and denominators as large in PostgreSQL as SQLite always took them"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

TABLES = ("value_versions", "current_values")
COLUMNS = ("numerator", "denominator")


def upgrade() -> None:
    _change(sa.BigInteger())


def downgrade() -> None:
    _change(sa.Integer())


def _change(kind: sa.types.TypeEngine[int]) -> None:
    if op.get_bind().dialect.name == "sqlite":
        return  # its whole numbers have one size
    for table in TABLES:
        for column in COLUMNS:
            op.alter_column(table, column, type_=kind, existing_nullable=True)
