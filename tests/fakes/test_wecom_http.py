"""The fake WeCom is as strict as the real one: what it lets through has been looked at."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.fakes.wecom_http import Site
from tests.fakes.wecom_world import AGENT, CORP, SECRET, World

ZHANG = "ZhangLaoshi"
BUTTONS = [{"text": "好", "key": "1"}, {"text": "不", "key": "2"}]
CARD: dict[str, Any] = {
    "card_type": "button_interaction", "task_id": "17@x", "main_title": {"title": "好吗？"}, "button_list": BUTTONS,
}  # fmt: skip


class Phone:
    """A client of one's own: raw requests, so that no line of ours is between test and fake."""

    def __init__(self) -> None:
        self.time = 1_760_000_000.0
        self.world = World(lambda: self.time, members={ZHANG, "LiLaoshi"})
        self.site = Site(self.world)
        self.line = httpx.AsyncClient(transport=httpx.ASGITransport(self.site.app), base_url="http://wecom.test")
        self.token = self.world.give_token(CORP, SECRET)["access_token"]

    async def post(self, path: str, document: Any, **more: Any) -> dict[str, Any]:
        content = document if isinstance(document, bytes) else json.dumps(document, ensure_ascii=False).encode()
        answer = await self.line.post(path, params={"access_token": self.token}, content=content, **more)
        return dict(answer.json())

    async def send(self, **changes: Any) -> dict[str, Any]:
        usual = {"touser": "zhanglaoshi", "msgtype": "text", "agentid": AGENT, "text": {"content": "好"}}
        return await self.post("/cgi-bin/message/send", usual | changes)

    async def card(self, **changes: Any) -> dict[str, Any]:
        return await self.send(msgtype="template_card", template_card=CARD | changes)


@pytest.fixture
def phone() -> Phone:
    return Phone()


def buttons(count: int) -> list[dict[str, str]]:
    return [{"text": str(n), "key": str(n)} for n in range(count)]


REFUSED: dict[str, tuple[int, Callable[[Phone], Any]]] = {
    "an agent in words": (40056, lambda p: p.send(agentid=str(AGENT))),
    "another agent": (301002, lambda p: p.send(agentid=7)),
    "nobody": (40063, lambda p: p.send(touser="")),
    "strangers only": (81013, lambda p: p.send(touser="a|b")),
    "a type that is none": (40008, lambda p: p.send(msgtype="stream")),
    "empty words": (44004, lambda p: p.send(text={"content": " "})),
    "escaped letters": (40033, lambda p: p.post("/cgi-bin/message/send", b'{"text":"\\u4e00"}')),
    "a memory of more than four hours": (40058, lambda p: p.send(duplicate_check_interval=14_401)),
    "a file that is not there": (40007, lambda p: p.send(msgtype="file", file={"media_id": "x"})),
    "a title of 37": (40058, lambda p: p.card(main_title={"title": "长" * 37})),
    "no title": (40058, lambda p: p.card(main_title={})),
    "words of 161": (40058, lambda p: p.card(sub_title_text="长" * 161)),
    "seven buttons": (40058, lambda p: p.card(button_list=buttons(7))),
    "a label of eleven": (40058, lambda p: p.card(button_list=[{"text": "长" * 11, "key": "k"}])),
    "the same key twice": (40058, lambda p: p.card(button_list=[{"text": "a", "key": "k"}, {"text": "b", "key": "k"}])),
    "a task with a dot": (42014, lambda p: p.card(task_id="17.x")),
}


@pytest.mark.parametrize(("code", "ask"), REFUSED.values(), ids=REFUSED)
async def test_what_wecom_refuses_the_fake_refuses(phone: Phone, code: int, ask: Callable[[Phone], Any]) -> None:
    assert (await ask(phone))["errcode"] == code
    assert phone.world.sent == []


async def test_a_task_is_used_once(phone: Phone) -> None:
    assert (await phone.card())["errcode"] == 0
    assert (await phone.card(sub_title_text="another"))["errcode"] == 42014


async def test_without_a_callback_no_card_comes(phone: Phone) -> None:
    phone.world.has_callback = False
    assert (await phone.card())["errcode"] == 43012


async def test_part_of_the_recipients_fails_with_a_zero(phone: Phone) -> None:
    phone.world.unlicensed.add("LiLaoshi")
    answer = await phone.send(touser="ZHANGLAOSHI|LiLaoshi|Nobody")
    assert (answer["errcode"], answer["invaliduser"], answer["unlicenseduser"]) == (0, "nobody", "lilaoshi")
    assert [sent.to for sent in phone.world.sent] == [ZHANG]


async def test_words_too_long_are_cut_in_silence(phone: Phone) -> None:
    await phone.send(text={"content": "长" * 683})  # 2049 bytes
    assert phone.world.sent[0].was_cut and phone.world.sent[0].words == "长" * 682


async def test_a_repeat_is_swallowed_as_long_as_it_is_remembered(phone: Phone) -> None:
    for passes in (0, 59, 61):
        phone.time += passes
        await phone.send(enable_duplicate_check=1, duplicate_check_interval=60)
    assert (len(phone.world.sent), phone.world.repeats) == (2, 1)


async def test_the_thirty_first_in_a_minute_is_lost_in_silence(phone: Phone) -> None:
    assert [(await phone.send())["errcode"] for _ in range(31)] == [0] * 31
    assert (len(phone.world.sent), phone.world.dropped) == (30, [ZHANG])
    phone.time += 60
    await phone.send()
    assert len(phone.world.sent) == 31


async def test_a_token_ends_and_is_not_another(phone: Phone) -> None:
    phone.time += 7200
    assert (await phone.send())["errcode"] == 42001
    phone.token = "made up"
    assert (await phone.send())["errcode"] == 40014


async def test_a_code_of_a_card_works_once_and_for_three_days(phone: Phone) -> None:
    await phone.card()
    (sent,) = phone.world.sent
    change = {"userids": [ZHANG], "agentid": AGENT, "button": {"replace_name": "好 ✓"}}
    codes = [sent.response_code, sent.response_code, phone.world.tap(sent)]
    found = [
        (await phone.post("/cgi-bin/message/update_template_card", change | {"response_code": c}))["errcode"]
        for c in codes
    ]
    assert found == [0, 42016, 0]
    late = phone.world.tap(sent)
    phone.time += 72 * 3600
    phone.token = phone.world.give_token(CORP, SECRET)["access_token"]
    assert (await phone.post("/cgi-bin/message/update_template_card", change | {"response_code": late}))[
        "errcode"
    ] == 42016


async def test_an_encoded_file_name_is_not_read(phone: Phone) -> None:
    head = {"content-type": "multipart/form-data; boundary=x"}
    body = b"--x\r\nContent-Disposition: form-data; name=\"media\"; filename*=UTF-8''%E8%AE%B0.docx\r\n\r\n123456\r\n--x--\r\n"
    answer = await phone.post("/cgi-bin/media/upload?type=file", body, headers=head)
    assert answer["errcode"] == 44001
