"""One small school of made-up people, its movable clock, and the chats one can play with them."""

import atexit
import shutil
import tempfile
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import event
from sqlmodel import Session, SQLModel, col, select

import models
from bot import inbox, prompts
from bot.batch import House
from bot.buttons import Signer
from bot.channels import Button, File, Link, Message, Parcel
from bot.conversation import Handler
from bot.engine import Engine
from bot.registry import Registry
from bot.render import Words
from handlers import HANDLERS
from models import Address, Membership, Outbound, Pairing, Person, Unit, UnitBranch
from models.inbound import InboundRow
from models.rules.wall_time import local_day
from models.store import Store
from models.unsaying import UNSAY
from tests.heard import Bubble, Heard
from tests.phones import NotOnThisPhone, Phone, Screen, phone_of
from tests.phones.fake import FakePhone, as_body, parse
from tests.phones.reading import as_typed, choices, link_on

__all__ = ["Bubble", "as_body", "parse"]

START = datetime(2026, 9, 16, 8, 0, tzinfo=UTC)  # Wednesday 16:00 in Shanghai, inside everyone's contact hours soon
PAGES = "https://zhixing.school.example"
PEOPLE = {
    # key: name, group, roles, subject, classes
    "lin": ("林晓", "语文组", ("teacher",), "语文", ["三2班", "三4班"]),
    "chen": ("陈静安", "语文组", ("mentor", "teacher"), "语文", ["三1班"]),
    "wang": ("王立群", "语文组", ("leader", "supervisor"), "语文", ["四1班"]),
    "zhou": ("周宁", "语文组", ("teacher",), "语文", ["二1班"]),
    "zhao": ("赵然", "语文组", ("teacher",), "语文", ["二2班"]),
    "wu": ("吴悠", "语文组", ("teacher",), "语文", ["一1班"]),
    "he": ("何青", "青禾小学", ("office",), "", []),
    "sun": ("孙桥", "数学组", ("teacher", "supervisor"), "数学", ["五1班"]),
}


class FakeClock:
    """A clock that stands until it is moved."""

    def __init__(self, start: datetime = START) -> None:
        self.instant = start

    def now(self) -> datetime:
        """Give the present instant, in UTC."""
        return self.instant

    def advance(self, **span: float) -> datetime:
        """Move on by so many days, hours, minutes or seconds."""
        self.instant += timedelta(**span)
        return self.instant


class SpyWords(Words):
    """The real words, remembering which blocks were said: tests go by names, so that wording may change."""

    said: list[str]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.said = []

    def say(self, language: str, template: str, block: str, facts: Any, calendar: Any = None) -> str:
        """Render a block and remember its name, but for what a phone without room for buttons adds."""
        if block not in ("by_number", "or_say"):
            self.said.append(block)
        return super().say(language, template, block, facts, calendar)


WORDS = SpyWords()  # one for all tests: compiling every template takes a second


@cache
def _registry(handlers: tuple[Handler, ...]) -> Registry:
    return Registry(handlers, WORDS)


class StrictEngine(Engine):
    """The engine, but a turn that fails fails the test, unless the test expects it."""

    faults_expected = False

    def _failed(self, row: InboundRow, error: Exception) -> bool:
        if not self.faults_expected:
            raise error
        return super()._failed(row, error)


