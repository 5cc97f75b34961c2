"""How fast a platform may be written to: so much to one chat, so much to all (the generic cell rate algorithm)."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from bot.channels import Abilities

CALM = 2000  # chats remembered before those whose time has come are forgotten


@dataclass
class Pace:
    """The next free moment of each chat and of the whole platform; time is an argument, so it runs in virtual time."""

    abilities: Abilities
    _chats: dict[UUID, datetime] = field(default_factory=dict)
    _all: datetime | None = None

    def slot(self, address: UUID, is_group: bool, now: datetime) -> datetime:
        """Take the next free moment for a message to a chat and return it."""
        at = max(now, self._free(self._chats.get(address, now)), self._all or now)
        span = self.abilities.per_group if is_group else self.abilities.per_chat
        self._chats[address] = max(at, self._chats.get(address, at)) + timedelta(seconds=span)
        self._all = at + timedelta(seconds=self.abilities.overall)
        if len(self._chats) > CALM:
            self._chats = {id: until for id, until in self._chats.items() if until > now}
        return at

    def rest(self, address: UUID | None, until: datetime) -> None:
        """Leave a chat (or with None everyone) alone until a moment, as the platform asked."""
        if address is None:
            self._all = max(until, self._all or until)
        else:
            self._chats[address] = max(until + self._credit, self._chats.get(address, until))

    def busy(self, now: datetime) -> list[UUID]:
        """List the chats that cannot be written to yet."""
        return [id for id, until in self._chats.items() if self._free(until) > now]

    @property
    def _credit(self) -> timedelta:
        """Give how far a chat may be ahead of its pace."""
        return timedelta(seconds=self.abilities.burst * self.abilities.per_chat)

    def _free(self, until: datetime) -> datetime:
        return until - self._credit

    def room(self, now: datetime, within: timedelta) -> int:
        """Count the messages that may leave within a span; few, so that a reply does not wait behind bulk."""
        start = max(now, self._all or now)
        if start > now + within:
            return 0
        if self.abilities.overall <= 0:
            return 64
        return max(1, int((now + within - start) / timedelta(seconds=self.abilities.overall)))
