"""The only place that reads the clock."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol


class Clock(Protocol):
    """Something that knows what time it is."""

    def now(self) -> datetime:
        """Give the present instant, aware, in UTC."""


class SystemClock:
    """The machine's clock; for rehearsals a file may hold seconds to add, and is read anew at every call."""

    def __init__(self, offset_file: Path | None = None) -> None:
        self.offset_file = offset_file

    def now(self) -> datetime:
        """Give the present instant in UTC, moved by the offset file when there is one."""
        return datetime.now(UTC) + self.offset()

    def offset(self) -> timedelta:
        """Read how far the clock is moved; a missing or unreadable file moves nothing."""
        if self.offset_file is None or not self.offset_file.is_file():
            return timedelta()
        try:
            return timedelta(seconds=float(self.offset_file.read_text(encoding="utf-8").strip() or 0))
        except (ValueError, OverflowError):
            return timedelta()


class MovableClock:
    """A clock for the demo and for rehearsals: real time goes on, from wherever it was put."""

    def __init__(self, start: datetime) -> None:
        self._ahead = start - datetime.now(UTC)

    def now(self) -> datetime:
        """Give the present instant of the play, in UTC."""
        return datetime.now(UTC) + self._ahead

    def move_to(self, instant: datetime) -> None:
        """Put the clock at `instant` (aware); it is never moved back."""
        self._ahead = max(self._ahead, instant - datetime.now(UTC))
