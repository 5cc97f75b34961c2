"""What every test may ask for: a store, a small school with its clock, and a talk with one of its people."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from models.store import Store
from tests.phones import CHANNELS
from tests.postgres import postgres_server, postgres_url  # noqa: F401  (fixtures)
from tests.world import FakeClock, Talk, World, quick_store

# A busy machine is slow, which says nothing about an example. (Where CI is set, Hypothesis also draws the same each time.)
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a run of dialogues name the channel whose phones are used."""
    parser.addoption("--channel", default="fake", choices=("fake", *CHANNELS), help="the phones of all dialogues")
    parser.addoption("--sample", action="store_true", help="of each file the first two tests, and every twelfth")


def pytest_configure(config: pytest.Config) -> None:
    """Give every small school the phones of this run."""
    World.default_channel = config.getoption("--channel")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave a sample: the plain way through a conversation stands first in its file."""
    if not config.getoption("--sample"):
        return
    place: dict[str, int] = {}
    kept, left_out = [], []
    for item in items:
        place[item.nodeid.partition("::")[0]] = number = place.get(item.nodeid.partition("::")[0], -1) + 1
        (kept if number < 2 or number % 12 == 0 else left_out).append(item)
    config.hook.pytest_deselected(items=left_out)
    items[:] = kept


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print the figures that tests recorded, whichever process they ran in."""
    reports = terminalreporter.getreports("passed")
    figures = [value for report in reports for name, value in report.user_properties if name == "figures"]
    if figures:
        terminalreporter.section("figures")
        for figure in figures:
            terminalreporter.write_line(figure)


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
