"""The errors that mean something to the shell; everything else is our mistake."""

from datetime import datetime, timedelta
from typing import Any


class Unclear(Exception):
    """We could not read an answer; `reason` names the block that says so, then the question is asked again."""

    def __init__(self, reason: str, *offers: "Any", **facts: Any) -> None:
        super().__init__(reason)
        self.reason = reason
        self.offers = offers  # values that she may have meant, each an `answers.Offer`
        self.facts = facts


class Refused(Exception):
    """A rule says no; `reason` names the block that explains it, and the conversation is kept."""

    def __init__(self, reason: str, **facts: Any) -> None:
        super().__init__(reason)
        self.reason = reason
        self.facts = facts


class NotMeant(Exception):
    """What only sounded like the opening of a conversation was a remark: it is kept as if nothing had been called."""


class SendFailed(Exception):
    """The platform did not take a message.

    `permanent`: this address will not take messages any more. `is_unknown`: it may have been sent, nobody can know.
    `wait`: how long this chat (or, with `for_all`, the whole bot) must be left alone. `is_unfit`: the platform will
    never take this message as it stands; the plain form may do. `sent` names what of it had left before, by the
    platform's ids: a document whose words were not taken.
    """

    def __init__(
        self,
        reason: str,
        *,
        permanent: bool = False,
        is_unknown: bool = False,
        is_unfit: bool = False,
        wait: timedelta | None = None,
        for_all: bool = False,
        moved_to: str | None = None,
        sent: tuple[str, ...] = (),
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent
        self.is_unknown = is_unknown
        self.is_unfit = is_unfit
        self.wait = wait
        self.for_all = for_all
        self.moved_to = moved_to
        self.sent = sent


class FetchFailed(Exception):
    """The bytes of an attachment could not be had; `reason` is too_large, gone or unreachable."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = reason != "unreachable"


class ConfigError(Exception):
    """We cannot start; the message names the setting."""

    def __init__(self, setting: str, why: str) -> None:
        super().__init__(f"{setting}: {why}")
        self.setting = setting


class BadRows(Exception):
    """A file of rows was not imported; every bad row is named with its line."""

    def __init__(self, faults: list[tuple[int, str]]) -> None:
        super().__init__("; ".join(f"{line}: {why}" for line, why in faults))
        self.faults = faults


def later(now: datetime, attempts: int) -> datetime:
    """Give the next try after `attempts` failures: 5 s doubling up to 10 min."""
    return now + timedelta(seconds=min(600, 5 * 2 ** min(attempts, 7)))
