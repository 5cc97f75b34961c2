"""The service as a whole: how it starts, serves, stumbles over a bad line, and stops."""

import re
import sys
import time
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest

from bot import cli, logs
from bot.channels.telegram import HOOK_PATH
from models import Invite, migrate
from models.invites import new_invite
from models.lock import Lock
from models.store import Store
from tests.fakes.telegram_server import FakeTelegram
from tests.service.inside import running, settings_of, until
from tests.service.running import TEACHERS, House, Run, wait_until
from tests.service.siege import is_quiet, pieces_of, texts_of

LIN, CHEN = TEACHERS[:2]
SECRET = "a-secret-of-the-tests"


def run_in_vain(house: House, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], **env: str) -> str:
    """Run the command line where it cannot start; return what it says before it ends with code 2."""
    settings = {n: v for n, v in house.settings(None, **env).items() if n.startswith("ZHIXING_")}
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(house.folder)
    monkeypatch.setattr(sys, "argv", ["zhixing", "run"])
    monkeypatch.setattr(logs, "set_up_logs", lambda *_, **__: None)  # the logs are those of pytest
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    return capsys.readouterr().err


class TestRefusals:
    def test_without_a_channel_the_setting_is_named(self, house, monkeypatch, capsys) -> None:
        said = run_in_vain(house, monkeypatch, capsys)
        assert said.startswith("ZHIXING_TELEGRAM_TOKEN: ")
        assert len(said.splitlines()) == 1

    def test_an_app_that_hears_nobody_is_no_chat(self, house, monkeypatch, capsys) -> None:
        app = {"CORP_ID": "ww0123456789abcdef", "AGENT_ID": "1000002", "SECRET": "S"}
        said = run_in_vain(house, monkeypatch, capsys, **{f"ZHIXING_WECOM_{name}": to for name, to in app.items()})
        assert said.startswith("ZHIXING_WECOM_TOKEN: ")

    def test_a_second_process_on_the_same_folder_is_refused(self, house, monkeypatch, capsys) -> None:
        with Lock(Store(house.url), "work"):
            said = run_in_vain(house, monkeypatch, capsys, ZHIXING_WEB_CHAT="1")
        assert said.startswith("ZHIXING_DATA_DIR: ")
        assert len(said.splitlines()) == 1

    def test_a_store_of_an_older_shape_waits_for_migrate(self, house, monkeypatch, capsys) -> None:
        monkeypatch.setattr(migrate, "newest", lambda: "9999")
        assert "migrate" in run_in_vain(house, monkeypatch, capsys, ZHIXING_WEB_CHAT="1")

    def test_a_file_that_is_no_database_of_ours_is_left_alone(self, house, monkeypatch, capsys) -> None:
        house.database.write_bytes(b"not a database, but somebody's own file" * 100)
        before = house.database.read_bytes()
        said = run_in_vain(house, monkeypatch, capsys, ZHIXING_WEB_CHAT="1")
        assert said.startswith("ZHIXING_DATABASE_URL: ")
        assert house.database.read_bytes() == before


