"""WeCom's side of a callback: documents as it writes them, sealed by wechatpy, posted up to three times."""

from base64 import b64decode
from collections.abc import Mapping
from hashlib import sha1
from itertools import count
from typing import Any

import httpx
from wechatpy.crypto import PrpCrypto

from tests.fakes.wecom_world import AES_KEY, AGENT, CORP, TOKEN

ATTEMPTS = 3
PATIENCE = 5.0  # seconds for one attempt
_NUMBERS = count(7_300_000_000_000_000_001)


def cdata(text: str) -> str:
    """Write text as a section; its own end is split over two."""
    return "<![CDATA[" + text.replace("]]>", "]]]]><![CDATA[>") + "]]>"


def document(parts: Mapping[str, Any]) -> str:
    """Write a document; numbers stand bare, lists repeat their name, dicts nest."""
    return f"<xml>{''.join(_part(name, value) for name, value in parts.items())}</xml>"


def _part(name: str, value: Any) -> str:
    if isinstance(value, list):
        return "".join(_part(name, one) for one in value)
    if isinstance(value, Mapping):
        return f"<{name}>{''.join(_part(n, v) for n, v in value.items())}</{name}>"
    return f"<{name}>{value if isinstance(value, int) else cdata(value)}</{name}>"


def message(who: str, kind: str, at: int, **parts: Any) -> dict[str, Any]:
    """Make a message of a member."""
    head = {"ToUserName": CORP, "FromUserName": who, "CreateTime": at, "MsgType": kind}
    return {**head, **parts, "MsgId": next(_NUMBERS), "AgentID": AGENT}


def event(who: str, name: str, at: int, **parts: Any) -> dict[str, Any]:
    """Make an event."""
    head = {"ToUserName": CORP, "FromUserName": who, "CreateTime": at, "MsgType": "event", "Event": name}
    return {**head, **parts, "AgentID": AGENT}


def tap(who: str, at: int, key: str, task_id: str, response_code: str) -> dict[str, Any]:
    """Make the tap on a button of a card."""
    return event(
        who, "template_card_event", at, EventKey=key, TaskId=task_id, CardType="button_interaction",
        ResponseCode=response_code,
    )  # fmt: skip


def seal(text: str, receiver: str = CORP) -> str:
    """Seal as WeCom does, by somebody else's code."""
    sealed = PrpCrypto(b64decode(AES_KEY + "=")).encrypt(text, receiver)
    return sealed if isinstance(sealed, str) else str(sealed, "ascii")


def sign(timestamp: int | str, nonce: str, sealed: str, token: str = TOKEN) -> str:
    """Sign as WeCom does."""
    return sha1("".join(sorted([token, str(timestamp), nonce, sealed])).encode()).hexdigest()


def query_of(sealed: str, at: int | str, nonce: str = "n1") -> dict[str, str]:
    """Write the query of a callback."""
    return {"msg_signature": sign(at, nonce, sealed), "timestamp": str(at), "nonce": nonce}


def callback(
    parts: Mapping[str, Any] | str, at: int, receiver: str = CORP, agent: int | str = AGENT
) -> tuple[dict[str, str], bytes]:
    """Write the whole callback: query and body."""
    sealed = seal(parts if isinstance(parts, str) else document(parts), receiver)
    outer = document({"ToUserName": CORP, "AgentID": str(agent), "Encrypt": sealed})
    return query_of(sealed, at), outer.encode()


def echo_query(words: str, at: int) -> dict[str, str]:
    """Write the query by which the console verifies an address."""
    sealed = seal(words)
    return {**query_of(sealed, at), "echostr": sealed}


def post(url: str, query: Mapping[str, str], body: bytes) -> list[int]:
    """Post a callback as WeCom does: again after any failure, three times in all; return each status, 0 for none."""
    statuses: list[int] = []
    with httpx.Client(timeout=PATIENCE, trust_env=False, verify=False) as line:
        while len(statuses) < ATTEMPTS and 200 not in statuses:
            try:
                statuses.append(line.post(url, params=query, content=body).status_code)
            except httpx.HTTPError:
                statuses.append(0)
    return statuses
