"""听课 with a timetable: lessons that suit both, clashes, whole texts, calendar files."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from icalendar import Calendar

from bot.forms import Forms
from models import Absence, BellTable, Lesson, Observation, Prompt, SchoolDay
from tests.handlers.pressing import presses
from tests.timetable_world import change_lessons, edited, with_timetable
from tests.world import WORDS, Heard, Talk, World

LANGUAGES = ("zh_Hans", "zh_Hant", "en")


@pytest.fixture
def school(world: World) -> World:
    return with_timetable(world)


@pytest.fixture
def chen(school: World) -> Talk:
    return Talk(school, "chen")


def options(heard: Heard, who: str = "chen") -> list[str]:
    return [option for option in heard.bubbles[who][-1].options if not option.startswith("_")]


def visits(world: World) -> list[tuple[str, int, str]]:
    found = sorted(world.all(Observation), key=lambda one: one.starts_at)
    return [(f"{one.day:%m%d}", one.period, one.state) for one in found]


def arrange(world: World, chen: Talk, slot: str = "周五第1节", lessons: str = "1") -> None:
    """陈静安 proposes a lesson or a whole text, and 林晓 agrees."""
    chen(f"听课 {slot}", asks="lessons")
    chen.tap(lessons, asks="lesson_kind")
    chen.tap("ordinary", says="proposed")
    assert "observation_proposed" in world.advance(minutes=30).blocks
    Talk(world, "lin").tap("agree", says="agreed")
    world.advance(minutes=1)


# What suits both


def test_lessons_that_suit_both_are_offered_with_their_class(chen: Talk) -> None:
    heard = chen("听课", asks="day")
    assert options(heard) == ["0917-2", "0918-1", "0921-3", "own"]
    assert "三4班" in heard.bubbles["chen"][-1].labels[1]


def test_a_tapped_lesson_is_kept_with_its_class_and_subject(school: World, chen: Talk) -> None:
    chen("听课", asks="day")
    chen.tap("0918-1", asks="lessons")
    chen.tap("1", asks="lesson_kind")
    heard = chen.tap("ordinary", says="proposed")
    seen = school.all(Observation)[0]
    assert (seen.day, seen.period, seen.class_name, seen.subject) == (date(2026, 9, 18), 1, "三4班", "语文")
    assert seen.lesson_id == school.all(Lesson, id=seen.lesson_id)[0].id
    assert "三4班" in heard.text and "三4班" in school.advance(minutes=30).to("lin")


def test_rest_days_exam_days_leave_and_lessons_taken_are_not_offered(school: World, chen: Talk) -> None:
    at = school.clock.now()
    school.add(
        SchoolDay(day=date(2026, 9, 17), kind="rest", name="停课", made_at=at),
        SchoolDay(day=date(2026, 9, 18), kind="exam", name="月考", made_at=at),
        Absence(person_id=school.id["lin"], first_day=date(2026, 9, 21), last_day=date(2026, 9, 21), made_at=at),
    )
    edited(school)
    assert options(chen("听课", asks="day")) == ["0922-1", "0923-2", "0924-2", "own"]
    chen.tap("0922-1", asks="lessons")
    chen.tap("1", asks="lesson_kind")
    chen.tap("ordinary", says="proposed")
    assert options(chen("听课", asks="day")) == ["0923-2", "0924-2", "0925-1", "own"]


def test_a_lesson_while_she_teaches_herself_is_asked_about(school: World, chen: Talk) -> None:
    heard = chen("听课 周四第三节", asks="other_lesson")
    assert "你自己有三1班的课" in heard.text
    assert options(heard) == ["0917-2", "0918-1", "own", "same"]
    assert "我已调课" in heard.bubbles["chen"][-1].labels
    chen.tap("0918-1", asks="lessons")


def test_who_has_swapped_her_own_lesson_may_come_all_the_same(school: World, chen: Talk) -> None:
    chen("听课 周四第三节", asks="other_lesson")
    chen.tap("我已调课", asks="lessons")
    chen.tap("1", asks="lesson_kind")
    chen.tap("ordinary", says="proposed")
    assert visits(school) == [("0917", 3, "proposed")]


def test_another_can_be_said_and_is_looked_at_too(school: World, chen: Talk) -> None:
    chen("听课 周四第三节", asks="other_lesson")
    chen.tap("换别的", says="say_lesson")
    heard = chen("周五第2节", says="clashes_too")
    assert "林晓没有课" in heard.text
    chen("下周二第1节", asks="lessons")


def test_no_lesson_at_that_time_is_said_kindly(school: World, chen: Talk) -> None:
    heard = chen("听课 周五第4节", asks="other_lesson")
    assert "林晓没有课" in heard.text
    chen.tap("same", asks="lesson_kind")  # perhaps the timetable is not up to date
    chen.tap("ordinary", says="proposed")
    assert (visits(school), school.all(Observation)[0].class_name) == ([("0918", 4, "proposed")], "")


def test_a_day_without_any_lesson_of_hers_offers_others(school: World, chen: Talk) -> None:
    change_lessons(school, {"weekday": 4, "teacher_id": school.id["lin"]})
    chen("听课", asks="day")
    chen("周五", says="no_lessons_that_day")
    chen.tap("o0", asks="lessons")


def test_of_a_day_her_lessons_are_offered(chen: Talk) -> None:
    chen("听课", asks="day")
    heard = chen("下周四", asks="period")
    assert options(heard) == ["2", "3"] and "三2班" in heard.bubbles["chen"][-1].labels[0]


def test_an_exam_day_is_asked_about(school: World, chen: Talk) -> None:
    school.add(SchoolDay(day=date(2026, 9, 18), kind="exam", name="月考", made_at=school.clock.now()))
    edited(school)
    assert "月考" in chen("听课 周五第1节", asks="other_lesson").text


def test_without_a_timetable_days_are_offered_as_before(world: World) -> None:
    talk = Talk(world, "chen")
    assert options(talk("听课", asks="day")) == ["thu", "fri", "mon", "tue"]
    talk("周五第1节", asks="lesson_kind")


def test_a_made_up_saturday_can_be_tapped(world: World) -> None:
    world.add(SchoolDay(day=date(2026, 9, 19), kind="school", name="补课", follows=2, made_at=world.clock.now()))
    edited(world)
    talk = Talk(world, "chen")
    assert options(talk("听课", asks="day")) == ["thu", "fri", "sat", "mon"]
    talk.tap("sat", asks="period")


def test_the_bells_of_the_lesson_count(school: World, chen: Talk) -> None:
    school.add(
        BellTable(stage="", bells=[["08:00", "08:40"], ["08:50", "09:30"], ["09:40", "10:20"]]),
        BellTable(stage="初中", bells=[["07:40", "08:25"], ["08:35", "09:20"]]),
    )
    change_lessons(school, {"weekday": 4, "period": 1}, stage="初中")
    chen("听课", asks="day")
    chen("周五第3节", says="no_such_period")
    chen("周五第1节", asks="lessons")
    chen.tap("1", asks="lesson_kind")
    chen.tap("ordinary", says="proposed")
    seen = school.all(Observation)[0]
    assert (seen.starts_at, seen.ends_at) == (
        datetime(2026, 9, 17, 23, 40, tzinfo=UTC),
        datetime(2026, 9, 18, 0, 25, tzinfo=UTC),
    )


def test_lessons_by_different_bells_clash_by_the_clock(school: World, chen: Talk) -> None:
    school.add(
        BellTable(stage="", bells=[["08:00", "08:40"], ["08:50", "09:30"], ["09:40", "10:20"]]),
        BellTable(stage="初中", bells=[["08:50", "09:35"]]),
    )
    change_lessons(school, {"weekday": 4, "period": 1}, stage="初中")  # it rings while 陈静安 holds lesson 2
    assert "你自己有三1班的课" in chen("听课 周五第1节", asks="other_lesson").text


def test_the_teacher_asks_the_mentor_when_both_can(school: World) -> None:
    lin = Talk(school, "lin")
    lin("听课", asks="whom")
    lin("陈老师", asks="side")
    assert options(lin.tap("come", asks="day"), "lin") == ["0917-2", "0918-1", "0921-3", "own"]
    assert "陈静安有三1班的课" in lin("周四第3节", asks="other_lesson").text


# A whole text


def test_a_whole_text_is_one_proposal_of_the_next_lessons_of_that_class(school: World, chen: Talk) -> None:
    chen("听课 周五第1节", asks="lessons")
    chen.tap("3", asks="lesson_kind")
    heard = chen.tap("ordinary", says="proposed")
    assert "整篇 3 节" in heard.text
    assert visits(school) == [("0918", 1, "proposed"), ("0921", 3, "proposed"), ("0922", 1, "proposed")]
    told = school.advance(minutes=30)
    assert told.blocks.count("observation_proposed") == 1 and "9月22日" in told.to("lin")
    Talk(school, "lin").tap("agree", says="agreed")
    assert {state for *_, state in visits(school)} == {"agreed"}


def test_a_set_is_reminded_of_day_by_day_and_asked_about_once(school: World, chen: Talk) -> None:
    arrange(school, chen, lessons="2")
    planned = [(p.kind, p.due_at) for p in school.all(Prompt, state="waiting", person_id=school.id["chen"])]
    assert sorted(planned) == [
        ("observation_evening", datetime(2026, 9, 17, 12, tzinfo=UTC)),
        ("observation_evening", datetime(2026, 9, 20, 12, tzinfo=UTC)),
        ("observation_feedback", datetime(2026, 9, 21, 3, 5, tzinfo=UTC)),
        ("observation_soon", datetime(2026, 9, 17, 23, 50, tzinfo=UTC)),
        ("observation_soon", datetime(2026, 9, 21, 1, 50, tzinfo=UTC)),
    ]
    school.clock.instant = datetime(2026, 9, 17, 12, tzinfo=UTC)
    assert "9月21日" in school.tick().to("chen")


def test_two_lessons_of_one_day_share_their_cards(school: World, chen: Talk) -> None:
    change_lessons(school, {"weekday": 0, "period": 3}, weekday=4, period=4)
    arrange(school, chen, lessons="2")
    kinds = sorted(p.kind for p in school.all(Prompt, state="waiting", person_id=school.id["chen"]))
    assert kinds == ["observation_evening", "observation_feedback", "observation_soon"]


def test_the_feedback_of_a_set_counts_all_its_lessons(school: World, chen: Talk) -> None:
    arrange(school, chen, lessons="2")
    school.clock.instant = datetime(2026, 9, 21, 8, 30, tzinfo=UTC)
    assert "observation_feedback" in school.tick().blocks
    chen.tap("写三句", asks="strength")
    chen("开头的提问很轻", asks="watched")
    chen.tap("skip", asks="suggestion")
    chen.tap("skip", asks="send")
    chen.tap("send", says="sent")
    assert {state for *_, state in visits(school)} == {"held"}


def test_a_set_not_held_closes_all_that_began(school: World, chen: Talk) -> None:
    arrange(school, chen, lessons="2")
    school.clock.instant = datetime(2026, 9, 21, 8, 30, tzinfo=UTC)
    school.tick()
    chen.tap("not_held", says="why_not_held")
    chen.tap("for_ill", says="not_held")
    assert {state for *_, state in visits(school)} == {"not_held"}


def test_a_later_lesson_that_clashes_is_asked_about(school: World, chen: Talk) -> None:
    chen("听课 下周三第2节", asks="lessons")
    heard = chen.tap("2", says="set_clashes")  # the next one is on Thursday, lesson 3
    assert "你自己有三1班的课" in heard.text
    chen.tap("照样一起约", asks="lesson_kind")
    chen.tap("ordinary", says="proposed")
    assert visits(school) == [("0923", 2, "proposed"), ("0924", 3, "proposed")]


def test_only_the_first_of_a_set_can_be_taken(school: World, chen: Talk) -> None:
    chen("听课 下周三第2节", asks="lessons")
    chen("2节", says="set_clashes")
    chen.tap("只约第一节", asks="lesson_kind")
    chen.tap("ordinary", says="proposed")
    assert visits(school) == [("0923", 2, "proposed")]


def test_a_number_of_lessons_that_is_none_is_asked_again(chen: Talk) -> None:
    chen("听课 周五第1节", asks="lessons")
    chen("很多", says="not_an_option")
    chen("1", asks="lesson_kind")


def test_cancelling_a_set_asks_whether_all_of_it(school: World, chen: Talk) -> None:
    arrange(school, chen, lessons="2")
    chen.tap("cancel", says="cancel_sure")
    chen.tap("cancel_all", says="cancelled_now")
    assert {state for *_, state in visits(school)} == {"cancelled"}
    assert "9月21日" in school.tick().to("lin")
    assert school.all(Prompt, state="waiting") == []


def test_cancelling_one_of_a_set_leaves_the_others_with_their_reminders(school: World, chen: Talk) -> None:
    arrange(school, chen, lessons="2")
    chen.tap("cancel", says="cancel_sure")
    chen.tap("cancel_yes", says="cancelled_now")
    assert visits(school) == [("0918", 1, "cancelled"), ("0921", 3, "agreed")]
    waiting = {(p.kind, p.due_at.day) for p in school.all(Prompt, state="waiting", person_id=school.id["chen"])}
    assert waiting == {("observation_evening", 20), ("observation_soon", 21), ("observation_feedback", 21)}


def test_moving_one_of_a_set_asks_for_that_one_alone(school: World, chen: Talk) -> None:
    arrange(school, chen, lessons="2")
    chen.tap("改期", asks="scope")
    chen.tap("one", asks="day")
    chen("下周二第1节", says="offered")
    assert visits(school) == [("0921", 3, "agreed"), ("0922", 1, "proposed")]
    assert "9月22日" in school.tick().to("lin")
    Talk(school, "lin").tap("agree", says="agreed")
    assert visits(school) == [("0921", 3, "agreed"), ("0922", 1, "agreed")]
    feedback = school.all(Prompt, state="waiting", kind="observation_feedback")
    assert [p.due_at for p in feedback] == [datetime(2026, 9, 22, 1, 5, tzinfo=UTC)]


def test_moving_a_whole_set_takes_the_lessons_after_the_new_first_one(school: World, chen: Talk) -> None:
    arrange(school, chen, lessons="2")
    chen.tap("改期", asks="scope")
    chen.tap("all", asks="day")
    chen("下周二第1节", says="offered")
    assert visits(school) == [("0922", 1, "proposed"), ("0923", 2, "proposed")]
    school.tick()
    Talk(school, "lin").tap("agree", says="agreed")
    assert {state for *_, state in visits(school)} == {"agreed"}


def test_a_set_that_nobody_answered_is_taken_back_as_a_whole(school: World, chen: Talk) -> None:
    chen("听课 周五第1节", asks="lessons")
    chen.tap("2", asks="lesson_kind")
    chen.tap("ordinary", says="proposed")
    chen.tap("cancel", says="cancel_sure")
    chen.tap("cancel_yes", says="cancelled_now")
    assert {state for *_, state in visits(school)} == {"cancelled"}
    assert school.advance(hours=1).bubbles == {}


# The calendar file


def forms(world: World, tmp_path: Any) -> Forms:
    return Forms(world.store, WORDS, tmp_path, world.clock.now)


def events(world: World, tmp_path: Any, who: str, row: Any = None) -> list[Any]:
    form = {"kind": "calendar", "person_id": str(world.id[who]), "language": "zh_Hans"}
    name, content = forms(world, tmp_path).make(form | ({"row": str(row)} if row else {}))
    assert name.endswith(".ics")
    return list(Calendar.from_ical(content).walk("VEVENT"))


def test_an_agreed_visit_goes_into_the_calendar(school: World, chen: Talk, tmp_path: Any) -> None:
    arrange(school, chen)
    heard = chen.tap("calendar", says="calendar_here")
    seen = school.all(Observation)[0]
    assert heard.bubbles["chen"][-1].form == {
        "kind": "calendar", "person_id": str(school.id["chen"]), "language": "zh_Hans", "row": str(seen.id),
    }  # fmt: skip
    (event,) = events(school, tmp_path, "chen", seen.id)
    assert event["UID"] == f"{seen.id}@zhixing" and event["SEQUENCE"] == seen.version
    assert event["DTSTART"].params["TZID"] == "Asia/Shanghai" and event["DTSTART"].dt == seen.starts_at
    assert "林晓" in event["SUMMARY"] and event["STATUS"] == "CONFIRMED"


def test_the_calendar_holds_no_private_words(school: World, chen: Talk, tmp_path: Any) -> None:
    arrange(school, chen)
    seen = school.all(Observation)[0]
    seen.focus = "提问后等几秒"
    school.add(seen)
    seen = school.all(Observation)[0]
    _, content = forms(school, tmp_path).make(
        {"kind": "calendar", "person_id": str(school.id["lin"]), "language": "zh_Hans", "row": str(seen.id)}
    )
    assert "提问后" not in content.decode() and b"BEGIN:VTIMEZONE" in content


def test_a_move_keeps_the_entry_and_a_cancelled_one_is_struck_out(school: World, chen: Talk, tmp_path: Any) -> None:
    arrange(school, chen)
    seen = school.all(Observation)[0]
    before = events(school, tmp_path, "lin", seen.id)[0]
    chen.tap("cancel", says="cancel_sure")
    chen.tap("cancel_yes", says="cancelled_now")
    after = events(school, tmp_path, "lin", seen.id)[0]
    assert after["UID"] == before["UID"] and after["SEQUENCE"] > before["SEQUENCE"]
    assert after["STATUS"] == "CANCELLED"


def test_all_visits_come_in_one_file(school: World, chen: Talk, tmp_path: Any) -> None:
    chen("日历文件", says="nothing_agreed")
    arrange(school, chen, lessons="2")
    chen("日历文件", says="here")
    assert len(events(school, tmp_path, "lin")) == 2


def test_nobody_else_gets_the_calendar_of_a_visit(school: World, chen: Talk, tmp_path: Any) -> None:
    arrange(school, chen)
    seen = school.all(Observation)[0]
    Talk(school, "zhou")("你好")
    assert presses(school, "zhou", "observation", "calendar", seen.id).blocks[-1] == "gone"
    with pytest.raises(Exception, match="visit_gone"):
        events(school, tmp_path, "zhou", seen.id)
    Talk(school, "zhou")("日历文件", says="nothing_agreed")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_a_set(school: World, chen: Talk, language: str) -> None:
    for who in ("chen", "lin"):
        school.change(who, language=language)
    chen("听课 周四第三节", asks="other_lesson")
    chen.tap("own", says="say_lesson")
    chen("周五第4节", says="clashes_too")
    chen("下周三第2节", asks="lessons")
    chen.tap("2", says="set_clashes")
    chen.tap("o0", asks="lesson_kind")
    heard = chen.tap("ordinary", says="proposed")
    assert "三4班" in heard.text
    school.advance(minutes=30)
    Talk(school, "lin").tap("agree", says="agreed")
    school.advance(minutes=1)
    school.clock.instant = datetime(2026, 9, 22, 12, tzinfo=UTC)
    assert "三4班" in school.tick().to("chen")
