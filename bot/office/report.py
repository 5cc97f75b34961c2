"""What an office command answers: lines for the clerk, and the exit code."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from bot.errors import BadRows

DONE, FAILED, WRONG = 0, 1, 2
MOST_LINES = 200  # of one kind; a first import of a large school would fill the window


@dataclass(frozen=True)
class Report:
    """The lines to print and how the command ended: 0 done, 1 failed or found something, 2 wrong input."""

    said: tuple[str, ...] = ()
    code: int = DONE
    facts: dict[str, int] = field(default_factory=dict)

    def lines(self) -> list[str]:
        """Give what is to be printed, line by line."""
        return list(self.said)


def said(*lines: str, code: int = DONE) -> Report:
    """Make a report of these lines."""
    return Report(lines, code)


def refused(title: str, error: BadRows) -> Report:
    """Name every bad row; nothing was changed."""
    faults = [f"  第 {line} 行：{why}" if line else f"  {why}" for line, why in error.faults]
    return Report((title, *few(faults), "什么都没有写入。改好这些，再导入一次就行。"), WRONG)


def few(lines: Iterable[str]) -> list[str]:
    """Show at most so many lines, and say how many more there are."""
    every = list(lines)
    rest = len(every) - MOST_LINES
    return every if rest <= 0 else [*every[:MOST_LINES], f"  ……还有 {rest} 条"]
