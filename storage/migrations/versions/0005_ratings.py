"""ratings of services"""

import sqlalchemy as sa
from alembic import op

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'ratings',
        sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('service', sa.String(length=20), nullable=False),
        sa.Column('district', sa.String(length=40), nullable=False),
        sa.Column('score', sa.Integer(), nullable=False),
        sa.Column('words', sa.LargeBinary(), nullable=False),
        sa.Column('on', sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_ratings')),
    )
    with op.batch_alter_table('ratings', schema=None) as batch_op:
        batch_op.create_index('ix_ratings_district', ['district', 'on'], unique=False)


def downgrade() -> None:
    op.drop_table('ratings')
