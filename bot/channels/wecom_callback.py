"""The door that WeCom knocks at: nothing is believed before its size, form, signature, receiver, app and time fit."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.channels import Envelope
from bot.channels.wecom_crypto import NotGenuine, Sealer
from bot.channels.wecom_parse import envelope, unreadable
from bot.channels.wecom_xml import LIMIT, BadXml, read_inner, read_outer


class TurnedAway(Exception):
    """A callback that is not for us; `reason` is counted, `status` is what the caller is told."""

    def __init__(self, reason: str, status: int = 403) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status


class Door:
    """Opens callbacks of one app; `window` is how many seconds a callback's time may be off, 0 for any."""

    def __init__(self, corp_id: str, agent_id: int, token: str, aes_key: str, window: int) -> None:
        self._sealer = Sealer(token, aes_key, corp_id)
        self._corp_id = corp_id
        self._agent_id = str(agent_id)
        self._window = window

    def echo(self, query: Mapping[str, str]) -> str:
        """Prove that we hold the keys: give back what the console sealed; raise TurnedAway."""
        return self._open(query, query.get("echostr", ""))

    def challenge(self, word: str, timestamp: str, nonce: str) -> dict[str, str]:
        """Write the query by which the console would ask; for our own look at our own door."""
        sealed = self._sealer.seal(word)
        signature = self._sealer.signature(timestamp, nonce, sealed)
        return {"msg_signature": signature, "timestamp": timestamp, "nonce": nonce, "echostr": sealed}

    def take(self, query: Mapping[str, str], content: bytes, now: datetime) -> Envelope:
        """Open one callback; raise TurnedAway."""
        if len(content) > LIMIT:
            raise TurnedAway("too_large", 413)
        try:
            outer = read_outer(content)
        except BadXml:
            raise TurnedAway("xml", 400) from None
        sealed = outer.get("Encrypt")
        if not isinstance(sealed, str) or not sealed:
            raise TurnedAway("xml", 400)
        text = self._open(query, sealed)
        self._check_time(query.get("timestamp", ""), now)
        self._check_agent(outer)
        try:
            inner = read_inner(text)
        except BadXml:
            return unreadable(text)  # it is WeCom's own, so it is not turned away
        self._check_agent(inner)
        return envelope(inner)

    def _open(self, query: Mapping[str, str], sealed: str) -> str:
        # Base64 knows no blank: one in the query is a plus that was decoded once too often.
        parts = (query.get("msg_signature", ""), query.get("timestamp", ""), query.get("nonce", ""))
        try:
            return self._sealer.open(*parts, sealed.replace(" ", "+"))
        except NotGenuine as error:
            raise TurnedAway(error.reason) from None

    def _check_time(self, timestamp: str, now: datetime) -> None:
        if not self._window:
            return
        is_number = timestamp.isascii() and timestamp.isdecimal() and len(timestamp) < 12
        if not is_number or abs(now.timestamp() - int(timestamp)) > self._window:
            raise TurnedAway("time")

    def _check_agent(self, document: dict[str, Any]) -> None:
        """Turn away what is for another app or corporation; some events spell AgentId, some name no app at all."""
        agents = [document[name] for name in ("AgentID", "AgentId") if document.get(name)]
        if any(agent != self._agent_id for agent in agents):
            raise TurnedAway("agent")
        if document.get("ToUserName", self._corp_id) != self._corp_id:
            raise TurnedAway("receiver")
