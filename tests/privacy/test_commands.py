"""Role × command × relation: what each handler answers to whom, decided here one by one; nothing else is allowed."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import product
from uuid import UUID, uuid4

import pytest
from sqlalchemy import update

from bot.conversation import Command, Conversation, Handler
from handlers import HANDLERS
from models import Action, Attachment, CheckIn, Digest, Entry, Observation, Pairing, Question
from models import Conversation as Talk
from models.rules.wall_time import local_day
from tests.handlers.pressing import opens, presses, runs
from tests.privacy.crowd import STRANGERS, hurry
from tests.world import Heard, World

ROLES = {
    "lin": "teacher",
    "chen": "mentor",
    "wang": "leader and supervisor",
    "sun": "supervisor of another group",
    "he": "office",
}
EVERYONE = frozenset(ROLES)
STRANGER = STRANGERS[0]

# Who is shown something of a colleague's when she only calls it: decided for every handler there is.
# `own` — only what is hers or about herself, whoever she is; `overseers` — what was shared with those who look after
# somebody, refused to all others; `joining` — for those we do not know yet.
OWN, OVERSEERS, JOINING = "own", "overseers", "joining"
DECIDED = {
    "note": OWN, "reflection": OWN, "action": OWN, "follow_up": OWN, "open_items": OWN, "mine": OWN, "record": OWN,
    "observation": OWN, "digest": OVERSEERS, "ask": OVERSEERS, "privacy": OWN, "settings": OWN, "leave": OWN,
    "export": OWN, "undo": OWN, "link": OWN, "leaving": OWN, "start": OWN, "help": OWN, "join": JOINING,
    "jotting": OWN, "attach_entry": OWN, "edit_entry": OWN, "share_entry": OWN, "restore": OWN, "edit_record": OWN,
    "observation_move": OWN, "calendar_file": OWN, "swap": OWN, "timetable": OWN, "observation_focus": OWN, "feedback": OWN, "feedback_answer": OWN,
    "respond": OVERSEERS, "answer": OWN, "ranking": OWN, "quiet": OWN, "remind": OWN, "my_reminders": OWN, "rule": OWN, "why_late": OWN,
    "school_year": OWN, "school_day": OWN, "school_term": OWN, "web_page": OWN,
}  # fmt: skip
REFUSES = {"digest": "not_for_you", "ask": "not_for_you", "respond": "gone"}
OVERSEEING = {"chen", "wang"}  # 孙桥 supervises nobody but himself, 何青 is the office, 林晓 a teacher
SECRET = "谁也不知道的事"  # in every text of every row below
SHOWN = "愿意给主管看的事"


def test_every_handler_is_decided() -> None:
    assert {handler.name for handler in HANDLERS} == set(DECIDED), "decide here what a new handler shows to whom"


@pytest.fixture
def rows(world: World) -> dict[str, UUID]:
    """One row of each kind, of 赵然 and 周宁 alone: private, taken back, or between the two of them."""
    now, zhao, zhou = world.clock.now(), world.id["zhao"], world.id["zhou"]
    entry = Entry(kind="jotting", person_id=zhao, parts={"pieces": [{"text": SECRET}]}, written_at=now)
    removed = Entry(kind="essay", person_id=zhao, parts={"free": SECRET}, written_at=now, removed_at=now)
    removed.share_with(["pair", "group", "supervisor"])
    action = Action(person_id=zhao, deed=SECRET, made_at=now)
    told = CheckIn(
        action_id=action.id,
        person_id=zhao,
        result="done",
        effect=SECRET,
        happened_on=local_day(now, "Asia/Shanghai"),
        written_at=now,
    )
    photo = Attachment(
        person_id=zhao, entry_id=entry.id, kind="photo", channel="fake", file_id="f", name=SECRET, made_at=now
    )
    visit = Observation(
        person_id=zhou, observer_id=zhou, teacher_id=zhao, day=now.date() + timedelta(days=2), period=2, focus=SECRET,
        starts_at=now + timedelta(days=2), ends_at=now + timedelta(days=2, minutes=40), made_at=now,
    )  # fmt: skip
    question = Question(
        asker_id=zhou,
        person_id=zhao,
        text=SECRET,
        ask_at=now,
        state="asked",
        made_at=now,
        about_id=entry.id,
        about_kind="entry",
    )
    digest = Digest(
        key="digest:other", person_id=zhou, since=now, until=now, made_at=now, facts={"items": [str(entry.id)]}
    )
    world.add(entry, removed, action, told, photo, visit, question, digest)
    return {
        "entry": entry.id, "removed": removed.id, "action": action.id, "check_in": told.id, "photo": photo.id,
        "visit": visit.id, "question": question.id, "digest": digest.id, "person": zhao,
    }  # fmt: skip


@pytest.mark.parametrize("who", [*ROLES, STRANGER])
def test_what_is_called_shows_nothing_of_anybody_else(world: World, rows: dict[str, UUID], who: str) -> None:
    for handler in (h for h in HANDLERS if isinstance(h, (Command, Conversation))):
        heard = [world.says(who, words) for words in _calls(handler)] + [runs(world, who, handler.name)]
        for one in heard:
            assert SECRET not in _seen(one, who), handler.name
        if handler.name in REFUSES and who in EVERYONE - OVERSEEING:
            assert any(REFUSES[handler.name] in one.blocks for one in heard), handler.name


def _calls(handler: Command | Conversation) -> list[str]:
    return (
        [f"/{handler.command}", f"/{handler.command} 赵然", f"/{handler.command} {SECRET[:3]}"]
        if handler.command
        else []
    )


def test_what_is_shared_is_shown_to_those_who_look_after_her_and_to_nobody_else(world: World) -> None:
    now = world.clock.now()
    entry = Entry(
        kind="jotting", person_id=world.id["zhao"], parts={"pieces": [{"text": SHOWN}]}, written_at=now, shared_at=now
    )
    entry.share_with(["supervisor"])
    world.add(entry)
    world.clock.advance(minutes=1)
    saw = {who for who in (*ROLES, STRANGER, "zhou") if SHOWN in _everything(world, who)}
    assert saw == {"wang"}
    for transfer in (
        lambda: world.add(Pairing(mentor_id=world.id["chen"], teacher_id=world.id["zhao"])),
        lambda: _share(world, entry),
    ):
        transfer()
    assert {who for who in (*ROLES, STRANGER, "zhou") if SHOWN in _everything(world, who)} == {"wang", "chen"}


def _share(world: World, entry: Entry) -> None:
    with world.store.writing() as session:
        session.get_one(Entry, entry.id).share_with(["pair", "supervisor"])


def _everything(world: World, who: str) -> str:
    """Call everything that could show something of a colleague's."""
    asked = (
        world.says(who, words)
        for words in (
            "周报",
            "周报 赵然",
            "问询",
            "取消",
            "赵老师这周写了什么",
            "我的记录 愿意",
            "我的待办",
            "听赵老师的课",
            "取消",
        )
    )
    return "\n".join(_seen(heard, who) for heard in asked)