class World:
    """The school with its engine; every person has a chat on the channel of the run: `fake`, or a real one's phones."""

    default_channel = "fake"  # set by the option --channel

    def __init__(self, store: Store, handlers: Sequence[Handler] = HANDLERS, clock: FakeClock | None = None) -> None:
        self.store = store
        self.clock = clock or FakeClock()
        self.words = WORDS
        self.registry = _registry(tuple(handlers))
        name = self.default_channel
        self.phone: Phone = FakePhone() if name == "fake" else phone_of(name)
        self.channel = self.phone.channel
        self.phones: dict[str, Phone] = {"other": FakePhone("other"), self.channel: self.phone}
        abilities = {channel: phone.abilities for channel, phone in self.phones.items()}
        self.house = House(self.registry, self.words, Signer(b"a secret of the tests"), abilities, pages=PAGES)
        parsers = {channel: phone.parse for channel, phone in self.phones.items()}
        self.engine = StrictEngine(store, self.house, parsers, self.clock.now)
        self.id: dict[str, UUID] = {}
        self._updates = 0
        self._seen = 0
        self.last: dict[str, Bubble] = {}
        self._newest: dict[str, Bubble] = {}
        self._who: dict[str, str] = {}

    # The school

    def found(self) -> "World":
        """Make the school: groups, persons, roles, the pair of 陈静安 and 林晓, and everyone's chat."""
        with self.store.writing() as session:
            school = Unit(name="青禾小学")
            groups = {name: Unit(name=name, parent_id=school.id) for name in ("语文组", "数学组")}
            units = {"青禾小学": school, **groups}
            session.add(school)
            session.flush()
            session.add_all(groups.values())
            session.flush()
            session.add_all(UnitBranch(ancestor_id=unit.id, unit_id=unit.id) for unit in units.values())
            session.add_all(UnitBranch(ancestor_id=school.id, unit_id=unit.id) for unit in groups.values())
            for key, (name, group, roles, subject, classes) in PEOPLE.items():
                self._add_person(session, key, name, units[group], roles, subject, classes)
            session.add(Pairing(mentor_id=self.id["chen"], teacher_id=self.id["lin"]))
        return self

    def _add_person(
        self, session: Session, key: str, name: str, unit: Unit, roles: Sequence[str], subject: str, classes: list[str]
    ) -> None:
        person = Person(name=name, subject=subject, classes=classes, joined_at=self.clock.now())
        session.add(person)
        session.flush()
        self.id[key] = person.id
        session.add_all(Membership(person_id=person.id, unit_id=unit.id, role=role) for role in roles)
        chat = self.chat(key)
        session.add(Address(channel=self.channel, external_id=chat, person_id=person.id, made_at=self.clock.now()))

    def chat(self, who: str) -> str:
        """Name somebody's chat as the channel does."""
        chat = self.phone.address(who)
        self._who[chat] = who
        return chat

    def address(self, who: str) -> Address:
        """Read somebody's address."""
        found: Address = self.all(Address, channel=self.channel, external_id=self.chat(who))[0]
        return found

    @property
    def today(self) -> date:
        """Give the day in Shanghai, where everybody lives until she is moved."""
        return local_day(self.clock.now(), "Asia/Shanghai")

    def person(self, who: str) -> Person:
        """Read a person as the store has her now."""
        with self.store.reading() as session:
            return session.get_one(Person, self.id[who])

    def add(self, *rows: SQLModel) -> None:
        """Put rows into the store."""
        with self.store.writing() as session:
            for row in rows:
                session.add(row)
                session.flush()

    def all(self, table: type[Any], **where: Any) -> list[Any]:
        """Read the rows of a table whose columns have the given values, in the order of their ids."""
        with self.store.reading() as session:
            query = select(table).filter_by(**where).order_by(col(table.id))
            return list(session.exec(query))

    def change(self, who: str, **values: Any) -> None:
        """Change columns of a person."""
        with self.store.writing() as session:
            person = session.get_one(Person, self.id[who])
            for name, value in values.items():
                setattr(person, name, value)
            session.add(person)
            prompts.replan(session, [person.id], self.clock.now())

    # Talking

    def says(self, who: str, text: str, **more: Any) -> Heard:
        """Let somebody send words."""
        kind = "start" if text.startswith("/start ") else "text"
        words = text.removeprefix("/start ") if kind == "start" else text
        return self.sends(who, Message(kind, who, text=words, **more))

    def taps(self, who: str, what: str) -> Heard:
        """Choose on somebody's last card, by option key (skip means _skip too) or by label; type it where it has to be."""
        button = self._choice(who, what)
        if "typed" not in button:
            return self.sends(who, Message("button", who, button=button["data"]))
        if self._newest.get(who) is not self.last[who]:
            raise NotOnThisPhone("choosing on an old card without buttons")
        return self.says(who, as_typed(button["typed"]))

    def needs_buttons(self) -> None:
        """Leave a dialogue out on phones that show no buttons: a typed number means what is asked by then."""
        if not self.phone.abilities.has_buttons:
            raise NotOnThisPhone("a tap on a card that is out of date")

    def button(self, who: str, what: str) -> str:
        """Find the data of a button of somebody's last message; `o0` is the first of the values that were offered."""
        return self._choice(who, what)["data"]

    def _choice(self, who: str, what: str) -> dict[str, str]:
        bubble = self.last[who]
        offered = [option for option in bubble.options if option.startswith("_o") and option != "_older"]
        names = {option: f"o{place}" for place, option in enumerate(offered)}
        for button in bubble.buttons:
            option = button["data"].split(".")[4]
            if what in (option, option.removeprefix("_"), names.get(option), button["label"]):
                return button
        raise AssertionError(f"{who} sees no {what!r}, but {bubble.labels} {bubble.options} below {bubble.text!r}")

    def photo(self, who: str, caption: str = "", file_id: str = "", size: int = 1000, kind: str = "photo") -> Heard:
        """Let somebody send a photo, a voice message or a file."""
        file = File(kind, file_id or f"file-{self._updates}", size=size)
        return self.sends(who, Message("files", who, text=caption, files=(file,)))

    def sends(self, who: str, message: Message, channel: str | None = None, platform_id: str | None = None) -> Heard:
        """Let a message arrive and the engine play all that waits."""
        self._updates += 1
        self.words.said.clear()
        id = platform_id or str(self._updates)
        message = message if message.message_id else _numbered(message, id)
        phone = self.phones[channel or self.channel]
        self.chat(message.address)
        envelope = phone.frame(message, id, self.clock.now())
        with self.store.writing() as session:
            inbox.keep(session, phone.channel, [envelope], self.clock.now())
        while self.engine.take_batch():
            pass
        return self._heard(who)

    def _heard(self, who: str) -> Heard:
        heard = Heard(list(self.words.said), who=who)
        with self.store.reading() as session:
            query = select(Outbound, Address).join(Address, col(Address.id) == Outbound.address_id)
            for row, address in session.exec(query.where(col(Outbound.id) > self._seen).order_by(col(Outbound.id))):
                self._seen = row.id or 0
                if UNSAY in (row.body or {}):
                    continue
                phone = self._who.get(address.external_id, address.external_id)
                bubble = self._bubble(row, address)
                heard.bubbles.setdefault(phone, []).append(bubble)
                self.last[phone] = self._newest[phone] = bubble
        return heard

    def _bubble(self, row: Outbound, address: Address) -> Bubble:
        """Let the phone show a message of the outbox."""
        body = row.body or {}
        rows = tuple(tuple(Button(b["label"], b["data"]) for b in line) for line in body.get("buttons", ()))
        enclosed = ("记录表.docx", b"the bytes are made elsewhere") if "form" in body else ("", b"")
        parcel = Parcel(
            address.external_id, body.get("html", ""), body.get("plain", ""), rows, *enclosed,
            key=str(row.id), is_reply=row.urgency == 0, link=Link(**body["link"]) if "link" in body else None,
        )  # fmt: skip
        screen = self.phones[row.channel].show(parcel) if body else Screen("")
        return Bubble(
            screen.text,
            body.get("html", ""),
            choices(screen, body),
            body.get("form"),
            row.id or 0,
            link_on(screen, body),
        )

    # Time

    def tick(self) -> Heard:
        """Let what is due be said."""
        self.words.said.clear()
        for _ in range(50):
            with self.store.writing() as session:
                if not prompts.queue_due(session, self.house, self.clock.now()):
                    break
        return self._heard("")

    def advance(self, **span: float) -> Heard:
        """Move the clock and let what is due be said."""
        self.clock.advance(**span)
        return self.tick()

    def next_contact(self, who: str) -> Heard:
        """Move the clock to the next moment at which the bot wants to speak to somebody."""
        at = self.person(who).next_contact_at
        assert at is not None, f"nothing waits for {who}"
        self.clock.instant = max(self.clock.instant, at)
        return self.tick()


