"""调课 with others: a trade asked for and agreed to, undone, or made by the office; nobody else can touch it."""

import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.channels import Message
from bot.school import lessons_held
from models import LessonMove, Observation, Prompt
from models.rules.timetable import Held
from tests.handlers.pressing import presses
from tests.handlers.test_swap import moves, stored, visit
from tests.timetable_world import change_lessons, with_timetable
from tests.world import Talk, World


@pytest.fixture
def school(world: World) -> World:
    return with_timetable(world)


@pytest.fixture
def lin(school: World) -> Talk:
    return Talk(school, "lin")


# Trades


def ask_sun(school: World, lin: Talk) -> None:
    lin("调课 周五第1节→周五第3节", asks="trade")  # there stands the mathematics of 孙桥
    lin.tap("ask", says="asked")
    assert moves(school) == []


@pytest.mark.parametrize("column", ["left_at", "joined_at"])
def test_who_is_not_in_the_chat_is_not_asked(school: World, lin: Talk, column: str) -> None:
    school.change("sun", **{column: school.clock.now() if column == "left_at" else None})
    heard = lin("调课 周五第1节→周五第3节", asks="to")
    assert "我问不到" in heard.text and "孙桥" not in heard.text
    Talk(school, "he")("调课 林晓 周五第1节→周五第3节", asks="trade")  # the office need not ask


def test_a_colleague_is_asked_and_both_lessons_move(school: World, lin: Talk) -> None:
    ask_sun(school, lin)
    told = school.advance(minutes=30)
    assert "林晓" in told.to("sun") and "三4班 语文" in told.to("sun")
    sun = Talk(school, "sun")
    sun.tap("可以", says="trade_done")
    assert moves(school) == [("0918", 1, "0918", 3), ("0918", 3, "0918", 1)]
    first, second = school.all(LessonMove)
    assert (first.trade_id, second.trade_id) == (second.id, first.id)
    assert "swap_agreed" in school.tick().blocks
    assert "第3节" in lin("课表 周五").text and "第1节" in sun("课表 周五").text


def test_a_colleague_may_decline(school: World, lin: Talk) -> None:
    ask_sun(school, lin)
    school.advance(minutes=30)
    Talk(school, "sun").tap("不方便", says="trade_declined")
    assert moves(school) == []
    assert "swap_declined" in school.advance(hours=1).blocks
    lin("调课 周五第1节→周五第3节", asks="trade")
    lin.tap("ask", says="asked_before")


def test_answering_twice_is_harmless(school: World, lin: Talk) -> None:
    ask_sun(school, lin)
    school.advance(minutes=30)
    card = school.all(Prompt, kind="swap_asked")[0]
    Talk(school, "sun").tap("可以", says="trade_done")
    assert "answered_before" in presses(school, "sun", "swap", "trade_yes", card.id).blocks
    assert "answered_before" in presses(school, "sun", "swap", "trade_no", card.id).blocks
    assert len(school.all(LessonMove)) == 2


def test_a_trade_that_no_longer_fits_moves_nothing(school: World, lin: Talk) -> None:
    ask_sun(school, lin)
    school.advance(minutes=30)
    lin("调课 周五第1节→周五第5节", asks="right")
    lin.tap("yes", says="moved")
    Talk(school, "sun").tap("可以", says="trade_over")
    assert moves(school) == [("0918", 1, "0918", 5)]


def test_a_question_about_a_lesson_that_moved_is_not_put(school: World, lin: Talk) -> None:
    ask_sun(school, lin)
    lin("调课 周五第1节→周五第5节", asks="right")
    lin.tap("yes", says="moved")
    assert school.advance(hours=1).bubbles == {}


def test_a_colleague_who_is_busy_cannot_trade(school: World, lin: Talk) -> None:
    change_lessons(school, {"weekday": 2, "class_name": "三2班"}, weekday=4, period=1)  # 孙桥 teaches 三2班 then
    assert "换不过来" in lin("调课 周五第1节→周五第3节").text


