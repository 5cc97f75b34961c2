"""Both doors of WeCom on PostgreSQL: known by her userid, noted, asked, killed in between, and nothing is lost."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.channels.wecom_app import CALLBACK_PATH
from models import Address, Person
from models.accounts import list_account
from tests.fakes.wecom_caller import callback, message, post
from tests.fakes.wecom_http import FakeWecom
from tests.fakes.wecom_socket import FakeAibot
from tests.service import test_wecom, test_wecom_aibot
from tests.service.on_server import ServerHouse
from tests.service.running import TEACHERS, Run, wait_until
from tests.service.test_wecom import app_of, now
from tests.service.test_wecom_aibot import bot_of, is_quiet, lives

pytestmark = pytest.mark.slow
LIN = TEACHERS[0]
ZHANG = "ZhangLaoshi"
NOTES = ("今天小组讨论时，后排的孩子也说话了😀", "她第一次举手", "明天换个座位试试")


@pytest.fixture
def house(postgres_url: str, tmp_path: Path) -> ServerHouse:
    """A school on a server, in which the office's list names one teacher who has joined nowhere yet."""
    house = ServerHouse(tmp_path / "house", database_url=postgres_url)
    house.found()
    with house.writing() as session:
        person = session.get_one(Person, house.people[LIN])
        person.joined_at = None
        session.delete(session.get_one(Address, address_of(house)))
        list_account(session, person.id, ["wecom_app", "wecom_aibot"], ZHANG.swapcase())
    return house


@pytest.fixture
def app() -> Iterator[FakeWecom]:
    with FakeWecom() as server:
        server.world.members.add(ZHANG)
        yield server


@pytest.fixture
def bot(house: ServerHouse) -> Iterator[FakeAibot]:
    with FakeAibot(house.seconds) as server:
        yield server


def address_of(house: ServerHouse) -> object:
    """Name the one address of our teacher."""
    ((id,),) = house.ask("SELECT id FROM address WHERE person_id = ?", house.people[LIN])
    return id


def named(settings: dict[str, str]) -> dict[str, str]:
    return {f"ZHIXING_{name}": value for name, value in settings.items()}


def tap_on(lin: Any, shown: Any) -> None:
    """Tap the first button of each card until one comes without any."""
    for _ in range(9):
        if not shown.buttons:
            return
        shown = lin.taps(shown, next(iter(shown.buttons)))
    raise AssertionError(f"buttons without end: {shown}")


def notes_of(house: ServerHouse) -> list[str]:
    """Read her notes, the oldest first."""
    rows = house.ask("SELECT parts FROM entry WHERE person_id = ? ORDER BY written_at", house.people[LIN])
    return [piece["text"] for (parts,) in rows for piece in parts["pieces"]]


def test_the_app_knows_her_by_her_userid_and_loses_nothing(house: ServerHouse, app: FakeWecom) -> None:
    settings = named(app_of(app))
    with Run(house, None, **settings) as run:
        url = f"{run.address}{CALLBACK_PATH}"
        lin = test_wecom.Teacher(house, app, url)
        tap_on(lin, lin.comes())  # it is I; go on; at the usual hour
        lin.says(NOTES[0])
        house.will_ask(LIN, "先等三秒。", house.now() + timedelta(minutes=30))
        assert 200 in post(url, *callback(message(ZHANG, "text", now(), Content=NOTES[1]), now()))
        run.kill()
    with Run(house, None, **settings) as run:
        lin.url = f"{run.address}{CALLBACK_PATH}"
        lin.says(NOTES[2])
        house.move_clock(minutes=31)
        wait_until(lambda: any("先等三秒" in sent.words for sent in app.world.to(ZHANG)), 30, run.log)
        wait_until(lambda: is_quiet(house), 30, run.log)
        assert run.stop()[0] == 0, run.log
    assert notes_of(house) == list(NOTES)
    assert max(Counter(str(sent.body) for sent in app.world.sent).values()) == 1
    check(house, "wecom_app", ZHANG.casefold())


def test_the_ai_bot_knows_her_by_her_userid_and_loses_nothing(house: ServerHouse, bot: FakeAibot) -> None:
    settings = named(bot_of(bot))
    lin = test_wecom_aibot.Teacher(house, bot)
    with Run(house, None, **settings) as run:
        lives(run, bot)
        greeted = lin.enters()
        assert (greeted.way, greeted.buttons) == ("welcome", {})
        shown = lin.says(greeted.words.partition("· ")[2].partition("\n")[0])  # it is I
        tap_on(lin, shown)  # go on; at the usual hour
        lin.says(NOTES[0])
        house.will_ask(LIN, "先等三秒。", house.now() + timedelta(minutes=30))
        kept = bot.says(ZHANG, NOTES[1])
        wait_until(lambda: house.count("SELECT count(*) FROM inbound WHERE platform_id = ?", f"message:{kept}"), 20, "")
        run.kill()
    wait_until(lambda: not bot.is_live, 10, "the line is gone")
    with Run(house, None, **settings) as run:
        lives(run, bot)
        lin.says(NOTES[2])
        house.move_clock(minutes=31)
        wait_until(lambda: any("先等三秒" in shown.words for shown in bot.world.to(ZHANG)), 30, run.log)
        wait_until(lambda: is_quiet(house), 30, run.log)
        assert run.stop()[0] == 0, run.log
    assert notes_of(house) == list(NOTES)
    check(house, "wecom_aibot", ZHANG)


def check(house: ServerHouse, channel: str, name: str) -> None:
    """Check that she is one person with one address, that every update was played, and the prompt asked once."""
    assert house.ask("SELECT channel, external_id FROM address WHERE person_id = ?", house.people[LIN]) == [
        (channel, name)
    ]
    assert house.ask("SELECT joined_at IS NOT NULL FROM person WHERE id = ?", house.people[LIN]) == [(True,)]
    assert house.ask("SELECT DISTINCT state FROM inbound") == [("done",)]
    prompts = "SELECT state FROM prompt WHERE person_id = ? AND kind = 'follow_up'"
    assert house.ask(prompts, house.people[LIN]) == [("queued",)]


def test_one_process_listens_and_another_works(house: ServerHouse, app: FakeWecom) -> None:
    settings = named(app_of(app))
    with Run(house, None, "run", "--role", "listen", **settings) as listener:
        url = f"{listener.address}{CALLBACK_PATH}"
        lin = test_wecom.Teacher(house, app, url)
        with Run(house, None, "run", "--role", "work", **settings) as worker:
            strayed = callback(message(ZHANG, "text", now(), Content="错"), now())
            assert post(f"{worker.address}{CALLBACK_PATH}", *strayed) == [503] * 3
            tap_on(lin, lin.comes())
            lin.says(NOTES[0])
            worker.kill()
        assert post(url, *callback(message(ZHANG, "text", now(), Content=NOTES[1]), now())) == [200]
        with Run(house, None, "run", "--role", "work", **settings) as worker, httpx.Client(trust_env=False) as line:
            worker.ready()
            wait_until(lambda: is_quiet(house), 30, worker.log)
            house.move_clock(minutes=11)
            assert line.get(f"{worker.address}/readyz").status_code == 200
            assert worker.stop()[0] == 0, worker.log
        assert listener.stop()[0] == 0, listener.log
    assert notes_of(house) == list(NOTES[:2])
    assert house.ask("SELECT DISTINCT state FROM inbound") == [("done",)]
    assert app.world.dropped == []
