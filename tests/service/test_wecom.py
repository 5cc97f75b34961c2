"""The service with WeCom's app: the real process behind its callback, from the console's question to the last word."""

import time
from collections.abc import Iterator

import httpx
import pytest
from pydantic import SecretStr

from bot.channels.wecom_app import CALLBACK_PATH
from bot.service import look_at_app
from models.accounts import list_account
from models.invites import new_invite
from tests.fakes.wecom_caller import callback, echo_query, event, message, post, tap
from tests.fakes.wecom_http import IP_WORDS, FakeWecom
from tests.fakes.wecom_world import AES_KEY, AGENT, CORP, SECRET, TOKEN, Sent
from tests.service.inside import running, settings_of, until
from tests.service.running import TEACHERS, House, Run, wait_until
from tests.service.siege import pieces_of, texts_of

LIN = TEACHERS[0]
ZHANG = "ZhangLaoshi"


@pytest.fixture
def wecom() -> Iterator[FakeWecom]:
    with FakeWecom() as server:
        server.world.members.add(ZHANG)
        yield server


def app_of(wecom: FakeWecom) -> dict[str, str]:
    """Give the settings of the app as the office would write them."""
    return {
        "WECOM_CORP_ID": CORP, "WECOM_AGENT_ID": str(AGENT), "WECOM_SECRET": SECRET, "WECOM_TOKEN": TOKEN,
        "WECOM_AES_KEY": AES_KEY, "WECOM_API_BASE": wecom.base_url,
    }  # fmt: skip


def invite_code(house: House) -> str:
    with house.writing() as session:
        invite = new_invite(session, house.people[LIN], house.now())
        session.add(invite)
        return str(invite.code)


def now() -> int:
    return int(time.time())


class Teacher:
    """Somebody with WeCom in her hand."""

    def __init__(self, house: House, wecom: FakeWecom, url: str) -> None:
        self.house, self.wecom, self.url = house, wecom, url

    def comes(self) -> Sent:
        """Open the chat."""
        return self._and_hears(event(ZHANG, "enter_agent", now()))

    def says(self, text: str) -> Sent:
        """Write a line."""
        return self._and_hears(message(ZHANG, "text", now(), Content=text))

    def taps(self, card: Sent, label: str) -> Sent:
        """Tap a button."""
        code = self.wecom.world.tap(card)
        return self._and_hears(tap(ZHANG, now(), card.buttons[label], card.body["task_id"], code))

    def _and_hears(self, parts) -> Sent:
        assert post(self.url, *callback(parts, now())) == [200]
        wait_until(self._is_answered, 20, "an answer")
        return self.wecom.world.to(ZHANG)[-1]

    def _is_answered(self) -> bool:
        """Say whether all that came was played and all that it asked for was said."""
        open_in = self.house.count("SELECT count(*) FROM inbound WHERE state = 'waiting'")
        return not open_in and not self.house.count("SELECT count(*) FROM outbound WHERE state <> 'sent'")


@pytest.mark.slow
class TestRealProcess:
    def test_a_teacher_joins_by_code_and_writes_a_note(self, house: House, wecom: FakeWecom) -> None:
        settings = {f"ZHIXING_{name}": value for name, value in app_of(wecom).items()}
        code = invite_code(house)
        with Run(house, None, **settings) as run:
            url = f"{run.address}{CALLBACK_PATH}"
            with httpx.Client(trust_env=False) as console:
                echoed = console.get(url, params=echo_query("1616140317555161061", now()))
                assert (echoed.status_code, echoed.content) == (200, b"1616140317555161061")
                assert console.get(url, params={"echostr": "x"}).status_code == 403
                assert console.post(url, content=b"<xml>" + b"A" * 2_000_000).status_code == 413
            lin = Teacher(house, wecom, url)
            lin.comes()
            shown = lin.says(code.lower())
            while shown.buttons:  # it is I; go on; at the usual hour
                before, shown = shown, lin.taps(shown, next(iter(shown.buttons)))
                wecom.world.wait_for(lambda before=before: before.marked.endswith("✓"))
            shown = lin.says("今天小组讨论时，后排的孩子也说话了😀 ]]> <b>")
            wait_until(lambda: house.count("SELECT count(*) FROM entry"), 10, run.log)
            exit_code, seconds = run.stop()
        assert (exit_code, seconds < 10) == (0, True), run.log
        assert pieces_of(texts_of(house, LIN, "jotting")) == ["今天小组讨论时，后排的孩子也说话了😀 ]]> <b>"]
        assert house.ask(
            "SELECT channel, external_id FROM address WHERE person_id IS NOT NULL AND channel <> 'telegram'"
        ) == [("wecom_app", "zhanglaoshi")]
        assert house.count("SELECT count(*) FROM delivery WHERE outcome <> 'sent'") == 0
        assert not any(sent.was_cut for sent in wecom.world.sent) and wecom.world.dropped == []
        assert wecom.world.menu["button"] and wecom.world.calls["gettoken"] == 1
        for secret in (SECRET, TOKEN, AES_KEY, "后排", "token-0", code):
            assert secret not in run.log


