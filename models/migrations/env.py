"""What Alembic needs to know: our tables, and the one connection that `models.migrate` hands over."""

from alembic import context
from sqlmodel import SQLModel

import models  # noqa: F401  (the tables register themselves)
from models.migrate import write_type

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata,
    # SQLite cannot alter a table: Alembic copies it, which is why foreign keys are off meanwhile.
    render_as_batch=True,
    # With our explicit BEGIN, SQLite takes back a half-done step like PostgreSQL does.
    transactional_ddl=True,
    render_item=write_type,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
