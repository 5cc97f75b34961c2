"""A crowd that types, taps and waits at random; whatever a phone then shows is held against the oracle."""

import io
import random
import zipfile
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlmodel import select

from bot import prompts
from bot.buttons import CARD, OPEN
from bot.channels import File, Message
from bot.forms import Forms
from handlers.digest_making import make_digests
from handlers.training_note import plan_training_notes
from models import Address, Digest, Entry, Membership, Pairing, Person, Unit
from models.removal import purge_removed
from tests.handlers.entries_world import add_training
from tests.privacy.oracle import TOKEN, is_noted, may_see
from tests.world import PEOPLE, WORDS, Bubble, Heard, World

STRANGERS = ("door", "gate")
GROUP = "staffroom"  # a group chat that the bot is a member of
PHONES = (*PEOPLE, *STRANGERS)
WRITERS = ("lin", "lin", "lin", "zhou", "zhao", "wu", "chen", "wang")  # who is seen more often at work
READERS = ("chen", "wang", "wang", "sun")
EVERYWHERE = ("返回", "跳过", "先放着", "取消", "帮助", "好了", "1", "2", "3")
SAID = (
    "周五第2节",
    "下周三",
    "第三节",
    "两周后",
    "明天",
    "9月31日",
    "林晓",
    "小林",
    "语文组",
    "还行",
    "算了，换一个",
    "ABCDEF",
)
NAMED = (
    "赵老师这周写了什么",
    "林晓最近分享了什么",
    "谁写得最多",
    "排名",
    "周报 赵然",
    "周报 林",
    "问询 林晓",
    "听小林的课",
)
SENTENCES = ("孩子们讨论得很热烈", "三2班导入时先问一个问题", "太长了", "下次换个问法")
ENDING = ("_later", "_back", "_keep")  # controls, tapped less often than what leads on


class Leak(AssertionError):
    """Somebody was shown words that are not for her."""


