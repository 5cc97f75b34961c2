"""Nobody is shown what is not for her: random talks of a whole school, and the same script with and without a secret."""

import os
from pathlib import Path

import pytest

from tests.privacy.crowd import Crowd
from tests.world import World

STEPS = int(os.environ.get("ZHIXING_CANARY_STEPS", "1500"))


@pytest.mark.parametrize("seed", [1, 2])
def test_no_phone_shows_what_is_not_for_it(world: World, tmp_path: Path, seed: int) -> None:
    crowd = Crowd(world, tmp_path, seed)
    for _ in range(STEPS // 2):
        crowd.step()
    print(crowd.counted, len(crowd.seen_foreign), len(crowd.said_by))
