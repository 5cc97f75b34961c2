"""Whatever an update holds, the store takes it: one that it refused would hold up everybody's."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlmodel import SQLModel

from bot import inbox
from bot.channels.storable import storable
from bot.channels.telegram_parse import envelope as of_telegram
from bot.channels.wecom_bot_parse import envelope as of_bot
from bot.channels.wecom_frames import read
from models import inbound
from models.store import Store

NOW = datetime(2026, 9, 28, 12, 0, tzinfo=UTC)
ODD = {
    "half an emoji": ({"text": "好\ud83d"}, {"text": "好?"}),
    "half an emoji in a name": ({"\udfff": 1}, {"?": 1}),
    "nought": (
        {"msgid": "m\x00", "from": {"userid": "Zh\x00ang"}},
        {"msgid": "m\x00", "from": {"userid": "Zh\x00ang"}},
    ),
    "no number": ({"a": [float("nan"), float("inf"), 1.5]}, {"a": [None, None, 1.5]}),
    "lists without end": ({"a": json.loads("[" * 300 + "]" * 300)}, {"unreadable": "nested too deeply"}),
    "what is as it should be": ({"a": [1, True, None, "课\n"]}, {"a": [1, True, None, "课\n"]}),
}


@pytest.mark.parametrize(("body", "expected"), ODD.values(), ids=ODD)
def test_what_no_store_takes_is_mended(body, expected) -> None:
    assert storable(body) == expected


@pytest.mark.parametrize("body", [body for body, _ in ODD.values()], ids=ODD)
def test_the_store_takes_an_envelope_of_any_channel_and_gives_it_back(store: Store, body) -> None:
    check(store, body)


@pytest.mark.slow
def test_postgresql_takes_it_too(postgres_url: str) -> None:
    store = Store(postgres_url)
    SQLModel.metadata.create_all(store.writer)
    for body, _ in ODD.values():
        check(store, body)
    store.close()


def check(store: Store, body: dict[str, Any]) -> None:
    """Keep what two channels make of a body, and read it back."""
    raw = json.dumps({"cmd": "aibot_msg_callback", "headers": {"req_id": "r"}, "body": body})
    kept = {"telegram": of_telegram(body), "wecom_aibot": of_bot(read(raw))}
    with store.writing() as session:
        for channel, envelope in kept.items():
            inbox.keep(session, channel, [envelope], NOW)
    with store.writing() as session:
        rows = inbound.waiting_inbound(session, 99)[-len(kept) :]
        assert [row.body for row in rows] == [envelope.body for envelope in kept.values()]
