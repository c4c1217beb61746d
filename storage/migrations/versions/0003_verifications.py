"""verifications of values"""

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'verifications',
        sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('district', sa.String(length=40), nullable=False),
        sa.Column('code', sa.String(length=8), nullable=False),
        sa.Column('period', sa.String(length=7), nullable=False),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.Column('state', sa.String(length=12), nullable=False),
        sa.Column('words', sa.LargeBinary(), nullable=True),
        sa.Column('contact_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('inbound_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['contact_id'], ['contacts.id'], name=op.f('fk_verifications_contact_id')),
        sa.ForeignKeyConstraint(['inbound_id'], ['inbound.id'], name=op.f('fk_verifications_inbound_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_verifications')),
    )
    with op.batch_alter_table('verifications', schema=None) as batch_op:
        batch_op.create_index('ix_verifications_value', ['district', 'period', 'code'], unique=False)

    with op.batch_alter_table('current_values', schema=None) as batch_op:
        batch_op.add_column(sa.Column('check', sa.String(length=12), nullable=True))

    with op.batch_alter_table('value_versions', schema=None) as batch_op:
        batch_op.add_column(sa.Column('undoes', sa.Integer(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('value_versions', schema=None) as batch_op:
        batch_op.drop_column('undoes')

    with op.batch_alter_table('current_values', schema=None) as batch_op:
        batch_op.drop_column('check')

    with op.batch_alter_table('verifications', schema=None) as batch_op:
        batch_op.drop_index('ix_verifications_value')

    op.drop_table('verifications')
