"""为什么现在才说: every delay has a reason that a person can read."""

from datetime import date, datetime

import pytest
from sqlmodel import select

from bot.planning import replan
from bot.render import LANGUAGES
from bot.school import note_edit
from models import Absence, Action, Prompt, SchoolDay
from models.rules.cadence import expires_at
from tests.world import Talk, World

LIN = "lin"


def asked(world: World, due: str, **more: object) -> None:
    """Let a question about an action fall due at a local time of 2026."""
    now = world.clock.now()
    action = Action(person_id=world.id[LIN], class_name="三2班", moment="上课", deed="先默看评价单", made_at=now)
    world.add(action)
    due_at = datetime.fromisoformat(f"2026-{due}:00+08:00")
    world.add(
        Prompt(
            key=f"action:{action.id}/follow_up:1", person_id=world.id[LIN], kind="follow_up", about_id=action.id,
            facts={"round": 1}, due_at=due_at, expires_at=expires_at("follow_up", due_at), made_at=now,
        )
    )  # fmt: skip
    with world.store.writing() as session:
        replan(session, [world.id[LIN]], now)


def rests(world: World, name: str, kind: str, *days: date, source: str = "official") -> None:
    world.add(*(SchoolDay(day=day, kind=kind, name=name, source=source, made_at=world.clock.now()) for day in days))
    with world.store.writing() as session:
        note_edit(session)


GOLDEN = [date(2026, 10, day) for day in range(1, 8)]


def test_a_holiday_is_named_with_its_last_day(world: World, talk: Talk) -> None:
    rests(world, "国庆节", "rest", *GOLDEN)
    asked(world, "09-30T21:30")
    world.next_contact(LIN)
    text = talk("为什么现在才说？", says="why").text
    assert "9月30日（周三）21:30 到点" in text
    assert "国庆节休息到 10月7日（周三）" in text
    assert "所以到 10月8日（周四）16:30 才说" in text


@pytest.mark.parametrize("words", ["怎么才提醒我", "你怎么这么晚才说啊？", "why so late?", "為什麼現在才問我"])
def test_it_is_understood_in_many_words(world: World, talk: Talk, words: str) -> None:
    talk(words, says="nothing_said")


def test_what_was_said_on_time_is_said_so(world: World, talk: Talk) -> None:
    asked(world, "09-17T16:30")
    world.next_contact(LIN)
    assert "当时就说了" in talk("为什么现在才说", says="why").text


def test_quiet_hours_leave_exams_and_a_weekend(world: World, talk: Talk) -> None:
    rests(world, "期中考试", "exam", date(2026, 9, 21), date(2026, 9, 22), source="school")
    world.add(
        Absence(
            person_id=world.id[LIN],
            first_day=date(2026, 9, 17),
            last_day=date(2026, 9, 18),
            made_at=world.clock.now(),
        )
    )
    asked(world, "09-17T12:00")
    world.next_contact(LIN)
    text = talk("为什么现在才说", says="why").text
    assert "你请了假，到 9月18日（周五）" in text and "周末" in text and "期中考试到 9月22日（周二）" in text
    assert "9月23日（周三）16:30 之前是免打扰时间" in text


def test_a_bot_that_slept_says_so(world: World, talk: Talk) -> None:
    asked(world, "09-17T16:30")
    world.clock.advance(days=1)
    world.clock.advance(hours=4)
    world.tick()
    text = talk("为什么现在才说", says="why").text
    assert "来晚了" in text and "9月17日（周四）16:30 到点。那会儿我没在运行" in text


def test_the_budget_and_several_things_at_once(world: World, talk: Talk) -> None:
    for hour in (17, 18):
        asked(world, f"09-17T{hour}:00")
    world.change(LIN, weekly_budget=1)
    for _ in range(2):
        world.next_contact(LIN)
    text = talk("为什么现在才说", says="why").text
    assert "那一周说得够多了" in text


def test_the_way_to_the_settings_is_a_tap(world: World, talk: Talk) -> None:
    talk("为什么现在才说", says="nothing_said")
    talk.tap("cmd", asks="what")


def test_nothing_is_told_of_a_card_to_somebody_else(world: World) -> None:
    asked(world, "09-17T16:30")
    world.next_contact(LIN)
    world.clock.advance(minutes=1)
    assert "nothing_said" in world.says("chen", "为什么现在才说").blocks


