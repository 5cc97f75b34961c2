"""校历 in chat: the office changes a day in a sentence, after it heard whom that moves; everybody may look."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from bot.app import make_what_the_calendar_asks
from bot.planning import replan
from bot.school import note_edit, school_clock
from handlers.observation_set import asked_for, reminders
from handlers.school_day import undo
from models import AuditEvent, Mark, Observation, Prompt, SchoolDay, SchoolState, Term
from models.closed_days import gone_prompts
from models.official_days import seed_official_days
from models.rules.calendar import Calendar
from tests.timetable_world import change_lessons, with_timetable
from tests.world import Message, Talk, World

TOMORROW = date(2026, 9, 17)  # Thursday of week 3


@pytest.fixture
def office(world: World) -> Talk:
    """The office of a school in its autumn term."""
    with world.store.writing() as session:
        seed_official_days(session, world.clock.now())
        session.add(Term(name="2026年秋季学期", monday=date(2026, 8, 31), weeks=20))
        note_edit(session)
    return Talk(world, "he")


def calendar(world: World) -> Calendar:
    with world.store.reading() as session:
        return school_clock(session).calendar


def own(world: World) -> list[SchoolDay]:
    return sorted(world.all(SchoolDay, source="school"), key=lambda row: row.day)


def follow_up(world: World, who: str, day: date) -> None:
    due = datetime(day.year, day.month, day.day, 1, tzinfo=UTC)
    with world.store.writing() as session:
        session.add(Prompt(key=who, person_id=world.id[who], kind="follow_up", due_at=due, made_at=due))
        session.flush()
        replan(session, [world.id[who]], world.clock.now())


def visit(world: World, day: date = TOMORROW, observer: str = "chen", teacher: str = "lin") -> Observation:
    at = datetime(day.year, day.month, day.day, 2, tzinfo=UTC)
    seen = Observation(
        person_id=world.id[observer], observer_id=world.id[observer], teacher_id=world.id[teacher], day=day, period=3,
        starts_at=at, ends_at=at + timedelta(minutes=40), state="agreed", made_at=world.clock.now(),
    )  # fmt: skip
    world.add(seen)
    return seen


def arranged(world: World, day: date = TOMORROW) -> None:
    """Agree on a visit, with all its reminders."""
    with world.store.writing() as session:
        seen = visit(world, day)
        session.add(seen)
        session.add_all(reminders(session, seen, world.clock.now()))
        replan(session, [world.id["chen"], world.id["lin"]], world.clock.now())


# The office


def test_a_day_is_closed_in_one_sentence_and_one_tap(world: World, office: Talk) -> None:
    heard = office("明天停课", asks="right")
    assert "2026年9月17日（周四），第3周" in heard.text and "不影响谁" in heard.text
    assert own(world) == []
    office.tap("yes", says="done")
    assert not calendar(world)(TOMORROW)
    assert [(row.day, row.kind, row.person_id) for row in own(world)] == [(TOMORROW, "rest", world.id["he"])]


def test_whom_it_moves_is_told_before(world: World, office: Talk) -> None:
    follow_up(world, "lin", TOMORROW)
    follow_up(world, "zhou", TOMORROW + timedelta(days=1))
    visit(world, observer="wang", teacher="wu")
    heard = office("明天停课", asks="right")
    assert "会影响 1 位老师的提醒，1 次约好的听课。" in heard.text
    office.tap("yes", says="done")
    world.tick()
    assert world.person("lin").next_contact_at is not None
    assert world.person("lin").next_contact_at.date() == TOMORROW + timedelta(days=1)  # type: ignore[union-attr]


def test_both_sides_of_a_visit_hear_that_its_day_is_closed(world: World, office: Talk) -> None:
    visit(world)
    office("明天因台风停课", asks="right")
    office.tap("yes", says="done")
    told = world.advance(hours=1)
    assert "day_closed" in told.blocks and "陈静安" in told.to("lin") and "林晓" in told.to("chen")
    Talk(world, "lin").tap("换个时间", asks="day")
    office.tap("undo", says="undone")
    assert calendar(world)(TOMORROW)


def test_nobody_hears_of_a_closed_day_that_was_taken_back(world: World, office: Talk) -> None:
    visit(world)
    office("明天停课", asks="right")
    office.tap("yes", says="done")
    office.tap("undo", says="undone")
    assert "day_closed" not in world.advance(hours=1).blocks


def test_nobody_is_reminded_of_a_visit_on_a_closed_day(world: World, office: Talk) -> None:
    arranged(world)
    office("明天停课", asks="right")
    office.tap("yes", says="done")
    assert "day_closed" in world.tick().blocks
    for hours in (4, 11.5, 6, 24):  # the evening before, the bell, the form, the days after
        assert world.advance(hours=hours).bubbles == {}


def test_who_heard_of_a_closed_day_hears_that_it_is_none(world: World, office: Talk) -> None:
    arranged(world)
    office("明天停课", asks="right")
    office.tap("yes", says="done")
    world.tick()
    office.tap("undo", says="undone")
    told = world.tick()
    assert "day_open" in told.blocks and "陈静安" in told.to("lin") and "林晓" in told.to("chen")
    assert "observation_evening" in world.advance(hours=4).blocks


@pytest.mark.parametrize("words", ["明天照常上课", "明天正常上课"])
def test_a_day_given_back_in_other_words_is_told_too(world: World, office: Talk, words: str) -> None:
    visit(world)
    for said in ("明天停课", words):
        office(said, asks="right")
        office.tap("yes", says="done")
        told = world.tick()
    assert "day_open" in told.blocks


def test_a_visit_on_a_day_of_exams_needs_another_time(world: World, office: Talk) -> None:
    arranged(world)
    assert "会影响 1 次约好的听课" in office("校历 明天月考", asks="right").text
    office.tap("yes", says="done")
    assert "月考" in world.tick().to("lin")
    assert "observation_evening" not in world.advance(hours=4).blocks


def test_a_visit_that_two_people_put_on_a_rest_day_is_reminded_of(world: World, office: Talk) -> None:
    arranged(world, TOMORROW + timedelta(days=2))  # a Saturday
    world.advance(days=2)
    assert "observation_evening" in world.advance(hours=4).blocks


def test_both_sides_hear_that_a_new_timetable_has_not_their_lesson(world: World) -> None:
    with_timetable(world)
    with world.store.writing() as session:
        seen = visit(world)  # Thursday, lesson 3
        session.add_all(reminders(session, seen, world.clock.now()))
        session.add_all(gone_prompts([seen], seen.id, world.clock.now()))
        replan(session, [world.id["chen"], world.id["lin"]], world.clock.now())
    assert world.tick().bubbles == {}  # the lesson is still there
    change_lessons(world, {"teacher_id": world.id["lin"], "weekday": 3})
    with world.store.writing() as session:
        session.add_all(gone_prompts([seen], UUID(int=1), world.clock.now()))
        replan(session, [world.id["chen"], world.id["lin"]], world.clock.now())
    told = world.tick()
    assert "陈静安" in told.to("lin") and "林晓" in told.to("chen") and "lesson_gone" in told.blocks
    Talk(world, "lin").tap("换个时间", asks="day")
    assert "observation_evening" not in world.advance(hours=4).blocks


def test_who_never_heard_of_a_proposal_does_not_hear_that_its_day_is_closed(world: World, office: Talk) -> None:
    with world.store.writing() as session:
        seen = visit(world)
        session.add(seen)
        seen.state = "proposed"
        session.add(asked_for([seen], world.id["lin"], world.clock.now()))
    office("明天停课", asks="right")
    office.tap("yes", says="done")
    heard = world.advance(hours=1)
    assert heard.to("lin") == "" and "林晓" in heard.to("chen")


def test_an_edit_is_undone_to_what_was_said_before(world: World, office: Talk) -> None:
    world.add(SchoolDay(day=TOMORROW, kind="exam", name="月考", made_at=world.clock.now()))
    office("明天停课", asks="right")
    office.tap("yes", says="done")
    button = world.button("he", "undo")
    for _twice in range(2):
        world.sends("he", Message("button", "he", button=button))
        assert "undone" in world.words.said
    assert [(row.kind, row.name) for row in own(world)] == [("exam", "月考")]


def test_what_was_changed_again_is_not_undone(world: World, office: Talk) -> None:
    office("明天停课", asks="right")
    office.tap("yes", says="done")
    button = world.button("he", "undo")
    office("明天照常上课", asks="right")
    office.tap("yes", says="done")
    world.add(SchoolDay(day=TOMORROW, kind="exam", name="月考", made_at=world.clock.now()))
    world.sends("he", Message("button", "he", button=button))
    assert "changed_since" in world.words.said and own(world)[0].kind == "exam"


SENTENCES = [
    ("下周五放假", [date(2026, 9, 25)], "rest", None),
    ("周六上班，上周三的课", [date(2026, 9, 19)], "school", 2),
    ("10月10日上课，上周五的课", [date(2026, 10, 10)], "school", 4),
    ("第10周期中考试", [date(2026, 11, 2) + timedelta(days=n) for n in range(5)], "exam", None),
    ("週六上班，上週三的課", [date(2026, 9, 19)], "school", 2),
    ("10月10日補週五的課", [date(2026, 10, 10)], "school", 4),
    ("No school on Friday", [date(2026, 9, 18)], "rest", None),
    ("Saturday is a school day, Wednesday's lessons", [date(2026, 9, 19)], "school", 2),
    ("calendar Saturday is a school day, Wednesday's lessons", [date(2026, 9, 19)], "school", 2),
    ("midterm exams in week 10", [date(2026, 11, 2) + timedelta(days=n) for n in range(5)], "exam", None),
]


@pytest.mark.parametrize(("said", "days", "kind", "follows"), SENTENCES, ids=[said for said, *_ in SENTENCES])
def test_sentences_of_the_office(
    world: World, office: Talk, said: str, days: list[date], kind: str, follows: int | None
) -> None:
    office(said, asks="right")
    office.tap("yes", says="done")
    assert [(row.day, row.kind, row.follows) for row in own(world)] == [(day, kind, follows) for day in days]


def test_whose_lessons_a_saturday_holds_is_asked_when_it_is_not_said(world: World, office: Talk) -> None:
    office("周六上课", asks="follows")
    heard = office.tap("wed", asks="right")
    assert "上周三的课" in heard.text
    office.tap("yes", says="done")
    assert calendar(world).look(date(2026, 9, 19)).follows == 2
    office("9月20日上课", asks="follows")  # made up by the country already, but nobody said for which day
    office.tap("unsettled", asks="right")
    office.tap("yes", says="done")
    assert calendar(world).look(date(2026, 9, 20)).follows is None


def test_an_exam_leaves_out_the_holidays_within(world: World, office: Talk) -> None:
    office("9月24日到28日期中考试", asks="right")
    office.tap("yes", says="done")
    assert [row.day.day for row in own(world)] == [24, 28]  # 25–27: 中秋


@pytest.mark.parametrize(
    ("said", "block"),
    [
        ("9月31日停课", "no_such_day"),
        ("第30周期中考试", "no_such_week"),
        ("校历 周三到周五下午停课", "not_read"),
        ("周六下午停课", "rests_anyway"),
        ("校历 昨天停课", "is_past"),
    ],
)
def test_what_cannot_be_is_said(world: World, office: Talk, said: str, block: str) -> None:
    office(said, says=block)
    assert own(world) == []


def test_what_stands_already_is_said(world: World, office: Talk) -> None:
    office("明天停课", asks="right")
    office.tap("yes", says="done")
    office("明天停课", says="already")
    office("明天照常上课", asks="right")
    office.tap("yes", says="done")
    assert own(world) == [] and calendar(world)(TOMORROW)
    office("明天照常上课", says="already")


def test_the_office_may_leave_it(world: World, office: Talk) -> None:
    office("明天停课", asks="right")
    office("取消")
    assert own(world) == []


# Everybody else


def test_a_teacher_sees_the_day_and_changes_nothing(world: World, office: Talk) -> None:
    heard = Talk(world)("明天停课", says="office_only")
    assert "办公室" in heard.text and "9月17日（第3周周四）上课" in heard.text
    assert own(world) == []


def test_a_button_of_the_office_does_nothing_for_others(world: World, office: Talk) -> None:
    office("明天停课", asks="right")
    office.tap("yes", says="done")
    (event,) = world.all(AuditEvent, what="school_day")
    with world.store.writing() as session:
        assert undo(session, world.person("lin"), event.id, world.clock.now()).say[0].block == "gone"
        assert undo(session, world.person("he"), None, world.clock.now()).say[0].block == "gone"
    assert not calendar(world)(TOMORROW)


@pytest.mark.parametrize(
    "said", ["校历", "第几周", "今天第几周？", "本周是第几周", "/calendar", "which week is it?", "校曆"]
)
def test_everybody_may_ask_which_week_it_is(world: World, office: Talk, said: str) -> None:
    heard = Talk(world)(said, says="year")
    assert "第3周周三" in heard.text and "中秋" in heard.text and "9月20日" in heard.text


def test_the_year_is_told_in_three_languages(world: World, office: Talk) -> None:
    office("第10周期中考试", asks="right")
    office.tap("yes", says="done")
    world.change("lin", language="en")
    assert "Mid-Autumn" in (heard := Talk(world)("calendar", says="year")).text and "midterm exams" in heard.text
    world.change("lin", language="zh_Hant")
    assert "期中考試" in Talk(world)("校曆", says="year").text


def test_without_terms_it_says_so(world: World) -> None:
    assert "没有录入学期" in Talk(world)("校历", says="year").text


def test_on_a_made_up_day_and_in_the_holidays(world: World, office: Talk) -> None:
    office("9月20日上课，上周五的课", asks="right")
    office.tap("yes", says="done")
    world.clock.instant = datetime(2026, 9, 20, 2, tzinfo=UTC)
    assert "上周五的课" in Talk(world)("校历").text
    world.clock.instant = datetime(2026, 10, 3, 2, tzinfo=UTC)
    assert "国庆节休息" in Talk(world)("校历").text
    world.clock.instant = datetime(2027, 1, 20, 2, tzinfo=UTC)
    assert "学校放假" in Talk(world)("校历").text


# A year without a list


def test_the_office_hears_once_that_a_year_has_no_list_and_nobody_else_does(world: World, office: Talk) -> None:
    def planned(now: datetime) -> set[object]:
        with world.store.writing() as session:
            people, _digests = make_what_the_calendar_asks(session, now)
            return set(people)

    assert planned(datetime(2026, 10, 30, 2, tzinfo=UTC)) == set()
    november = datetime(2026, 11, 2, 2, tzinfo=UTC)
    assert planned(november) == {world.id["he"]} and planned(november + timedelta(days=20)) == set()
    with world.store.reading() as session:
        assert session.get(Mark, "official_year:2027") is not None
    world.clock.instant = november
    with world.store.writing() as session:
        replan(session, [world.id["he"]], november)
    assert "2027" in world.next_contact("he").to("he")
    assert "2027 年的放假安排还没有" in office("校历", says="year").text
    assert "2027" not in Talk(world)("校历").text


def test_a_list_that_came_meanwhile_is_not_asked_for(world: World, office: Talk) -> None:
    november = datetime(2026, 11, 2, 2, tzinfo=UTC)
    with world.store.writing() as session:
        make_what_the_calendar_asks(session, november)
        session.get_one(SchoolState, 1).known_years = [2025, 2026, 2027]
        note_edit(session)
        replan(session, [world.id["he"]], november)
    world.clock.instant = november
    assert "official_year" not in world.next_contact("he").blocks
