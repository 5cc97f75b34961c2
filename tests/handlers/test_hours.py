"""Contact hours: columns, facts and answers say the same."""

import pytest

from bot.conversation import Answers
from handlers.hours import chosen_hours, hours_of, runs, set_hours
from models import Person


@pytest.mark.parametrize(
    ("days", "stretches"),
    [([0, 1, 2, 3], [[0, 3]]), ([0, 2, 4], [[0, 0], [2, 2], [4, 4]]), ([4, 0, 1], [[0, 1], [4, 4]]), ([], [])],
)
def test_weekdays_become_stretches(days: list[int], stretches: list[list[int]]) -> None:
    assert runs(days) == stretches


def test_hours_written_are_hours_read() -> None:
    person = Person(name="林晓")
    value = chosen_hours(Answers({"hours": "noon"}))
    set_hours(person, value)
    assert value is not None
    assert {**hours_of(person), "text": ""} == {**value, "may_contact": True}


def test_not_to_be_contacted_keeps_the_hours_for_later() -> None:
    person = Person(name="林晓", contact_from="19:00")
    set_hours(person, chosen_hours(Answers({"hours": "never"})))
    assert (person.may_contact, person.contact_from) == (False, "19:00")
