"""Count what was said to each member, for WeCom drops in silence what is more than it allows to one of them."""

from collections import deque
from datetime import datetime, timedelta

# 30 a minute and 1000 an hour (developer.work.weixin.qq.com/document/path/90312), with room for another clock.
LIMITS = ((28, timedelta(seconds=62)), (950, timedelta(minutes=61)))
KNOWN = 5000  # members remembered before those who were left in peace for an hour are forgotten


class Members:
    """The last hour of each member."""

    def __init__(self) -> None:
        self._sent: dict[str, deque[datetime]] = {}

    def wait(self, member: str, now: datetime) -> timedelta | None:
        """Give how long one more message to a member must wait; None when it may go."""
        sent = self._sent.get(member, deque())
        waits = [sent[-most] + span - now for most, span in LIMITS if len(sent) >= most]
        longest = max(waits, default=timedelta())
        return longest if longest > timedelta() else None

    def note(self, member: str, now: datetime) -> None:
        """Count one message."""
        sent = self._sent.setdefault(member, deque(maxlen=LIMITS[-1][0]))
        sent.append(now)
        if len(self._sent) > KNOWN:
            self._sent = {one: times for one, times in self._sent.items() if times[-1] > now - LIMITS[-1][1]}
