"""A term and a timetable for the small school of the tests."""

from datetime import date
from typing import Any

from sqlmodel import select

from bot.school import note_edit
from models import Lesson, Term
from tests.world import World

# who, class, subject, weekday (0 = Monday), period
WEEK = (
    ("lin", "三4班", "语文", 0, 3), ("lin", "三4班", "语文", 1, 1), ("lin", "三4班", "语文", 2, 2),
    ("lin", "三2班", "语文", 3, 2), ("lin", "三4班", "语文", 3, 3), ("lin", "三4班", "语文", 4, 1),
    ("chen", "三1班", "语文", 0, 1), ("chen", "三1班", "语文", 3, 3), ("chen", "三1班", "语文", 4, 2),
    ("sun", "三4班", "数学", 3, 4), ("sun", "三4班", "数学", 4, 3), ("sun", "三2班", "数学", 2, 2),
)  # fmt: skip


def with_timetable(world: World) -> World:
    """Enter a term from Monday 7 September 2026, and the lessons of three teachers."""
    term = Term(name="2026秋", monday=date(2026, 9, 7), weeks=20)
    world.add(term)
    lessons = (
        Lesson(term_id=term.id, teacher_id=world.id[who], class_name=name, subject=subject, weekday=day, period=period)
        for who, name, subject, day, period in WEEK
    )
    world.add(*lessons)
    edited(world)
    return world


def edited(world: World) -> None:
    """Say that rows of the school's clock were changed."""
    with world.store.writing() as session:
        note_edit(session)


def change_lessons(world: World, where: dict[str, Any], **values: Any) -> None:
    """Change the lessons whose columns have the given values; without new values, take them out."""
    with world.store.writing() as session:
        for lesson in session.exec(select(Lesson).filter_by(**where)):
            if not values:
                session.delete(lesson)
            for name, value in values.items():
                setattr(lesson, name, value)
    edited(world)