class Crowd:
    """Everybody at once, with a seed; `step` does one thing and checks every phone."""

    def __init__(self, world: World, folder: Path, seed: int) -> None:
        self.world = world
        self.random = random.Random(seed)
        hurry(world)
        self.forms = Forms(world.store, WORDS, folder, world.clock.now)
        self.said_by: dict[str, set[str]] = {}  # token: the phones that typed it
        self.shown: dict[str, list[Bubble]] = {}
        self.messages: dict[str, list[str]] = {}
        self.counted: Counter[str] = Counter()
        self.trail: list[str] = []
        self.seen_foreign: set[tuple[str, str]] = set()
        self.words = list(self._words())
        self.speaker = "lin"
        self.steps: tuple[tuple[int, Any], ...] = (
            (50, self.goes_on), (8, self.calls), (6, self.types), (6, self.answers), (4, self.taps_old),
            (4, self.taps_anothers), (4, self.forges), (3, self.edits), (2, self.sends_file), (2, self.speaks_in_group),
            (3, self.names_somebody), (2, self.searches), (3, self.waits), (4, self.waits_for_contact),
            (1, self.moves_house), (1, self.odd), (1, self.trains), (8, self.shares), (8, self.reads),
        )  # fmt: skip

    def _words(self) -> Iterator[str]:
        """Give every word that opens something, in every language, and every slash command."""
        registry = self.world.registry
        yield from registry._keywords
        yield from (
            f"/{slash}" for slash, _ in registry.commands("zh_Hans", self.world.house.place(self.world.channel))
        )

    # What one of them may do

    def step(self) -> None:
        """Let somebody do something; then look at every phone."""
        weights, doings = zip(*self.steps, strict=True)
        doing = self.random.choices(doings, weights)[0]
        self.world.clock.advance(seconds=self.random.choice((1, 3, 30, 400)))
        doing()
        self.counted[doing.__name__] += 1

    def somebody(self) -> str:
        """Choose whose turn it is: mostly whoever spoke last, for a talk has many steps."""
        if self.random.random() > 0.8:
            self.speaker = self.random.choice((*WRITERS, *READERS, *PHONES))
        return self.speaker

    def token(self, who: str) -> str:
        """Make words that only one person ever wrote; the token stands first, for labels are cut short."""
        token = f"qv{len(self.said_by):05}zx"
        self.said_by[token] = {who}
        return token

    def own_words(self, who: str) -> str:
        """Make a sentence with a token of its own."""
        return f"{self.token(who)} {self.random.choice(SENTENCES)}"

    def goes_on(self) -> None:
        """Do what the last card asks for: tap what leads on, or write where words are wanted."""
        who = self.somebody()
        cards = [bubble for bubble in self.shown.get(who, ())[-3:] if bubble.buttons]
        if not cards:
            self.says(who, self.random.choice(self.words))
            return
        bubble = cards[-1] if self.random.random() < 0.85 else self.random.choice(cards)
        leading = [b["data"] for b in bubble.buttons if b["data"].split(".")[4] not in ENDING]
        asks_words = all(option.startswith("_") for option in bubble.options)
        if asks_words and self.random.random() < 0.7:
            self.says(who, self.own_words(who))
        elif leading and self.random.random() < 0.95:
            self.presses(who, self.random.choice(leading))
        else:
            self.presses(who, self.random.choice(bubble.buttons)["data"])

    def taps_old(self) -> None:
        """Tap a button of any card that was ever shown."""
        who = self.somebody()
        buttons = [button for bubble in self.shown.get(who, ()) for button in bubble.buttons]
        if buttons:
            self.presses(who, self.random.choice(buttons)["data"])

    def taps_anothers(self) -> None:
        """Tap a button that somebody else was shown."""
        who, other = self.somebody(), self.random.choice(PHONES)
        buttons = [button for bubble in self.shown.get(other, ()) for button in bubble.buttons]
        if buttons:
            self.presses(who, self.random.choice(buttons)["data"])

    def forges(self) -> None:
        """Tap a button about somebody else's row as if it had been made for this phone: the worst that could be."""
        who, other = self.somebody(), self.random.choice(PHONES)
        buttons = [button for bubble in self.shown.get(other, ())[-12:] for button in bubble.buttons]
        if not buttons:
            return
        data = self.random.choice(buttons)["data"]
        pressed = self.world.house.signer.read(f"fake:{other}", data)
        handler = self.world.registry.coded(pressed.code)
        if pressed.verb not in (CARD, OPEN) or handler is None:
            return
        self.presses(
            who, self.world.house.signer.data(f"fake:{who}", pressed.verb, pressed.row, handler.name, pressed.option)
        )

    def calls(self) -> None:
        """Open something by its word, sometimes with more words behind it."""
        who = self.somebody()
        rest = self.random.choice(("", "", "", " 林晓", " 王立群", " 周五第1节", " 赵老师"))
        self.says(who, self.random.choice(self.words) + rest)

    def answers(self) -> None:
        """Type something that is no words of one's own: a day, a number, a word that works everywhere, a label."""
        who = self.somebody()
        labels = [label for bubble in self.shown.get(who, ())[-1:] for label in bubble.labels]
        self.says(who, self.random.choice((*EVERYWHERE, *SAID, *labels)))

    def types(self) -> None:
        """Write words of one's own."""
        who = self.somebody()
        self.says(who, self.own_words(who))

    def shares(self) -> None:
        """Open the audience of one of her entries, new or old, and choose: much is shared and taken back again."""
        who = self.random.choice(WRITERS)
        if self.random.random() < 0.5:
            self.says(who, self.own_words(who))
        mine = self.world.all(Entry, person_id=self.world.id[who], removed_at=None)
        if mine:
            entry = self.random.choice(mine[-4:])
            self.presses(who, self.world.house.signer.data(f"fake:{who}", OPEN, entry.id, "share_entry", "open"))
            self.taps_option(who, self.random.choice(("self", "pair", "group", "supervisor", "supervisor")))

    def reads(self) -> None:
        """Ask for what was shared and open it; then perhaps say something about it."""
        self.speaker = who = self.random.choice((*READERS, "wang", "chen"))
        self.says(who, self.random.choice(("周报", "/digest", "/ask", "周报 林晓", "周报 周宁")))
        for options in (
            ("items", "waiting", "whole"),
            ("next", "whole", "ask", "support", "received"),
            ("next", "ask"),
        ):
            self.taps_option(who, self.random.choice(options))

    def taps_option(self, who: str, option: str) -> None:
        """Tap an option of the last card if it is there."""
        last = (self.shown.get(who) or [None])[-1]
        found = [b["data"] for b in last.buttons if b["data"].split(".")[4] == option] if last else []
        if found:
            self.presses(who, self.random.choice(found))

    def names_somebody(self) -> None:
        """Ask after a colleague, or for a ranking."""
        self.says(self.random.choice((*READERS, *PHONES)), self.random.choice(NAMED))

    def searches(self) -> None:
        """Look for half of a token that somebody wrote."""
        if self.said_by:
            half = self.random.choice(list(self.said_by))[:7]
            self.says(self.somebody(), f"{self.random.choice(('我的记录', '/mine', '周报'))} {half}")

    def edits(self) -> None:
        """Change an earlier message."""
        who = self.somebody()
        if self.messages.get(who):
            words = self.own_words(who)
            self.hear(who, Message("edit", who, message_id=self.random.choice(self.messages[who][-6:]), text=words))

    def sends_file(self) -> None:
        """Send a photo, a voice message or a file."""
        who = self.somebody()
        kind = self.random.choice(("photo", "voice", "file"))
        name = f"{self.token(who)}.pdf" if kind == "file" else ""
        caption = self.own_words(who) if self.random.random() < 0.5 else ""
        self.hear(
            who, Message("files", who, text=caption, files=(File(kind, f"f{self.world._updates}", name=name, size=9),))
        )

    def odd(self) -> None:
        """Send a sticker."""
        who = self.somebody()
        self.hear(who, Message("oddity", who, oddity="sticker"))

    def speaks_in_group(self) -> None:
        """Talk to the bot, or tap, where everybody reads along."""
        who = self.random.choice(PHONES)
        buttons = [button["data"] for bubble in self.shown.get(who, ())[-3:] for button in bubble.buttons]
        if buttons and self.random.random() < 0.4:
            self.hear(GROUP, Message("button", GROUP, button=self.random.choice(buttons), is_group=True))
        else:
            text = self.random.choice(
                (self.random.choice(self.words), f"/mine {self.token(GROUP)}", "/digest", "周报 林晓")
            )
            self.hear(GROUP, Message("text", GROUP, text=text, is_group=True))

    # Time and the school

    def waits(self) -> None:
        """Let time pass, with the ticks of the service."""
        self.world.clock.advance(
            **self.random.choice(({"minutes": 20}, {"hours": 3}, {"hours": 14}, {"days": 1}, {"days": 3}))
        )
        self.ticks()

    def waits_for_contact(self) -> None:
        """Go on to the next moment at which the bot wants to speak to somebody."""
        planned = [at for p in self.world.all(Person) if (at := p.next_contact_at) is not None and p.left_at is None]
        if planned:
            self.world.clock.instant = max(self.world.clock.instant, min(planned, default=self.world.clock.instant))
        self.ticks()

    def ticks(self) -> None:
        """Do what the service does by itself."""
        now = self.world.clock.now()
        with self.world.store.writing() as session:
            prompts.replan(session, plan_training_notes(session, now), now)
            make_digests(session, now)
            purge_removed(session, now)
        self.look(self.world.tick(), "tick")

    def trains(self) -> None:
        """Let a training end."""
        add_training(
            self.world, self.random.choice(("大单元教学设计", "分层作业")), self.random.choice(WRITERS), minutes=5
        )

    def moves_house(self) -> None:
        """Change the school: pairs end and begin, somebody changes group or leaves, or comes back."""
        self.random.choice((self._pair, self._transfer, self._leave))()

    def _pair(self) -> None:
        with self.world.store.writing() as session:
            for pair in session.exec(select(Pairing).where(Pairing.until == None)):  # noqa: E711
                pair.until = self.world.today - timedelta(days=1)
                session.add(pair)
            mentor, teacher = self.random.sample(("chen", "lin", "zhou", "wang", "sun"), 2)
            if self.random.random() < 0.8:
                until = self.world.today if mentor < teacher else None
                ids = {"mentor_id": self.world.id[mentor], "teacher_id": self.world.id[teacher]}
                session.add(Pairing(**ids, until=until))

    def _transfer(self) -> None:
        with self.world.store.writing() as session:
            groups = list(session.exec(select(Unit).where(Unit.parent_id != None)))  # noqa: E711
            posts = list(session.exec(select(Membership).where(Membership.role != "office")))
            post = self.random.choice(posts)
            taken = {(one.person_id, one.unit_id, one.role) for one in posts}
            unit = self.random.choice(groups)
            if (post.person_id, unit.id, post.role) not in taken:
                post.unit_id = unit.id
                session.add(post)

    def _leave(self) -> None:
        with self.world.store.writing() as session:
            person = session.get_one(Person, self.world.id[self.random.choice(("zhao", "wu", "chen", "wang", "sun"))])
            person.left_at = None if person.left_at else self.world.clock.now()
            session.add(person)

    # Sending and looking

    def says(self, who: str, text: str) -> None:
        """Send words."""
        self.messages.setdefault(who, []).append(str(self.world._updates + 1))
        self.hear(who, Message("text", who, text=text, sent_at=self.world.clock.now()))

    def presses(self, who: str, data: str) -> None:
        """Tap a button."""
        self.hear(who, Message("button", who, button=data))

    def hear(self, who: str, message: Message) -> None:
        """Let a message arrive and look at every phone."""
        what = message.text or ".".join(message.button.split(".")[1:5]) or message.kind
        self.trail.append(f"{self.world.clock.now():%m-%d %H:%M} {who} {message.kind} {what}")
        self.look(self.world.sends(who, message), who)

    def look(self, heard: Heard, who: str) -> None:
        """Check what each phone was shown."""
        for phone, bubbles in heard.bubbles.items():
            for bubble in bubbles:
                self.trail.append(f"    -> {phone}: {bubble.text[:300]!r} {bubble.labels}")
                for token in self.check(phone, _all_words(bubble)):
                    self.check_noted(phone, bubble, token)
                if bubble.form and "row" not in bubble.form and self.random.random() < 0.1:
                    self.check(phone, self.document(bubble.form))
            self.shown.setdefault(phone, []).extend(bubbles)
        if who == "tick":
            assert not [d for d in self.world.all(Digest) if TOKEN.search(str(d.facts))], "a digest's row holds words"

    def check(self, phone: str, words: str) -> list[str]:
        """Raise Leak for a token that this phone may not show now; return those that others wrote."""
        foreign = []
        for token in set(TOKEN.findall(words)):
            if phone == GROUP:
                raise Leak(self._report(phone, token))
            if phone in self.said_by[token]:
                continue
            foreign.append(token)
            self.seen_foreign.add((phone, token))
            if not self.may(phone, token):
                raise Leak(self._report(phone, token))
        return foreign

    def check_noted(self, phone: str, bubble: Bubble, token: str) -> None:
        """Raise Leak when nobody could take back the words that this message shows."""
        with self.world.store.reading() as session:
            if not is_noted(session, bubble.row, token):
                raise Leak(f"not noted: {self._report(phone, token)}")

    def may(self, phone: str, token: str) -> bool:
        """Ask the oracle about whoever holds this phone now; a stranger may see nothing."""
        (address,) = self.world.all(Address, external_id=phone)
        if address.person_id is None:
            return False
        writers = {a.person_id for one in self.said_by[token] for a in self.world.all(Address, external_id=one)}
        with self.world.store.reading() as session:
            return address.person_id in writers or may_see(session, address.person_id, self.world.today, token)

    def document(self, form: dict[str, Any]) -> str:
        """Read every word of a document, but what the person was told before: that was checked when it was told."""
        _, made = self.forms.make(form)
        with zipfile.ZipFile(io.BytesIO(made)) as archive:
            told = ("json/outbound.json", "json/chat_line.json", "json/delivery.json")
            return "\n".join(
                archive.read(name).decode("utf-8", "replace") for name in archive.namelist() if name not in told
            )

    def _report(self, phone: str, token: str) -> str:
        return "\n".join([*self.trail[-40:], f"{phone} was shown {token} of {self.said_by[token]}"])


def hurry(world: World) -> None:
    """Let the store not wait for the disk: what a power cut would take is of no interest to these tests."""
    connection = world.store.writer.raw_connection()
    connection.cursor().execute("PRAGMA synchronous = OFF")
    connection.close()


def _all_words(bubble: Bubble) -> str:
    return "\n".join((bubble.text, bubble.html, *bubble.labels, *(button["data"] for button in bubble.buttons)))
