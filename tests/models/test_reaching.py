"""Where somebody is reached: where she was heard last, and on a page that rings nobody only when nothing else is left."""

from datetime import timedelta

import pytest

from models import Address
from models.people import LEFT_ALONE, address_of
from tests.world import World

HOUR = timedelta(hours=1)


def reached(world: World, silent: tuple[str, ...] = ("page",), **heard_ago: timedelta | None) -> str:
    """Give 林晓 these addresses, each heard on so long ago, and say on which channel she is reached."""
    with world.store.writing() as session:
        for old in world.all(Address, person_id=world.id["lin"]):
            session.delete(session.get_one(Address, old.id))
    now = world.clock.now()
    world.add(
        *(
            Address(
                channel=name, external_id="lin", person_id=world.id["lin"], made_at=now,
                last_heard_at=None if ago is None else now - ago,
            )
            for name, ago in heard_ago.items()
        )
    )  # fmt: skip
    with world.store.reading() as session:
        found = address_of(session, world.id["lin"], silent)
        return found.channel if found else ""


@pytest.mark.parametrize(
    ("heard_ago", "channel"),
    [
        pytest.param({"phone": HOUR, "page": 2 * HOUR}, "phone", id="the phone was last"),
        pytest.param({"phone": 24 * HOUR, "page": HOUR}, "phone", id="the page was last: it rings nobody"),
        pytest.param({"page": HOUR}, "page", id="nothing but the page"),
        pytest.param({"phone": 3 * HOUR, "other": 2 * HOUR, "page": HOUR}, "other", id="of two phones the later one"),
        pytest.param({"phone": LEFT_ALONE, "page": HOUR}, "phone", id="a phone used within the span"),
        pytest.param({"phone": LEFT_ALONE + HOUR, "page": HOUR}, "page", id="a phone that was put away"),
        pytest.param({"phone": None, "page": HOUR}, "phone", id="a phone not heard on yet"),
        pytest.param({}, "", id="nowhere"),
    ],
)
def test_where_she_is_reached(world: World, heard_ago: dict[str, timedelta], channel: str) -> None:
    assert reached(world, **heard_ago) == channel


def test_where_every_channel_rings_the_last_one_counts(world: World) -> None:
    assert reached(world, (), phone=24 * HOUR, page=HOUR) == "page"
