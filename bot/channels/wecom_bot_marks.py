"""Mark a tapped card of WeCom's AI bot at once, from memory: after five seconds WeCom takes no change any more."""

from typing import Any

from bot.channels.wecom_bot_parse import DONE, TAPPED
from bot.channels.wecom_cards import LABEL_LIMIT, Card
from bot.channels.wecom_text import cut

TICK = "✓"
KIND = "button_interaction"
KNOWN = 2000  # cards remembered


class Marks:
    """What each card said; `seen` is the title of a card that we do not remember."""

    def __init__(self, seen: str) -> None:
        self._seen = seen
        self._cards: dict[str, dict[str, Any]] = {}

    def remember(self, card: Card) -> None:
        """Keep a card that was sent."""
        self._keep(card.body)

    def update(self, body: dict[str, Any]) -> dict[str, Any] | None:
        """Write the change that a tap asks for: what was chosen and a tick; None when the card is none of ours."""
        found = body.get("event", {}).get(TAPPED)
        tap = found if isinstance(found, dict) else {}
        task_id, key = tap.get("task_id"), tap.get("event_key")
        if not isinstance(task_id, str) or not task_id or tap.get("card_type", KIND) != KIND:
            return None
        card = self._cards.get(task_id) or {
            "card_type": KIND, "task_id": task_id, "main_title": {"title": self._seen}, "button_list": [],
        }  # fmt: skip
        if key != DONE or not card["button_list"]:
            label = next((button["text"] for button in card["button_list"] if button["key"] == key), "")
            card = {**card, "button_list": [{"text": _ticked(label), "style": 1, "key": DONE}]}
            self._keep(card)
        return {"response_type": "update_template_card", "template_card": card}

    def _keep(self, card: dict[str, Any]) -> None:
        self._cards[card["task_id"]] = card
        while len(self._cards) > KNOWN:
            del self._cards[next(iter(self._cards))]


def _ticked(label: str) -> str:
    return f"{cut(label, LABEL_LIMIT - 2, 'utf16')} {TICK}" if label else TICK
