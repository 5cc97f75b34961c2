"""Both doors of WeCom at once: one person, everything said once, and through the door where she spoke last."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from bot.channels.wecom_app import CALLBACK_PATH
from models import Address
from tests.fakes.wecom_caller import callback, message
from tests.fakes.wecom_http import FakeWecom
from tests.fakes.wecom_socket import FakeAibot
from tests.service.inside import running, settings_of, until
from tests.service.running import TEACHERS, House
from tests.service.test_wecom import app_of, now
from tests.service.test_wecom_aibot import bot_of

LIN = TEACHERS[0]
ZHANG = "ZhangLaoshi"
DOOR_KEYS = ("WECOM_TOKEN", "WECOM_AES_KEY")

pytestmark = pytest.mark.usefixtures("fast")


@pytest.fixture
def app() -> Iterator[FakeWecom]:
    with FakeWecom() as server:
        server.world.members.add(ZHANG)
        yield server


@pytest.fixture
def bot(house: House) -> Iterator[FakeAibot]:
    with FakeAibot(house.seconds) as server:
        yield server


def known_at(house: House, *doors: str) -> None:
    """Let a teacher have spoken at these doors before, at the last one last."""
    with house.writing() as session:
        for place, door in enumerate(doors):
            name = ZHANG if door == "wecom_aibot" else ZHANG.casefold()
            spoken = house.now() - timedelta(hours=9 - place)
            session.add(
                Address(
                    channel=door, external_id=name, person_id=house.people[LIN], made_at=spoken, last_heard_at=spoken
                )
            )  # fmt: skip


def both(app: FakeWecom, bot: FakeAibot, *without: str) -> dict[str, str]:
    given = {**app_of(app), **bot_of(bot)}
    return {name.lower(): value for name, value in given.items() if name not in without}


async def test_everything_is_said_once_and_where_she_spoke_last(house: House, app: FakeWecom, bot: FakeAibot) -> None:
    known_at(house, "wecom_app", "wecom_aibot")

    def said() -> tuple[int, int]:
        return len(app.world.to(ZHANG)), len(bot.world.to(ZHANG))

    async with running(settings_of(house, None, **both(app, bot))) as client:
        await until(lambda: bot.is_live, 20)
        bot.says(ZHANG, "帮助")
        await until(lambda: said()[1], 20)
        assert said()[0] == 0
        before = said()
        house.will_ask(LIN, "先等三秒。", house.now() + timedelta(minutes=5))
        house.move_clock(minutes=6)
        await until(lambda: said() == (0, before[1] + 1), 20)
        posted = callback(message(ZHANG, "text", now(), Content="帮助"), now())
        assert (await client.post(CALLBACK_PATH, params=posted[0], content=posted[1])).status_code == 200
        await until(lambda: said()[0], 20)
        before = said()
        house.will_ask(LIN, "再等三秒。", house.now() + timedelta(days=1))
        house.move_clock(days=1, minutes=1)
        await until(lambda: said()[0] == before[0] + 1, 20)
        assert said()[1] == before[1]
    assert house.count("SELECT count(*) FROM outbound WHERE state <> 'sent'") == 0


async def test_an_app_that_cannot_hear_is_not_spoken_through(house: House, app: FakeWecom, bot: FakeAibot) -> None:
    known_at(house, "wecom_aibot", "wecom_app")
    bot.world.writers.add(ZHANG)
    async with running(settings_of(house, None, **both(app, bot, *DOOR_KEYS))):
        await until(lambda: bot.is_live, 20)
        house.will_ask(LIN, "先等三秒。", house.now() + timedelta(minutes=5))
        house.move_clock(minutes=6)
        await until(lambda: bot.world.to(ZHANG), 20)
    assert len(bot.world.to(ZHANG)) == 1 and app.world.to(ZHANG) == []
