"""The service with WeCom's AI bot: the real process on its long connection, from the first hello to the last kill."""

import json
import random
import secrets
import threading
from collections import Counter
from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from bot.config import load_settings
from bot.errors import ConfigError
from bot.service import look_at_bot, run
from models import Address
from models.invites import new_invite
from models.lock import Lock
from models.store import Store
from tests.channels.aibot_house import until
from tests.fakes.wecom_bot_world import BOT, SECRET, Shown
from tests.fakes.wecom_socket import FakeAibot
from tests.service.inside import running, settings_of
from tests.service.running import TEACHERS, House, Run, wait_until
from tests.service.siege import REFLECTION, answers_of, pieces_of, texts_of
from tests.world import WORDS

LIN = TEACHERS[0]
ZHANG = "ZhangLaoshi"
ROUNDS, BEAT = 5, 0.05


@pytest.fixture
def wecom(house: House) -> Iterator[FakeAibot]:
    with FakeAibot(house.seconds) as server:
        yield server


def bot_of(wecom: FakeAibot) -> dict[str, str]:
    """Give the settings of the bot as the office would write them."""
    return {"WECOM_BOT_ID": BOT, "WECOM_BOT_SECRET": SECRET, "WECOM_WS_URL": wecom.url}


def is_quiet(house: House) -> bool:
    """Say whether all that was kept was played, and all that it asked for was said."""
    waits = house.count("SELECT count(*) FROM inbound WHERE state = 'waiting'")
    return not waits and not house.count("SELECT count(*) FROM outbound WHERE state IN ('waiting', 'claimed')")


class Teacher:
    """Somebody with WeCom in her hand."""

    def __init__(self, house: House, wecom: FakeAibot) -> None:
        self.house, self.wecom = house, wecom

    def enters(self) -> Shown:
        """Open the chat."""
        assert self.wecom.enters(ZHANG)
        return self._hears(f"entered:{ZHANG.casefold()}")

    def says(self, text: str) -> Shown:
        """Write a line."""
        return self._hears(f"message:{self.wecom.says(ZHANG, text)}")

    def taps(self, card: Shown, label: str) -> Shown:
        """Tap a button."""
        return self._hears(f"event:{self.wecom.taps(ZHANG, card, label)}")

    def _hears(self, platform_id: str) -> Shown:
        """Wait until what she did was answered, and give the answer."""
        kept = "SELECT count(*) FROM inbound WHERE platform_id = ?"
        wait_until(lambda: self.house.count(kept, platform_id), 20, "it is kept")
        wait_until(lambda: is_quiet(self.house), 60, "an answer")
        return self.wecom.world.to(ZHANG)[-1]


def lives(process: Run, wecom: FakeAibot) -> None:
    """Wait until a process serves, which takes its time on a busy machine, and until its line lives."""
    process.ready()
    wait_until(lambda: wecom.is_live, 30, process.log)


def frames_about(wecom: FakeAibot) -> list[str]:
    return [cmd for cmd, _, _ in wecom.frames if cmd not in ("ping", "aibot_subscribe")]