HALVES = {
    "zh_Hans": ("9月18日（周五）12:00 之前学校因校运会停课", "9月18日（周五）下午学校因校运会停课"),
    "zh_Hant": ("9月18日（週五）12:00 之前學校因校运会停課", "9月18日（週五）下午學校因校运会停課"),
    "en": ("closed (校运会) until Fri 18 Sept 12:00", "closed (校运会) on the afternoon of Fri 18 Sept"),
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("closed", ["am", "pm"])
def test_a_closed_half_is_told_in_every_language(world: World, talk: Talk, language: str, closed: str) -> None:
    world.add(SchoolDay(day=date(2026, 9, 18), kind="school", name="校运会", closed=closed, made_at=world.clock.now()))
    with world.store.writing() as session:
        note_edit(session)
    world.change(LIN, contact_from="07:00", language=language)
    asked(world, "09-18T08:00" if closed == "am" else "09-18T14:00")
    world.next_contact(LIN)
    assert HALVES[language][closed == "pm"] in talk("为什么现在才说", says="why").text


UNNAMED = {"follow_up_rest", "old_code", "wrong_hands", "wrong_account"}  # not said, or no wish of the school


@pytest.mark.parametrize("language", LANGUAGES)
def test_whatever_is_said_of_its_own_accord_has_a_name(world: World, language: str) -> None:
    def told(kind: str) -> str:
        item = {"kind": kind, "due_at": world.clock.now().isoformat(), "is_on_time": True, "reasons": []}
        return world.words.say(language, "why_late", "why", {"items": [item], "more": 0, "person": world.person(LIN)})

    assert {kind for kind in world.registry.kinds if told(kind) == told("")} == UNNAMED
    in_the_demo = {kind for kind in world.registry.kinds if world.words.has(language, "web", f"kind__{kind}")}
    assert in_the_demo == set(world.registry.kinds) - UNNAMED


# The reasons are those of the day, not of today


def test_hours_that_change_afterwards_do_not_change_the_reason(world: World, talk: Talk) -> None:
    asked(world, "09-17T12:00")
    world.next_contact(LIN)
    world.change(LIN, contact_from="08:00", contact_until="09:00")
    text = talk("为什么现在才说", says="why").text
    assert "9月17日（周四）16:30 之前是免打扰时间" in text and "所以到 9月17日（周四）16:30 才说" in text


def test_hours_that_change_while_it_waits_are_told_one_after_another(world: World, talk: Talk) -> None:
    asked(world, "09-18T22:00")
    world.clock.instant = datetime.fromisoformat("2026-09-21T17:30:00+08:00")
    world.change(LIN, contact_from="19:00")
    world.next_contact(LIN)
    world.change(LIN, contact_from="16:30")
    text = talk("为什么现在才说", says="why").text
    assert "那时是周末；9月21日（周一）19:00 之前是免打扰时间。" in text and "没在运行" not in text


def test_a_leave_that_was_taken_back_is_told_with_its_real_end(world: World, talk: Talk) -> None:
    asked(world, "09-17T16:30")
    talk("请假 9月17日到18日", asks="right")
    talk.tap("yes", says="away")
    world.clock.instant = datetime.fromisoformat("2026-09-18T17:00:00+08:00")
    talk.tap("come_back", says="back_again")
    assert "follow_up" in world.tick().blocks
    assert "你请了假，到 9月17日（周四）。" in talk("为什么现在才说", says="why").text


def test_a_day_that_is_closed_afterwards_is_no_reason(world: World, talk: Talk) -> None:
    asked(world, "09-17T12:00")
    world.next_contact(LIN)
    rests(world, "停电", "rest", date(2026, 9, 17), source="school")
    text = talk("为什么现在才说", says="why").text
    assert "停电" not in text and "免打扰" in text


def test_a_bot_that_slept_past_her_hours_says_so_the_next_day(world: World, talk: Talk) -> None:
    asked(world, "09-17T12:00")
    world.clock.instant = datetime.fromisoformat("2026-09-18T09:00:00+08:00")
    world.tick()
    assert "follow_up" in world.next_contact(LIN).blocks
    text = talk("为什么现在才说", says="why").text
    assert "9月17日（周四）16:30 就该说的" in text and "来晚了" in text


def test_what_was_said_before_reasons_were_kept_has_none(world: World, talk: Talk) -> None:
    asked(world, "09-17T12:00")
    world.next_contact(LIN)
    with world.store.writing() as session:
        for prompt in session.exec(select(Prompt)):
            prompt.wait = None
    assert "行动跟进：9月17日（周四）12:00 到点。" in talk("为什么现在才说", says="why").text


TOLD_THEN = {
    "zh_Hans": "9月17日（周四）16:30 之前是免打扰时间",
    "zh_Hant": "9月17日（週四）16:30 之前是免打擾時間",
    "en": "quiet hours until Thu 17 Sept 16:30",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_reason_of_the_day_is_told_in_every_language(world: World, talk: Talk, language: str) -> None:
    asked(world, "09-17T12:00")
    world.next_contact(LIN)
    world.change(LIN, contact_from="20:00", language=language)
    assert TOLD_THEN[language] in talk("为什么现在才说", says="why").text
