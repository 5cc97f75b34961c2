"""WeCom's API over HTTP: as an ASGI app for virtual time, or served on loopback from a thread of the test process."""

import asyncio
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import uvicorn
from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from uvicorn.server import ServerState

from tests.fakes.telegram_http import CuttableProtocol, listen
from tests.fakes.wecom_rules import Refusal, need
from tests.fakes.wecom_world import AGENT, World

PATHS = {
    "/cgi-bin/gettoken": "gettoken",
    "/cgi-bin/message/send": "send",
    "/cgi-bin/message/recall": "recall",
    "/cgi-bin/message/update_template_card": "update",
    "/cgi-bin/media/upload": "upload",
    "/cgi-bin/media/get": "media",
    "/cgi-bin/agent/get": "agent",
    "/cgi-bin/menu/create": "menu",
    "/cgi-bin/webhook/send": "robot",
}
IP_WORDS = "not allow to access from your ip, hint: [1760000000], from ip: 203.0.113.7, more info at the console"


@dataclass
class Fault:
    """Something that goes wrong at one call ("*": any); `times=None` lasts until `heal`."""

    where: str
    code: int | None = None
    words: str = "scripted fault"
    status: int = 200
    body: bytes | None = None
    hangup: str = ""  # before, after
    after: bool = False  # the work is done, and only then it goes wrong
    delay: float = 0.0  # seconds
    times: int | None = 1
    struck: int = 0

    def strikes(self, where: str) -> bool:
        """Say whether this call is hit, and count it."""
        if self.where not in ("*", where) or (self.times is not None and self.struck >= self.times):
            return False
        self.struck += 1
        return True


class Site:
    """The API as an ASGI app over a World."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.faults: list[Fault] = []
        self.app = Starlette(routes=[Route(path, self._answer, methods=["GET", "POST"]) for path in PATHS])

    def fault(self, where: str, code: int | None = None, **more: Any) -> Fault:
        """Script a fault."""
        self.faults.append(Fault(where, code, **more))
        return self.faults[-1]

    def heal(self) -> None:
        """Take all faults back."""
        self.faults.clear()

    async def _answer(self, request: Request) -> Response:
        where = PATHS[request.url.path]
        self.world.calls[where] += 1
        fault = next((fault for fault in self.faults if fault.strikes(where)), None)
        if fault is None:
            return await self._work(where, request)
        if fault.delay:
            await asyncio.sleep(fault.delay)
        does_work = (
            fault.after or fault.hangup == "after" or (fault.code is None and not fault.body and not fault.hangup)
        )
        reply = await self._work(where, request) if does_work else Response()
        if fault.hangup:
            request.state.line.abort()
            await asyncio.sleep(0)
            return Response()
        if fault.code is not None:
            return JSONResponse({"errcode": fault.code, "errmsg": fault.words}, status_code=fault.status)
        return reply if fault.body is None else Response(fault.body, fault.status)

    async def _work(self, where: str, request: Request) -> Response:
        try:
            query, world = request.query_params, self.world
            if where not in ("gettoken", "robot"):
                world.check_token(query.get("access_token", ""))
            if where == "gettoken":
                found = world.give_token(query.get("corpid", ""), query.get("corpsecret", ""))
            elif where == "agent":
                need(query.get("agentid") == str(AGENT), 301002, "no permission of this agent")
                found = {"agentid": AGENT, "name": "知行", "close": int(world.is_closed)}
            elif where == "media":
                medium = world.medium(query.get("media_id", ""))
                head = {"content-disposition": 'attachment; filename="medium"'}
                return Response(medium.content, headers=head, media_type="application/octet-stream")
            elif where == "upload":
                found = await self._upload(request)
            else:
                found = self._posted(where, await request.body(), request)
        except Refusal as refusal:
            return JSONResponse({"errcode": refusal.code, "errmsg": refusal.words})
        text = json.dumps({"errcode": 0, "errmsg": "ok", **found}, ensure_ascii=False)
        return Response(text, media_type="application/json; charset=UTF-8")

    def _posted(self, where: str, content: bytes, request: Request) -> dict[str, Any]:
        world = self.world
        if where == "robot":
            return world.robot_says(request.query_params.get("key", ""), content)
        if where == "recall":
            return world.recall(json.loads(content)["msgid"])
        works: dict[str, Callable[[bytes], dict[str, Any]]] = {
            "send": world.send, "update": world.update_card, "menu": world.set_menu,
        }  # fmt: skip
        return works[where](content)

    async def _upload(self, request: Request) -> dict[str, Any]:
        raw = await request.body()
        need(b"filename*=" not in raw, 44001, "empty media data")  # the encoded form is not read
        async with request.form(max_part_size=64 << 20) as form:
            part = form.get("media")
            need(isinstance(part, UploadFile), 41005, "missing media data")
            assert isinstance(part, UploadFile)
            content = await part.read()
            return self.world.keep_medium(request.query_params.get("type", ""), part.filename or "", content)


class FakeWecom(Site):
    """The API on loopback: `with FakeWecom() as server:` serves at `server.base_url`."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        super().__init__(World(now))
        self._socket = listen()
        self.port: int = self._socket.getsockname()[1]
        self.base_url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._run, name="fake-wecom", daemon=True)
        self._ready = threading.Event()
        self._config = uvicorn.Config(
            self.app, http=CuttableProtocol, lifespan="off", ws="none", access_log=False, log_config=None
        )

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(10), "the fake WeCom did not start"
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._leaving.set)
        self._thread.join(10)
        assert not self._thread.is_alive(), "the fake WeCom did not stop"

    def _run(self) -> None:
        with asyncio.Runner() as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        self._loop, self._leaving = asyncio.get_running_loop(), asyncio.Event()
        self._config.load()
        lines = ServerState()
        server = await self._loop.create_server(lambda: CuttableProtocol(self._config, lines, {}), sock=self._socket)
        self._ready.set()
        await self._leaving.wait()
        server.close()
        for line in list(lines.connections):
            line.transport.abort()
        for task in lines.tasks:
            task.cancel()
        await asyncio.sleep(0)
