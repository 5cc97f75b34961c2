"""The two clocks: the real one, moved by a file for rehearsals, and the demo's, which only goes forward."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.clock import MovableClock, SystemClock


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        pytest.param("3600", 3600, id="an hour ahead"),
        pytest.param(" -60.5\n", -60.5, id="a minute back"),
        pytest.param("", 0, id="an empty file"),
        pytest.param("two days", 0, id="no number"),
        pytest.param("1e300", 0, id="beyond every calendar"),
    ],
)
def test_the_file_moves_the_clock_by_so_many_seconds(tmp_path: Path, written: str, seconds: float) -> None:
    file = tmp_path / "clock.txt"
    file.write_text(written, encoding="utf-8")
    assert SystemClock(file).offset() == timedelta(seconds=seconds)


def test_without_a_file_it_is_the_real_time(tmp_path: Path) -> None:
    assert SystemClock().offset() == SystemClock(tmp_path / "none.txt").offset() == timedelta()


def test_the_clock_of_the_demo_is_never_put_back() -> None:
    start = datetime(2026, 9, 16, 8, 0, tzinfo=UTC)
    clock = MovableClock(start)
    clock.move_to(start + timedelta(days=2))
    clock.move_to(start + timedelta(days=1))
    assert start + timedelta(days=2) <= clock.now() < start + timedelta(days=3)
