"""WeCom's long connection for AI bots, on loopback: one connection at a time, callbacks, acknowledgements, faults."""

import asyncio
import json
import threading
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Coroutine
from http import HTTPStatus
from secrets import token_bytes
from typing import Any, Self

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from tests.fakes.wecom_bot_world import BOT, SECRET, BotWorld, Callback, Refusal, Shown

MEDIA_LIFE = 300  # seconds that the address of a file lives
Ack = dict[str, Any]


class FakeAibot:
    """The platform: `with FakeAibot() as server:` listens at `server.url`.

    `fault(cmd, how)` spoils the next acknowledgement of a command: `lost`, `late` (after `release`), `twice`, or an
    error code. `mute` keeps it from answering anything while the line stays up.
    """

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self.world = BotWorld(now)
        self.secret = SECRET
        self.frames: list[tuple[str, str, dict[str, Any]]] = []  # every frame of the bot, in order
        self.subscriptions = 0
        self.counts: Counter[str] = Counter()
        self.told: list[str] = []  # msgids of the callbacks that went out over a living line
        self.is_mute = False
        self.refuses_code = 0
        self._faults: dict[str, list[str | int]] = {}
        self._late: list[tuple[ServerConnection, Ack]] = []
        self._lines: list[ServerConnection] = []
        self._current: ServerConnection | None = None
        self._media: dict[str, tuple[bytes, float]] = {}
        self._flying = 0
        self._thread = threading.Thread(target=self._run, name="fake-aibot", daemon=True)
        self._ready = threading.Event()

    # Its life

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(10), "the fake AI bot did not start"
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._leaving.set)
        self._thread.join(10)
        assert not self._thread.is_alive(), "the fake AI bot did not stop"

    def _run(self) -> None:
        with asyncio.Runner() as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        self._loop, self._leaving = asyncio.get_running_loop(), asyncio.Event()
        async with serve(
            self._hold, "127.0.0.1", 0, process_request=self._download, max_size=4 << 20, ping_interval=None,
            close_timeout=0.2,
        ) as server:  # fmt: skip
            self.port = self._port(server)
            self.url = f"ws://127.0.0.1:{self.port}/"
            self._ready.set()
            await self._leaving.wait()
            for line in self._lines:
                line.transport.abort()

    def _port(self, server: Server) -> int:
        return int(next(iter(server.sockets)).getsockname()[1])

    async def _hold(self, line: ServerConnection) -> None:
        self._lines.append(line)
        try:
            async for raw in line:
                await self._take(line, raw)
        except ConnectionClosed:
            self.counts["cut"] += 1
        finally:
            self._lines.remove(line)
            if self._current is line:
                self._current = None

    async def _take(self, line: ServerConnection, raw: str | bytes) -> None:
        frame = json.loads(raw)
        cmd, req_id, body = frame["cmd"], frame["headers"]["req_id"], frame.get("body", {})
        with self.world.changed:
            self.frames.append((cmd, req_id, body))
            self.world.changed.notify_all()
        if self.is_mute:
            return
        await self._acknowledge(line, cmd, await self._answer(line, cmd, req_id, body))

    async def _answer(self, line: ServerConnection, cmd: str, req_id: str, body: dict[str, Any]) -> Ack:
        ack: Ack = {"headers": {"req_id": req_id}, "errcode": 0, "errmsg": "ok"}
        faults = self._faults.get(cmd, [])
        try:
            if faults and isinstance(faults[0], int):
                raise Refusal(faults.pop(0), "a fault of the test")  # type: ignore[arg-type]
            if cmd == "aibot_subscribe":
                await self._subscribe(line, body)
            elif line is not self._current:
                raise Refusal(846609, "not subscribed")
            elif cmd != "ping":
                answer = self.world.obey(cmd, req_id, body)
                ack |= {"body": answer} if answer else {}
        except Refusal as refusal:
            self.counts[f"refused_{refusal.code}"] += 1
            ack |= {"errcode": refusal.code, "errmsg": refusal.words}
        return ack

    async def _subscribe(self, line: ServerConnection, body: dict[str, Any]) -> None:
        if self.refuses_code:
            raise Refusal(self.refuses_code, "a fault of the test")
        if (body.get("bot_id"), body.get("secret")) != (BOT, self.secret):
            raise Refusal(40001, "invalid secret")
        older, self._current = self._current, line
        self.subscriptions += 1
        if older is not None and older is not line:
            await older.send(_written(self._event_frame("", {"eventtype": "disconnected_event"})))
            await older.close()

    async def _acknowledge(self, line: ServerConnection, cmd: str, ack: Ack) -> None:
        faults = self._faults.get(cmd, [])
        fault = faults.pop(0) if faults and isinstance(faults[0], str) else ""
        if fault == "lost":
            return
        if fault == "late":
            self._late.append((line, ack))
            return
        for _ in range(2 if fault == "twice" else 1):
            await line.send(_written(ack))

    # Faults

    def fault(self, cmd: str, *how: str | int) -> None:
        """Spoil the next acknowledgements of a command; `good` leaves one as it is."""
        self._faults.setdefault(cmd, []).extend(how)

    def release(self, is_backwards: bool = False) -> None:
        """Send the late acknowledgements, if wanted in the wrong order."""
        late, self._late = self._late, []
        for line, ack in reversed(late) if is_backwards else late:
            self._do(line.send(_written(ack)))

    def close(self, code: int = 1000) -> None:
        """Close the line politely."""
        for line in list(self._lines):
            self._begin(line.close(code))

    def cut(self) -> None:
        """Cut the line as a broken cable does."""
        for line in list(self._lines):
            self._loop.call_soon_threadsafe(line.transport.abort)

    @property
    def is_live(self) -> bool:
        """Say whether a bot is subscribed."""
        return self._current is not None

    def _do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    def _begin(self, work: Coroutine[Any, Any, Any]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop)

    # People

    def says(self, who: str, text: str, **more: Any) -> str:
        """Let somebody write; return the msgid, or an empty text when no line lives."""
        return self.sends(who, {"msgtype": "text", "text": {"content": text}}, **more)

    def sends(self, who: str, content: dict[str, Any], group: str = "", **more: Any) -> str:
        """Let somebody send anything."""
        chat = f"-{group}" if group else who
        self.world.writers.add(chat)
        where = {"chattype": "group", "chatid": group} if group else {"chattype": "single"}
        return self._tell(Callback(chat, "said", self.world.now()), "aibot_msg_callback", who, where | content | more)

    def enters(self, who: str) -> str:
        """Let somebody open the chat."""
        return self.happens(who, "enter_chat", {})

    def taps(self, who: str, card: Shown, label: str) -> str:
        """Let somebody tap a button."""
        return self.taps_key(who, card.body["task_id"], card.buttons[label])

    def taps_key(self, who: str, task_id: str, key: str) -> str:
        """Let somebody tap a button of any card."""
        tap = {"card_type": "button_interaction", "event_key": key, "task_id": task_id}
        return self.happens(who, "template_card_event", tap)

    def happens(self, who: str, kind: str, details: dict[str, Any]) -> str:
        """Let any event happen."""
        callback = Callback(who, kind, self.world.now(), str(details.get("task_id", "")))
        content = {"chattype": "single", "msgtype": "event", "event": {"eventtype": kind, kind: details}}
        return self._tell(callback, "aibot_event_callback", who, content)

    def _tell(self, callback: Callback, cmd: str, who: str, content: dict[str, Any]) -> str:
        req_id, msgid = self.world.next("cb"), self.world.next("m")
        self.world.callbacks[req_id] = callback
        body = {
            "msgid": msgid, "create_time": int(self.world.now()), "aibotid": BOT, "from": {"userid": who},
            "corpid_of_tomorrow": {"x": [1]}, **content,
        }  # fmt: skip
        return msgid if self.tells({"cmd": cmd, "headers": {"req_id": req_id}, "body": body}, msgid) else ""

    def tells(self, frame: dict[str, Any] | str | bytes, msgid: str = "") -> bool:
        """Send any frame over the living line; say whether there was one."""
        return bool(self._do(self._out(frame, msgid)))

    async def _out(self, frame: dict[str, Any] | str | bytes, msgid: str) -> bool:
        line = self._current
        if line is None:
            return False
        try:
            await line.send(_written(frame) if isinstance(frame, dict) else frame)
        except ConnectionClosed:
            return False
        if msgid:
            self.told.append(msgid)
        return True

    def _event_frame(self, who: str, event: dict[str, Any]) -> dict[str, Any]:
        body = {"msgid": self.world.next("m"), "aibotid": BOT, "msgtype": "event", "event": event}
        body |= {"from": {"userid": who}} if who else {}
        return {"cmd": "aibot_event_callback", "headers": {"req_id": self.world.next("ev")}, "body": body}

    # Files that people send

    def medium(self, content: bytes) -> dict[str, str]:
        """Lay an encrypted file where the bot can fetch it for five minutes; return address and key."""
        key, name = token_bytes(32), token_bytes(8).hex()
        padder, cipher = PKCS7(256).padder(), Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
        sealed = cipher.update(padder.update(content) + padder.finalize()) + cipher.finalize()
        self._media[f"/media/{name}"] = (sealed, self.world.now() + MEDIA_LIFE)
        url = f"http://127.0.0.1:{self.port}/media/{name}"
        return {"url": url, "aeskey": b64encode(key).decode().rstrip("=")}

    async def _download(self, _line: ServerConnection, request: Request) -> Response | None:
        if not request.path.startswith("/media/"):
            return None
        self.counts["downloads"] += 1
        sealed, until = self._media.get(request.path, (b"", 0.0))
        status = HTTPStatus.OK if until > self.world.now() else HTTPStatus.FORBIDDEN
        content = sealed if status == HTTPStatus.OK else b"expired"
        headers = Headers({"Content-Length": str(len(content)), "Content-Type": "application/octet-stream"})
        return Response(status.value, status.phrase, headers, content)


def _written(frame: dict[str, Any]) -> str:
    """Write a frame as the platform does: control characters of people's words stand in it as they are."""
    return json.dumps(frame, ensure_ascii=False).replace("\\u0001", "\x01").replace("\\u000b", "\x0b")
