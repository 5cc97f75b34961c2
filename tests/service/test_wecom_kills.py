"""Killed at random moments while callbacks come in, the service loses nothing it took and says nothing twice."""

import json
import os
import random
import secrets
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from bot.channels.wecom_app import CALLBACK_PATH
from models import Address
from tests.fakes.wecom_caller import callback, message, post
from tests.fakes.wecom_http import FakeWecom
from tests.service.running import TEACHERS, House, Run, wait_until
from tests.service.siege import pieces_of, texts_of
from tests.service.test_wecom import app_of

KILLS = 4
BEAT = 0.12  # seconds between two notes
NOTES_AT_MOST = 12  # of each teacher: answers leave at WeCom's pace, and must end some day
WRITERS = TEACHERS[:6]


def userid(chat: int) -> str:
    return f"T{chat}"


class Crowd:
    """Teachers who write whether the service lives or not; WeCom asks three times and then forgets."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.url = "http://127.0.0.1:9"
        self.sent: dict[int, list[str]] = {chat: [] for chat in WRITERS}
        self.taken: dict[int, list[str]] = {chat: [] for chat in WRITERS}
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._write, name="crowd")

    def __enter__(self) -> "Crowd":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        self._thread.join(20)

    def _write(self) -> None:
        while not self._ends.wait(BEAT):
            chat = self.dice.choice(WRITERS)
            if len(self.taken[chat]) < NOTES_AT_MOST:
                self._note(chat, f"笔记-{len(self.sent[chat]):04}")

    def _note(self, chat: int, words: str) -> None:
        self.sent[chat].append(words)
        now = int(time.time())
        if 200 in post(self.url, *callback(message(userid(chat), "text", now, Content=words), now)):
            self.taken[chat].append(words)


def join_all(house: House) -> None:
    """Give every writer an address at WeCom."""
    with house.writing() as session:
        for chat in WRITERS:
            person = house.people[chat]
            session.add(
                Address(channel="wecom_app", external_id=userid(chat).casefold(), person_id=person, made_at=house.now())
            )


def is_quiet(house: House) -> bool:
    waiting = house.count("SELECT count(*) FROM inbound WHERE state = 'waiting'")
    return not waiting and not house.count("SELECT count(*) FROM outbound WHERE state IN ('waiting', 'claimed')")


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="a process is killed")
def test_kills_under_callbacks_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    seed = int(os.environ.get("ZHIXING_TEST_SEED") or secrets.randbelow(10**6))
    print(f"\nseed {seed} (ZHIXING_TEST_SEED plays it again)")
    dice = random.Random(seed)
    house = House(tmp_path / "house").found()
    join_all(house)
    with FakeWecom() as wecom, Crowd(random.Random(seed + 1)) as crowd:
        wecom.world.members |= {userid(chat) for chat in WRITERS}
        settings = {f"ZHIXING_{name}": value for name, value in app_of(wecom).items()}
        for _ in range(KILLS):
            with Run(house, None, **settings) as run:
                crowd.url = f"http://127.0.0.1:{run.ready()}{CALLBACK_PATH}"
                time.sleep(dice.uniform(0.1, 2.5))
                run.kill()
        with Run(house, None, **settings) as run:
            crowd.url = f"http://127.0.0.1:{run.ready()}{CALLBACK_PATH}"
            time.sleep(1.0)
            crowd.__exit__()
            wait_until(lambda: is_quiet(house), 120, "every row settled")
            assert run.stop()[0] == 0
    check(house, wecom, crowd)


def check(house: House, wecom: FakeWecom, crowd: Crowd) -> None:
    """Compare what was taken with what is kept, and what is kept with what was heard."""
    for chat in WRITERS:
        kept = Counter(pieces_of(texts_of(house, chat, "jotting")))
        assert max(kept.values(), default=1) == 1, kept
        assert set(crowd.taken[chat]) <= set(kept) <= set(crowd.sent[chat])
    assert house.count("SELECT count(*) FROM outbound WHERE state <> 'sent'") == 0
    heard = Counter((sent.to, sent.kind, json.dumps(sent.body, sort_keys=True)) for sent in wecom.world.sent)
    assert max(heard.values()) == 1, [one for one, times in heard.items() if times > 1]
    assert len(wecom.world.sent) >= house.count("SELECT count(*) FROM outbound") and wecom.world.dropped == []
    taken = sum(map(len, crowd.taken.values()))
    print(f"taken {taken}, heard {len(wecom.world.sent)}, swallowed repeats {wecom.world.repeats}")
    assert taken
