"""Press a button that is on no card now: an old one, or one made for a test."""

from uuid import UUID

from bot.buttons import CARD, OPEN, RUN
from bot.channels import Message
from tests.world import Heard, World


def opens(world: World, who: str, handler: str, row: UUID | None) -> Heard:
    """Open a conversation about a row, as a button of a card does."""
    return _pressed(world, who, OPEN, row, handler, "open")


def presses(world: World, who: str, handler: str, option: str, row: UUID | None = None) -> Heard:
    """Press the card button `option` of a handler."""
    return _pressed(world, who, CARD, row, handler, option)


def runs(world: World, who: str, handler: str) -> Heard:
    """Run a command, as a button of a card does."""
    return _pressed(world, who, RUN, None, handler, "cmd")


def signed(world: World, who: str, verb: str, row: UUID | None, handler: str, option: str) -> str:
    """Sign a button for somebody's chat, under the name by which the house knows it."""
    chat = ":".join(world.house.key(world.channel, world.chat(who)))
    return world.house.signer.data(chat, verb, row, handler, option)


def _pressed(world: World, who: str, verb: str, row: UUID | None, handler: str, option: str) -> Heard:
    data = signed(world, who, verb, row, handler, option)
    return world.sends(who, Message("button", who, button=data))