@pytest.mark.slow
class TestRealProcess:
    def test_a_teacher_joins_writes_a_note_and_looks_back(self, house: House, wecom: FakeAibot) -> None:
        with house.writing() as session:
            invite = new_invite(session, house.people[LIN], house.now())
            session.add(invite)
            code = str(invite.code)
        settings = {f"ZHIXING_{name}": value for name, value in bot_of(wecom).items()}
        with Run(house, None, **settings) as process:
            lives(process, wecom)
            lin = Teacher(house, wecom)
            greeted = lin.enters()
            assert greeted.way == "welcome"
            shown = lin.says(code.lower())
            assert shown.way == "reply"
            while shown.buttons:  # it is I; go on; at the usual hour
                card, marks = shown, frames_about(wecom).count("aibot_respond_update_msg")
                shown = lin.taps(card, next(iter(card.buttons)))
                assert next(iter(card.buttons)).endswith("✓")
                asked = frames_about(wecom)
                assert asked.count("aibot_respond_update_msg") == marks + 1
                # The card was marked before anything was said about the tap.
                assert asked[-1] != "aibot_respond_update_msg"
            lin.says("今天小组讨论时，后排的孩子也说话了😀 \x01<think>")
            for words in REFLECTION:
                lin.says(words.format(n=1))
            exit_code, seconds = process.stop()
        assert (exit_code, seconds < 10) == (0, True), process.log
        assert pieces_of(texts_of(house, LIN, "jotting")) == ["今天小组讨论时，后排的孩子也说话了😀 <think>"]
        (kept,) = texts_of(house, LIN, "reflection")
        wanted = [one.format(n=1).removeprefix("写反思 ") for one in REFLECTION[:-1]]
        assert answers_of(kept) == wanted
        known = "SELECT channel, external_id FROM address WHERE person_id IS NOT NULL AND channel <> 'telegram'"
        assert house.ask(known) == [("wecom_aibot", ZHANG)]
        assert house.count("SELECT count(*) FROM delivery WHERE outcome <> 'sent'") == 0
        assert {name: count for name, count in wecom.counts.items() if name != "cut"} == {}
        for secret in (SECRET, "后排", "孩子们", code, ZHANG):
            assert secret not in process.log

    def test_killed_at_random_moments_it_loses_nothing_that_was_kept(self, house: House, wecom: FakeAibot) -> None:
        dice = random.Random(seed := secrets.randbelow(10**6))
        with house.writing() as session:
            for chat in TEACHERS:
                person = house.people[chat]
                address = Address(channel="wecom_aibot", external_id=f"T{chat}", person_id=person, made_at=house.now())
                session.add(address)
        settings = {f"ZHIXING_{name}": value for name, value in bot_of(wecom).items()}
        with Crowd(wecom, dice) as crowd:
            for _ in range(ROUNDS):
                with Run(house, None, **settings) as process:
                    lives(process, wecom)
                    crowd.ends.wait(dice.uniform(0, 1.5))
                    process.kill()
                wait_until(lambda: not wecom.is_live, 10, "the line is gone")
        kept = {id for (id,) in house.ask("SELECT platform_id FROM inbound")}
        with Run(house, None, **settings) as last:
            lives(last, wecom)
            wait_until(lambda: settled(house), 120, f"seed {seed}: {house.ask(WAITS)}")
            assert last.stop()[0] == 0, last.log
        told = crowd.check(house, kept)
        print(f"\nseed {seed}: {told} told, {len(kept)} kept, {len(wecom.world.shown)} shown")
        assert house.ask("SELECT DISTINCT state FROM inbound") == [("done",)]
        assert house.ask("PRAGMA integrity_check") == [("ok",)]
        for chat in TEACHERS:
            shown = Counter((one.kind, one.words, str(one.body.get("task_id"))) for one in wecom.world.to(f"T{chat}"))
            ways = "SELECT count(*) FROM outbound JOIN address ON address.id = address_id WHERE external_id = ?"
            assert sum(shown.values()) <= 2 * house.count(ways, f"T{chat}")


WAITS = "SELECT state, count(*) FROM outbound GROUP BY state"


def settled(house: House) -> bool:
    """Let time pass until nothing waits any more."""
    house.move_clock(seconds=30)
    return is_quiet(house)


class Crowd:
    """Teachers who write whether the service lives or not; what goes out over no line is lost as it is at WeCom."""

    def __init__(self, wecom: FakeAibot, dice: random.Random) -> None:
        self.wecom, self.dice = wecom, dice
        self.sent: dict[str, tuple[int, str]] = {}  # by msgid: who wrote what
        self.ends = threading.Event()
        self._thread = threading.Thread(target=self._write, name="crowd")

    def _write(self) -> None:
        number = 0
        while not self.ends.wait(BEAT):
            number += 1
            who, words = self.dice.choice(TEACHERS), f"笔记-{number:04}"
            msgid = self.wecom.says(f"T{who}", words)
            if msgid:
                self.sent[msgid] = (who, words)

    def __enter__(self) -> "Crowd":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ends.set()
        self._thread.join(10)

    def check(self, house: House, kept: set[str]) -> int:
        """Find every note that was kept, once and in its order; return how many were told in all."""
        for who in TEACHERS:
            wanted = [words for id, (one, words) in self.sent.items() if one == who and f"message:{id}" in kept]
            assert pieces_of(texts_of(house, who, "jotting")) == wanted
        return len(self.sent)


