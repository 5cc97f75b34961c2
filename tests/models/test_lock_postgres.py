"""The lock on PostgreSQL: one listener at a time, wherever it runs, and free as soon as its holder is gone."""

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from models.lock import Lock, Taken
from models.store import Store

pytestmark = pytest.mark.slow


@pytest.fixture
def stores(postgres_url: str) -> Iterator[tuple[Store, Store]]:
    """Two processes on one server."""
    both = Store(postgres_url), Store(postgres_url)
    yield both
    for store in both:
        store.close()


def test_a_second_holder_is_refused_until_the_first_lets_go(stores: tuple[Store, Store]) -> None:
    one, other = stores
    with Lock(one, "listen"), pytest.raises(Taken, match="listen"):
        Lock(other, "listen").take()
    with Lock(other, "listen"), pytest.raises(Taken):
        Lock(one, "listen").take()


def test_locks_of_different_names_do_not_meet(stores: tuple[Store, Store]) -> None:
    one, other = stores
    with Lock(one, "listen"), Lock(other, "work"), pytest.raises(Taken):
        Lock(one, "work").take()


def test_whoever_was_refused_keeps_no_connection(stores: tuple[Store, Store]) -> None:
    one, other = stores
    with Lock(one, "listen"):
        for _ in range(20):  # more than the pool holds
            with pytest.raises(Taken):
                Lock(other, "listen").take()


def test_a_holder_whose_connection_was_cut_holds_nothing(stores: tuple[Store, Store]) -> None:
    one, other = stores
    lock = Lock(one, "listen")
    lock.take()
    with other.writing() as session:
        session.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND pid <> pg_backend_pid()"
            )
        )
    with Lock(other, "listen"), pytest.raises(Taken):
        Lock(other, "listen").take()
    lock.release()
