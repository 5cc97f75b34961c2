"""Draft the next step from what the tables have become.

python -m models.migrations "Give a person a room"      writes the next file in versions/, to be read and corrected

A new column that must not be empty needs a server default, for the rows that are there. A step that has left this house
is never edited: somebody's store has taken it.
"""

import sys
import tempfile
from pathlib import Path

from alembic import command

from models.migrate import VERSIONS, alembic_config, migration_engine


def main(arguments: list[str]) -> int:
    """Write one file into `versions/`."""
    if len(arguments) != 1:
        print(__doc__)
        return 2
    draft(arguments[0])
    return 0


def draft(message: str) -> None:
    """Compare the tables with a store made by the steps so far, and write the difference as the next one."""
    number = f"{len(list(VERSIONS.glob('[0-9]*.py'))) + 1:04d}"
    with tempfile.TemporaryDirectory() as folder:
        engine = migration_engine(f"sqlite:///{(Path(folder) / 'draft.db').as_posix()}")
        with engine.begin() as connection:
            config = alembic_config(connection)
            command.upgrade(config, "head")
            command.revision(config, message=message, rev_id=number, autogenerate=True)
        engine.dispose()
    (written,) = VERSIONS.glob(f"{number}_*.py")
    lines = written.read_text(encoding="utf-8").splitlines(keepends=True)
    written.write_text("".join(line for line in lines if "# ###" not in line), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
