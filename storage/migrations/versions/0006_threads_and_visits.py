"""threads of notes, rewritten answers, support visits"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("diary_entries", schema=None) as batch_op:
        batch_op.add_column(sa.Column("dialogue_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("superseded", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("diary_entries", schema=None) as batch_op:
        batch_op.alter_column("superseded", server_default=None)
    with op.batch_alter_table("notes", schema=None) as batch_op:
        batch_op.add_column(sa.Column("thread", ID, nullable=True))
        batch_op.add_column(sa.Column("district", sa.String(length=40), nullable=True))
        batch_op.create_index("ix_notes_district_at", ["district", "at"], unique=False)
        batch_op.create_index("ix_notes_thread", ["thread"], unique=False)
    op.execute(
        "UPDATE notes SET thread = inbound_id,"
        " district = (SELECT contacts.district FROM contacts WHERE contacts.id = notes.contact_id)"
    )
    op.create_table(
        "visits",
        sa.Column("ref", ID, autoincrement=False, nullable=False),
        sa.Column("district", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("contact_id", ID, nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cancelled", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_visits_contact_id")),
        sa.ForeignKeyConstraint(["ref"], ["inbound.id"], name=op.f("fk_visits_ref")),
        sa.PrimaryKeyConstraint("ref", name=op.f("pk_visits")),
    )
    with op.batch_alter_table("visits", schema=None) as batch_op:
        batch_op.create_index("ix_visits_at", ["at"], unique=False)
        batch_op.create_index("ix_visits_district_at", ["district", "at"], unique=False)
    op.create_table(
        "visit_answers",
        sa.Column("id", ID, nullable=False),
        sa.Column("ref", ID, nullable=False),
        sa.Column("contact_id", ID, nullable=False),
        sa.Column("for_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("yes", sa.Boolean(), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_visit_answers_contact_id")),
        sa.ForeignKeyConstraint(["ref"], ["visits.ref"], name=op.f("fk_visit_answers_ref")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit_answers")),
    )
    with op.batch_alter_table("visit_answers", schema=None) as batch_op:
        batch_op.create_index("ix_visit_answers_ref", ["ref"], unique=False)
    op.create_table(
        "visit_logs",
        sa.Column("id", ID, nullable=False),
        sa.Column("district", sa.String(length=40), nullable=False),
        sa.Column("section", sa.String(length=12), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=False),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("dialogue_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("superseded", sa.Boolean(), nullable=False),
        sa.Column("contact_id", ID, nullable=False),
        sa.Column("inbound_id", ID, nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_visit_logs_contact_id")),
        sa.ForeignKeyConstraint(["inbound_id"], ["inbound.id"], name=op.f("fk_visit_logs_inbound_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit_logs")),
    )
    with op.batch_alter_table("visit_logs", schema=None) as batch_op:
        batch_op.create_index("ix_visit_logs_district_at", ["district", "at"], unique=False)


def downgrade() -> None:
    op.drop_table("visit_logs")
    op.drop_table("visit_answers")
    op.drop_table("visits")
    with op.batch_alter_table("notes", schema=None) as batch_op:
        batch_op.drop_index("ix_notes_thread")
        batch_op.drop_index("ix_notes_district_at")
        batch_op.drop_column("district")
        batch_op.drop_column("thread")
    with op.batch_alter_table("diary_entries", schema=None) as batch_op:
        batch_op.drop_column("superseded")
        batch_op.drop_column("dialogue_at")