@pytest.mark.usefixtures("fast")
class TestInside:
    async def test_three_identical_posts_have_one_effect(self, house: House, wecom: FakeWecom) -> None:
        given = {name.lower(): value for name, value in app_of(wecom).items()}
        posted = callback(message(ZHANG, "text", now(), Content="你好"), now())
        async with running(settings_of(house, None, **given)) as client:
            for _ in range(3):
                answer = await client.post(CALLBACK_PATH, params=posted[0], content=posted[1])
                assert (answer.status_code, answer.content) == (200, b"")
            await until(lambda: house.count("SELECT count(*) FROM inbound WHERE state = 'done'"))
            await until(lambda: wecom.world.to(ZHANG))
            ready = (await client.get("/readyz")).json()
            assert ready["last_good_poll_seconds"]["wecom_app"] < 60
            assert (await client.post(CALLBACK_PATH, content=b"<xml>")).status_code == 400
            counted = 'zhixing_channel_troubles{channel="wecom_app",kind="turned_away_xml"} 1.0'
            assert counted in (await client.get("/metrics")).text
        assert house.count("SELECT count(*) FROM inbound") == 1

    async def test_a_listed_teacher_of_another_channel_is_the_same_person_at_once(
        self, house: House, wecom: FakeWecom
    ) -> None:
        given = {name.lower(): value for name, value in app_of(wecom).items()}
        with house.writing() as session:
            list_account(session, house.people[LIN], ["wecom_app"], ZHANG.swapcase())
        posted = callback(event(ZHANG, "subscribe", now()), now())
        async with running(settings_of(house, None, **given)) as client:
            assert (await client.post(CALLBACK_PATH, params=posted[0], content=posted[1])).status_code == 200
            await until(lambda: wecom.world.to(ZHANG))
        person = "SELECT person_id FROM address WHERE channel = ?"
        assert house.ask(person, "wecom_app") == house.ask(f"{person} AND external_id = ?", "telegram", str(LIN))
        assert "邀请码" not in wecom.world.to(ZHANG)[0].words

    async def test_the_doctor_knocks_at_our_own_door(self, house: House, wecom: FakeWecom) -> None:
        given = {name.lower(): value for name, value in app_of(wecom).items()}
        settings = settings_of(house, None, **given)
        ours = settings.model_copy(update={"public_url": f"http://127.0.0.1:{settings.http_port}"})
        assert (await look_at_app(ours)).door == "silent"
        async with running(settings):
            seen = await look_at_app(ours)
            assert (seen.name, seen.trouble, seen.door) == ("知行", "", "open")
            other = ours.model_copy(update={"wecom_token": SecretStr("AnotherToken")})
            assert (await look_at_app(other)).door == "wrong"
            wecom.fault("agent", 60020, words=IP_WORDS)
            assert (await look_at_app(ours)).trouble == "trusted_ip 203.0.113.7"

    async def test_an_untrusted_address_is_shown_and_costs_no_message(self, house: House, wecom: FakeWecom) -> None:
        given = {name.lower(): value for name, value in app_of(wecom).items()}
        for where in ("agent", "send"):
            wecom.fault(where, 60020, words=IP_WORDS, times=None)
        posted = callback(message(ZHANG, "text", now(), Content="你好"), now())
        async with running(settings_of(house, None, **given)) as client:
            assert (await client.post(CALLBACK_PATH, params=posted[0], content=posted[1])).status_code == 200
            await until(lambda: house.count("SELECT count(*) FROM delivery"))
            ready = (await client.get("/readyz")).json()
            assert ready["trouble"] == {"wecom_app": "trusted_ip 203.0.113.7"}
            assert house.ask("SELECT state FROM outbound") == [("waiting",)]
            wecom.heal()
            house.move_clock(minutes=2)
            await until(lambda: wecom.world.to(ZHANG))
