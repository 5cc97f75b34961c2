"""The HTTP below the fake Telegram: lines that can be cut, and request bodies of every kind Telegram takes."""

import asyncio
import socket
from typing import Any, cast
from urllib.parse import parse_qsl

from starlette.datastructures import UploadFile
from starlette.requests import Request as HttpRequest
from uvicorn.protocols.http.h11_impl import H11Protocol

from tests.fakes.telegram_input import Request, Upload


class CuttableProtocol(H11Protocol):
    """HTTP whose line a request may cut: its transport is in the request's state."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember the line."""
        line = cast(asyncio.Transport, transport)
        self.app_state = {**self.app_state, "line": line}
        super().connection_made(line)


def listen() -> socket.socket:
    """Listen on a free port of loopback."""
    # The protocol is named because asyncio turns Nagle's algorithm off only then; with it each answer waits 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen(128)
    return listener


async def read(http: HttpRequest) -> Request:
    """Read parameters from the query and from a form, multipart or JSON body."""
    fields: dict[str, Any] = dict(http.query_params)
    kind = http.headers.get("content-type", "")
    if kind.startswith("application/json"):
        fields |= await http.json()
    elif kind.startswith("application/x-www-form-urlencoded"):
        fields |= parse_qsl((await http.body()).decode(), keep_blank_values=True)
    elif kind.startswith("multipart/form-data"):
        return await _read_multipart(http, fields)
    return Request(fields)


async def _read_multipart(http: HttpRequest, fields: dict[str, Any]) -> Request:
    uploads = {}
    async with http.form(max_part_size=64 * 1024 * 1024) as form:
        for name, value in form.multi_items():
            if isinstance(value, UploadFile):
                uploads[name] = Upload(value.filename or name, await value.read())
            else:
                fields[name] = value
    return Request(fields, uploads)
