"""The weekly digest on PostgreSQL: the same streamed query, the same bulk rows."""

from datetime import UTC, datetime

import pytest

from handlers.digest import make_digests
from models import Digest, Person, Prompt
from models.store import Store
from tests.handlers.test_respond import shared, unshare
from tests.world import World

pytestmark = pytest.mark.slow
FRIDAY = datetime(2026, 9, 18, 8, 30, tzinfo=UTC)  # 16:30 in Shanghai


def test_a_week_on_postgresql(postgres_url: str) -> None:
    store = Store(postgres_url)
    Person.metadata.create_all(store.writer)
    try:
        world = World(store).found()
        shared(world, "lin", ["supervisor"])
        unshare(world, shared(world, "zhou", ["supervisor"], "只给自己"))
        world.clock.instant = FRIDAY
        for made in (3, 0):
            with store.writing() as session:
                assert make_digests(session, FRIDAY) == made
        assert len(world.all(Digest)) == 3 and len(world.all(Prompt)) == 1
        said = world.tick().to("wang")
        assert "林晓" in said and "只给自己" not in said
    finally:
        store.close()
