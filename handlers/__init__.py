"""What can be talked about: the explicit list."""

import importlib
import pkgutil

from bot.conversation import Capture, Command, Conversation, Handler


def _found() -> list[Handler]:
    found: list[Handler] = []
    for info in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"handlers.{info.name}")
        for thing in vars(module).values():
            things = thing if isinstance(thing, list | tuple) else [thing]
            found += [t for t in things if isinstance(t, Conversation | Command | Capture) and t not in found]
    return found


HANDLERS = _found()
