"""Telegram: fetch or be handed updates, keep them before they are confirmed, send, and fetch files."""

import asyncio
import hmac
import json
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from secrets import token_urlsafe
from typing import Any

import structlog
from telegram import InputFile
from telegram.error import BadRequest, Conflict, InvalidToken, TelegramError

from bot.channels import Abilities, Channel, Health, Keep, Message, Parcel
from bot.channels.telegram_errors import (
    SOON,
    NotTelegram,
    is_gone,
    is_unfit_address,
    is_unreadable_html,
    send_failed,
    trouble_of,
    wait_of,
)
from bot.channels.telegram_line import Line
from bot.channels.telegram_parse import FILE_LIMIT, envelope, parse, tap_id, update_id
from bot.errors import ConfigError, FetchFailed, SendFailed

log = structlog.get_logger("telegram")

KINDS = ["message", "edited_message", "callback_query", "my_chat_member"]  # the updates we ask for
HOOK_PATH = "/telegram/webhook"
HOOK_LIMIT = 1_000_000  # bytes of one pushed update
CAPTION_LIMIT = 1024  # UTF-16 units (python-telegram-bot's constants)
LOOK_AFTER_HOOK = 60.0  # seconds between two looks at how the pushing goes
LONGEST_PAUSE = 60  # seconds between two tries to listen
UPLOAD_TIME = 60.0  # seconds to send a document, and to wait for the answer
DELETABLE_FOR = 48 * 3600.0  # seconds (Bot API, deleteMessage)
Sleep = Callable[[float], Awaitable[Any]]


class NotKept(Exception):
    """The updates could not be stored; Telegram must not forget them."""