@pytest.mark.usefixtures("fast")
class TestInside:
    async def test_a_picture_becomes_a_file_and_its_key_is_forgotten(self, house: House, wecom: FakeAibot) -> None:
        given = {name.lower(): value for name, value in bot_of(wecom).items()}
        with house.writing() as session:
            person = house.people[LIN]
            session.add(Address(channel="wecom_aibot", external_id=ZHANG, person_id=person, made_at=house.now()))
        board = b"\x89PNG" + bytes(5000)
        async with running(settings_of(house, None, **given)):
            await until(lambda: wecom.is_live)
            wecom.sends(ZHANG, {"msgtype": "image", "image": wecom.medium(board)})
            await until(lambda: house.count("SELECT count(*) FROM attachment WHERE state = 'kept'"))
            await until(lambda: wecom.world.to(ZHANG))
        ((stored_as, file_id),) = house.ask("SELECT stored_as, file_id FROM attachment")
        assert (house.folder / "files" / stored_as).read_bytes() == board and file_id == ""

    async def test_however_wecom_spells_her_name_she_is_one_person(self, house: House, wecom: FakeAibot) -> None:
        given = {name.lower(): value for name, value in bot_of(wecom).items()}
        with house.writing() as session:
            person = house.people[LIN]
            session.add(Address(channel="wecom_aibot", external_id=ZHANG, person_id=person, made_at=house.now()))
        other = ZHANG.swapcase()
        async with running(settings_of(house, None, **given)):
            await until(lambda: wecom.is_live, 20)
            wecom.says(ZHANG, "写反思")
            await until(lambda: wecom.world.to(ZHANG), 20)
            (card,) = wecom.world.to(ZHANG)
            wecom.world.writers.add(other)
            wecom.taps(other, card, next(iter(card.buttons)))
            await until(lambda: next(iter(card.buttons)).endswith("✓") and wecom.world.to(other), 20)
        assert house.ask("SELECT external_id FROM address WHERE channel = 'wecom_aibot'") == [(other,)]
        ((answers,),) = house.ask("SELECT answers FROM conversation")
        assert json.loads(answers)

    async def test_who_calls_it_in_a_group_is_asked_to_write_alone(self, house: House, wecom: FakeAibot) -> None:
        given = {name.lower(): value for name, value in bot_of(wecom).items()}
        board = {"msgtype": "image", "image": wecom.medium(b"\x89PNG" + bytes(5000))}
        words = {"msgtype": "text", "text": {"content": "@知行 写反思 今天的课"}}
        async with running(settings_of(house, None, **given)):
            await until(lambda: wecom.is_live, 20)
            wecom.sends(ZHANG, words, group="wrOFFICE")
            await until(lambda: wecom.world.to("-wrOFFICE"), 20)
            wecom.sends(ZHANG, {"msgtype": "mixed", "mixed": {"msg_item": [words, board]}}, group="wrOFFICE")
            await until(lambda: len(wecom.world.to("-wrOFFICE")) == 2, 20)
        assert {shown.words for shown in wecom.world.to("-wrOFFICE")} == {
            WORDS.say("zh_Hans", "common", "group_refused", {})
        }
        assert wecom.world.to(ZHANG) == [] and wecom.counts["downloads"] == 0
        for kept in ("entry", "conversation", "attachment"):
            assert house.count(f"SELECT count(*) FROM {kept}") == 0

    async def test_no_callback_holds_up_what_comes_after_it(self, house: House, wecom: FakeAibot) -> None:
        given = {name.lower(): value for name, value in bot_of(wecom).items()}
        endless = json.loads("[" * 300 + "]" * 300)
        odd = (
            {"text": {"content": "半个\ud83d"}},
            {"text": {"content": "课\x00"}},
            {"x": endless},
            {"x": float("nan")},
        )
        said = {"chattype": "single", "from": {"userid": ZHANG}, "msgtype": "text", "text": {"content": "好"}}
        async with running(settings_of(house, None, **given)):
            await until(lambda: wecom.is_live, 20)
            for number, twist in enumerate(odd):
                body = {"msgid": f"odd-{number}"} | said | twist
                wecom.tells(json.dumps({"cmd": "aibot_msg_callback", "headers": {"req_id": "r"}, "body": body}))
            wecom.says(ZHANG, "你好")
            await until(lambda: house.count("SELECT count(*) FROM inbound WHERE state <> 'waiting'") == 5, 20)
            await until(lambda: wecom.world.to(ZHANG), 20)

    async def test_replaced_it_is_red_at_once_and_stays_away(self, house: House, wecom: FakeAibot) -> None:
        given = {name.lower(): value for name, value in bot_of(wecom).items()}
        async with running(settings_of(house, None, **given)) as client:
            await until(lambda: wecom.is_live)
            await until(lambda: any(cmd == "ping" for cmd, _, _ in wecom.frames))
            assert (await client.get("/readyz")).status_code == 200
            wecom.tells({"cmd": "aibot_event_callback", "headers": {"req_id": "e"}, "body": {
                "msgid": "m-x", "msgtype": "event", "event": {"eventtype": "disconnected_event"}}})  # fmt: skip
            await until(lambda: not wecom.is_live)
            ready = await client.get("/readyz")
            assert (ready.status_code, ready.json()["trouble"]) == (503, {"wecom_aibot": "replaced"})
        assert wecom.subscriptions == 1
        assert house.count("SELECT count(*) FROM inbound") == 0

    async def test_the_doctor_never_takes_the_line_of_a_running_service(self, house: House, wecom: FakeAibot) -> None:
        given = {name.lower(): value for name, value in bot_of(wecom).items()}
        settings = settings_of(house, None, **given)
        assert (await look_at_bot(settings)).is_taken
        wrong = settings.model_copy(update={"wecom_bot_secret": SecretStr("wrong")})
        assert ((await look_at_bot(wrong)).trouble, (await look_at_bot(wrong)).code) == ("refused", 40001)
        nowhere = settings.model_copy(update={"wecom_ws_url": "ws://127.0.0.1:1/"})
        assert (await look_at_bot(nowhere)).trouble == "unreachable"
        before = wecom.subscriptions
        store = Store(settings.store_url)
        with Lock(store, "listen"):
            seen = await look_at_bot(settings)
        store.close()
        assert (seen.trouble, seen.is_taken, wecom.subscriptions) == ("", False, before)

    def test_one_line_cannot_be_shared_by_two_processes(self, house: House, wecom: FakeAibot) -> None:
        given = {name.lower(): value for name, value in bot_of(wecom).items()}
        url = "postgresql://nobody@127.0.0.1:9/none"
        settings = settings_of(house, None, **given).model_copy(update={"database_url": SecretStr(url)})
        with pytest.raises(ConfigError, match="ZHIXING_"):
            run(settings, "listen")

    @pytest.mark.parametrize(
        ("given", "names"),
        [
            ({"wecom_bot_id": "B"}, "ZHIXING_WECOM_BOT_SECRET"),
            ({"wecom_bot_secret": "S"}, "ZHIXING_WECOM_BOT_ID"),
            ({"wecom_ws_url": "https://x"}, "ZHIXING_WECOM_WS_URL"),
            ({"wecom_bot_id": "B B", "wecom_bot_secret": "S"}, "ZHIXING_WECOM_BOT_ID"),
        ],
        ids=["no secret", "no id", "another kind of address", "a blank in the id"],
    )
    def test_a_bot_that_is_set_half_is_refused(self, given, names) -> None:
        with pytest.raises(ConfigError) as error:
            load_settings(None, **given)
        assert error.value.setting == names
