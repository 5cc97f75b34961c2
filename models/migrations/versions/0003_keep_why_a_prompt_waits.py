"""Keep why a prompt waits."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the step."""
    with op.batch_alter_table("prompt", schema=None) as batch_op:
        batch_op.add_column(sa.Column("wait", sa.JSON(), nullable=True))


def downgrade() -> None:
    """Refuse: going back means restoring the backup that was made before the step."""
    raise RuntimeError("restore the backup made before this step")
