"""Reach every question of every conversation: from its opening, by every option and by words, one snapshot each."""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from bot.answers import Moment
from bot.buttons import OPEN
from bot.channels import File, Message
from bot.conversation import Conversation, Question
from bot.point import Point, Talk
from models import Absence, Action, Address, Attendance, CheckIn, Entry, Invite, Observation, Pairing, Training
from models import Conversation as Row
from models import Question as Asked
from tests.world import World

PLAIN = (
    "小明和小红今天都愿意开口说了，下次先问再讲", "要更加努力，多关注小明", "短", "3", "周五第2节", "明天", "9月10日",
    "K7M2QX", "K7M2QY", "H2J4KM", "语文教研活动", "小林", "16:30到19:00", "每周五下午4点半", "周四第4节",
)  # fmt: skip
OPENED_BY_WORDS = {"join": "你好", "school_day": "周六上班", "school_term": "本学期第1周从9月7日开始，共20周"}
OFTEN = 4  # times that one question is walked on from, with different answers before it
ENOUGH = 3  # of these words that were taken as answers to one question


@dataclass(frozen=True)
class Snapshot:
    """The whole store at one question, and the clock."""

    question: str
    data: bytes
    at: Any
    answers: dict[str, Any]
    heard: int  # the last message that was shown


def snapshot(world: World, question: str, answers: dict[str, Any]) -> Snapshot:
    """Copy the store into memory."""
    connection = world.store.writer.raw_connection()
    data = bytearray(connection.driver_connection.serialize())
    connection.close()
    data[18:20] = b"\x01\x01"  # a copy in memory has no write-ahead log, and says so in its header
    return Snapshot(question, bytes(data), world.clock.instant, answers, world._seen)


def back_to(world: World, kept: Snapshot) -> None:
    """Put the store back as it was."""
    source = sqlite3.connect(":memory:")
    source.deserialize(kept.data)
    connection = world.store.writer.raw_connection()
    source.backup(connection.driver_connection)
    connection.close()
    source.close()
    world.clock.instant, world._seen = kept.at, kept.heard


def furnish(world: World) -> dict[str, tuple[str, UUID | None]]:
    """Give everybody something that each conversation can be opened about: handler name to (phone, row)."""
    now, id = world.clock.now(), world.id
    lesson = now - timedelta(days=7)
    trainings = [
        Training(title=title, starts_at=lesson, ends_at=lesson + timedelta(hours=1)) for title in ("大单元", "分层作业")
    ]
    world.add(*trainings, *(Attendance(training_id=one.id, person_id=id["lin"]) for one in trainings))
    entry = Entry(
        kind="jotting",
        person_id=id["lin"],
        parts={"pieces": [{"text": "小明今天举手了"}, {"text": "第二段"}]},
        written_at=now,
        shared_at=now,
    )
    entry.share_with(["pair", "supervisor"])
    other = Entry(
        kind="jotting", person_id=id["zhou"], parts={"pieces": [{"text": "愿意说的"}]}, written_at=now, shared_at=now
    )
    other.share_with(["supervisor"])
    actions = [Action(person_id=id["lin"], deed=f"等{n}秒再叫人", class_name="三2班", made_at=now) for n in (3, 5)]
    told = CheckIn(
        action_id=actions[0].id,
        person_id=id["lin"],
        result="done",
        effect="更愿意说",
        happened_on=now.date(),
        written_at=now,
    )
    coming = _visit(world, now + timedelta(days=2), "agreed")
    held = _visit(world, now - timedelta(days=1), "agreed")
    sent = _visit(world, now - timedelta(days=2), "held")
    sent.feedback, sent.strength, sent.suggestion = "sent", "提问好", "等一等"
    asked = Asked(
        asker_id=id["wang"],
        person_id=id["lin"],
        text="后来呢？",
        state="asked",
        ask_at=now,
        asked_at=now,
        made_at=now,
        about_kind="entry",
        about_id=entry.id,
    )
    second = Entry(kind="reflection", person_id=id["lin"], parts={"did": "分组"}, written_at=now, shared_at=now)
    second.share_with(["supervisor"])
    old = [Entry(kind="reflection", person_id=id["lin"], parts={"did": "分组"}, written_at=lesson) for _ in range(4)]
    quiet = Action(person_id=id["lin"], deed="少讲一点", state="resting", touches=3, made_at=lesson)
    away = [
        Absence(person_id=id["lin"], first_day=day, last_day=day, made_at=now)
        for n in (20, 30)
        if (day := now.date() + timedelta(days=n))
    ]
    taken = _visit(world, now + timedelta(days=1), "agreed", period=3)
    lapsed = Invite(code="H2J4KM", person_id=id["sun"], made_at=lesson, expires_at=lesson + timedelta(days=1))
    world.add(second, *old, quiet, *away, taken, lapsed)
    invite = Invite(code="K7M2QX", person_id=id["sun"], made_at=now, expires_at=now + timedelta(days=9))
    world.add(
        entry,
        other,
        *actions,
        told,
        coming,
        held,
        sent,
        asked,
        invite,
        Pairing(mentor_id=id["chen"], teacher_id=id["zhou"]),
    )
    return {
        "attach_entry": ("lin", entry.id), "edit_entry": ("lin", entry.id), "share_entry": ("lin", entry.id),
        "edit_record": ("lin", told.id), "follow_up": ("lin", None), "observation": ("lin", None),
        "observation_move": ("chen", coming.id), "observation_focus": ("lin", coming.id),
        "feedback": ("chen", held.id), "feedback_answer": ("lin", sent.id), "ask": ("wang", None),
        "respond": ("wang", entry.id), "answer": ("lin", asked.id), "join": ("door", None), "rule": ("he", None),
        "school_day": ("he", None), "school_term": ("he", None),
    }  # fmt: skip


