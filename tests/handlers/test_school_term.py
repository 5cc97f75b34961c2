"""学期 in chat: the office enters, moves and lengthens a term, after it heard whom that moves."""

from datetime import UTC, date, datetime, timedelta

import pytest

from bot.planning import replan
from bot.school import note_edit, school_clock
from handlers.school_term import undo
from models import AuditEvent, Lesson, Observation, Prompt, Term
from models.rules.calendar import Calendar
from tests.world import Message, Talk, World

# The world begins on Wednesday 2026-09-16.


@pytest.fixture
def office(world: World) -> Talk:
    return Talk(world, "he")


def calendar(world: World) -> Calendar:
    with world.store.reading() as session:
        return school_clock(session).calendar


def enter(world: World, *terms: Term) -> None:
    with world.store.writing() as session:
        session.add_all(terms)
        note_edit(session)


def autumn() -> Term:
    return Term(name="2026年秋季学期", monday=date(2026, 8, 31), weeks=20)


def terms(world: World) -> list[tuple[str, date, int | None]]:
    return sorted((term.name, term.monday, term.weeks) for term in world.all(Term))


def test_the_first_term_is_entered_in_one_sentence(world: World, office: Talk) -> None:
    heard = office("本学期第1周从9月7日开始，共20周", asks="right")
    assert "2026年秋季学期，新学期" in heard.text and "不影响谁" in heard.text
    assert "第1周从2026年9月7日（周一）算起，共 20 周，到2027年1月24日（周日）。" in heard.text
    assert terms(world) == []
    office.tap("yes", says="done")
    assert terms(world) == [("2026年秋季学期", date(2026, 9, 7), 20)]
    assert "第2周周三" in Talk(world)("校历", says="year").text


def test_a_term_is_lengthened_and_shortened_again(world: World, office: Talk) -> None:
    enter(world, autumn())
    heard = office("这学期改成21周", asks="right")
    assert (
        "共 21 周，到2027年1月24日" in heard.text and "原来：第1周从2026年8月31日（周一）算起，共 20 周" in heard.text
    )
    office.tap("yes", says="done")
    assert terms(world) == [("2026年秋季学期", date(2026, 8, 31), 21)]
    button = world.button("he", "undo")
    office("这学期改成21周", says="already")
    for _twice in range(2):
        world.sends("he", Message("button", "he", button=button))
        assert "undone" in world.words.said
    assert terms(world) == [("2026年秋季学期", date(2026, 8, 31), 20)]


def test_whom_it_moves_is_told_before(world: World, office: Talk) -> None:
    enter(world, autumn(), Term(name="2027年春季学期", monday=date(2027, 3, 1), weeks=19))
    now, monday = world.clock.now(), date(2027, 1, 18)  # the first day of the vacation
    at = datetime(2027, 1, 18, 2, tzinfo=UTC)
    with world.store.writing() as session:
        session.add(Prompt(key="x", person_id=world.id["lin"], kind="follow_up", due_at=at, made_at=now))
        session.add(
            Observation(
                person_id=world.id["chen"], observer_id=world.id["chen"], teacher_id=world.id["wang"],
                day=monday - timedelta(days=4), period=3, starts_at=at - timedelta(days=4),
                ends_at=at - timedelta(days=4) + timedelta(minutes=40), state="agreed", made_at=now,
            )
        )  # fmt: skip
        session.flush()
        replan(session, [world.id["lin"]], now)
    assert "会影响 1 位老师的提醒。" in office("这学期改成21周", asks="right").text
    office("取消")
    assert "会影响 1 次约好的听课。" in office("本学期到1月13日结束", asks="right").text
    office.tap("yes", says="done")
    told = world.advance(hours=1)
    assert "day_closed" in told.blocks and told.to("chen") and told.to("wang")
    office.tap("undo", says="undone")
    assert "day_open" in world.advance(hours=1).blocks
    assert terms(world)[0] == ("2026年秋季学期", date(2026, 8, 31), 20)


def test_a_term_that_was_added_is_undone(world: World, office: Talk) -> None:
    enter(world, autumn())
    office("加一个学期：2027年春季学期从3月1日开始，共19周", asks="right")
    office.tap("yes", says="done")
    assert [name for name, *_ in terms(world)] == ["2026年秋季学期", "2027年春季学期"]
    office.tap("undo", says="undone")
    assert [name for name, *_ in terms(world)] == ["2026年秋季学期"]