def _numbered(message: Message, id: str) -> Message:
    return Message(**{**message.__dict__, "message_id": id})


def make_store(folder: Path) -> Store:
    """Open an empty store with every table: a copy of one that is made once."""
    path = folder / "zhixing.db"
    shutil.copy(_empty_store(), path)
    return Store(f"sqlite:///{path.as_posix()}")


def quick_store(folder: Path) -> Store:
    """Open an empty store as most tests need it; what is measured or killed takes `make_store`."""
    return quickened(make_store(folder))


def quickened(store: Store) -> Store:
    """Spare a store for tests what only production needs: no flush to the disk, no statement compiled twice.

    Compiled statements belong to a dialect, and every engine makes its own; here all share one.
    """
    for engine in (store.writer, store.reader):
        event.listen(engine, "connect", _do_not_flush)
        engine.dialect = _first_store().writer.dialect
        engine.update_execution_options(compiled_cache=_COMPILED)
    return store


_COMPILED: dict[Any, Any] = {}  # statements, by dialect and shape


def _do_not_flush(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA synchronous=OFF")


def _empty_store() -> Path:
    return Path(_first_store().url.database or "")


@cache
def _first_store() -> Store:
    path = Path(tempfile.mkdtemp(prefix="zhixing-empty-")) / "empty.db"
    atexit.register(shutil.rmtree, path.parent, ignore_errors=True)
    store = Store(f"sqlite:///{path.as_posix()}")
    models.Person.metadata.create_all(store.writer)
    store.close()
    return store


class Talk:
    """A dialogue as pairs: what is said, and which question or reply comes, by name."""

    def __init__(self, world: World, who: str = "lin") -> None:
        self.world = world
        self.who = who

    def __call__(self, text: str, asks: str | None = None, says: str | None = None) -> Heard:
        """Say something; `asks` is the question that must come last, `says` a block that must be said."""
        return self._checked(self.world.says(self.who, text), asks, says)

    def tap(self, what: str, asks: str | None = None, says: str | None = None) -> Heard:
        """Tap a button by option key or label."""
        return self._checked(self.world.taps(self.who, what), asks, says)

    def photo(self, caption: str = "", asks: str | None = None, says: str | None = None, **more: Any) -> Heard:
        """Send a photo."""
        return self._checked(self.world.photo(self.who, caption, **more), asks, says)

    def _checked(self, heard: Heard, asks: str | None, says: str | None) -> Heard:
        questions = {q.name for h in self.world.registry.handlers for q in getattr(h, "questions", ())}
        asked = [block for block in heard.blocks if block in questions]
        if asks is not None:
            assert asked and asked[-1] == asks, f"asked {asked[-1:]} of {heard.blocks}: {heard.text!r}"
        if says is not None:
            assert says in heard.blocks, f"said {heard.blocks}: {heard.text!r}"
        return heard