def _seen(heard: Heard, who: str) -> str:
    bubbles = heard.bubbles.get(who, ())
    return "\n".join("\n".join((bubble.text, *bubble.labels)) for bubble in bubbles)


# Any row of anybody else's, under any button there is


def _options(handler: Handler) -> Iterator[str]:
    yield from handler.taps
    if isinstance(handler, Conversation):
        yield "open"


@pytest.mark.parametrize("handler", [h for h in HANDLERS if list(_options(h))], ids=lambda handler: handler.name)
def test_a_button_about_somebody_elses_row_says_what_one_about_nothing_says(
    world: World, rows: dict[str, UUID], handler: Handler
) -> None:
    hurry(world)
    for who, option in product(("lin", "wang", STRANGER), _options(handler)):
        nothing = _told(world, who, handler.name, option, uuid4())
        for kind in rows if who == "wang" else ("entry", "visit", "question"):
            row = rows[kind]
            if (handler.name, option, kind) not in MAY_NAME:
                told = _told(world, who, handler.name, option, row)
                assert told == nothing, f"{who} learns by {option} that there is a {kind}"
    assert world.person("zhao").left_at is None
    assert [e.parts for e in world.all(Entry, id=rows["entry"])] == [{"pieces": [{"text": SECRET}]}]


# A colleague may be named on a button: 听课 with her. Who she is is no secret; that she is in the group decides.
MAY_NAME = {("observation", "open", "person")}


def _told(world: World, who: str, handler: str, option: str, row: UUID) -> list[tuple[str, list[str]]]:
    """Tap from a clean table; give all that is said to her, and that nobody else hears anything."""
    world.clock.advance(minutes=2)
    with world.store.writing() as session:
        session.execute(update(Talk).values(state="done"))
    heard = opens(world, who, handler, row) if option == "open" else presses(world, who, handler, option, row)
    assert set(heard.bubbles) <= {who}, "somebody else heard of it"
    told = [(bubble.html, bubble.labels) for bubble in heard.bubbles.get(who, ())]
    assert SECRET not in str(told)
    return told
