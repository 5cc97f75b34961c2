"""What goes wrong at Telegram, on purpose: scripted faults and flood limits."""

import math
import random
import threading
from collections import defaultdict, deque
from dataclasses import dataclass, field

WORDS = {
    401: "Unauthorized",
    403: "Forbidden: bot was blocked by the user",
    404: "Not Found",
    409: "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
    500: "Internal Server Error",
    502: "Bad Gateway",
}


@dataclass
class Fault:
    """One scripted fault; `times=None` lasts until `heal`."""

    method: str
    status: int | None = None
    description: str | None = None
    times: int | None = 1
    retry_after: int | None = None
    hangup: str | None = None
    delay: float = 0.0
    body: bytes | None = None
    after: bool = False
    rate: float = 1.0
    chat_id: int | None = None
    dice: random.Random = field(default_factory=lambda: random.Random(0))
    struck: int = 0

    @property
    def does_the_work(self) -> bool:
        """Tell whether the request still has its effect."""
        only_late = self.status is None and self.body is None and self.hangup is None
        return self.after or self.hangup == "after" or only_late

    def refusal(self) -> dict[str, object]:
        """Return the error body of this fault."""
        assert self.status is not None
        words = self.description or WORDS.get(self.status, "Bad Request: scripted fault")
        answer: dict[str, object] = {"ok": False, "error_code": self.status, "description": words}
        if self.retry_after is not None:
            answer["description"] = self.description or f"Too Many Requests: retry after {self.retry_after}"
            answer["parameters"] = {"retry_after": self.retry_after}
        return answer

    def strikes(self, method: str, chat_id: int | None) -> bool:
        """Tell whether this request is hit, and count it."""
        if self.times is not None and self.struck >= self.times:
            return False
        if self.method not in ("*", method) or self.chat_id not in (None, chat_id):
            return False
        if self.rate < 1.0 and self.dice.random() >= self.rate:
            return False
        self.struck += 1
        return True


class FaultScript:
    """The faults in the order they were asked for; the first that fits strikes."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> Fault:
        """Add one fault to the end of the script."""
        assert fault.hangup in (None, "before", "after"), fault.hangup
        with self._lock:
            self._faults.append(fault)
        return fault

    def heal(self, method: str | None = None) -> None:
        """Forget the faults of one method, or all of them."""
        with self._lock:
            self._faults = [kept for kept in self._faults if method not in (None, kept.method)]

    def take(self, method: str, chat_id: int | None) -> Fault | None:
        """Return the fault that strikes this request, if any."""
        with self._lock:
            return next((fault for fault in self._faults if fault.strikes(method, chat_id)), None)


class FloodGate:
    """Telegram's published limits: 1/s per chat with a small burst, 20/min per group, 30/s in all."""

    def __init__(self, burst: int = 3, per_second: int = 30, per_group_minute: int = 20) -> None:
        self.burst, self.per_second, self.per_group_minute = burst, per_second, per_group_minute
        self._all: deque[float] = deque()
        self._groups: dict[int, deque[float]] = defaultdict(deque)
        self._chats: dict[int, tuple[float, float]] = {}  # chat: (messages left, as of)

    def take(self, chat_id: int, now: float) -> int | None:
        """Count one message and return None, or return the whole seconds to wait."""
        waits = [self._wait(self._all, 1.0, self.per_second, now)]
        if chat_id < 0:
            waits.append(self._wait(self._groups[chat_id], 60.0, self.per_group_minute, now))
        left = self._left(chat_id, now)
        waits.append(0.0 if left >= 1.0 else 1.0 - left)
        if max(waits) > 0:
            return max(1, math.ceil(max(waits)))
        self._count(chat_id, left, now)
        return None

    def _count(self, chat_id: int, left: float, now: float) -> None:
        self._all.append(now)
        self._chats[chat_id] = (left - 1.0, now)
        if chat_id < 0:
            self._groups[chat_id].append(now)

    def _left(self, chat_id: int, now: float) -> float:
        left, since = self._chats.get(chat_id, (float(self.burst), now))
        # A hair of tolerance: floats of a virtual clock must not turn one second into 0.999.
        return min(float(self.burst), left + (now - since) + 1e-6)

    @staticmethod
    def _wait(seen: deque[float], window: float, most: int, now: float) -> float:
        while seen and seen[0] <= now - window + 1e-6:
            seen.popleft()
        return 0.0 if len(seen) < most else seen[0] + window - now
