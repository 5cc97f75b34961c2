"""python -m tests.tools.kill_for_an_hour [MINUTES] [SEED]: kill the service at random moments and print the figures.

A round is what the slow test of kills does: real starts, forked starts, a quiet end, and every check from outside.
"""

import logging
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

from tests.service.running import House, telegram_of
from tests.service.siege import Figures, Siege

REAL, FORKED = 5, 95  # starts of one round


def play_round(seed: int) -> Figures:
    """Besiege one house; its folder stays where it is when a check fails."""
    folder = Path(tempfile.mkdtemp(prefix=f"zhixing-siege-{seed}-"))
    print(f"seed {seed} in {folder}", flush=True)
    house = House(folder / "house").found()
    with telegram_of(house) as fake:
        siege = Siege(house, fake, seed)
        with siege.crowd:
            siege.start_and_kill(REAL)
            siege.fork_and_kill(FORKED)
        siege.settle(timeout=300)
        figures = siege.check()
    shutil.rmtree(folder)
    return figures


def main() -> None:
    """Play rounds until the time is over; a seed plays that round again, and only that."""
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)  # the fake's server tells of every line we cut
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    if len(sys.argv) > 2:
        print(play_round(int(sys.argv[2])))
        return
    end, dice = time.monotonic() + minutes * 60, random.SystemRandom()
    total = Figures()
    while time.monotonic() < end:
        found = play_round(dice.randrange(10**6))
        print(f"  {found}", flush=True)
        total = total.with_round(found)
    print(f"in all: {total}")


if __name__ == "__main__":
    main()
