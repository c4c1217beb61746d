"""indexes by which who is due, what was said of late and what is open are found without a look at the rest"""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_contacts_clock", "contacts", ["district", "role", "timezone", "hour"])
    op.create_index("ix_activity_updates_district_at", "activity_updates", ["district", "at"])
    op.create_index("ix_alerts_district_closed", "alerts", ["district", "closed_at"])


def downgrade() -> None:
    op.drop_index("ix_alerts_district_closed", "alerts")
    op.drop_index("ix_activity_updates_district_at", "activity_updates")
    op.drop_index("ix_contacts_clock", "contacts")
