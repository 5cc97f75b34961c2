"""The school's clock is read from its rows, and kept until somebody edits it."""

from datetime import UTC, date, datetime

import pytest

from bot.school import lessons_held, note_edit, school_clock
from models import BellTable, Lesson, LessonMove, SchoolDay, Term
from models.rules.calendar import Week
from models.rules.school_clock import NO_SCHOOL_CLOCK
from models.store import Store
from tests.world import World

MONDAY = date(2026, 9, 14)
NOW = datetime(2026, 9, 16, 8, tzinfo=UTC)


def test_a_school_that_entered_nothing_has_the_common_clock(store: Store):
    with store.reading() as session:
        assert school_clock(session) is NO_SCHOOL_CLOCK


def enter(store: Store, *rows) -> None:
    with store.writing() as session:
        session.add_all(rows)
        note_edit(session)


def test_the_clock_is_built_from_rows_and_kept_until_an_edit(store: Store):
    enter(store, Term(name="autumn", monday=date(2026, 8, 31), weeks=21))
    with store.reading() as session:
        first = school_clock(session)
        assert first.calendar.week_of(MONDAY) == Week("autumn", 3)
    with store.reading() as session:
        assert school_clock(session) is first
    enter(store, SchoolDay(day=MONDAY, kind="rest", name="停课", made_at=NOW))
    with store.reading() as session:
        assert not school_clock(session).calendar(MONDAY)


def close_and_fail(store: Store) -> None:
    with store.writing() as session:
        session.add(SchoolDay(day=MONDAY, kind="rest", name="停课", made_at=NOW))
        note_edit(session)
        assert not school_clock(session).calendar(MONDAY)  # whoever edits sees it at once
        raise RuntimeError


def test_an_edit_that_is_rolled_back_leaves_no_trace(store: Store):
    enter(store, Term(name="autumn", monday=date(2026, 8, 31), weeks=21))
    with pytest.raises(RuntimeError):
        close_and_fail(store)
    with store.writing() as session:
        assert school_clock(session).calendar(MONDAY)


def test_the_schools_word_counts_more_than_the_official_list(store: Store):
    enter(
        store,
        SchoolDay(day=MONDAY, source="official", kind="rest", name="x", made_at=NOW),
        SchoolDay(day=MONDAY, source="school", kind="school", name="y", made_at=NOW),
    )
    with store.reading() as session:
        assert school_clock(session).calendar.look(MONDAY).name == "y"


def test_bell_tables_give_the_lessons_their_times(store: Store):
    enter(
        store,
        BellTable(stage="初中", season_first="10-01", season_last="04-30", bells=[["07:50", "08:35"]]),
        BellTable(stage="", bells=[["08:00", "08:40"], ["08:50", "09:30"]]),
    )
    with store.reading() as session:
        clock = school_clock(session)
    assert clock.last_period(MONDAY) == 2
    assert clock.starts_at(MONDAY, 2, "Asia/Shanghai") == datetime(2026, 9, 14, 0, 50, tzinfo=UTC)
    assert clock.ends_at(date(2026, 11, 2), 1, "Asia/Shanghai", "初中") == datetime(2026, 11, 2, 0, 35, tzinfo=UTC)


def test_the_lessons_of_a_teacher_with_what_was_moved(world: World):
    lin = world.person("lin").id
    lesson = Lesson(teacher_id=lin, class_name="三4班", weekday=0, period=2)
    other = Lesson(teacher_id=world.person("chen").id, class_name="三1班", weekday=0, period=3)
    world.add(lesson, other)
    with world.store.writing() as session:
        session.add(
            LessonMove(
                lesson_id=lesson.id, person_id=lin, from_day=MONDAY, from_period=2, to_day=date(2026, 9, 15),
                to_period=4, made_at=NOW,
            )
        )  # fmt: skip
    with world.store.reading() as session:
        held = lessons_held(session, [lin], [MONDAY, date(2026, 9, 15), date(2026, 9, 21)])
        assert lessons_held(session, [lin], []) == {}
    assert {day: [one.period for one in lessons] for day, lessons in held.items()} == {
        MONDAY: [], date(2026, 9, 15): [4], date(2026, 9, 21): [2],
    }  # fmt: skip
