"""That something private exists is not revealed: the same script, with and without it, reads alike on every phone."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from bot.buttons import OPEN
from bot.channels import Message
from handlers.digest_making import make_digests
from models import Action, CheckIn, Entry, Membership, Pairing
from tests.privacy.crowd import hurry
from tests.world import Heard, World, quick_store

pytestmark = pytest.mark.slow

ASKED = (
    "周报", "/digest", "周报 赵然", "周报 赵", "赵老师这周写了什么", "赵然最近分享了什么", "赵老师这周写了没有",
    "谁没写反思", "谁写得最多", "给我排个名", "问询", "取消", "问询 赵然", "取消", "我的记录", "我的记录 秘密",
    "/mine 心事", "我的待办", "记录表", "谁能看到", "听赵老师的课", "取消", "/followup", "写反思", "取消", "/undo",
    "/export", "/help",
)  # fmt: skip
WALKS = (
    ("周报", "items", "next", "next", "next", "next", "next", "whole", "received"),
    ("周报", "waiting", "next", "next", "next"),
    ("周报", "items", "whole", "ask", "_later"),
    ("问询", "p0", "i0", "_later"),
    ("问询", "p1", "_later"),
    ("问询", "all", "_later"),
)
READERS = ("wang", "chen")
OTHERS = ("lin", "sun")
SHARED = (("lin", "pair"), ("zhou", "supervisor"), ("zhao", "pair"), ("zhao", "group"), ("zhao", "supervisor"))
Seen = list[tuple[str, str, str, list[str], list[str]]]


class Script:
    """Two weeks of a school in which 赵然 keeps secrets, or not; `seen` is what every other phone received."""

    def __init__(self, folder: Path, has_secrets: bool, is_small: bool) -> None:
        folder.mkdir()
        self.world = World(quick_store(folder)).found()
        self.has_secrets = has_secrets
        self.seen: Seen = []
        hurry(self.world)
        self.world.add(Pairing(mentor_id=self.world.id["chen"], teacher_id=self.world.id["zhao"]))
        if is_small:
            self.leave_three()

    def leave_three(self) -> None:
        """Take so many out of the group that its supervisor looks after three people."""
        with self.world.store.writing() as session:
            gone = (self.world.id["wu"], self.world.id["zhou"])
            for post in session.exec(select(Membership)):
                if post.person_id in gone:
                    session.delete(post)

    def play(self) -> Seen:
        """Play both weeks and return what was seen."""
        start = self.world.clock.instant
        for week in range(2):
            self.world.clock.instant = start + timedelta(weeks=week)
            if self.has_secrets:
                self.keep_secrets()
            self.world.clock.instant = start + timedelta(weeks=week, hours=1)
            self.share_openly()
            for who in READERS:
                self.ask_everything(who)
            for who in OTHERS:
                for words in ASKED if week else ():
                    self.says(who, words)
            self.let_a_week_pass()
        return self.seen

    def ask_everything(self, who: str) -> None:
        """Say and tap all that could tell a reader something."""
        for words in ASKED:
            self.says(who, words)
        for first, *taps in WALKS:
            self.says(who, first)
            for option in taps:
                self.taps(who, option)
        self.says(who, "取消")

    def let_a_week_pass(self) -> None:
        """Tick through six days; the digest comes on Friday."""
        for _ in range(6 * 2):
            self.world.clock.advance(hours=12)
            with self.world.store.writing() as session:
                make_digests(session, self.world.clock.now())
            self.note(self.world.tick())

    # What 赵然 does

    def keep_secrets(self) -> None:
        """Write what nobody else may read, in every way there is; some of it was shared for a moment."""
        world, zhao = self.world, self.world.id["zhao"]
        world.says("zhao", "秘密：今天很难")
        world.clock.advance(seconds=40)
        world.photo("zhao", caption="秘密的板书")
        for words in (
            "写反思",
            "心事一桩",
            "心事很多，说来话长",
            "静静听着",
            "先放着",
            "行动",
            "秘密地试一试",
            "先放着",
        ):
            world.clock.advance(seconds=40)
            world.says("zhao", words)
        now = world.clock.now()
        action = Action(person_id=zhao, deed="秘密地等十秒", made_at=now)
        world.add(
            action, CheckIn(action_id=action.id, person_id=zhao, result="done", happened_on=now.date(), written_at=now)
        )
        entry = self.entry("zhao", "心事，给人看过一眼")
        self.share("zhao", entry, "group")
        self.share("zhao", entry, "self")

    def share_openly(self) -> None:
        """Let there be something to read in any case."""
        for who, to in SHARED:
            self.share(who, self.entry(who, f"{who} 愿意说的：{to}"), to)

    def entry(self, who: str, words: str) -> Entry:
        """Give somebody a jotting."""
        parts = {"pieces": [{"text": words}]}
        entry = Entry(kind="jotting", person_id=self.world.id[who], parts=parts, written_at=self.world.clock.now())
        self.world.add(entry)
        return entry

    def share(self, who: str, entry: Entry, option: str) -> None:
        """Choose an audience in the chat; in a group without her she has nobody to show it to."""
        data = self.world.house.signer.data(f"fake:{who}", OPEN, entry.id, "share_entry", "open")
        self.world.sends(who, Message("button", who, button=data))
        self.taps(who, option)
        self.says(who, "取消")

    # Seeing

    def says(self, who: str, words: str) -> None:
        """Say something and note what comes of it."""
        self.note(self.world.says(who, words))
        self.world.clock.advance(seconds=20)

    def taps(self, who: str, option: str) -> None:
        """Tap an option of the last card if it is there."""
        bubble = self.world.last.get(who)
        data = [b["data"] for b in bubble.buttons if b["data"].split(".")[4] == option] if bubble else []
        if data:
            self.note(self.world.sends(who, Message("button", who, button=data[0])))
        self.world.clock.advance(seconds=20)

    def note(self, heard: Heard) -> None:
        """Write down what every phone but her own received, and when; ids of rows are left out."""
        at = f"{self.world.clock.now():%m-%d %H:%M:%S}"
        for who in sorted(set(heard.bubbles) - {"zhao"}):
            for bubble in heard.bubbles[who]:
                verbs = [".".join(button["data"].split(".")[i] for i in (1, 3, 4)) for button in bubble.buttons]
                self.seen.append((at, who, bubble.html, bubble.labels, verbs))


CIRCLES = {"six people": False, "three people": True}


@pytest.fixture(scope="module", params=CIRCLES.values(), ids=CIRCLES.keys())
def played(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Script, Script, bool]:
    """One school without and with secrets, played to the end, and whether its circle is small."""
    scripts = []
    for has_secrets in (False, True):
        scripts.append(Script(tmp_path_factory.mktemp("school") / "store", has_secrets, request.param))
        scripts[-1].play()
    return scripts[0], scripts[1], request.param


def test_a_secret_changes_no_byte_on_any_other_phone(played: tuple[Script, Script, bool]) -> None:
    without, having, _ = played
    for one, other in zip(without.seen, having.seen, strict=False):
        assert one == other
    assert len(without.seen) == len(having.seen)
    kept, before = (len(one.world.all(Entry, person_id=one.world.id["zhao"])) for one in (having, without))
    assert kept > before + 3, "there were no secrets"
    for reader in READERS:
        assert any("zhao 愿意说的" in html for _, who, html, _, _ in without.seen if who == reader), "nothing was read"


def test_only_a_large_circle_is_told_numbers_of_what_was_shared(played: tuple[Script, Script, bool]) -> None:
    script, _, is_small = played
    read = "\n".join(html for _, who, html, _, _ in script.seen if who == "wang")
    told = re.search(r"\d+ ?条|^\d+/\d+ |分享了 \d", read, re.MULTILINE)
    assert (told is None) == is_small, told
