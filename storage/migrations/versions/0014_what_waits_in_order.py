"""what waits is found in the order in which it goes"""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_outbound_waiting", "outbound")
    op.create_index("ix_outbound_waiting", "outbound", ["status", "scheme", "lane", "due_at", "id"])


def downgrade() -> None:
    op.drop_index("ix_outbound_waiting", "outbound")
    op.create_index("ix_outbound_waiting", "outbound", ["status", "lane", "due_at"])
