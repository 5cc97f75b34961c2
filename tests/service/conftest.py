"""A house with a small school, and the fake Telegram it talks to."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.telegram_server import FakeTelegram
from tests.service.inside import hurry
from tests.service.running import House, telegram_of


@pytest.fixture
def house(tmp_path: Path) -> House:
    """A data folder with a school in it."""
    return House(tmp_path / "house").found()


@pytest.fixture
def fake(house: House) -> Iterator[FakeTelegram]:
    """Telegram, on loopback, with the clock of the house."""
    with telegram_of(house) as server:
        yield server


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the service run inside the test, without waiting for compilers and minutes."""
    hurry(monkeypatch)
