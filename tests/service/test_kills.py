"""Killed at random moments under load, the service loses nothing and doubles nothing it could know of."""

import logging
import os
import secrets
from pathlib import Path

import pytest

from tests.service.running import House, telegram_of
from tests.service.siege import Siege

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="SIGKILL and fork are needed to kill it at any instruction"),
]
REAL, FORKED = 20, 80


def test_a_hundred_kills_under_load_lose_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, "uvicorn.error")  # the fake's server tells of every line we cut
    seed = int(os.environ.get("ZHIXING_TEST_SEED") or secrets.randbelow(10**6))
    print(f"\nseed {seed} (ZHIXING_TEST_SEED plays it again)")
    house = House(tmp_path / "house").found()
    with telegram_of(house) as fake:
        siege = Siege(house, fake, seed)
        with siege.crowd:
            siege.start_and_kill(REAL)
            siege.fork_and_kill(FORKED)
        siege.settle()
    print(siege.check())
    assert siege.figures.real_starts + siege.figures.forked_starts == REAL + FORKED
