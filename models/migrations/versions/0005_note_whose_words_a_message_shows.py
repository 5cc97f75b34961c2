"""Note whose words a message shows."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the step."""
    op.create_table(
        "quote",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("outbound_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("is_mixed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["outbound_id"], ["outbound.id"], name=op.f("fk_quote_outbound_id_outbound")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_quote_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quote")),
    )
    with op.batch_alter_table("quote", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_quote_item_id"), ["item_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_quote_outbound_id"), ["outbound_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_quote_person_id"), ["person_id"], unique=False)


def downgrade() -> None:
    """Refuse: going back means restoring the backup that was made before the step."""
    raise RuntimeError("restore the backup made before this step")
