"""Reading a digest: one shared item after the other, and what may be said to it."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event
from sqlmodel import select

from models import Absence, Entry, Membership, Pairing, Person, Prompt, Question
from tests.handlers.test_digest import FRIDAY, SECRET, digests_of, make, wang, week_passes  # noqa: F401  (fixtures)
from tests.handlers.test_feedback import give
from tests.handlers.test_respond import shared
from tests.world import Talk, World


def test_each_reader_has_her_own_zone(world: World) -> None:
    world.change("wang", zone="Europe/London")
    shared(world, "lin", ["supervisor"])
    assert "wang" not in week_passes(world).bubbles
    world.clock.instant = datetime(2026, 9, 18, 15, 30, tzinfo=UTC)
    make(world)
    assert "林晓" in world.tick().to("wang")


def test_on_demand_any_day_since_the_last_one(world: World, wang: Talk) -> None:
    shared(world, "lin", ["supervisor"])
    assert "小宇" in wang("周报", says="on_demand").text
    week_passes(world)
    wang.tap("items", says="item")
    world.advance(days=3)
    shared(world, "zhou", ["supervisor"], "一次没讲完的课")
    said = wang("周报", says="on_demand").text
    assert "一次没讲完的课" in said and "· 林晓" not in said
    assert "一次没讲完的课" in week_passes(world, 1).to("wang")


def test_on_demand_again_when_nothing_came_since(world: World, wang: Talk) -> None:
    shared(world, "lin", ["supervisor"])
    week_passes(world)
    wang.tap("items", says="item")
    assert "小宇" in wang("周报", says="on_demand").text


@pytest.mark.parametrize("who", ["lin", "zhou", "sun", "he"])
def test_who_looks_after_nobody_has_none(world: World, who: str) -> None:
    shared(world, "lin", ["supervisor"])
    heard = Talk(world, who)("周报", says="not_for_you")
    assert "小宇" not in heard.text
    assert who not in week_passes(world).bubbles


def test_a_supervisor_of_another_unit_sees_nothing_of_it(world: World) -> None:
    maths = next(m.unit_id for m in world.all(Membership, person_id=world.id["sun"]))
    newcomer = Person(name="钱数", joined_at=world.clock.now())
    world.add(newcomer, Membership(person_id=newcomer.id, unit_id=maths, role="teacher"))
    entry = shared(world, "lin", ["supervisor"])
    sun = Talk(world, "sun")
    assert "小宇" not in sun("周报", says="on_demand").text
    assert "林晓" not in sun("林晓这周写了什么", says="nobody_so_named").text
    give(world, "sun", "c", entry.id, "digest", "whole", "read all")
    assert "小宇" not in sun.tap("read all", says="gone").text
    assert "sun" not in week_passes(world).bubbles


def test_a_mentor_after_the_pairing_ended_sees_nothing(world: World) -> None:
    entry = shared(world, "lin", ["pair"])
    week_passes(world)
    with world.store.writing() as session:
        session.exec(select(Pairing)).one().until = date(2026, 9, 1)
    chen = Talk(world, "chen")
    assert "小宇" not in chen.tap("items", says="no_more").text
    give(world, "chen", "c", entry.id, "digest", "whole", "read all")
    assert "小宇" not in chen.tap("read all", says="gone").text
    chen("周报", says="not_for_you")


def test_another_persons_digest_cannot_be_opened(world: World) -> None:
    shared(world, "lin", ["supervisor"])
    week_passes(world)
    mine = digests_of(world, "wang")[0]
    for option in ("items", "waiting"):
        give(world, "zhou", "c", mine.id, "digest", option, f"try {option}")
        assert "小宇" not in Talk(world, "zhou").tap(f"try {option}", says="gone").text


@pytest.mark.parametrize("words", ["赵老师这周写了什么", "赵然最近写了什么？", "周报 赵老师"])
def test_asking_about_one_teacher_reveals_nothing(world: World, wang: Talk, words: str) -> None:
    without = wang(words, says="nothing_from").text
    shared(world, "zhao", [], SECRET)
    assert wang(words, says="nothing_from").text == without


def test_asking_about_one_teacher_shows_what_is_shared(world: World, wang: Talk) -> None:
    shared(world, "lin", ["supervisor"])
    shared(world, "lin", [], SECRET)
    heard = wang("小林这周写了什么", says="from_someone")
    assert "小宇" in heard.text and SECRET not in heard.text
    wang.tap("whole", says="whole")


@pytest.mark.parametrize(
    "words",
    [
        "给我排个名",
        "排名",
        "谁写得最多",
        "这周谁最积极",
        "谁没交",
        "把全组排个名看看",
        "rank the teachers",
        "who wrote the most",
    ],
)
def test_a_ranking_is_declined_kindly(world: World, wang: Talk, words: str) -> None:
    shared(world, "lin", ["supervisor"])
    said = wang(words, says="no_ranking").text
    assert "林晓" not in said and "排名" not in said
    wang.tap("看周报", says="on_demand")


def test_a_teachers_note_about_ranks_is_kept_as_a_note(talk: Talk) -> None:
    assert "no_ranking" not in talk("今天孩子们问我班级排名的事，我想了很久怎么回答。").blocks


def test_the_day_and_the_rhythm_can_be_changed(world: World, wang: Talk) -> None:
    shared(world, "lin", ["supervisor"])
    week_passes(world)
    wang.tap("when", says="when")
    wang.tap("day3", says="rhythm_set")
    wang("周报 每两周", says="rhythm_set")
    assert (world.person("wang").digest_day, world.person("wang").digest_every) == (3, 2)
    wang("周报 暂停", says="rhythm_set")
    shared(world, "zhou", ["supervisor"], "停了以后")
    assert week_passes(world, 1).bubbles == {}
    assert "停了以后" in wang("周报", says="on_demand").text
    wang("周报 周一", says="rhythm_set")
    assert world.person("wang").digest_every == 1


def test_every_two_weeks_skips_one(world: World) -> None:
    world.change("wang", digest_every=2)
    week_passes(world)
    world.advance(hours=1)
    shared(world, "lin", ["supervisor"])
    assert "wang" not in week_passes(world, 1).bubbles
    assert "林晓" in week_passes(world, 2).to("wang")


def unread_weeks(world: World, weeks: int) -> None:
    for week in range(weeks):
        world.clock.instant = FRIDAY + timedelta(weeks=week, days=-1)
        shared(world, "lin", ["supervisor"], f"第{week}周")
        week_passes(world, week)


def test_two_unread_weeks_are_asked_about_once(world: World, wang: Talk) -> None:
    unread_weeks(world, 3)
    assert [p.person_id for p in world.all(Prompt, kind="rhythm")] == [world.id["wang"]]
    world.last.clear()
    unread_weeks(world, 5)
    assert len(world.all(Prompt, kind="rhythm")) == 1


def test_weeks_of_leave_are_no_unread_weeks(world: World, wang: Talk) -> None:
    away = Absence(
        person_id=world.id["wang"], first_day=FRIDAY.date(), last_day=FRIDAY.date() + timedelta(days=8),
        made_at=world.clock.now(),
    )  # fmt: skip
    world.add(away)
    unread_weeks(world, 3)
    assert world.all(Prompt, kind="rhythm") == []


def test_the_rhythm_question_can_be_answered_by_a_tap(world: World, wang: Talk) -> None:
    unread_weeks(world, 3)
    asked = world.all(Prompt, kind="rhythm")[0]
    assert (asked.manner, asked.state) == ("ordinary", "queued")
    give(world, "wang", "c", None, "digest", "every2", "fortnightly")
    wang.tap("fortnightly", says="rhythm_set")
    assert world.person("wang").digest_every == 2


def test_who_reads_is_not_asked_about_the_rhythm(world: World, wang: Talk) -> None:
    for week in range(4):
        world.clock.instant = FRIDAY + timedelta(weeks=week, days=-1)
        shared(world, "lin", ["supervisor"], f"第{week}周")
        week_passes(world, week)
        wang.tap("items", says="item")
    assert world.all(Prompt, kind="rhythm") == []


def test_answers_kept_for_the_digest_come_with_it_once(world: World) -> None:
    entry = shared(world, "lin", ["supervisor"])
    world.add(
        Question(
            asker_id=world.id["wang"],
            person_id=world.id["lin"],
            kind="check_in",
            about_id=entry.id,
            text="怎么样了",
            ask_at=world.clock.now(),
            answer_comes="digest",
            state="answered",
            answer_kind="words",
            answer="顺多了",
            answered_at=world.clock.now(),
            made_at=world.clock.now(),
        )
    )
    assert "顺多了" in week_passes(world).to("wang")
    shared(world, "zhou", ["supervisor"], "下一周")
    world.clock.instant += timedelta(days=1)
    shared(world, "zhou", ["supervisor"], "再下一周")
    assert "顺多了" not in week_passes(world, 1).to("wang")


@pytest.fixture
def statements(world: World) -> Iterator[list[str]]:
    """Every statement that the store is given."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    event.listen(world.store.writer, "before_cursor_execute", note)
    yield seen
    event.remove(world.store.writer, "before_cursor_execute", note)


def test_the_number_of_queries_does_not_grow_with_readers_or_items(world: World, statements: list[str]) -> None:
    unit = next(m.unit_id for m in world.all(Membership, person_id=world.id["wang"]))
    counted = []
    for added in (0, 40):
        people = [Person(name=f"主管{n}", joined_at=world.clock.now()) for n in range(added)]
        world.add(*people, *(Membership(person_id=p.id, unit_id=unit, role="supervisor") for p in people))
        for _ in range(1 + added):
            shared(world, "lin", ["supervisor"])
        world.clock.instant = FRIDAY + timedelta(weeks=bool(added))
        statements.clear()
        make(world)
        counted.append(len(statements))
    assert counted[1] <= counted[0] + 1  # the question about the rhythm looks for its keys only when there are any


def test_entries_of_before_and_after_the_window_stay_out(world: World) -> None:
    old = Entry(
        kind="jotting", person_id=world.id["lin"], parts={"text": "上个月"}, written_at=FRIDAY - timedelta(days=30)
    )
    old.share_with(["supervisor"])
    old.shared_at = old.written_at
    world.add(old)
    assert week_passes(world).bubbles == {}
