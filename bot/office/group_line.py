"""One line of figures for the staff room's group: how much the whole school shared, nobody's name, nobody's words."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

from bot.errors import SendFailed
from bot.office.overview import FEW
from bot.office.report import FAILED, Report, said
from bot.render import Words, plain
from models.overview import counts_of_all
from models.store import Store

Say = Callable[[str], Awaitable[None]]


def send_line(store: Store, words: Words, language: str, say: Say, now: datetime) -> Report:
    """Say the line in the group; a school of under five is too small, for its figures would point at persons."""
    with store.reading() as session:
        school = counts_of_all(session, now)
    if school.joined < FEW:
        return said(f"加入的老师还不到 {FEW} 位，数字会指到人，没有发。", code=FAILED)
    facts = {"joined": school.joined, "entries": school.entries, "actions": school.actions}
    line = plain(words.say(language, "common", "group_line", facts))
    try:
        asyncio.run(_say(say, line))
    except SendFailed as failure:
        return said(f"没有发出去（{failure.reason}）。请核对群里“消息推送”的网址，机器人可能被移走了。", code=FAILED)
    return said(f"发到群里了：{line}")


async def _say(say: Say, line: str) -> None:
    await say(line)
