"""A whole term of a school of 200 teachers: nobody is spoken to at a wrong time, nothing is lost, and how much it is."""

from collections import Counter
from collections.abc import Callable
from datetime import date, time, timedelta

import pytest

from models.rules import silence
from models.rules.calendar import WEEKEND
from models.rules.contact import APPOINTMENT, DIGEST, LAST_QUESTION, ORDINARY, PERSONAL, first_chance
from tests.models.rules.school_term import CALENDAR, CLOSES, EXAMS, OFF, TEACHERS, WEEKS, Card, School, Teacher, local

SEED = 20260831
HERS = (ORDINARY, LAST_QUESTION, PERSONAL)  # said only in the hours she chose


@pytest.fixture(scope="module")
def school() -> School:
    found = School(SEED)
    found.play()
    return found


def cards_of(school: School, *manners: str) -> list[tuple[Teacher, Card]]:
    """List the cards that hold something of these manners."""
    every = [(teacher, card) for teacher in school.teachers for card in teacher.cards]
    return [(teacher, card) for teacher, card in every if any(item.due.manner in manners for item in card.items)]


def test_the_term_is_worth_looking_at(school: School) -> None:
    manners = Counter(item.due.manner for _, card in cards_of(school, *HERS) for item in card.items)
    assert all(manners[manner] > 20 for manner in HERS)
    assert any(len(card.items) > 2 for _, card in cards_of(school, ORDINARY))
    assert any(teacher.dropped for teacher in school.teachers)
    assert any(teacher.habits.away for teacher in school.teachers)


def test_nobody_hears_from_us_in_her_quiet_hours(school: School) -> None:
    for teacher, card in cards_of(school, *HERS):
        at = local(card.at)
        assert teacher.habits.start <= at.time() < teacher.habits.end, at
        assert at.weekday() in teacher.habits.weekdays, at
    for _, card in cards_of(school, APPOINTMENT, DIGEST):
        assert time(6, 30) <= local(card.at).time() < time(22), local(card.at)


def test_nobody_hears_from_us_on_a_rest_day(school: School) -> None:
    for _, card in cards_of(school, *HERS, DIGEST):
        day = local(card.at).date()
        assert day not in OFF and CALENDAR(day), day
    for _, card in cards_of(school, ORDINARY, LAST_QUESTION):
        assert local(card.at).date() not in EXAMS


def test_nobody_on_leave_hears_from_us(school: School) -> None:
    for teacher in school.teachers:
        for first, last in teacher.habits.away:
            assert not [card for card in teacher.cards if first <= local(card.at).date() <= last]


def test_no_week_holds_more_than_its_budget(school: School) -> None:
    for teacher in school.teachers:
        weeks = Counter(local(at).isocalendar()[:2] for at in teacher.spoken)
        assert max(weeks.values(), default=0) <= teacher.habits.weekly_budget


def test_nothing_that_fell_due_is_lost(school: School) -> None:
    for teacher in school.teachers:
        told = [item.due.id for card in teacher.cards for item in card.items]
        dropped, waiting = [item.due.id for item, _ in teacher.dropped], [item.due.id for item in teacher.waiting]
        let_go = [item.due.id for item in teacher.let_go]
        assert sorted([*told, *dropped, *waiting, *let_go]) == sorted(teacher.whys)


def test_what_is_dropped_had_grown_old_and_had_a_reason_to_wait(school: School) -> None:
    for teacher in school.teachers:
        for item, at in teacher.dropped:
            assert item.due.expires_at is not None and at >= item.due.expires_at
            assert teacher.whys[item.due.id].reasons, item


def test_every_delay_has_a_reason_and_lasts_at_least_as_long(school: School) -> None:
    for teacher in school.teachers:
        for card in teacher.cards:
            for item in card.items:
                why = teacher.whys[item.due.id]
                assert card.at == item.due.due_at or why.reasons, item
                has_spoken = any(item.due.due_at < at <= card.at for at in teacher.heard)
                assert has_spoken or (why.at is not None and why.at <= card.at), item  # a word may end a silence early


def test_what_still_waits_at_the_end_has_a_reason(school: School) -> None:
    for teacher in school.teachers:
        for item in teacher.waiting:
            why = first_chance(item.due, teacher.habits_at(CLOSES), teacher.spoken, CLOSES, CALENDAR)
            assert why.reasons and (why.at is None or why.at > CLOSES), item


def test_the_silent_are_asked_once_and_then_left_in_peace(school: School) -> None:
    silent = [teacher for teacher in school.teachers if not teacher.answers]
    assert silent
    for teacher in silent:
        asked = [card.at for card in teacher.cards if any(item.due.manner == LAST_QUESTION for item in card.items)]
        assert len(asked) <= 1
        assert len(teacher.spoken) <= silence.ASKS_AT + 1
        assert not [at for at in teacher.spoken if asked and at > asked[0]]


def test_leave_and_holidays_are_no_silence(school: School) -> None:
    for teacher, card in cards_of(school, LAST_QUESTION):
        last = local([at for at in teacher.spoken if at < card.at][-1]).date()
        between = [last + timedelta(days=n) for n in range(1, (local(card.at).date() - last).days)]
        assert any(_is_there(teacher, day) for day in between), (last, card)


def _is_there(teacher: Teacher, day: date) -> bool:
    view = CALENDAR.look(day)
    return (view.is_school or view.why == WEEKEND) and not any(f <= day <= to for f, to in teacher.habits.away)


def test_how_much_a_teacher_hears(school: School, record_property: Callable[[str, object], None]) -> None:
    alls, ordinary = _a_week(school, is_all=True), _a_week(school, is_all=False)
    record_property(
        "figures", f"{TEACHERS} teachers, {WEEKS} weeks: {sum(alls)} cards from {_items(school)} things that fell due"
    )
    for name, weeks in (("cards a teacher-week", alls), ("of them ordinary", ordinary)):
        told = f"{name}: mean {sum(weeks) / len(weeks):.2f}, p95 {_p95(weeks)}, max {max(weeks)}"
        record_property("figures", told)
    assert sum(ordinary) / len(ordinary) < 3 and max(ordinary) <= 5


def _a_week(school: School, is_all: bool) -> list[int]:
    """Count the cards of every teacher in every week, weeks without any included."""
    counts: list[int] = []
    for teacher in school.teachers:
        said = Counter(local(card.at).isocalendar()[:2] for card in teacher.cards if is_all or card.is_ordinary)
        counts += [*said.values(), *([0] * (WEEKS - len(said)))]
    return counts


def _items(school: School) -> int:
    return sum(len(teacher.whys) for teacher in school.teachers)


def _p95(numbers: list[int]) -> int:
    return sorted(numbers)[int(len(numbers) * 0.95)]
