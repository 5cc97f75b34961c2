"""After cards without a word: one a week, then one question, then quiet until she writes; nothing is lost meanwhile."""

from datetime import datetime, timedelta

import pytest
from sqlmodel import Session

from bot.conversation import Command, Outcome, PromptKind
from bot.planning import replan
from bot.prompts import queue_due
from handlers import HANDLERS
from models import Prompt
from models.rules.wall_time import local_day
from models.store import Store
from tests.handlers.pressing import presses
from tests.world import Talk, World

KIND = "gone"  # said with a block that is common to all


def nothing(*_: object) -> Outcome:
    return Outcome()


CARDS = Command("common", nothing, prompts=(PromptKind(KIND, lambda *_: {}, lambda *_: ()),))


@pytest.fixture
def school(store: Store) -> World:
    """A school whose 林晓 has something fall due every school day."""
    return World(store, [*HANDLERS, CARDS]).found()


@pytest.fixture(autouse=True)
def _line(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.world import WORDS

    real = WORDS.say

    def say(language: str, template: str, block: str, *facts: object) -> str:
        return real(language, template, "empty_text" if block == f"{KIND}__line" else block, *facts)

    monkeypatch.setattr(WORDS, "say", say)


def plan(world: World, days: range) -> None:
    """Let something fall due for 林晓 on each of these days from now."""
    now = world.clock.now()
    rows = [
        Prompt(key=f"{KIND}:{n}", person_id=world.id["lin"], kind=KIND, due_at=now + timedelta(days=n), made_at=now)
        for n in days
    ]
    world.add(*rows)
    with world.store.writing() as session:
        replan(session, [world.id["lin"]], now)


def contacts(world: World, most: int = 40) -> list[tuple[str, str]]:
    """Walk from contact to contact; tell the day of each card and what was on it."""
    said = []
    for _ in range(most):
        if world.person("lin").next_contact_at is None:
            return said
        heard = world.next_contact("lin")
        if "lin" in heard.bubbles:
            said.append((f"{local_day(world.clock.now(), 'Asia/Shanghai'):%m-%d}", _what(heard.blocks)))
    raise AssertionError("it never ends")


def _what(blocks: list[str]) -> str:
    return "question" if "quiet_question" in blocks else "card"


def silent(school: World) -> list[tuple[str, str]]:
    school.says("lin", "今天的课很顺")  # Wednesday 16 September, her last word
    plan(school, range(40))
    return contacts(school)


def test_silence_means_one_a_week_then_one_question_and_then_quiet(school: World) -> None:
    assert silent(school) == [
        ("09-16", "card"), ("09-17", "card"), ("09-18", "card"),
        ("09-21", "card"), ("09-28", "card"),
        ("10-05", "question"),
    ]  # fmt: skip
    assert school.person("lin").next_contact_at is None and school.person("lin").is_hushed
    waiting = school.all(Prompt, state="waiting")
    assert len(waiting) == 40 - len({p.due_at for p in school.all(Prompt, state="queued", kind=KIND)})


@pytest.mark.parametrize("words", ["好的", "tap"])
def test_her_first_word_brings_everything_on_one_card(school: World, words: str) -> None:
    silent(school)
    school.clock.instant = datetime.fromisoformat("2026-11-02T09:00:00+00:00")
    heard = presses(school, "lin", "quiet", "go_on", school.id["lin"]) if words == "tap" else school.says("lin", words)
    assert (words != "tap") or "as_before" in heard.blocks
    assert not school.person("lin").is_hushed
    waiting = len(school.all(Prompt, state="waiting"))
    assert waiting > 5
    heard = school.next_contact("lin")
    assert "several" in heard.blocks and school.all(Prompt, state="waiting") == []


def test_a_word_before_the_question_makes_it_needless(school: World) -> None:
    school.says("lin", "今天的课很顺")
    plan(school, range(13))  # the last falls due on the evening of 28 September, with the fifth card
    for _ in range(5):
        school.next_contact("lin")
    [question] = school.all(Prompt, kind="quiet_question")
    school.clock.advance(hours=1)
    school.says("lin", "这周忙，晚点回你")
    assert contacts(school) == []
    assert [p.state for p in school.all(Prompt, id=question.id)] == ["dropped"]


def test_less_and_stop_are_kept(world: World, talk: Talk) -> None:
    talk("提醒太多了", says="choose")
    talk.tap("lighter", says="less")
    assert (world.person("lin").strength, world.person("lin").weekly_budget) == ("light", 2)
    talk("安静一下", says="choose")
    talk.tap("stop", says="stopped")
    assert not world.person("lin").may_contact
    talk.tap("cmd", asks="what")


def test_leave_is_no_silence(school: World) -> None:
    from models import Absence

    school.says("lin", "今天的课很顺")
    plan(school, range(3))
    for _ in range(3):
        school.next_contact("lin")
    first = local_day(school.clock.now(), "Asia/Shanghai") + timedelta(days=1)
    away = Absence(
        person_id=school.id["lin"], first_day=first, last_day=first + timedelta(days=8), made_at=school.clock.now()
    )
    school.add(away)
    _due_on(school, away.last_day + timedelta(days=1))
    said = contacts(school)
    assert [day for day, _ in said] == ["09-28"]
    with school.store.writing() as session:
        _check_free(session, school)


def _due_on(world: World, day: object) -> None:
    due_at = datetime.fromisoformat(f"{day}T08:30:00+00:00")
    world.add(Prompt(key="later", person_id=world.id["lin"], kind=KIND, due_at=due_at, made_at=world.clock.now()))
    with world.store.writing() as session:
        replan(session, [world.id["lin"]], world.clock.now())


def _check_free(session: Session, world: World) -> None:
    assert queue_due(session, world.house, world.clock.now()) == 0
