"""A crowd of made-up teachers with what they have open and what waits for them, written straight into the tables."""

from datetime import timedelta
from functools import cache
from pathlib import Path
from uuid import UUID

from sqlalchemy import text
from sqlmodel import SQLModel

from bot.app import App
from bot.batch import House
from bot.buttons import Signer
from bot.channels import Abilities, Channel, Envelope, Message
from bot.clock import Clock
from bot.registry import Registry
from bot.render import Words
from handlers import HANDLERS
from models import Action, Address, Conversation, Person, Prompt
from models.store import Store
from tests.world import START, as_body, make_store

NOW = START + timedelta(hours=4)  # Wednesday 20:00 in Shanghai: everyone may be spoken to
LATER = NOW + timedelta(days=30)
ID = "printf('{kind:08x}%024x', {number})"
PERSON, ADDRESS, TALK, PROMPT, WAITING, ACTION = range(10, 16)
SUBJECT = "观潮公开课"
STEPS = (
    f"写反思 {SUBJECT}",
    "今天讲观潮，小组汇报特别热闹，可后排有几个孩子一直没开口",
    "我提前发了评价单，他们知道要听什么、补充什么",
    "评价单留下，汇报的时间再短一点，换成两个人一组",
    "最安静的那个孩子主动补充了一句",
    "跳过",
    "仅自己",
)
"""A whole reflection as updates: opening it about a lesson, its six steps, and the record kept at the last."""


def id_of(kind: int, number: str = "n") -> str:
    """Write the SQL that makes the id of row `number` of a kind."""
    return ID.format(kind=kind, number=number)


def uuid_of(kind: int, number: int) -> UUID:
    """Make the same id in Python."""
    return UUID(f"{kind:08x}{number:024x}")


def multiply(store: Store, row: SQLModel, first: int, count: int, **varied: str) -> None:
    """Put `count` copies of `row` into its table; each named column is an expression of n, counted from `first`."""
    table = row.__table__  # type: ignore[attr-defined]
    names = [column.name for column in table.columns]
    chosen = ", ".join(varied.get(name, f'model."{name}"') for name in names)
    listed = ", ".join(f'"{name}"' for name in names)
    statement = text(
        "WITH RECURSIVE numbers(n) AS (SELECT :first UNION ALL SELECT n + 1 FROM numbers WHERE n < :last) "
        f"INSERT INTO {table.name} ({listed}) SELECT {chosen} FROM numbers, {table.name} AS model WHERE model.id = :id"
    )
    with store.writing() as session:
        session.add(row)
        session.flush()
        session.execute(statement, {"first": first, "last": first + count - 1, "id": row.id.hex})  # type: ignore[attr-defined]
        session.delete(row)


def add_teachers(store: Store, first: int, count: int) -> None:
    """Add teachers who have joined, each with a chat of her number."""
    if count:
        teacher = Person(name="林晓", subject="语文", classes=["三2班"], joined_at=START)
        multiply(store, teacher, first, count, id=id_of(PERSON))
        chat = Address(channel="fake", external_id="model", made_at=START)
        whose = {"person_id": id_of(PERSON), "external_id": "'t' || n"}
        multiply(store, chat, first, count, id=id_of(ADDRESS), **whose)


def open_talks(store: Store, first: int, count: int) -> None:
    """Let teachers be in the middle of a reflection."""
    given = {"key": "given", "label": SUBJECT, "about": SUBJECT, "training_id": ""}
    facts = {"given": given, "subjects": [], "reflections": 0, "audiences": {}}
    said = [{"text": words, "files": []} for words in STEPS[1:3]]
    answers = dict(zip(("happened", "did"), said, strict=True))
    talk = Conversation(
        owner_id=uuid_of(PERSON, 0), name="reflection", answers=answers, facts=facts, opened_at=START, touched_at=START
    )
    multiply(store, talk, first, count, id=id_of(TALK), owner_id=id_of(PERSON))


def let_wait(store: Store, count: int, first: int, persons: int) -> None:
    """Let prompts wait for a month from now, spread over so many teachers from `first` on."""
    if count:
        prompt = Prompt(key="model", person_id=_any_person(store), kind="follow_up", due_at=LATER, made_at=START)
        whose = {"person_id": id_of(PERSON, f"{first} + n % {persons}"), "key": "'waits:' || n"}
        multiply(store, prompt, 1, count, id=id_of(WAITING), **whose)


def let_be_due(store: Store, first: int, count: int) -> None:
    """Give teachers an action each, about which they are to be asked now."""
    person_id = _any_person(store)
    action = Action(
        person_id=person_id, class_name="三2班", moment="小组汇报时", deed="先让听的人说一句补充", made_at=START
    )
    multiply(store, action, first, count, id=id_of(ACTION), person_id=id_of(PERSON))
    prompt = Prompt(
        key="model", person_id=person_id, kind="follow_up", about_id=uuid_of(ACTION, 0), facts={"round": 1},
        due_at=NOW, made_at=START,
    )  # fmt: skip
    whose = {"person_id": id_of(PERSON), "about_id": id_of(ACTION), "key": "'due:' || n"}
    multiply(store, prompt, first, count, id=id_of(PROMPT), **whose)


def _any_person(store: Store) -> UUID:
    with store.reading() as session:
        return UUID(session.execute(text("SELECT id FROM person LIMIT 1")).scalar_one())


def new_store(folder: Path, name: str) -> Store:
    """Open an empty store in a folder of its own."""
    place = folder / name
    place.mkdir()
    return make_store(place)


@cache
def make_house() -> House:
    """Make what turns and prompts need, with every handler there is."""
    words = Words()
    return House(Registry(HANDLERS, words), words, Signer(b"a secret of the benches"), {"fake": UNBOUND})


def make_app(store: Store, folder: Path, channel: Channel, clock: Clock) -> App:
    """Put the whole bot together over a channel in memory."""
    app = App(store, clock, b"a secret of the benches", folder)
    app.add_channel(channel)
    return app


def says(number: int, update: int, words: str) -> Envelope:
    """Let a teacher send words, as an update that waits to be kept."""
    chat = f"t{number}"
    return Envelope(f"u{update}", chat, as_body(Message("text", chat, text=words, message_id=f"m{update}")))


UNBOUND = Abilities(per_chat=0, overall=0)
