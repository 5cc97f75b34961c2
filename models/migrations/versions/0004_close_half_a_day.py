"""Close half a day."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the step."""
    with op.batch_alter_table("school_day", schema=None) as batch_op:
        batch_op.add_column(sa.Column("closed", sa.String(), nullable=False, server_default=""))
        batch_op.create_check_constraint(batch_op.f("ck_school_day_half_known"), "closed IN ('','am','pm')")


def downgrade() -> None:
    """Refuse: going back means restoring the backup that was made before the step."""
    raise RuntimeError("restore the backup made before this step")
