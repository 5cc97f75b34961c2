"""The benches run, and say what they measured; how fast it was is no test's business."""

import math

import pytest

from tests.bench.__main__ import ROOMS, main
from tests.bench.figures import TINY, Row, table

LINES = {"turns": 5, "prompts": 4, "sending": 3, "digest": 4, "callback": 2, "memory": 1}


@pytest.mark.parametrize("room", [r if r == "sending" else pytest.param(r, marks=pytest.mark.slow) for r in ROOMS])
def test_every_room_gives_well_formed_rows(room: str) -> None:
    rows = ROOMS[room](TINY)
    assert len(rows) == LINES[room]
    for row in rows:
        assert row.room == room
        assert row.zh and row.en and row.ours and row.peer
        assert math.isfinite(row.measured)
        assert all(row.line(language).count("|") == 6 for language in ("zh", "en"))


@pytest.mark.parametrize(
    ("measured", "wish", "is_met"), [(1.0, ">=", True), (0.9, ">=", False), (1.5, "<=", True), (1.6, "<=", False)]
)
def test_a_row_says_whether_its_goal_is_reached(measured: float, wish: str, is_met: bool) -> None:
    goal = 1.0 if wish == ">=" else 1.5
    row = Row("turns", "轮", "turns", "1", "1", measured, wish, goal)  # type: ignore[arg-type]
    assert row.is_met == is_met
    assert ("✗" in table([row])) != is_met


def test_a_room_that_is_not_there_is_said_kindly(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main("weather")
    assert "weather" in capsys.readouterr().err
