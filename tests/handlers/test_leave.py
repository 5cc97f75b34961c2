"""请假: two taps to be away, one to be back."""

from datetime import date, timedelta

import pytest

from bot.planning import habits_of
from handlers.leave import come_back
from models import Absence, Observation
from tests.world import Message, Talk, World


def absence(world: World) -> Absence:
    found: list[Absence] = world.all(Absence)
    assert len(found) == 1
    return found[0]


def test_two_taps(world: World, talk: Talk) -> None:
    talk("请假", asks="days")
    heard = talk.tap("tomorrow", asks="right")
    assert "2026年9月17日（周四）" in heard.text
    talk.tap("yes", says="away")
    assert (absence(world).first_day, absence(world).last_day) == (date(2026, 9, 17), date(2026, 9, 17))


@pytest.mark.parametrize("said", ["I'll say when", "I’ll say when"])
def test_a_label_may_be_typed_with_either_apostrophe(world: World, talk: Talk, said: str) -> None:
    world.change("lin", language="en")
    talk("leave", asks="days")
    talk(said, asks="days", says="say_days")


@pytest.mark.parametrize(
    ("said", "first", "last"),
    [
        ("20号到26号", date(2026, 9, 20), date(2026, 9, 26)),
        ("明天到周五", date(2026, 9, 17), date(2026, 9, 18)),
        ("9月23日", date(2026, 9, 23), date(2026, 9, 23)),
    ],
)
def test_typed_days_are_read_back_whole(world: World, talk: Talk, said: str, first: date, last: date) -> None:
    talk("请假", asks="days")
    talk.tap("own", asks="days", says="say_days")
    talk(said, asks="right")
    talk("对", says="away")
    assert (absence(world).first_day, absence(world).last_day) == (first, last)


def test_days_may_come_with_the_word(world: World, talk: Talk) -> None:
    talk("请假 20号到26号", asks="right")
    talk("请假 看病", asks="days")


def test_asked_how_it_opens_at_once(talk: Talk) -> None:
    talk("请假怎么弄", asks="days")


@pytest.mark.parametrize(
    ("said", "block"),
    [("9月31日", "no_such_day"), ("昨天", "past_day"), ("明天到2029年1月1日", "too_many_days"), ("看情况", "not_days")],
)
def test_days_that_cannot_be_are_asked_about(talk: Talk, said: str, block: str) -> None:
    talk("请假", asks="days")
    talk(said, asks="days", says=block)


def test_the_days_can_be_changed_before_they_count(world: World, talk: Talk) -> None:
    talk("请假", asks="days")
    talk.tap("today", asks="right")
    talk.tap("revise", asks="days")
    talk.tap("week", asks="right")
    talk.tap("yes", says="away")
    assert absence(world).last_day == date(2026, 9, 18)


def test_from_friday_on_next_week_is_offered(world: World, talk: Talk) -> None:
    world.clock.advance(days=2)
    heard = talk("请假", asks="days")
    assert "next" in heard.bubbles["lin"][-1].options
    talk.tap("next", asks="right")
    talk.tap("yes", says="away")
    assert (absence(world).first_day, absence(world).last_day) == (date(2026, 9, 21), date(2026, 9, 25))


def test_a_tap_takes_it_back(world: World, talk: Talk) -> None:
    talk("请假", asks="days")
    talk.tap("week", asks="right")
    talk.tap("yes", says="away")
    talk.tap("come_back", says="back_again")
    assert absence(world).cancelled_at == world.clock.now()


def test_taking_back_from_the_question(world: World, talk: Talk) -> None:
    for days in ("tomorrow", "today"):
        talk("请假", asks="days")
        talk.tap(days, asks="right")
        talk.tap("yes", says="away")
    heard = talk("请假", asks="days")
    assert "9月17日（周四）" in heard.text
    talk.tap("off", asks="which")
    talk("9月17日", says="back_again")
    talk("请假", asks="days")
    talk.tap("off", says="back_again")
    assert all(one.cancelled_at for one in world.all(Absence))


def test_the_same_days_twice_are_one_absence(world: World, talk: Talk) -> None:
    for block in ("away", "already"):
        talk("请假", asks="days")
        talk.tap("week", asks="right")
        talk.tap("yes", says=block)
    assert len(world.all(Absence)) == 1


def test_another_persons_button_does_nothing(world: World, talk: Talk) -> None:
    talk("请假", asks="days")
    talk.tap("today", asks="right")
    talk.tap("yes", says="away")
    row = absence(world)
    with world.store.writing() as session:
        outcome = come_back(session, world.person("chen"), row.id, world.clock.now())
    assert [say.block for say in outcome.say] == ["gone"]
    assert absence(world).cancelled_at is None


def test_an_absence_long_over_stays(world: World, talk: Talk) -> None:
    talk("请假", asks="days")
    talk.tap("today", asks="right")
    talk.tap("yes", says="away")
    button = world.button("lin", "come_back")
    world.clock.advance(days=7)
    assert "long_over" in world.sends("lin", Message("button", "lin", button=button)).blocks


def test_a_visit_within_these_days_is_named_and_stays(world: World, talk: Talk) -> None:
    starts = world.clock.now() + timedelta(days=1)
    lin, chen = world.id["lin"], world.id["chen"]
    world.add(
        Observation(
            person_id=chen, observer_id=chen, teacher_id=lin, day=date(2026, 9, 17), period=3, starts_at=starts,
            ends_at=starts + timedelta(minutes=40), state="agreed", made_at=world.clock.now(),
        )
    )  # fmt: skip
    talk("请假", asks="days")
    talk.tap("tomorrow", asks="right")
    heard = talk.tap("yes", says="away")
    assert "第3节" in heard.text and "陈静安" in heard.text
    assert world.all(Observation)[0].state == "agreed"


def test_nothing_is_said_while_she_is_away(world: World, talk: Talk) -> None:
    talk("请假", asks="days")
    talk.tap("week", asks="right")
    talk.tap("yes", says="away")
    with world.store.reading() as session:
        habits = habits_of(session, world.person("lin"), world.clock.now())
    assert habits.away == ((date(2026, 9, 16), date(2026, 9, 18)),)