def _visit(world: World, at: Any, state: str, period: int = 2) -> Observation:
    return Observation(
        person_id=world.id["chen"], observer_id=world.id["chen"], teacher_id=world.id["lin"], day=at.date(),
        period=period, starts_at=at, ends_at=at + timedelta(minutes=40), state=state, made_at=world.clock.now(),
    )  # fmt: skip


def opened(world: World, conversation: Conversation, who: str, row: UUID | None) -> None:
    """Open a conversation as its card or its word does."""
    if conversation.name in OPENED_BY_WORDS:
        world.says(who, OPENED_BY_WORDS[conversation.name])
    else:
        data = world.house.signer.data(f"fake:{who}", OPEN, row, conversation.name, "open")
        world.sends(who, Message("button", who, button=data))


def open_talk(world: World, who: str) -> Row | None:
    """Read the conversation that somebody is in."""
    return next((row for row in world.all(Row, state="open") if row.owner_id in _owners(world, who)), None)


def _owners(world: World, who: str) -> set[UUID]:
    return {owner for one in world.all(Address, external_id=who) for owner in (one.person_id or one.id,)}


def asked_now(world: World, conversation: Conversation, who: str) -> tuple[Question, Row] | None:
    """Name the question that is open now, if it is one of this conversation."""
    row = open_talk(world, who)
    if row is None or row.name != conversation.name:
        return None
    talk = Talk(row.id, row.owner_id, row.name, row.opened_at, row.touched_at, answers=row.answers, facts=row.facts)
    question = Point(
        conversation, talk, Moment(world.clock.now(), "Asia/Shanghai"), lambda block, facts: block
    ).question
    return (question, row) if question is not None else None


def every_question(world: World, conversation: Conversation, who: str, row: UUID | None) -> Iterator[Snapshot]:
    """Walk breadth first through the options, skips and words; give each question once, with the store at it."""
    start = snapshot(world, "", {})
    opened(world, conversation, who, row)
    found: set[str] = set()
    seen: set[str] = set()
    waiting: list[Snapshot] = []
    looked: Counter[str] = Counter()

    def noted() -> Snapshot | None:
        """Keep the present point if it is a new one; return it if its question is new as well."""
        here = asked_now(world, conversation, who)
        if here is None or (point := f"{here[1].answers}{here[1].air}") in seen:
            return None
        seen.add(point)
        kept = snapshot(world, here[0].name, here[1].answers)
        waiting.append(kept)
        is_new = here[0].name not in found
        found.add(here[0].name)
        return kept if is_new else None

    if first := noted():
        yield first
    wanted = {question.name for question in conversation.questions}
    while waiting and found != wanted:
        kept = waiting.pop(0)
        looked[kept.question] += 1
        if looked[kept.question] > OFTEN:
            continue
        words_that_led_on = 0
        for step in steps(world, who, kept):
            if step.kind == "text" and words_that_led_on == ENOUGH:
                break
            back_to(world, kept)
            world.clock.advance(seconds=20)
            world.sends(who, step)
            points = len(seen)
            if new := noted():
                yield new
            words_that_led_on += step.kind == "text" and len(seen) > points
    back_to(world, start)


def steps(world: World, who: str, kept: Snapshot) -> list[Message]:
    """List what may lead on from here: every button but those that lead back, some words, a voice message."""
    back_to(world, kept)
    bubble = world.says(who, "帮助").bubbles[who][-1]  # shows the question again, with its buttons
    taps = [b["data"] for b in bubble.buttons if b["data"].split(".")[4] not in ("_back", "_later", "_keep", "_revise")]
    said = [Message("text", who, text=words) for words in PLAIN]
    voice = Message("files", who, files=(File("voice", "v1", size=9),))
    return [*(Message("button", who, button=data) for data in taps), voice, *said]