def test_the_visits_of_both_sides_go_along_in_a_trade(school: World, lin: Talk) -> None:
    visit(school)
    ask_sun(school, lin)
    school.advance(minutes=30)
    heard = Talk(school, "sun").tap("可以", says="trade_done")
    assert "陈静安" not in heard.text
    assert (stored(school).period, stored(school).state) == (3, "agreed")
    assert "第3节" in school.tick().to("chen")


# Undoing


def test_undoing_puts_the_lesson_and_the_visit_back(school: World, lin: Talk) -> None:
    seen = visit(school)
    lin("调课 周五第1节→周五第5节", asks="right")
    undo = lin.tap("yes", says="moved").bubbles["lin"][-1].buttons[0]["data"]
    assert "第5节" in school.tick().to("chen")
    assert "undone" in school.sends("lin", Message("button", "lin", button=undo)).blocks
    assert (moves(school), stored(school).period, stored(school).state) == ([], 1, "agreed")
    assert stored(school).starts_at == seen.starts_at
    move = school.all(LessonMove)[0]
    assert "undone_before" in presses(school, "lin", "swap", "undo", move.id).blocks
    assert "第1节" in school.tick().to("chen")


def test_undoing_a_trade_puts_both_back_and_tells_the_other(school: World, lin: Talk) -> None:
    ask_sun(school, lin)
    school.advance(minutes=30)
    Talk(school, "sun").tap("可以", says="trade_done")
    school.tick()
    lin.tap("撤销", says="undone")
    assert moves(school) == []
    assert "swap_told" in school.tick().blocks


def test_what_has_begun_cannot_be_undone(school: World, lin: Talk) -> None:
    lin("调课 周五第1节→周五第5节", asks="right")
    lin.tap("yes", says="moved")
    school.clock.instant = datetime(2026, 9, 18, 1, tzinfo=UTC)
    lin.tap("撤销", says="too_late_to_undo")
    assert moves(school) == [("0918", 1, "0918", 5)]


def test_a_place_that_was_taken_meanwhile_is_not_taken_back(school: World, lin: Talk) -> None:
    lin("调课 周五第1节→周五第5节", asks="right")
    lin.tap("yes", says="moved")
    move = school.all(LessonMove)[0]
    lin("调课 周四第3节→周五第1节", asks="right")
    lin.tap("yes", says="moved")
    assert "place_taken" in presses(school, "lin", "swap", "undo", move.id).blocks


# The office, and nobody else


def test_the_office_moves_a_lesson_of_somebody_else(school: World) -> None:
    visit(school)
    he = Talk(school, "he")
    heard = he("调课 林晓 周五第1节→周五第5节", asks="right")
    assert "林晓" in heard.text
    heard = he.tap("yes", says="moved")
    assert "陈静安" not in heard.text and "听课" not in heard.text
    told = school.tick()
    assert "swap_told" in told.blocks and "何青" in told.to("lin") and "听课" in told.to("lin")
    assert "observation_follows" in told.blocks and "第5节" in told.to("chen")


def test_the_office_is_asked_whose_lesson(school: World) -> None:
    he = Talk(school, "he")
    he("调课", asks="whose")
    he("李四", says="nobody_so_named")
    heard = he("林老师", asks="which")
    assert "林晓" in heard.text
    he.tap("0918-1", asks="to")


def test_the_office_does_not_learn_of_a_visit(school: World) -> None:
    visit(school)
    he = Talk(school, "he")
    he("调课 林晓 周五第1节→周五第2节", asks="right")  # the observer is busy then
    assert "陈静安" not in he.tap("yes", says="moved").text
    assert stored(school).state == "proposed"
    assert "第2节" in school.tick().to("chen")


