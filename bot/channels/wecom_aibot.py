"""WeCom's AI bot (智能机器人) on its long connection: no public address needed, but the teacher must write first."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog

from bot.channels import Abilities, Channel, Health, Keep, Message, Parcel
from bot.channels.wecom_bot_arrivals import Arrivals
from bot.channels.wecom_bot_errors import CONFLICT, MEANT_FOR_PUSH, send_failed
from bot.channels.wecom_bot_letters import Letter, as_welcome, in_words, letters
from bot.channels.wecom_bot_marks import Marks
from bot.channels.wecom_bot_media import Media
from bot.channels.wecom_bot_parse import ENTERED, TAPPED, envelope, files_of, parse
from bot.channels.wecom_bot_upload import upload
from bot.channels.wecom_cards import BUTTONS_AT_MOST, LABEL_LIMIT
from bot.channels.wecom_errors import NO_CARDS, OLD_MEDIUM, SOON, Declined, NoAnswer, WecomError
from bot.channels.wecom_frames import (
    PING,
    PUSH,
    RESPOND,
    SAID,
    UPDATE,
    WELCOME,
    Frame,
    is_group,
    push,
    same,
    text_message,
)
from bot.channels.wecom_member import Members
from bot.channels.wecom_socket import USUAL, Beats, Socket
from bot.errors import SendFailed

log = structlog.get_logger("wecom")

OFFICIAL = "wss://openws.work.weixin.qq.com"
FRESH = timedelta(minutes=5)  # how long a callback may be answered by a stream; WeCom says six minutes, or ten
WELCOME_WAIT = 3.0  # seconds for our own turn to greet; WeCom takes a welcome for five
GREETED_FOR = timedelta(days=30)
BEGUN = 1000  # parcels remembered while they are half sent or unsure
CONFLICTS = 3  # tries again after "another command is under way", 0.2 to 0.5 s apart
UPLOAD_ACK = 30.0  # seconds for a piece of a file to go up and be acknowledged
ABILITIES = Abilities(
    text_limit=18_000,  # bytes of 20 480; the rest is for stars and widened marks
    unit="bytes",
    buttons_in_row=2,
    buttons_at_most=BUTTONS_AT_MOST,
    label_limit=LABEL_LIMIT,
    file_limit=20_000_000,
    per_chat=3.0,
    burst=7,  # so at most 28 in any minute of the 30 that WeCom allows
    overall=0.01,
    tells_case=False,
    recognises_repeats=False,
)


@dataclass(frozen=True)
class BotKeys:
    """What the console shows of a bot in API mode with a long connection."""

    bot_id: str
    secret: str
    ws_url: str = OFFICIAL
    plain_only: bool = False


@dataclass(frozen=True)
class Phrases:
    """The few words that are said without a turn, in the school's language."""

    welcome: str
    seen: str  # on a tapped card that nobody remembers


@dataclass
class Begun:
    """How far a parcel of several messages has come, for its next try."""

    done: int = 0
    req_id: str = ""  # the callback that it answers
    media_id: str = ""
    is_card_refused: bool = False
    is_unsure: bool = False  # it may have arrived


