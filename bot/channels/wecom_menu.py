"""The menu below the chat of WeCom's app, from the commands that we have."""

from collections.abc import Sequence
from typing import Any

from bot.channels.wecom_text import cut

# developer.work.weixin.qq.com/document/path/90231: three buttons, five below each; names in bytes.
TOP_LIMIT, SUB_LIMIT, SUBS = 16, 40, 5
FIRST = ("note", "open")  # what is wanted most stands open
BELOW = ("mine", "observe", "settings", "privacy", "help")


def menu_of(commands: Sequence[tuple[str, str]], more: str) -> dict[str, Any]:
    """Lay out the menu: two buttons, and the rest under one called `more`; a tap comes back as /command."""
    names = dict(commands)
    top = [_button(name, names[name], TOP_LIMIT) for name in FIRST if name in names]
    below = [_button(name, names[name], SUB_LIMIT) for name in BELOW if name in names][:SUBS]
    return {"button": [*top, {"name": cut(more, TOP_LIMIT), "sub_button": below}] if below else top}


def _button(command: str, name: str, limit: int) -> dict[str, Any]:
    return {"type": "click", "name": cut(name, limit), "key": f"/{command}"}