def test_the_office_trades_two_lessons_and_both_are_told(school: World) -> None:
    he = Talk(school, "he")
    he("调课 林晓 周五第1节→周五第3节", asks="trade")
    he.tap("对调", says="moved")
    assert moves(school) == [("0918", 1, "0918", 3), ("0918", 3, "0918", 1)]
    told = school.tick()
    assert "三4班 语文" in told.to("lin") and "三4班 数学" in told.to("sun")


def test_a_third_person_can_touch_nothing(school: World, lin: Talk) -> None:
    ask_sun(school, lin)
    lin("调课 周四第3节→周四第5节", asks="right")
    lin.tap("yes", says="moved")
    school.advance(minutes=30)
    card, move = school.all(Prompt, kind="swap_asked")[0], school.all(LessonMove)[0]
    Talk(school, "zhou")("你好")
    for option, row in (("trade_yes", card.id), ("trade_no", card.id), ("undo", move.id)):
        assert presses(school, "zhou", "swap", option, row).blocks[-1] == "gone"
    assert moves(school) == [("0917", 3, "0917", 5)]


@pytest.mark.parametrize("language", ["zh_Hant", "en"])
def test_every_language_swaps_and_trades(school: World, lin: Talk, language: str) -> None:
    for who in ("lin", "sun", "chen"):
        school.change(who, language=language)
    visit(school)
    lin("调课 周五第4节→周五第5节", asks="which")
    lin("周五第1节", asks="to")
    lin("周五第2节", asks="visit")
    lin.tap("no", says="left_as_is")
    ask_sun(school, lin)
    assert "三4班" in school.advance(minutes=30).to("sun")
    Talk(school, "sun").tap("trade_yes", says="trade_done")
    assert "三4班" in school.tick().to("lin")
    lin.tap("undo", says="undone")
    assert "三4班" in school.tick().to("sun")


# Whatever is moved, traded and undone


@pytest.mark.parametrize("seed", [0, 3, 14])
def test_nobody_is_ever_in_two_places_and_visits_stay_with_their_lessons(school: World, seed: int) -> None:
    visit(school)
    chance = random.Random(seed)
    tapped: Counter[str] = Counter()
    for _ in range(30):
        who = chance.choice(("lin", "sun", "chen"))
        first, last = (f"9月{chance.randrange(17, 26)}日第{chance.randrange(1, 9)}节" for _ in range(2))
        mine = [f"{held.day.month}月{held.day.day}日第{held.period}节" for held in held_by(school, who)]
        Talk(school, who)(f"调课 {chance.choice(mine) if mine else first}→{last}")
        answer = next((key for key in ("yes", "ask", "_later") if key in school.last[who].options), None)
        if answer is not None:
            school.taps(who, answer)
            tapped[answer] += 1
        school.advance(minutes=20)
        for other in ("lin", "sun", "chen"):
            wanted = chance.choice(("trade_yes", "undo", "agree", "nothing"))
            if wanted in school.last[other].options if other in school.last else False:
                school.taps(other, wanted)
                tapped[wanted] += 1
        check(school)
    assert tapped["yes"] > 3


def held_by(school: World, *who: str) -> list[Held]:
    """List what these teachers hold within the next days."""
    days = [date(2026, 9, 17) + timedelta(days=ahead) for ahead in range(12)]
    with school.store.reading() as session:
        found = lessons_held(session, [school.id[one] for one in who], days)
    return [held for day in days for held in found[day]]


def check(school: World) -> None:
    everything = held_by(school, "lin", "sun", "chen")
    by_teacher = Counter((held.lesson.teacher_id, held.day, held.period) for held in everything)
    by_class = Counter((held.lesson.class_name, held.day, held.period) for held in everything)
    assert max(by_teacher.values()) == max(by_class.values()) == 1
    places = {(held.lesson.id, held.day, held.period) for held in everything}
    for seen in school.all(Observation):
        if seen.state in ("proposed", "agreed"):
            assert (seen.lesson_id, seen.day, seen.period) in places
        waiting = {p.facts.get("version") for p in school.all(Prompt, about_id=seen.id, state="waiting")}
        assert waiting <= {seen.version}