class Telegram(Channel):
    """One bot at Telegram.

    Updates are kept raw, then confirmed, then parsed one by one by whoever reads the inbox: nothing that was sent is
    lost with the process, and one unreadable update holds up nobody.
    """

    name = "telegram"
    abilities = Abilities(file_limit=FILE_LIMIT, unsay_within=DELETABLE_FOR)

    def __init__(
        self,
        token: str,
        base_url: str = "https://api.telegram.org/bot",
        base_file_url: str = "https://api.telegram.org/file/bot",
        mode: str = "polling",
        public_url: str | None = None,
        webhook_secret: str | None = None,
        *,
        on_health: Health,
        now: Callable[[], datetime],
        poll_seconds: int = 30,
        sleep: Sleep = asyncio.sleep,
        httpx_kwargs: dict[str, Any] | None = None,
    ) -> None:
        """Prepare; nothing goes over the network yet. `mode` is polling or webhook, `poll_seconds` at most 50."""
        self.health = on_health
        self._now = now
        self._mode = mode
        self._hook_url = f"{public_url}{HOOK_PATH}"
        # Without a secret of its own nobody may push: an empty one would let in everybody.
        self._secret = webhook_secret or token_urlsafe(32)
        self._poll_seconds = poll_seconds
        self._sleep = sleep
        self._line = Line(token, base_url, base_file_url, httpx_kwargs or {})
        self._call = self._line.call
        self._keep: Keep | None = None
        self._offset: int | None = None
        self._is_hook_set = False
        self._tap_answers: set[asyncio.Task[None]] = set()
        self._unsure: set[str] = set()  # keys of parcels that may have arrived
        self._half_sent: dict[str, str] = {}  # of parcels whose document is out, but not yet their words: its id

    # Listening

    def parse(self, body: dict[str, Any]) -> Message:
        """Read one raw update; raise on what cannot be read."""
        return parse(body)

    async def listen(self, keep: Keep) -> None:
        """Bring in updates until cancelled: poll for them, or see to it that Telegram pushes them to `hook`."""
        self._keep = keep
        self._offset = None  # Telegram itself knows what we have confirmed
        self._is_hook_set = False
        step = self._poll_once if self._mode == "polling" else self._look_after_hook
        failures = 0
        try:
            while True:
                failures = 0 if await self._went_well(step, failures) else failures + 1
        finally:
            self._keep = None

    async def _went_well(self, step: Callable[[], Awaitable[None]], failures: int) -> bool:
        """Take one step; after a failure note it, wait (1 s up to 60 s, with jitter) and return False."""
        wait = random.uniform(1, min(LONGEST_PAUSE, 2 ** min(failures + 1, 6)))
        try:
            await step()
        except TelegramError as error:
            self._note_trouble(trouble_of(error), error)
            await self._sleep(max(wait, wait_of(error).total_seconds()))
        except NotKept as error:
            self._note_trouble("not_kept", error.__cause__ or error)
            await self._sleep(wait)
        else:
            return True
        return False

    async def _poll_once(self) -> None:
        """Fetch, keep, and only then let the next poll confirm; what was tapped is answered meanwhile."""
        updates = await self._fetch_updates()
        await self._store(updates)
        numbers = [number for number in map(update_id, updates) if number is not None]
        # An answer to a poll with an offset confirms it for good. Telegram may number anew after a quiet week, and an
        # old high offset would then throw away what people write first after the holidays.
        self._offset = max(numbers) + 1 if numbers else None
        self._note_good()
        self._answer_taps(updates)

    async def _fetch_updates(self) -> list[Any]:
        offset = {} if self._offset is None else {"offset": self._offset}
        seconds = self._poll_seconds
        try:
            updates = await self._call("getUpdates", seconds + 10, timeout=seconds, allowed_updates=KINDS, **offset)
        except Conflict as error:
            if "webhook" in error.message.lower():
                await self._call("deleteWebhook")
            raise
        if not isinstance(updates, list) or (updates and all(update_id(update) is None for update in updates)):
            raise NotTelegram(200)
        return updates

    async def _store(self, updates: list[Any]) -> None:
        """Have updates committed; raise NotKept whatever the reason, for the listening must never end."""
        if self._keep is None:
            raise NotKept
        if not updates:
            return
        try:
            await self._keep(self.name, [envelope(update) for update in updates])
        except Exception as error:
            raise NotKept from error

    def _note_good(self) -> None:
        self.health.last_good_poll = self._now()
        if self.health.trouble is not None:
            log.info("telegram_recovered", trouble=self.health.trouble)
        self.health.trouble = None

    def _note_trouble(self, trouble: str, error: BaseException) -> None:
        """Note what is wrong; say it once, not at every try. Messages of errors may hold words or the token."""
        if trouble != self.health.trouble:
            log.warning("telegram_trouble", trouble=trouble, error=type(error).__name__)
        self.health.trouble = trouble
        self.health.counts[trouble] = self.health.counts.get(trouble, 0) + 1

    # Taps are answered first, then worked on: until then the button keeps spinning

    def _answer_taps(self, updates: list[Any]) -> None:
        for tap in filter(None, map(tap_id, updates)):
            task = asyncio.create_task(self._answer_tap(tap))
            self._tap_answers.add(task)
            task.add_done_callback(self._tap_answers.discard)

    async def _answer_tap(self, tap: str) -> None:
        try:
            await self._call("answerCallbackQuery", callback_query_id=tap)
        except TelegramError as error:
            # Too old or answered before: the button has stopped spinning by itself.
            log.debug("tap_not_answered", error=type(error).__name__)

    # Being pushed to

    async def _look_after_hook(self) -> None:
        """Tell Telegram where to push, look whether it does, and look again after a minute."""
        info = await self._call("getWebhookInfo")
        if not isinstance(info, dict):
            raise NotTelegram(200)
        if not self._is_hook_set or info.get("url") != self._hook_url:
            await self._call("setWebhook", url=self._hook_url, secret_token=self._secret, allowed_updates=KINDS)
            self._is_hook_set = True
        failed_at = datetime.fromtimestamp(info.get("last_error_date", 0), self._now().tzinfo)
        if info.get("pending_update_count") and self._now() - failed_at < timedelta(seconds=2 * LOOK_AFTER_HOOK):
            self._note_trouble("webhook_failing", NotKept())
        else:
            self._note_good()
        await self._sleep(LOOK_AFTER_HOOK)

    async def hook(self, body: bytes, secret_header: str | None) -> int:
        """Keep one pushed update and return the HTTP status; anything but 200 makes Telegram push it again."""
        if not hmac.compare_digest((secret_header or "").encode("utf-8", "replace"), self._secret.encode()):
            return 403
        if len(body) > HOOK_LIMIT:
            return 413
        try:
            update = json.loads(body)
        except (ValueError, RecursionError):
            return 400
        if not isinstance(update, dict):
            return 400
        return await self._take(update)

    async def _take(self, update: dict[str, Any]) -> int:
        try:
            await self._store([update])
        except NotKept as error:
            log.warning("telegram_push_not_kept", error=type(error.__cause__).__name__)
            return 503
        self.health.last_good_poll = self._now()
        self._answer_taps([update])
        return 200

    # Sending

    async def send(self, parcel: Parcel) -> tuple[str, ...]:
        """Send words, or a document with them, and return the ids of the messages; raise SendFailed."""
        if parcel.key in self._unsure:
            await self._make_sure()
        try:
            sent = await self._send_whole(parcel)
            ids = (*self._out_already(parcel), str(sent["message_id"]))
            self._unsure.discard(parcel.key)
            self._half_sent.pop(parcel.key, None)
            return ids
        except TelegramError as error:
            if isinstance(error, InvalidToken):
                self._note_trouble("token_refused", error)
            # Nothing is chained: a traceback may show what the message said.
            raise self._noted(parcel, send_failed(error)) from None
        except (KeyError, TypeError):
            raise self._noted(parcel, SendFailed("unknown", is_unknown=True)) from None

    def _noted(self, parcel: Parcel, failure: SendFailed) -> SendFailed:
        """Remember a message whose outcome is unknown, until the second and last try."""
        was_unsure = parcel.key in self._unsure
        self._unsure.discard(parcel.key)
        if failure.is_unknown and not was_unsure:
            self._unsure.add(parcel.key)
        failure.sent = self._out_already(parcel)
        return failure

    def _out_already(self, parcel: Parcel) -> tuple[str, ...]:
        return (self._half_sent[parcel.key],) if parcel.key in self._half_sent else ()

    async def _make_sure(self) -> None:
        """See that Telegram answers at all, so that an outage does not cost a message its last try."""
        try:
            await self._call("getMe")
        except TelegramError:
            raise SendFailed("unreachable", wait=SOON, for_all=True) from None

    async def _send_whole(self, parcel: Parcel) -> Any:
        """Send a parcel; an address that Telegram puts on no button stands below the words, once more."""
        send = self._send_document if parcel.file_name else self._send_words
        try:
            return await send(parcel)
        except BadRequest as error:
            if parcel.link is None or not is_unfit_address(error):
                raise
            log.warning("telegram_address_refused", key=parcel.key)
        return await send(parcel.with_address())

    async def _send_words(self, parcel: Parcel) -> Any:
        preview = {"is_disabled": True}
        return await self._say("sendMessage", "text", parcel, link_preview_options=preview, **_keyboard(parcel))

    async def _send_document(self, parcel: Parcel) -> Any:
        """Send the document with its words below; words too long for that follow as a message, with the buttons."""
        if _units(parcel.plain) <= CAPTION_LIMIT:
            return await self._say("sendDocument", "caption", parcel, **_document(parcel), **_keyboard(parcel))
        if parcel.key not in self._half_sent:
            out = await self._call("sendDocument", UPLOAD_TIME, chat_id=parcel.address, **_document(parcel))
            # Should the words fail now, the next try must not bring the document a second time.
            self._half_sent[parcel.key] = str(out["message_id"])
        return await self._send_words(parcel)

    async def _say(self, method: str, place: str, parcel: Parcel, **more: Any) -> Any:
        """Send light HTML; when Telegram cannot read its tags, once more as plain words."""
        timeout = UPLOAD_TIME if "document" in more else None
        words = {"chat_id": parcel.address, place: parcel.html, "parse_mode": "HTML"}
        try:
            return await self._call(method, timeout, **words, **more)
        except BadRequest as error:
            if not is_unreadable_html(error):
                raise
            log.warning("telegram_html_refused", key=parcel.key)
        return await self._call(method, timeout, **{"chat_id": parcel.address, place: parcel.plain}, **more)

    async def unsay(self, address: str, platform_id: str) -> None:
        """Delete one message of ours for both sides, within 48 hours; raise SendFailed."""
        try:
            await self._call("deleteMessage", chat_id=address, message_id=int(platform_id))
        except TelegramError as error:
            if not is_gone(error):
                raise send_failed(error) from None

    # Files

    async def fetch(self, file_id: str, at_most: int) -> bytes:
        """Fetch the bytes of an attachment; raise FetchFailed."""
        try:
            found = await self._call("getFile", file_id=file_id)
        except BadRequest as error:
            raise FetchFailed("too_large" if "too big" in error.message.lower() else "gone") from None
        except TelegramError:
            raise FetchFailed("unreachable") from None
        if not isinstance(found, dict) or not isinstance(found.get("file_path"), str):
            raise FetchFailed("gone")
        if (found.get("file_size") or 0) > at_most:
            raise FetchFailed("too_large")
        return await self._line.download(found["file_path"], at_most)

    # The bot itself

    async def check(self) -> str:
        """Ask Telegram who we are and return the bot's username; raise ConfigError."""
        try:
            me = await self._call("getMe")
            return str(me["username"])
        except InvalidToken:
            raise ConfigError("ZHIXING_TELEGRAM_TOKEN", "Telegram 不认这个令牌，请在 BotFather 那里核对") from None
        except (TelegramError, KeyError, TypeError):
            raise ConfigError("ZHIXING_TELEGRAM_TOKEN", "现在连不上 Telegram，没法核对令牌；请检查网络或代理") from None

    async def set_commands(self, commands: Mapping[str, Sequence[tuple[str, str]]]) -> None:
        """Show the commands (name, description) of each of our languages in Telegram's menu; failing is only logged.

        Telegram tells languages by two letters and not Hans from Hant: of two Chinese lists the first is shown. The
        first list is also for everybody whose language has none.
        """
        menus: dict[str, Sequence[tuple[str, str]]] = {}
        for language, menu in commands.items():
            menus.setdefault("", menu)
            menus.setdefault(language[:2], menu)
        try:
            for code, menu in menus.items():
                await self._set_menu(code, [{"command": name, "description": words} for name, words in menu])
        except TelegramError as error:
            log.warning("telegram_commands_not_set", error=type(error).__name__)

    async def _set_menu(self, code: str, menu: list[dict[str, str]]) -> None:
        if await self._call("getMyCommands", language_code=code) != menu:
            await self._call("setMyCommands", commands=menu, language_code=code)

    async def close(self) -> None:
        """Let go of the network."""
        for task in self._tap_answers:
            task.cancel()
        await asyncio.gather(*self._tap_answers, return_exceptions=True)
        await self._line.close()


def _keyboard(parcel: Parcel) -> dict[str, Any]:
    rows = [[{"text": parcel.link.label, "url": parcel.link.url}]] if parcel.link else []
    rows += [[{"text": button.label, "callback_data": button.data} for button in row] for row in parcel.buttons]
    return {"reply_markup": {"inline_keyboard": rows}} if rows else {}


def _document(parcel: Parcel) -> dict[str, Any]:
    return {"document": InputFile(parcel.file_bytes, parcel.file_name)}


def _units(text: str) -> int:
    """Count UTF-16 units, Telegram's own measure."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
