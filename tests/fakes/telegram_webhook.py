"""Push waiting updates to the bot's webhook: one after the other per chat, chats side by side."""

import asyncio

import httpx

from tests.fakes.telegram_state import TelegramState, Waiting

FIRST_DELAY, LONGEST_DELAY = 0.05, 1.0  # seconds; Telegram's own go up to two minutes


class WebhookPusher:
    """Telegram's side of a webhook."""

    def __init__(self, state: TelegramState) -> None:
        self.state = state
        self._delays: dict[int | None, tuple[float, float]] = {}  # chat: (not before, delay)

    async def run(self, arrival: asyncio.Condition) -> None:
        """Push until cancelled."""
        async with httpx.AsyncClient(trust_env=False, timeout=10.0) as client:
            while True:
                ready = self._ready()
                await asyncio.gather(*(self._push(client, update) for update in ready))
                if not ready:
                    await self._pause(arrival)

    async def _pause(self, arrival: asyncio.Condition) -> None:
        try:
            async with asyncio.timeout(FIRST_DELAY), arrival:
                await arrival.wait()
        except TimeoutError:
            return

    def _ready(self) -> list[Waiting]:
        """Return the first waiting update of each chat whose delay is over."""
        with self.state.changed:
            if not self.state.webhook.url:
                return []
            self.state.expire()
            now, heads = asyncio.get_running_loop().time(), dict[int | None, Waiting]()
            for update_id in sorted(self.state.waiting):
                update = self.state.waiting[update_id]
                heads.setdefault(update.chat_id, update)
            due = [update for chat, update in heads.items() if self._delays.get(chat, (0.0, 0.0))[0] <= now]
            return due[: self.state.webhook.max_connections]

    async def _push(self, client: httpx.AsyncClient, update: Waiting) -> None:
        hook = self.state.webhook
        headers = {"X-Telegram-Bot-Api-Secret-Token": hook.secret} if hook.secret else {}
        self.state.handed_out[update.id] += 1
        try:
            answer = await client.post(hook.url, json=update.update, headers=headers)
        except httpx.HTTPError as fault:
            self._failed(update, type(fault).__name__)
            return
        if answer.is_success:
            self._delays.pop(update.chat_id, None)
            self.state.accept(update.id)
        else:
            self._failed(update, f"Wrong response from the webhook: {answer.status_code} {answer.reason_phrase}")

    def _failed(self, update: Waiting, why: str) -> None:
        with self.state.changed:
            self.state.webhook.last_error = why
            self.state.webhook.last_error_at = self.state.now()
            self.state.changed.notify_all()
        delay = min(2 * self._delays.get(update.chat_id, (0.0, FIRST_DELAY / 2))[1], LONGEST_DELAY)
        self._delays[update.chat_id] = (asyncio.get_running_loop().time() + delay, delay)
