"""WeCom's app of one's own (自建应用): encrypted callbacks in, kept before they are acknowledged; messages out."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from bot.channels import Abilities, Channel, Envelope, Health, Keep, Message, Parcel
from bot.channels.wecom_api import Api, written
from bot.channels.wecom_callback import Door, TurnedAway
from bot.channels.wecom_cards import BUTTONS_AT_MOST, LABEL_LIMIT
from bot.channels.wecom_errors import (
    OLD_MEDIUM,
    Declined,
    NoAnswer,
    WecomError,
    fetch_failed,
    notice_of,
    send_failed,
    trouble_of,
)
from bot.channels.wecom_letters import LONGEST_MEMORY, ROOM, Letter, Writing
from bot.channels.wecom_member import Members
from bot.channels.wecom_parse import AWAKE, IDLE, event_of, parse
from bot.channels.wecom_taps import Taps
from bot.errors import SendFailed

log = structlog.get_logger("wecom")

CALLBACK_PATH = "/wecom/callback"
OFFICIAL = "https://qyapi.weixin.qq.com"
LOOK = 60.0  # seconds between two looks whether WeCom takes our calls
TOLD = timedelta(minutes=10)  # the watch looks every minute, so what stood so long was told
SAID_EVERY = 100  # the first of so many that were turned away is logged
BEGUN = 1000  # parcels remembered while they are half sent or unsure
RECALLED_FOR = 24 * 3600.0  # seconds (developer.work.weixin.qq.com/document/path/94867)
ABILITIES = Abilities(
    text_limit=ROOM - 100,  # bytes; the rest is for the stars of bold words
    unit="bytes",
    buttons_in_row=2,
    buttons_at_most=BUTTONS_AT_MOST,
    label_limit=LABEL_LIMIT,
    file_limit=20_000_000,
    per_chat=3.0,
    burst=7,  # so at most 28 in any minute; WeCom drops what is above 30, see wecom_member for what it counts
    overall=0.01,  # 10 000 calls a minute for the whole corporation
    recognises_repeats=True,  # for four hours, see enable_duplicate_check
    takes_documents=False,  # it is told of none, see document/path/90239
    unsay_within=RECALLED_FOR,
)
Sleep = Callable[[float], Awaitable[Any]]


@dataclass(frozen=True)
class Keys:
    """What the console shows of an app; without token and AES key it hears nobody."""

    corp_id: str
    agent_id: int
    secret: str
    token: str = ""
    aes_key: str = ""
    api_base: str = OFFICIAL
    replay_window: int = 0  # seconds
    plain_only: bool = False

    @property
    def receives(self) -> bool:
        """Say whether callbacks can come."""
        return bool(self.token and self.aes_key)


@dataclass
class Begun:
    """How far a parcel of several messages has come, for its next try."""

    done: int = 0
    message_ids: list[str] = field(default_factory=list)
    media_id: str = ""
    is_card_refused: bool = False
    unsure_since: datetime | None = None


class WecomApp(Channel):
    """One app in one corporation.

    A callback is kept raw, then answered with an empty 200, then parsed by whoever reads the inbox; everything we say
    is a call of our own, so a slow turn never makes WeCom ask again.
    """

    name = "wecom_app"

    def __init__(
        self,
        keys: Keys,
        *,
        on_health: Health,
        now: Callable[[], datetime],
        sleep: Sleep = asyncio.sleep,
        httpx_kwargs: dict[str, Any] | None = None,
    ) -> None:
        """Prepare; nothing goes over the network yet. `now` is the machine's clock: WeCom's times are compared to it."""
        self.abilities = replace(ABILITIES, has_buttons=keys.receives and not keys.plain_only, hears=keys.receives)
        self.health = on_health
        self.keys = keys
        self._now = now
        self._sleep = sleep
        self._api = Api(keys.corp_id, keys.secret, keys.api_base, now, httpx_kwargs)
        self._door = _door(keys)
        self._writing = Writing(keys.agent_id, keys.plain_only, has_cards=keys.receives)
        self._members = Members()
        self._taps = Taps(self._api, keys.agent_id)
        self._keep: Keep | None = None
        self._warned_at = now()
        self._begun: dict[str, Begun] = {}

    # Listening

    def parse(self, body: dict[str, Any]) -> Message:
        """Read one decrypted document; raise on what cannot be read."""
        return parse(body)

    async def listen(self, keep: Keep) -> None:
        """Let callbacks in until cancelled, and look every minute whether WeCom takes our calls."""
        self._keep = keep
        try:
            while True:
                await self._look()
                await self._sleep(LOOK * random.uniform(0.9, 1.1))
        finally:
            self._keep = None

    async def _look(self) -> None:
        try:
            app = await self.about()
        except WecomError as error:
            self._note_trouble(error)
        else:
            self._note_good(is_closed=app.get("close") == 1)

    async def about(self) -> dict[str, Any]:
        """Ask WeCom about the app itself: this proves secret, trusted IP and AgentId; raise WecomError."""
        return await self._api.get("/cgi-bin/agent/get", agentid=str(self.keys.agent_id))

    def _note_good(self, is_closed: bool) -> None:
        self.health.last_good_poll = self._now()
        self._note_taken()
        if is_closed:
            self.health.notices["alert__app_idle"] = {}
        elif self._now() - self._warned_at > TOLD:
            self.health.notices.pop("alert__app_idle", None)  # a warning is told once, not all summer
        self.health.trouble = "app_closed" if is_closed else None

    def _note_taken(self) -> None:
        """Note that WeCom takes our calls; a process that does not listen learns it by sending."""
        self.health.notices.pop("alert__trusted_ip", None)
        self.health.notices.pop("alert__app_refused", None)
        if self.health.trouble not in (None, "app_closed"):
            log.info("wecom_recovered", trouble=self.health.trouble)
            self.health.trouble = None

    def _note_trouble(self, error: WecomError) -> None:
        """Note what is wrong, and say it once; what only the office can mend is also told in chat."""
        trouble = trouble_of(error)
        if trouble != self.health.trouble:
            log.warning("wecom_trouble", trouble=trouble)
        self.health.trouble = trouble
        self._count(trouble.partition(" ")[0])
        notice = notice_of(error)
        if notice is not None:
            self.health.notices[notice[0]] = notice[1]

    def _count(self, what: str) -> None:
        self.health.counts[what] = self.health.counts.get(what, 0) + 1

    # Callbacks

    def echo(self, query: Mapping[str, str]) -> tuple[int, str]:
        """Answer the console's question whether we hold the keys: the bare words, and nothing else."""
        if self._door is None:
            return 404, ""
        try:
            return 200, self._door.echo(query)
        except TurnedAway as error:
            self._turn_away(error)
            return error.status, ""

    def riddle(self, word: str) -> dict[str, str]:
        """Write the question that the console would ask; who answers it with the word holds our keys."""
        assert self._door is not None, "an app that only sends has no door"
        return self._door.challenge(word, str(int(self._now().timestamp())), word)

    async def take(self, query: Mapping[str, str], content: bytes) -> int:
        """Keep one callback and return the HTTP status; anything but 200 makes WeCom ask again, three times in all."""
        if self._door is None:
            return 404
        try:
            envelope = self._door.take(query, content, self._now())
            await self._store(envelope)
        except TurnedAway as error:
            self._turn_away(error)
            return error.status
        self._heed(envelope.body)
        return 200

    async def _store(self, envelope: Envelope) -> None:
        """Have a callback committed, whatever may be in the way; raise TurnedAway, for WeCom asks again."""
        if self._keep is None:
            raise TurnedAway("not_listening", 503)
        try:
            await self._keep(self.name, [envelope])
        except Exception as error:
            raise TurnedAway("not_kept", 503) from error

    def _turn_away(self, error: TurnedAway) -> None:
        """Count it, and say it now and then: whoever knocks without end shall not fill the disk with our log."""
        kind = f"turned_away_{error.reason}"
        self._count(kind)
        if self.health.counts[kind] % SAID_EVERY == 1:
            log.warning("wecom_turned_away", reason=error.reason, error=type(error.__cause__ or error).__name__)

    def _heed(self, body: dict[str, Any]) -> None:
        """Do what needs no turn: mark the tapped card, and tell the office of an app that falls asleep."""
        event = event_of(body)
        if event in IDLE:
            self.health.notices["alert__app_idle"] = {}
            self._warned_at = self._now()
        elif event in AWAKE:
            self.health.notices.pop("alert__app_idle", None)
        self._taps.show(body)

    # Sending

    async def send(self, parcel: Parcel) -> tuple[str, ...]:
        """Send a parcel as one, two or three messages and return their ids; raise SendFailed."""
        begun = self._begun.setdefault(parcel.key, Begun())
        try:
            await self._send_rest(parcel, begun)
        except WecomError as error:
            raise self._noted(parcel, begun, error) from None
        except SendFailed as failure:
            failure.sent = tuple(begun.message_ids)
            self._forget(parcel, failure)
            raise
        self._begun.pop(parcel.key, None)
        self._note_taken()
        return tuple(begun.message_ids)

    async def _send_rest(self, parcel: Parcel, begun: Begun) -> None:
        """Send what has not been sent yet; a card that is not taken is said in words."""
        letters = self._writing.letters(parcel)
        refusals = letters[-1].refusals if letters else set()
        if begun.is_card_refused and refusals:
            letters[-1:] = self._writing.in_words(parcel, letters[-1])
        try:
            for letter in letters[begun.done :]:
                begun.message_ids.append(await self._post(parcel, letter, begun))
                begun.done += 1
        except Declined as error:
            if begun.is_card_refused or error.code not in refusals:
                raise
            log.warning("wecom_card_refused", key=parcel.key, code=error.code)
            begun.is_card_refused = True
            await self._send_rest(parcel, begun)

    async def _post(self, parcel: Parcel, letter: Letter, begun: Begun) -> str:
        wait = self._members.wait(parcel.address, self._now())
        if wait is not None:
            raise SendFailed("member_pace", wait=wait)
        if letter.kind == "file":
            return await self._post_file(parcel, letter, begun)
        answer = await self._call_send(parcel, letter)
        if letter.card is not None:
            self._taps.remember(letter.card)
        return answer

    async def _post_file(self, parcel: Parcel, letter: Letter, begun: Begun) -> str:
        """Send a file that is up; WeCom may have forgotten it, then it goes up once more."""
        for is_last in (False, True):
            if not begun.media_id:
                begun.media_id = await self._upload(parcel)
            try:
                return await self._call_send(parcel, letter.with_medium(begun.media_id))
            except Declined as error:
                if is_last or error.code not in OLD_MEDIUM:
                    raise
                begun.media_id = ""
        raise AssertionError("the second round returns or raises")

    async def _upload(self, parcel: Parcel) -> str:
        try:
            return await self._api.upload("file", parcel.file_name, parcel.file_bytes)
        except NoAnswer:
            raise NoAnswer(never_left=True) from None  # the file may be up, but nobody has seen it

    async def _call_send(self, parcel: Parcel, letter: Letter) -> str:
        self._members.note(parcel.address, self._now())
        answer = await self._api.post("/cgi-bin/message/send", letter.content)
        for reason in ("invaliduser", "unlicenseduser"):
            # Zero is the code even when nobody was reached; userids come back in small letters.
            if parcel.address.casefold() in str(answer.get(reason) or "").casefold().split("|"):
                raise SendFailed(reason, permanent=True)
        return str(answer.get("msgid") or "")

    def _noted(self, parcel: Parcel, begun: Begun, error: WecomError) -> SendFailed:
        """Say what an error means, and remember the parcel as long as there is another try."""
        failure = send_failed(error)
        if failure.for_all:
            self._note_trouble(error)
        if failure.is_unknown:
            begun.unsure_since = begun.unsure_since or self._now()
            if self._now() - begun.unsure_since > timedelta(seconds=LONGEST_MEMORY):
                failure = SendFailed("unknown_for_long")
        failure.sent = tuple(begun.message_ids)
        self._forget(parcel, failure)
        return failure

    def _forget(self, parcel: Parcel, failure: SendFailed) -> None:
        if not failure.is_unknown and failure.wait is None:
            self._begun.pop(parcel.key, None)
        while len(self._begun) > BEGUN:
            del self._begun[next(iter(self._begun))]

    async def unsay(self, address: str, platform_id: str) -> None:
        """Recall one message within 24 hours, in WeCom's own clients: what WeChat's plug-in shows stays there.

        Raise SendFailed. WeCom has no code of its own for what was recalled before: it is declined and left alone.
        """
        try:
            await self._api.post("/cgi-bin/message/recall", written({"msgid": platform_id}))
        except WecomError as error:
            failure = send_failed(error)
            if failure.for_all:
                self._note_trouble(error)
            raise failure from None

    # Files, the menu, the end

    async def fetch(self, file_id: str, at_most: int) -> bytes:
        """Fetch the bytes of an attachment, which WeCom keeps for three days; raise FetchFailed."""
        try:
            return await self._api.download(file_id, at_most)
        except WecomError as error:
            raise fetch_failed(error) from None

    async def set_menu(self, menu: dict[str, Any]) -> None:
        """Show a menu below the chat; failing is only logged."""
        try:
            await self._api.post("/cgi-bin/menu/create", written(menu), agentid=str(self.keys.agent_id))
        except WecomError as error:
            log.warning("wecom_menu_not_set", trouble=trouble_of(error))

    async def close(self) -> None:
        """Let go of the network."""
        await self._taps.close()
        await self._api.close()


def _door(keys: Keys) -> Door | None:
    if not keys.receives:
        return None
    return Door(keys.corp_id, keys.agent_id, keys.token, keys.aes_key, keys.replay_window)
