"""rates that processes share, and the order of what waits for one person"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rates",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("tat", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_rates")),
    )
    op.drop_index("ix_outbound_status_due", "outbound")
    op.create_index("ix_outbound_waiting", "outbound", ["status", "lane", "due_at"])
    op.create_index("ix_outbound_unfinished", "outbound", ["contact_id", "status"])


def downgrade() -> None:
    op.drop_index("ix_outbound_unfinished", "outbound")
    op.drop_index("ix_outbound_waiting", "outbound")
    op.create_index("ix_outbound_status_due", "outbound", ["status", "due_at"])
    op.drop_table("rates")
