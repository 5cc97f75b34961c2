"""Show on a tapped card what was chosen, so that it is not tapped again; whatever fails here fails in silence."""

import asyncio
from typing import Any

import structlog

from bot.channels.wecom_api import Api, written
from bot.channels.wecom_cards import LABEL_LIMIT, Card
from bot.channels.wecom_errors import WecomError, trouble_of
from bot.channels.wecom_parse import TAPS, event_of
from bot.channels.wecom_text import cut

log = structlog.get_logger("wecom")

TICK = "✓"
KNOWN = 2000  # cards and taps remembered; an older card is only ticked


class Taps:
    """What each card says on its buttons, and which one-use codes were used."""

    def __init__(self, api: Api, agent_id: int) -> None:
        self._api = api
        self._agent_id = agent_id
        self._labels: dict[str, dict[str, str]] = {}
        self._used: dict[str, None] = {}
        self._under_way: set[asyncio.Task[None]] = set()

    def remember(self, card: Card) -> None:
        """Keep the labels of a card that was sent."""
        self._labels[card.task_id] = {button["key"]: button["text"] for button in card.body["button_list"]}
        _shorten(self._labels)

    def show(self, body: dict[str, Any]) -> None:
        """Mark the card of a tap, beside whatever the tap means."""
        code, who = body.get("ResponseCode"), body.get("FromUserName")
        is_tap = event_of(body) in TAPS and isinstance(code, str) and code and isinstance(who, str)
        if not is_tap or code in self._used:
            return
        self._used[str(code)] = None
        _shorten(self._used)
        task = asyncio.create_task(self._mark(str(code), str(who), self._said(body)))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    def _said(self, body: dict[str, Any]) -> str:
        label = self._labels.get(str(body.get("TaskId")), {}).get(str(body.get("EventKey")), "")
        return f"{cut(label, LABEL_LIMIT - 2, 'utf16')} {TICK}" if label else TICK

    async def _mark(self, code: str, who: str, said: str) -> None:
        document = {
            "userids": [who],
            "agentid": self._agent_id,
            "response_code": code,
            "button": {"replace_name": said},
        }
        try:
            await self._api.post("/cgi-bin/message/update_template_card", written(document))
        except WecomError as error:
            # Used before, or too old: the answer comes as a new message anyway.
            log.debug("wecom_card_not_marked", trouble=trouble_of(error))

    async def close(self) -> None:
        """Leave what is under way."""
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)


def _shorten(known: dict[str, Any]) -> None:
    while len(known) > KNOWN:
        del known[next(iter(known))]
