"""Every conversation on every channel: what is said fits the platform, what is tapped or typed there is understood.

A sample here, for each run takes minutes; all of them on one channel: python -m pytest tests/handlers --channel web
"""

import re
import subprocess
import sys

import pytest

from tests.house import ROOT
from tests.phones import CHANNELS

FEWEST = 100  # dialogues of a sample, so that nobody empties it unseen
MOST_LEFT_OUT = 20  # what a platform cannot do at all: edits, captions, the language of a client …


@pytest.mark.slow
@pytest.mark.parametrize("channel", CHANNELS)
def test_a_sample_of_all_dialogues_is_held_on(channel: str) -> None:
    command = [sys.executable, "-m", "pytest", "tests/handlers", "-m", "not slow", "-q", "-p", "no:cacheprovider"]
    run = subprocess.run(
        [*command, "--sample", "--channel", channel, "--tb=short"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert run.returncode == 0, run.stdout[-6000:]
    counts = {word: int(number) for number, word in re.findall(r"(\d+) (passed|skipped)", run.stdout.splitlines()[-1])}
    assert counts["passed"] >= FEWEST and counts.get("skipped", 0) <= MOST_LEFT_OUT, run.stdout[-2000:]


@pytest.mark.slow
def test_no_dialogue_names_a_channel_of_its_own() -> None:
    """A dialogue that speaks of the fake channel would not be held on a real one."""
    faults = [
        path.name for path in (ROOT / "tests" / "handlers").glob("*.py") if '"fake' in path.read_text(encoding="utf-8")
    ]
    assert not faults
