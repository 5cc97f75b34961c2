"""Nobody is shown what is not for her: random talks of a whole school against the pure rule."""

import os
from pathlib import Path

import pytest

from models import Entry
from tests.privacy.crowd import Crowd, Leak
from tests.world import World

STEPS = int(os.environ.get("ZHIXING_CANARY_STEPS", "400"))  # a talk; nightly runs take many more
SEEDS = int(os.environ.get("ZHIXING_CANARY_SEEDS", "2"))
TALKS = [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, SEEDS))]


def has_seen_enough(crowd: Crowd) -> bool:
    """Say whether enough was shared; each new word of the bot rolls the dice anew, and then a talk goes on for longer."""
    return len(crowd.seen_foreign) >= STEPS // 100


@pytest.mark.parametrize("seed", TALKS)
def test_no_phone_shows_what_is_not_for_it(world: World, tmp_path: Path, seed: int) -> None:
    crowd = Crowd(world, tmp_path, seed)
    for number in range(3 * STEPS):
        if number >= STEPS and has_seen_enough(crowd):
            break
        crowd.step()
    assert has_seen_enough(crowd), "too little was shared for this to prove anything"
    assert crowd.counted["speaks_in_group"] and crowd.counted["forges"]


def test_the_crowd_would_notice(world: World, tmp_path: Path) -> None:
    crowd = Crowd(world, tmp_path, 0)
    token = crowd.token("lin")
    world.says("lin", f"{token} 只写给自己")
    crowd.check("lin", token)
    for phone in ("chen", "wang", "he", "door"):
        world.says(phone, "帮助")
        with pytest.raises(Leak):
            crowd.check(phone, f"……{token}……")
    entry = world.all(Entry)[0]
    entry.share_with(["pair"])
    world.add(entry)
    crowd.check("chen", token)
    with pytest.raises(Leak):
        crowd.check("wang", token)
