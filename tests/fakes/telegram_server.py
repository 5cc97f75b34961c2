"""A fake of the Telegram Bot API over real HTTP on 127.0.0.1, in a thread of the test process."""

import asyncio
import json
import random
import threading
import time
from collections.abc import Callable
from typing import Any, Self

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import Route
from uvicorn.server import ServerState

from tests.fakes.telegram_faults import Fault, FaultScript, FloodGate
from tests.fakes.telegram_http import CuttableProtocol, listen, read
from tests.fakes.telegram_input import Request
from tests.fakes.telegram_methods import METHODS
from tests.fakes.telegram_people import People
from tests.fakes.telegram_settings import remember_allowed
from tests.fakes.telegram_state import Refusal, TelegramState
from tests.fakes.telegram_webhook import WebhookPusher
from tests.fakes.telegram_witness import Call, Witness

TOKEN = "100000001:TEST-TOKEN-OF-THE-FAKE"
MOST_UPDATES = 100
BY_LOWER_NAME = {name.lower(): name for name in (*METHODS, "getUpdates")}
OTHER_POLLER = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
HAS_WEBHOOK = (
    "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
)


class FakeTelegram(People, Witness):
    """Telegram, as far as one bot can see it.

    `with FakeTelegram() as server:` serves at `server.base_url` and `server.base_file_url` (both get the token
    appended, as python-telegram-bot does). Long polls last at most `longest_poll` seconds. `floods=True` enforces
    the published limits. `now` gives the seconds of dates, ages and limits.
    """

    def __init__(
        self,
        token: str = TOKEN,
        *,
        floods: bool | FloodGate = False,
        longest_poll: float = 1.0,
        answer_within: float = 15.0,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.token, self.longest_poll = token, longest_poll
        self.state = TelegramState(token, now)
        self.state.answer_within = answer_within
        self.faults = FaultScript()
        self.floods = FloodGate() if floods is True else floods or None
        self.calls: list[Call] = []
        self._socket = listen()
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._run, name="fake-telegram", daemon=True)
        self._ready = threading.Event()
        routes = [
            Route("/bot{token}/{method}", self._api, methods=["GET", "POST"]),
            Route("/file/bot{token}/{path:path}", self._download),
        ]
        self._config = uvicorn.Config(
            Starlette(routes=routes),
            http=CuttableProtocol,
            lifespan="off",
            ws="none",
            access_log=False,
            log_config=None,
        )

    @property
    def base_url(self) -> str:
        """Return what comes before the token in API addresses."""
        return f"http://127.0.0.1:{self.port}/bot"

    @property
    def base_file_url(self) -> str:
        """Return what comes before the token in download addresses."""
        return f"http://127.0.0.1:{self.port}/file/bot"

    def fault(
        self,
        method: str,
        *,
        status: int | None = None,
        description: str | None = None,
        times: int | None = 1,
        retry_after: int | None = None,
        hangup: str | None = None,
        delay: float = 0.0,
        body: bytes | None = None,
        after: bool = False,
        rate: float = 1.0,
        seed: int = 0,
        chat_id: int | None = None,
    ) -> Fault:
        """Script a fault for a method ("*": any, "download": files); `times=None` lasts until `heal`.

        hangup="before" cuts the line instead of the work, "after" once it is done; `after=True` does the work and
        then answers with the fault; `rate` strikes by chance, the same for the same seed.
        """
        status = 429 if retry_after is not None else status
        return self.faults.add(
            Fault(
                method,
                status,
                description,
                times,
                retry_after,
                hangup,
                delay,
                body,
                after,
                rate,
                chat_id,
                random.Random(seed),
            )
        )

    def heal(self, method: str | None = None) -> None:
        """Take back the faults of one method, or all."""
        self.faults.heal(method)

    # Life.

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Serve from a thread of this process."""
        self._thread.start()
        assert self._ready.wait(10), "the fake Telegram did not start"

    def stop(self) -> None:
        """End all polls and the thread."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._leave)
        self._thread.join(10)
        assert not self._thread.is_alive(), "the fake Telegram did not stop"

    def _run(self) -> None:
        with asyncio.Runner() as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        """Serve until `stop`; uvicorn's own server loop would take a fifth of a second to end."""
        self._loop = asyncio.get_running_loop()
        self._arrival, self._leaving = asyncio.Condition(), asyncio.Event()
        self._rings: set[asyncio.Task[None]] = set()
        self._config.load()
        lines = ServerState()
        pusher = asyncio.create_task(WebhookPusher(self.state).run(self._arrival))
        server = await self._loop.create_server(lambda: CuttableProtocol(self._config, lines, {}), sock=self._socket)
        self.state.on_arrival = self._wake
        self._ready.set()
        await self._leaving.wait()
        self.state.on_arrival = lambda: None
        pusher.cancel()
        server.close()
        await self._hang_up(lines)

    async def _hang_up(self, lines: ServerState) -> None:
        """Let requests under way be answered, then close every line."""
        for line in list(lines.connections):
            line.shutdown()
        if lines.tasks:
            await asyncio.wait(set(lines.tasks), timeout=1.0)
        for line in list(lines.connections):
            line.transport.abort()
        await asyncio.sleep(0)

    def _leave(self) -> None:
        self._leaving.set()
        self._ring()

    def _wake(self) -> None:
        """Let long polls look again; called from any thread."""
        self._loop.call_soon_threadsafe(self._ring)

    def _ring(self) -> None:
        task = asyncio.ensure_future(self._notify())
        self._rings.add(task)
        task.add_done_callback(self._rings.discard)

    async def _notify(self) -> None:
        async with self._arrival:
            self._arrival.notify_all()

    # Requests.

    async def _api(self, http: HttpRequest) -> Response:
        method = BY_LOWER_NAME.get(http.path_params["method"].lower(), http.path_params["method"])
        request = await read(http)
        return await self._answer(http, method, request, lambda: self._work(http, method, request))

    async def _download(self, http: HttpRequest) -> Response:
        async def fetch() -> bytes:
            self._check_token(http)
            found = [kept for kept in self.state.files.values() if kept.path == http.path_params["path"]]
            if not found:
                raise Refusal(404, "Not Found")
            return found[0].content

        return await self._answer(http, "download", Request({}), fetch)

    async def _answer(self, http: HttpRequest, method: str, request: Request, work: Callable[[], Any]) -> Response:
        call = self._log(method, request)
        fault = self.faults.take(method, call.chat_id)
        if fault is None:
            return self._end(call, *await self._done(work))
        await self._pause(fault.delay)
        reply = await self._done(work) if fault.does_the_work else (0, b"")
        if fault.hangup:
            http.state.line.abort()
            await asyncio.sleep(0)  # let the server notice, so that it sends nothing
            return self._end(call, 0, b"")
        if fault.body is not None:
            return self._end(call, fault.status or 200, fault.body)
        if fault.status is not None:
            return self._end(call, fault.status, fault.refusal())
        return self._end(call, *reply)

    async def _done(self, work: Callable[[], Any]) -> tuple[int, Any]:
        try:
            result = await work()
        except Refusal as refusal:
            return refusal.status, refusal.body()
        return 200, result if isinstance(result, bytes) else {"ok": True, "result": result}

    def _log(self, method: str, request: Request) -> Call:
        given = str(request.fields.get("chat_id", ""))
        chat_id = int(given) if given.lstrip("-").isdigit() else None
        with self.state.changed:
            call = Call(len(self.calls) + 1, method, chat_id, dict(request.fields), self.state.now())
            self.calls.append(call)
            self.state.changed.notify_all()
        return call

    def _end(self, call: Call, status: int, answer: Any) -> Response:
        with self.state.changed:
            call.status = status
            call.description = answer.get("description") if isinstance(answer, dict) else None
            self.state.changed.notify_all()
        if isinstance(answer, bytes):
            return Response(answer, max(status, 200), media_type="application/octet-stream")
        return Response(json.dumps(answer, ensure_ascii=False), status, media_type="application/json")

    async def _work(self, http: HttpRequest, method: str, request: Request) -> Any:
        self._check_token(http)
        if method == "getUpdates":
            return await self._updates(http, request)
        if method not in METHODS:
            raise Refusal(404, "Not Found: method not found")
        with self.state.changed:
            self._check_flood(method, request)
            return METHODS[method](self.state, request)

    def _check_token(self, http: HttpRequest) -> None:
        if http.path_params["token"] != self.token:
            raise Refusal(401, "Unauthorized")

    def _check_flood(self, method: str, request: Request) -> None:
        if self.floods is None or not method.startswith("send") or method == "sendChatAction":
            return
        wait = self.floods.take(request.chat_id(), self.state.now())
        if wait is not None:
            raise Refusal(429, f"Too Many Requests: retry after {wait}", retry_after=wait)

    # Long polling.

    async def _updates(self, http: HttpRequest, request: Request) -> list[dict[str, Any]]:
        with self.state.changed:
            self.state.poll_ticket += 1
            ticket = self.state.poll_ticket
            remember_allowed(self.state, request)
        self._ring()  # a poll under way ends: one poller per token
        limit = min(max(request.number("limit", MOST_UPDATES), 1), MOST_UPDATES)
        end = self._loop.time() + min(request.number("timeout", 0), self.longest_poll)
        while True:
            async with self._arrival:
                if http.state.line.is_closing():
                    return []  # the poller has died: nothing is handed to it
                updates = self._look(ticket, request.number("offset", 0), limit)
                left = end - self._loop.time()
                if updates or left <= 0 or self._leaving.is_set():
                    return updates
                await self._until_arrival(left)

    def _look(self, ticket: int, offset: int, limit: int) -> list[dict[str, Any]]:
        with self.state.changed:
            if self.state.webhook.url:
                raise Refusal(409, HAS_WEBHOOK)
            if ticket != self.state.poll_ticket:
                raise Refusal(409, OTHER_POLLER)
            return self.state.fetch(offset, limit)

    async def _until_arrival(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._arrival.wait()
        except TimeoutError:
            return

    async def _pause(self, seconds: float) -> None:
        """Hold a request back, but not the end of the server."""
        end = self._loop.time() + seconds
        while (left := end - self._loop.time()) > 0 and not self._leaving.is_set():
            async with self._arrival:
                await self._until_arrival(left)
