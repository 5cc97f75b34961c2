"""A figure and how it is shown: what was measured, ours, the peer of the same run, their ratio, and the goal."""

import gc
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Literal


@dataclass(frozen=True)
class Scale:
    """How much is measured."""

    talks: int  # open conversations beside those that are played
    many_talks: int
    few_talks: int
    players: int  # teachers who play one reflection in each round
    rounds: int
    load_seconds: float  # how long the steady load of 100 turns a second lasts
    due: int  # prompts due at one moment
    pending: tuple[int, ...]  # prompts that wait, the fewest first
    jobs: tuple[int, ...]  # jobs in the peer's store, the fewest first
    sends: int
    supervisors: int
    circle: int  # teachers a supervisor looks after
    entries: int  # entries a teacher shared this week


FULL = Scale(
    talks=10_000, many_talks=100_000, few_talks=100, players=128, rounds=7, load_seconds=20,
    due=1_000, pending=(1_000, 100_000, 1_000_000), jobs=(1_000, 100_000), sends=10_000,
    supervisors=1_000, circle=30, entries=10,
)  # fmt: skip
SMALL = Scale(
    talks=1_000, many_talks=3_000, few_talks=100, players=32, rounds=2, load_seconds=3,
    due=60, pending=(60, 30_000), jobs=(60, 1_000), sends=300,
    supervisors=60, circle=30, entries=10,
)  # fmt: skip
TINY = Scale(
    talks=20, many_talks=40, few_talks=10, players=2, rounds=1, load_seconds=0.5,
    due=2, pending=(2, 20), jobs=(2, 20), sends=10, supervisors=3, circle=6, entries=2,
)  # fmt: skip

Wish = Literal[">=", "<=", ""]


@dataclass(frozen=True)
class Row:
    """One line of the report; `zh` and `en` say what was measured, `measured` is what the goal speaks about."""

    room: str  # turns, prompts, sending, digest, memory
    zh: str
    en: str
    ours: str
    peer: str
    measured: float
    wish: Wish = ""
    goal: float = 0.0
    unit: str = "×"

    @property
    def is_met(self) -> bool:
        """Say whether the goal is reached; a row without a goal is there to be known."""
        return {">=": self.measured >= self.goal, "<=": self.measured <= self.goal, "": True}[self.wish]

    @property
    def wanted(self) -> str:
        """Write the goal."""
        sign = {">=": "≥ ", "<=": "≤ ", "": "—"}[self.wish]
        return sign + (f"{self.goal:g} {self.unit}" if self.wish else "")

    def line(self, language: str) -> str:
        """Write the row as one line of a table in Markdown."""
        mark = "" if self.is_met else " ✗"
        what = self.zh if language == "zh" else self.en
        return f"| {what} | {self.ours} | {self.peer} | **{self.measured:.2f} {self.unit}**{mark} | {self.wanted} |"


_HEADS = {
    "zh": "| 量什么 | 知行 | 同一次运行里的对照 | 结果 | 目标 |",
    "en": "| what | ours | the peer in the same run | result | goal |",
}


def table(rows: Sequence[Row], language: str = "zh") -> str:
    """Write the rows as a table in Markdown."""
    return "\n".join([_HEADS[language], "| --- | --- | --- | --- | --- |", *(row.line(language) for row in rows)])


def seconds(work: Callable[[], object]) -> float:
    """Time one piece of work."""
    start = perf_counter()
    work()
    return perf_counter() - start


def interleaved(rounds: int, **works: Callable[[], float]) -> dict[str, float]:
    """Let several measurements take turns, so that a busy moment of the machine hits all; give the median of each."""
    gc.collect()
    gc.freeze()  # what all contestants have set up is nobody's garbage; the running bot does not do this
    taken: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            taken[name].append(work())
    gc.unfreeze()
    return {name: median(times) for name, times in taken.items()}


def resident() -> float:
    """Read how much memory this process holds now, in MB; Linux only."""
    return _status("VmRSS")


def resident_at_most() -> float:
    """Read the most memory this process ever held, in MB; Linux only."""
    return _status("VmHWM")


def _status(name: str) -> float:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:")) / 1024