class WecomAibot(Channel):
    """One bot in one corporation; a callback is kept before anything else is done about it."""

    name = "wecom_aibot"

    def __init__(
        self,
        keys: BotKeys,
        phrases: Phrases,
        *,
        on_health: Health,
        now: Callable[[], datetime],
        zone: str = "Asia/Shanghai",
        beats: Beats = USUAL,
        connect_kwargs: dict[str, Any] | None = None,
        httpx_kwargs: dict[str, Any] | None = None,
        welcome_wait: float = WELCOME_WAIT,
    ) -> None:
        """Prepare; nothing goes over the network yet."""
        self.abilities = replace(ABILITIES, has_buttons=not keys.plain_only)
        self.health = on_health
        self._arrivals = Arrivals(self._keep_these, self._heed)
        self.socket = Socket(
            keys.ws_url, keys.bot_id, keys.secret, take=self._arrivals.take, on_health=on_health, now=now, zone=zone,
            beats=beats, connect_kwargs=connect_kwargs,
        )  # fmt: skip
        self._phrases = phrases
        self._now = now
        self._welcome_wait = welcome_wait
        self._keep: Keep | None = None
        self._asks: dict[str, tuple[str, datetime]] = {}  # of each chat: the callback that waits for an answer
        self._entered: dict[str, str] = {}  # of each chat: the entry that waits for a welcome
        self._greeted: dict[str, datetime] = {}
        self._marking: dict[str, asyncio.Event] = {}  # of each chat: a tapped card that is being marked
        self._beside: set[asyncio.Task[None]] = set()
        self._marks = Marks(phrases.seen)
        self._media = Media(self.abilities.file_limit, now, httpx_kwargs)
        self._members = Members()
        self._begun: dict[str, Begun] = {}

    # Listening

    def parse(self, body: dict[str, Any]) -> Message:
        """Read the body of one callback; raise on what cannot be read."""
        return parse(body)

    async def listen(self, keep: Keep) -> None:
        """Hold the connection until cancelled, and keep what comes."""
        self._keep = keep
        keeping = asyncio.create_task(self._arrivals.run())
        try:
            await self.socket.run()
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)
            await self._arrivals.keep_the_rest()
            self._keep = None

    async def _keep_these(self, frames: list[Frame]) -> None:
        """Have callbacks committed; raise whatever stands in the way."""
        for frame in frames:
            if frame.event == TAPPED:
                # Whatever the turn says about it must wait until the card was marked.
                self._marking.setdefault(same(frame.chat), asyncio.Event())
        try:
            assert self._keep is not None, "only callbacks of a line that we listen to arrive"
            await self._keep(self.name, [envelope(frame) for frame in frames])
        except Exception:
            self.health.counts["not_kept"] = self.health.counts.get("not_kept", 0) + 1
            raise

    def _heed(self, frame: Frame) -> None:
        """Do what needs no turn."""
        if frame.cmd == SAID:
            self._asks[same(frame.chat)] = (frame.req_id, self._now())
            self._media.begin(() if is_group(frame.chat) else files_of(frame.body))
        elif frame.event == TAPPED:
            self._spawn(self._mark(frame))
        elif frame.event == ENTERED and frame.chat:
            self._entered[same(frame.chat)] = frame.req_id
            self._spawn(self._welcome_later(same(frame.chat), frame.req_id))

    def _spawn(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)

    async def _mark(self, frame: Frame) -> None:
        """Show on the card what was chosen; whatever fails here fails in silence, for the answer comes anyway."""
        marked = self._marking.get(same(frame.chat))
        try:
            update = self._marks.update(frame.body)
            if update is not None:
                await self.socket.ask(UPDATE, update, frame.req_id)
        except WecomError as error:
            log.debug("wecom_card_not_marked", trouble=str(error))
        finally:
            if marked is not None:
                marked.set()
                self._marking.pop(same(frame.chat), None)

    async def _welcome_later(self, chat: str, req_id: str) -> None:
        """Greet who opened the chat when our own turn has not done so in time; once in a month."""
        await asyncio.sleep(self._welcome_wait)
        if self._entered.get(chat) != req_id:
            return
        del self._entered[chat]
        last = self._greeted.get(chat)
        if last is not None and self._now() - last < GREETED_FOR:
            return
        self._greeted[chat] = self._now()
        try:
            await self.socket.ask(WELCOME, text_message(self._phrases.welcome), req_id)
        except WecomError as error:
            log.info("wecom_not_welcomed", trouble=str(error))

    # Sending

    async def send(self, parcel: Parcel) -> tuple[str, ...]:
        """Send a parcel as one or several messages; raise SendFailed. WeCom gives no ids, so we return none."""
        marking = self._marking.get(same(parcel.address))
        if marking is not None:
            await marking.wait()
        begun = self._begun.get(parcel.key) or self._begin(parcel)
        if begun.is_unsure:
            await self._make_sure()
        try:
            await self._send_rest(parcel, begun)
        except WecomError as error:
            failure = send_failed(error, self.socket.state)
            begun.is_unsure = failure.is_unknown
            self._forget(parcel, failure)
            raise failure from None
        except SendFailed as failure:
            self._forget(parcel, failure)
            raise
        self._begun.pop(parcel.key, None)
        return ()

    async def unsay(self, address: str, platform_id: str) -> None:
        """Refuse: what the bot has said stays, for WeCom gives no ids to take it back by."""
        raise SendFailed("cannot_be_taken_back", is_unfit=True)

    async def _make_sure(self) -> None:
        """See that WeCom answers at all, so that a dead line does not cost a message its last try."""
        try:
            await self.socket.ask(PING)
        except WecomError:
            raise SendFailed("unreachable", wait=SOON, for_all=True) from None

    def _begin(self, parcel: Parcel) -> Begun:
        """Begin a parcel; an answer takes the fresh callback of its chat, which can be answered once."""
        begun = self._begun[parcel.key] = Begun()
        if parcel.is_reply:
            req_id, since = self._asks.pop(same(parcel.address), ("", self._now()))
            begun.req_id = req_id if self._now() - since <= FRESH else ""
        while len(self._begun) > BEGUN:
            del self._begun[next(iter(self._begun))]
        return begun

    async def _send_rest(self, parcel: Parcel, begun: Begun) -> None:
        """Send what has not been sent yet; a card that is not taken is said in words."""
        if begun.done == 0 and await self._sent_as_welcome(parcel):
            return
        written = letters(parcel, self.abilities.has_buttons)
        card = written[-1].card if written else None
        if begun.is_card_refused and card is not None:
            written[-1:] = in_words(parcel, card)
        try:
            for letter in written[begun.done :]:
                await self._post(parcel, letter, begun)
                begun.done += 1
        except Declined as error:
            if card is None or begun.is_card_refused or begun.done < len(written) - 1 or error.code not in NO_CARDS:
                raise
            log.warning("wecom_card_refused", key=parcel.key, code=error.code)
            begun.is_card_refused = True
            await self._send_rest(parcel, begun)

    async def _sent_as_welcome(self, parcel: Parcel) -> bool:
        """Answer somebody who has only opened the chat, who cannot be written to yet; say whether that was done."""
        body = as_welcome(parcel) if parcel.is_reply else None
        req_id = self._entered.pop(same(parcel.address), "") if body is not None else ""
        if not req_id:
            return False
        self._greeted[same(parcel.address)] = self._now()
        self._pace(parcel)
        try:
            await self._ask(WELCOME, body, req_id)
        except Declined as error:
            log.info("wecom_not_welcomed", trouble=str(error))
            return False
        return True

    async def _post(self, parcel: Parcel, letter: Letter, begun: Begun) -> None:
        if letter.kind == "file":
            await self._post_file(parcel, letter, begun)
            return
        if letter.card is not None:
            self._marks.remember(letter.card)
        self._pace(parcel)
        if begun.req_id and await self._answered(parcel, letter, begun):
            return
        await self._ask(PUSH, push(parcel.address, letter.as_push()))

    async def _answered(self, parcel: Parcel, letter: Letter, begun: Begun) -> bool:
        """Answer the callback; when WeCom takes no answer to it, say so: the words are pushed instead, once."""
        try:
            await self._ask(RESPOND, letter.as_reply(f"s-{parcel.key}-{begun.done}"), begun.req_id)
        except Declined as error:
            begun.req_id = ""
            if error.code not in MEANT_FOR_PUSH:
                raise
            log.info("wecom_answer_pushed", code=error.code)
            return False
        begun.req_id = ""
        return True

    async def _post_file(self, parcel: Parcel, letter: Letter, begun: Begun) -> None:
        """Push a file that is up; WeCom may have forgotten it, then it goes up once more."""
        for is_last in (False, True):
            if not begun.media_id:
                begun.media_id = await self._upload(parcel)
            self._pace(parcel)
            try:
                await self._ask(PUSH, push(parcel.address, letter.as_push(begun.media_id)))
                return
            except Declined as error:
                if is_last or error.code not in OLD_MEDIUM:
                    raise
                begun.media_id = ""

    async def _upload(self, parcel: Parcel) -> str:
        try:
            return await upload(partial(self._ask, within=UPLOAD_ACK), parcel.file_name, parcel.file_bytes)
        except NoAnswer:
            raise NoAnswer(never_left=True) from None  # the file may be up, but nobody has seen it

    def _pace(self, parcel: Parcel) -> None:
        """Count one message to a chat; raise SendFailed when it must wait."""
        wait = self._members.wait(same(parcel.address), self._now())
        if wait is not None:
            raise SendFailed("chat_pace", wait=wait)
        self._members.note(same(parcel.address), self._now())

    async def _ask(
        self, cmd: str, body: dict[str, Any] | None, req_id: str = "", within: float | None = None
    ) -> dict[str, Any]:
        """Ask, and once more after a moment when another command of the chat is under way."""
        for tries_left in range(CONFLICTS, -1, -1):
            try:
                return await self.socket.ask(cmd, body, req_id, within)
            except Declined as error:
                if error.code not in CONFLICT or not tries_left:
                    raise
            await asyncio.sleep(random.uniform(0.2, 0.5))
        raise AssertionError("the last round returns or raises")

    def _forget(self, parcel: Parcel, failure: SendFailed) -> None:
        if not failure.is_unknown and failure.wait is None:
            self._begun.pop(parcel.key, None)

    # Files, the end

    async def fetch(self, file_id: str, at_most: int) -> bytes:
        """Give the bytes of an attachment; raise FetchFailed. Its address lives five minutes."""
        return await self._media.fetch(file_id, at_most)

    async def close(self) -> None:
        """Let go of the network."""
        for task in self._beside:
            task.cancel()
        await asyncio.gather(*self._beside, return_exceptions=True)
        await self._media.close()
