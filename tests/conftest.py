"""What every test may ask for: a store, a small school with its clock, and a talk with one of its people."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from models.store import Store
from tests.postgres import postgres_server, postgres_url  # noqa: F401  (fixtures)
from tests.world import FakeClock, Talk, World, quick_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty SQLite store with every table."""
    opened = quick_store(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def world(store: Store) -> World:
    """青禾小学, on a Wednesday at 16:00 in Shanghai."""
    return World(store).found()


@pytest.fixture
def clock(world: World) -> FakeClock:
    """The clock of the school."""
    return world.clock


@pytest.fixture
def talk(world: World) -> Talk:
    """A talk with 林晓, a teacher; `Talk(world, "chen")` is one with her mentor."""
    return Talk(world)