def test_a_term_with_a_timetable_is_not_taken_out(world: World, office: Talk) -> None:
    office("本学期第1周从9月7日开始，共20周", asks="right")
    office.tap("yes", says="done")
    (term,) = world.all(Term)
    world.add(Lesson(term_id=term.id, teacher_id=world.id["lin"], class_name="三2班", weekday=0, period=1))
    office.tap("undo", says="changed_since")
    assert len(world.all(Term)) == 1


def test_what_was_changed_again_is_not_undone(world: World, office: Talk) -> None:
    enter(world, autumn())
    office("这学期改成21周", asks="right")
    office.tap("yes", says="done")
    button = world.button("he", "undo")
    office("这学期改成22周", asks="right")
    office.tap("yes", says="done")
    world.sends("he", Message("button", "he", button=button))
    assert "changed_since" in world.words.said and terms(world)[0][2] == 22


def test_terms_that_overlap_are_refused_with_the_reason(world: World, office: Talk) -> None:
    enter(world, autumn(), Term(name="2027年春季学期", monday=date(2027, 3, 1), weeks=19))
    heard = office("这学期改成27周", says="overlaps")
    assert "和“2027年春季学期”重叠了" in heard.text and "2027年3月1日（周一）" in heard.text
    assert terms(world)[0][2] == 20


def test_a_term_that_was_entered_meanwhile_is_not_overlapped(world: World, office: Talk) -> None:
    enter(world, autumn())
    office("这学期改成27周", asks="right")
    enter(world, Term(name="2027年春季学期", monday=date(2027, 3, 1), weeks=19))
    office.tap("yes", says="overlaps")
    assert terms(world)[0][2] == 20


def test_a_term_that_was_changed_meanwhile_is_left(world: World, office: Talk) -> None:
    enter(world, autumn())
    office("这学期改成21周", asks="right")
    with world.store.writing() as session:
        session.get_one(Term, world.all(Term)[0].id).weeks = 22
        note_edit(session)
    office.tap("yes", says="changed_since")
    assert terms(world)[0][2] == 22


@pytest.mark.parametrize(
    ("said", "block"),
    [
        ("本学期第1周从9月31日开始，共20周", "no_such_day"),
        ("本学期第1周从9月7日开始", "no_weeks"),
        ("本学期第1周从9月7日开始，共60周", "too_many_weeks"),
        ("这学期改成21周", "no_term"),
        ("校历 这学期改成21周", "no_term"),
    ],
)
def test_what_cannot_be_is_said(world: World, office: Talk, said: str, block: str) -> None:
    office(said, says=block)
    assert terms(world) == []


def test_others_see_the_term_and_change_nothing(world: World) -> None:
    assert "还没有录入学期" in Talk(world)("这学期改成21周", says="office_only").text
    enter(world, autumn())
    assert "共 20 周" in Talk(world)("这学期改成21周", says="office_only").text
    assert terms(world)[0][2] == 20


@pytest.mark.parametrize("said", ["第1周在上绘本课", "这学期我们班进步很大", "加学期末评语要写好", "本学期第1周很忙"])
def test_a_teachers_note_about_the_term_is_a_note(world: World, said: str) -> None:
    assert "office_only" not in Talk(world)(said).blocks


def test_a_button_of_the_office_does_nothing_for_others(world: World, office: Talk) -> None:
    office("本学期第1周从9月7日开始，共20周", asks="right")
    office.tap("yes", says="done")
    (event,) = world.all(AuditEvent, what="school_term")
    with world.store.writing() as session:
        assert undo(session, world.person("lin"), event.id, world.clock.now()).say[0].block == "gone"
        assert undo(session, world.person("he"), None, world.clock.now()).say[0].block == "gone"
    assert len(terms(world)) == 1


@pytest.mark.parametrize(
    ("language", "said", "told"),
    [
        ("en", "Term starts on 8 September, 20 weeks", "week 1 from"),
        ("en", "calendar: week 1 starts on 7 September with 20 weeks", "20 weeks"),
        ("zh_Hant", "本學期第1週從9月7日開始，共20週", "第1週從2026年9月7日"),
    ],
)
def test_a_term_in_other_languages(world: World, office: Talk, language: str, said: str, told: str) -> None:
    world.change("he", language=language)
    assert told in office(said, asks="right").text
    office.tap("yes", says="done")
    assert calendar(world).week_of(world.today).number == 2