@pytest.mark.usefixtures("fast")
class TestServing:
    async def test_health_readiness_and_figures_are_served(self, house: House, fake: FakeTelegram) -> None:
        async with running(settings_of(house, fake)) as client:
            await fake.async_wait_until(lambda: fake.counts()["getUpdates"] > 1)
            assert (await client.get("/healthz")).text == "ok"
            ready = await client.get("/readyz")
            assert ready.status_code == 200
            assert ready.json()["database"] == "ok"
            assert ready.json()["last_good_poll_seconds"]["telegram"] < 60
            figures = (await client.get("/metrics")).text
        assert 'zhixing_last_good_poll_seconds{channel="telegram"}' in figures

    async def test_a_note_is_kept_and_answered(self, house: House, fake: FakeTelegram) -> None:
        async with running(settings_of(house, fake)):
            fake.says(LIN, "今天小组讨论时，后排的孩子也说话了")
            await fake.async_wait_for(LIN)
        assert pieces_of(texts_of(house, LIN, "jotting")) == ["今天小组讨论时，后排的孩子也说话了"]
        assert house.ask("SELECT state, body FROM outbound") == [("sent", "null")]  # the words are gone

    async def test_pushed_updates_come_the_same_way(self, house: House, fake: FakeTelegram) -> None:
        hook = {"telegram_mode": "webhook", "public_url": "https://school.example", "telegram_webhook_secret": SECRET}
        async with running(settings_of(house, fake, **hook)) as client:
            await fake.async_wait_until(lambda: fake.state.webhook.url)
            assert fake.state.webhook.url == f"https://school.example{HOOK_PATH}"
            assert (await client.post(HOOK_PATH, json={"update_id": 1})).status_code == 403
            fake.state.webhook.url = f"{client.base_url}{HOOK_PATH}"  # past the proxy that speaks https
            update = fake.says(LIN, "推送来的一句")
            await fake.async_wait_for(LIN)
        assert fake.is_confirmed(update)
        assert pieces_of(texts_of(house, LIN, "jotting")) == ["推送来的一句"]

    async def test_a_clock_put_ahead_moves_what_is_due(self, house: House, fake: FakeTelegram) -> None:
        house.will_ask(LIN, "先等三秒", house.now() + timedelta(hours=4))
        async with running(settings_of(house, fake)):
            await fake.async_wait_until(lambda: fake.counts()["getUpdates"] > 1)
            assert fake.sent(LIN) == []
            house.move_clock(hours=5)
            asked = await fake.async_wait_for(LIN, "先等三秒")
            assert len(asked.labels) > 1

    async def test_a_clock_put_ahead_while_a_message_is_on_its_way_sends_it_once(
        self, house: House, fake: FakeTelegram
    ) -> None:
        fake.fault("sendMessage", delay=1.0)
        async with running(settings_of(house, fake)):
            fake.says(LIN, "帮助")
            await fake.async_wait_until(lambda: fake.counts()["sendMessage"] == 1)
            house.move_clock(days=1)
            await until(lambda: is_quiet(house, fake))
        assert len(fake.called("sendMessage")) == 1
        assert house.ask("SELECT outcome FROM delivery") == [("sent",)]


@pytest.mark.slow
@pytest.mark.usefixtures("fast")
class TestBadLine:
    async def test_telegram_may_come_later_than_we(self, house: House, fake: FakeTelegram) -> None:
        fake.fault("*", hangup="before", times=None)
        fake.says(LIN, "你不在的时候写的")
        async with running(settings_of(house, fake)) as client:
            await fake.async_wait_until(lambda: fake.counts()["getUpdates"] > 0)
            assert (await client.get("/healthz")).status_code == 200
            fake.heal()
            await fake.async_wait_for(LIN)
        assert pieces_of(texts_of(house, LIN, "jotting")) == ["你不在的时候写的"]

    async def test_an_outage_costs_no_message_its_last_try(self, house: House, fake: FakeTelegram) -> None:
        """Two tries are all a message of unknown outcome has; neither is spent on a line that answers nobody."""
        async with running(settings_of(house, fake)):
            await fake.async_wait_until(lambda: fake.counts()["getUpdates"] > 0)
            fake.fault("sendMessage", status=502, times=None)
            fake.fault("getMe", status=502, times=None)
            fake.says(LIN, "帮助")
            for tries in range(1, 5):  # the send, and three looks at the line, each five seconds later
                await until(lambda tries=tries: house.count("SELECT count(*) FROM delivery") == tries)
                house.move_clock(seconds=6)
            assert fake.counts()["sendMessage"] == 1
            fake.heal()
            house.move_clock(seconds=6)
            await fake.async_wait_for(LIN)
            await until(lambda: is_quiet(house, fake))
        assert len(fake.sent(LIN)) == 1
        assert [row[0] for row in house.ask("SELECT state FROM outbound")] == ["sent"]


