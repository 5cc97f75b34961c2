"""Phones for dialogues: what is said goes out as a platform's own payload, what is typed comes back as its own frame."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import pytest

from bot.channels import Abilities, Envelope, Message, Parcel

CHANNELS = ("web", "telegram", "wecom_app", "wecom_plain", "wecom_aibot")  # wecom_plain: the app, read in WeChat


class NotOnThisPhone(pytest.skip.Exception):
    """What a dialogue asks for cannot be done on this platform at all, nobody edits a message there, say: a skip."""


@dataclass(frozen=True)
class Key:
    """A button as it is shown."""

    label: str
    data: str


@dataclass(frozen=True)
class Screen:
    """What one parcel looks like on the phone."""

    text: str
    keys: tuple[Key, ...] = ()
    links: tuple[tuple[str, str], ...] = ()  # what opens at a touch: its label and its address


def whole(screens: Iterable[Screen]) -> Screen:
    """Put together what the several messages of one parcel look like."""
    shown = [*screens]
    keys = tuple(key for screen in shown for key in screen.keys)
    links = tuple(link for screen in shown for link in screen.links)
    return Screen("\n".join(screen.text for screen in shown if screen.text), keys, links)


class Phone(Protocol):
    """One platform's phones: how it shows a parcel within its limits, and how it writes what somebody does."""

    channel: str
    abilities: Abilities

    def address(self, who: str) -> str:
        """Name the chat of a person as our channel does."""

    def show(self, parcel: Parcel) -> Screen:
        """Show a parcel, or fail because the platform would refuse it."""

    def frame(self, message: Message, id: str, now: Any) -> Envelope:
        """Write what somebody does as the platform's raw update; raise NotOnThisPhone."""

    def parse(self, body: dict[str, Any]) -> Message:
        """Read a raw update, as the channel does."""


def phone_of(channel: str) -> Phone:
    """Give a new phone of a channel."""
    if channel == "telegram":
        from tests.phones.telegram import TelegramPhone

        return TelegramPhone()
    if channel == "web":
        from tests.phones.web import WebPhone

        return WebPhone()
    if channel in ("wecom_app", "wecom_plain"):
        from tests.phones.wecom_app import AppPhone

        return AppPhone(plain_only=channel == "wecom_plain")
    if channel == "wecom_aibot":
        from tests.phones.wecom_aibot import BotPhone

        return BotPhone()
    raise ValueError(channel)
