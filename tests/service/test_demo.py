"""The demo behind its page: three phones that talk, a clock that goes forward, and a panel that says what is awaited."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlmodel import col, select

from bot import service
from bot.demo.play import FARTHEST, PHONES
from bot.demo.school import OPENS
from bot.render import LANGUAGES
from models import Address, ChatLine
from models.store import Store
from tests.service.inside import hurry


class Visitor:
    """Somebody at the page of the demo."""

    def __init__(self, client: httpx.AsyncClient, store: Store) -> None:
        self.client = client
        self.store = store

    async def state(self) -> dict[str, Any]:
        """Read the panel."""
        return (await self.client.get("/demo/state")).raise_for_status().json()

    async def part(self, phone: str) -> dict[str, Any]:
        """Read what the panel says of one phone."""
        return next(part for part in (await self.state())["people"] if part["phone"] == phone)

    async def clock(self, to: Any) -> httpx.Response:
        """Ask for another time."""
        return await self.client.post("/demo/clock", json={"to": to})

    async def moved(self, to: str) -> dict[str, Any]:
        """Move the clock and read the panel then."""
        return (await self.clock(to)).raise_for_status().json()

    async def says(self, phone: str, text: str) -> httpx.Response:
        """Write on one of the phones."""
        said = {"id": str(uuid4()), "kind": "text", "text": text}
        return await self.client.post("/demo/say", params={"phone": phone}, json=said)

    def heard(self, phone: str) -> list[str]:
        """List what the bot has said on a phone, the oldest first."""
        query = select(ChatLine.body).join(Address, col(Address.id) == ChatLine.address_id)
        with self.store.reading() as session:
            ours = query.where(col(Address.external_id) == PHONES[phone], col(ChatLine.is_ours))
            return [str(body) for body in session.exec(ours.order_by(col(ChatLine.id)))]

    async def hears(self, phone: str, is_it: Callable[[list[str]], Any]) -> list[str]:
        """Wait until what a phone has heard is so."""
        async with asyncio.timeout(20):
            while not is_it(heard := self.heard(phone)):
                await asyncio.sleep(0.02)
        return heard


@pytest.fixture
async def visitor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Visitor]:
    """A demo as `python -m bot demo` plays it, and somebody whose browser it opened."""
    hurry(monkeypatch)
    opened: asyncio.Queue[str] = asyncio.Queue()
    monkeypatch.setattr(service.webbrowser, "open", opened.put_nowait)
    stop = asyncio.Event()
    task = asyncio.create_task(service._demo(tmp_path, 0, True, stop))
    address = await asyncio.wait_for(opened.get(), 60)
    store = Store(f"sqlite:///{(tmp_path / 'demo.db').as_posix()}")
    async with httpx.AsyncClient(base_url=address, trust_env=False, timeout=60) as client:
        visitor = Visitor(client, store)
        for phone in PHONES:
            await visitor.hears(phone, bool)
        yield visitor
    store.close()
    stop.set()
    await asyncio.wait_for(task, 15)


def moment(state: dict[str, Any]) -> datetime:
    """Read the clock of the play."""
    return datetime.fromisoformat(state["now"])


async def test_it_opens_on_the_day_of_the_play_with_a_welcome_on_every_phone(visitor: Visitor) -> None:
    page = await visitor.client.get("/")
    assert page.status_code == 200
    assert all(chat in page.text for chat in PHONES.values())
    assert OPENS <= moment(await visitor.state()) < OPENS + timedelta(minutes=5)
    assert [len(visitor.heard(phone)) for phone in PHONES] == [1, 1, 1]


async def test_what_a_teacher_writes_is_answered_on_her_phone_alone(visitor: Visitor) -> None:
    assert (await visitor.says("teacher", "后排的孩子今天也说话了")).status_code == 200
    await visitor.hears("teacher", lambda heard: len(heard) > 1)
    assert [len(visitor.heard(phone)) for phone in ("mentor", "leader")] == [1, 1]


async def test_the_next_reminder_is_the_one_the_panel_had_named(visitor: Visitor) -> None:
    waiting = [wait for part in (await visitor.state())["people"] for wait in part["waiting"] if wait["at"]]
    first = min(datetime.fromisoformat(wait["at"]) for wait in waiting)
    state = await visitor.moved("next")
    assert state["moved"] is True
    assert first <= moment(state) < first + timedelta(minutes=1)
    assert max(len(visitor.heard(phone)) for phone in PHONES) > 1


async def test_tomorrow_is_the_same_hour(visitor: Visitor) -> None:
    before = moment(await visitor.state())
    assert timedelta(days=1) <= moment(await visitor.moved("tomorrow")) - before < timedelta(days=1, minutes=1)


async def test_on_friday_afternoon_the_leader_reads_her_digest(visitor: Visitor) -> None:
    state = await visitor.moved("friday")
    assert moment(state).isoweekday() == 5
    await visitor.hears("leader", lambda heard: len(heard) > 1)


async def test_the_panel_says_what_the_bot_waits_for_and_why(visitor: Visitor) -> None:
    waits = [wait for part in (await visitor.state())["people"] for wait in part["waiting"]]
    assert waits
    assert all(wait["text"] and wait["about"] for wait in waits)
    assert {"digest"} <= {wait["kind"] for wait in (await visitor.part("leader"))["waiting"]}


async def test_a_day_may_be_named(visitor: Visitor) -> None:
    state = await visitor.moved((OPENS + timedelta(days=3)).date().isoformat())
    assert moment(state) > OPENS + timedelta(days=2)


NOT_AHEAD = {
    "words": "上周",
    "nothing": "",
    "no text": None,
    "the past": (OPENS - timedelta(days=1)).isoformat(),
    "beyond the longest step": (OPENS + FARTHEST + timedelta(days=2)).isoformat(),
    "beyond the calendar": "9999-12-31T23:59:59-12:00",
}


async def test_the_clock_goes_forward_to_what_can_be_read_and_nowhere_else(visitor: Visitor) -> None:
    before = moment(await visitor.state())
    answers = {name: (await visitor.clock(to)).status_code for name, to in NOT_AHEAD.items()}
    assert answers == dict.fromkeys(NOT_AHEAD, 400)
    assert moment(await visitor.state()) - before < timedelta(minutes=5)


async def test_the_language_changes_for_the_page_and_the_three_people(visitor: Visitor) -> None:
    texts = set()
    for language in LANGUAGES:
        answer = await visitor.client.post("/demo/language", json={"language": language})
        texts.add(answer.json()["now_text"])
        assert f'lang="{language[:2]}' in (await visitor.client.get("/")).text
    assert len(texts) == len(LANGUAGES)
    assert (await visitor.client.post("/demo/language", json={"language": "tlh"})).status_code == 400


async def test_another_site_moves_nothing(visitor: Visitor) -> None:
    before = (await visitor.state())["people"]
    for path, json in (("/demo/clock", {"to": "next"}), ("/demo/language", {"language": "en"})):
        answer = await visitor.client.post(path, json=json, headers={"origin": "https://elsewhere.example"})
        assert answer.status_code == 403
    assert (await visitor.state())["people"] == before


async def test_there_are_three_phones_and_no_fourth(visitor: Visitor) -> None:
    assert (await visitor.says("headmaster", "有人吗")).status_code == 404


async def test_a_swapped_lesson_takes_its_visit_along_and_the_mentor_hears_it(visitor: Visitor) -> None:
    await visitor.says("teacher", "调课 周四第2节→周五第1节")
    await visitor.hears("teacher", lambda heard: "只动这一次" in heard[-1])
    await visitor.says("teacher", "对，调")
    await visitor.hears("teacher", lambda heard: "陈静安的听课跟着改了" in heard[-1])
    await visitor.moved("next")
    await visitor.hears("mentor", lambda heard: any("9月18日" in text and "第1节" in text for text in heard))