def words_of(text: str) -> dict[str, str]:
    return {"id": str(uuid4()), "kind": "text", "text": text}


@pytest.mark.usefixtures("fast")
async def test_a_teacher_joins_by_code_in_the_web_chat(house: House) -> None:
    with house.writing() as session:
        invite: Invite = new_invite(session, house.people[LIN], house.now())
        code = invite.code
        session.add(invite)
    async with running(settings_of(house, None, web_chat=True)) as client:
        page = await client.get("/chat")
        client.headers["x-csrf-token"] = re.search(r'name="csrf" content="(\w+)"', page.text)[1]
        for text in (code, "1", "1", "1"):  # it is I; go on; in the afternoon
            answer = await client.post("/chat/say", json=words_of(text))
            assert answer.status_code == 200, answer.text
        await until(lambda: house.count("SELECT count(*) FROM address WHERE channel = 'web' AND person_id IS NOT NULL"))
        await client.post("/chat/say", json=words_of("网页上记的一句"))
        await until(lambda: house.count("SELECT count(*) FROM entry"))
    assert pieces_of(texts_of(house, LIN, "jotting")) == ["网页上记的一句"]


def browser(address: str) -> httpx.Client:
    return httpx.Client(base_url=address, trust_env=False)


@pytest.mark.slow
class TestRealProcess:
    def test_sigterm_under_load_ends_it_cleanly(self, house: House, fake: FakeTelegram) -> None:
        with Run(house, fake) as run:
            run.ready()
            for number in range(300):
                fake.says(TEACHERS[number % len(TEACHERS)], "帮助" if number % 3 else f"笔记-{number:04}")
            wait_until(lambda: len(fake.sent()) > 5, 30, run.log)
            code, seconds = run.stop()
        assert (code, seconds < 10) == (0, True), (code, seconds, run.log)
        assert house.count("SELECT count(*) FROM outbound WHERE state IN ('claimed', 'unknown')") == 0
        assert house.count("SELECT count(*) FROM delivery WHERE outcome <> 'sent'") == 0
        assert house.count("SELECT count(*) FROM outbound WHERE state = 'sent'") == len(fake.sent())

    def test_an_open_page_does_not_hold_up_the_end(self, house: House) -> None:
        with Run(house, None, ZHIXING_WEB_CHAT="1") as run, browser(run.address) as client:
            client.get("/chat")
            with client.stream("GET", "/chat/events") as stream:
                next(stream.iter_lines())
                code, seconds = run.stop()
        assert (code, seconds < 10) == (0, True), (code, seconds, run.log)

    def test_two_processes_never_share_a_folder(self, house: House, fake: FakeTelegram) -> None:
        with Run(house, fake) as first:
            first.ready()
            with Run(house, fake) as second:
                assert second.end() == 2
                assert second.log.count("\n") == 1 and "ZHIXING_DATA_DIR" in second.log
            assert first.stop()[0] == 0
        with Run(house, fake) as third:
            third.ready()

    def test_thirty_seconds_of_5xx_lose_nothing(self, house: House, fake: FakeTelegram) -> None:
        with Run(house, fake) as run:
            run.ready()
            fake.fault("*", status=502, times=None)
            ended = time.monotonic() + 30
            for number in range(24):
                fake.says(TEACHERS[number % 6], "帮助" if number % 2 else f"笔记-{number:04}")
                time.sleep(0.5)
            time.sleep(max(0.0, ended - time.monotonic()))
            fake.heal()
            wait_until(lambda: is_quiet(house, fake), 60, run.log)
            assert run.stop()[0] == 0
        kept = [text for chat in TEACHERS for text in pieces_of(texts_of(house, chat, "jotting"))]
        assert sorted(kept) == [f"笔记-{number:04}" for number in range(0, 24, 2)]
        assert {row[0] for row in house.ask("SELECT state FROM outbound")} == {"sent"}
        assert house.count("SELECT count(*) FROM outbound") == len(fake.sent())
