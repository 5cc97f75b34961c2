"""What is due for one person becomes one card, at a moment that suits her."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session

from bot import prompts
from bot.channels import Message
from bot.conversation import Command, Outcome, PromptKind, Tap
from handlers import HANDLERS
from models import Absence, Address, Outbound, Person, Prompt
from models.rules.contact import APPOINTMENT, ORDINARY, PERSONAL
from models.store import Store
from tests.world import START, World

NEVER_WANTED, FAILING = "never_wanted", "failing"


def wanted(_session: Session, _person: Person, prompt: Prompt, _now: datetime) -> dict[str, Any] | None:
    """Want everything but what says that it is not wanted; fail where it says so."""
    if prompt.facts.get("is") == FAILING:
        raise LookupError("broken")
    return None if prompt.facts.get("is") == NEVER_WANTED else {"training": "大单元"}


def buttons(_prompt: Prompt, _facts: dict[str, Any]) -> tuple[Tap, ...]:
    return (Tap("resume", handler="engine", block="tap__resume"), Tap("drop", handler="engine", block="tap__drop"))


def nothing(*_: Any) -> Outcome:
    return Outcome()


# Cards of a test's own kind are said with blocks that are common to all: `gone` and `empty_text`.
CARDS = Command("common", nothing, prompts=(PromptKind("gone", wanted, buttons),))


@pytest.fixture
def school(store: Store) -> World:
    """A school with a kind of prompt of its own; everyone may be spoken to 16:30 to 21:00 on weekdays."""
    return World(store, [*HANDLERS, CARDS]).found()


@pytest.fixture(autouse=True)
def _line_of_the_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the one kind of the tests have its line in a merged card."""
    from tests.world import WORDS

    real = WORDS.say

    def say(language: str, template: str, block: str, facts: Any, *more: Any) -> str:
        return real(language, template, "empty_text" if block == "gone__line" else block, facts, *more)

    monkeypatch.setattr(WORDS, "say", say)


def plan(world: World, *due: timedelta, who: str = "lin", manner: str = ORDINARY, **more: Any) -> Sequence[Prompt]:
    """Plan prompts for somebody, due so long from now."""
    now = world.clock.now()
    offset = len(world.all(Prompt))
    rows = [
        Prompt(
            key=f"test:{offset + n}", person_id=world.id[who], kind="gone", due_at=now + span, made_at=now,
            manner=manner, **more,
        )
        for n, span in enumerate(due)
    ]  # fmt: skip
    world.add(*rows)
    with world.store.writing() as session:
        prompts.replan(session, [world.id[who]], now)
    return rows


NOW = timedelta()


def test_what_is_due_in_quiet_hours_waits_for_hers(school: World) -> None:
    plan(school, NOW)
    assert school.tick().bubbles == {}
    assert school.person("lin").next_contact_at == START + timedelta(minutes=30)
    assert len(school.next_contact("lin").bubbles["lin"]) == 1


def test_several_due_things_become_one_card(school: World) -> None:
    plan(school, NOW, NOW, timedelta(minutes=1))
    heard = school.next_contact("lin")
    assert "several" in heard.blocks
    assert len(heard.bubbles["lin"]) == 1
    assert [label[0] for label in heard.bubbles["lin"][0].labels] == list("112233")  # all that can be done about each
    assert [row.state for row in school.all(Prompt)] == ["queued"] * 3


def test_a_tick_twice_says_it_once(school: World) -> None:
    plan(school, NOW)
    school.next_contact("lin")
    assert school.tick().bubbles == {}


def test_the_weekly_budget_moves_the_fourth_card_to_monday(school: World) -> None:
    days = [timedelta(days=0), timedelta(days=1), timedelta(days=2)]
    plan(school, NOW, *days[1:], timedelta(days=2, hours=1))
    school.change("lin", weekly_budget=3)
    said = [school.next_contact("lin") for _ in range(3)]
    assert all(heard.bubbles for heard in said)
    fourth = school.person("lin").next_contact_at
    assert fourth is not None
    assert fourth.astimezone().isocalendar().week == START.isocalendar().week + 1


def test_a_colleagues_words_do_not_wait_for_one_who_is_in_the_chat(school: World) -> None:
    school.says("lin", "今天的课很顺")
    plan(school, NOW, manner=PERSONAL)
    assert len(school.tick().bubbles["lin"]) == 1


def test_a_colleagues_words_wait_for_her_hours_otherwise(school: World) -> None:
    plan(school, NOW, manner=PERSONAL)
    assert school.tick().bubbles == {}
    assert school.person("lin").next_contact_at == START + timedelta(minutes=30)


def test_even_in_the_chat_nothing_is_pushed_on_one_who_asked_not_to_be_contacted(school: World) -> None:
    school.change("lin", may_contact=False)
    school.says("lin", "今天的课很顺")
    plan(school, NOW, manner=PERSONAL)
    assert school.tick().bubbles == {}


def test_an_appointment_is_outside_the_budget(school: World) -> None:
    school.change("lin", weekly_budget=0)
    plan(school, NOW, manner=APPOINTMENT)
    assert len(school.tick().bubbles["lin"]) == 1
    assert not school.all(Outbound)[-1].budgeted


def test_what_is_no_longer_wanted_is_dropped_with_the_reason(school: World) -> None:
    plan(school, NOW, facts={"is": NEVER_WANTED})
    assert school.next_contact("lin").bubbles == {}
    row = school.all(Prompt)[0]
    assert (row.state, row.why) == ("dropped", "not_wanted")


def test_what_has_become_too_late_is_dropped_with_the_reason(school: World) -> None:
    plan(school, NOW, expires_at=START + timedelta(minutes=10))
    school.advance(minutes=11)
    row = school.all(Prompt)[0]
    assert (row.state, row.why) == ("dropped", "too_late")


def test_after_downtime_what_fell_due_is_said_once(school: World) -> None:
    plan(school, NOW, timedelta(days=1))
    school.clock.advance(days=5, hours=1)
    heard = school.tick()
    assert len(heard.bubbles["lin"]) == 1
    assert school.tick().bubbles == {}


def test_an_absent_teacher_is_left_alone(school: World) -> None:
    school.add(
        Absence(person_id=school.id["lin"], first_day=START.date(), last_day=START.date(), made_at=school.clock.now())
    )
    plan(school, NOW)
    assert school.advance(hours=1).bubbles == {}
    at = school.person("lin").next_contact_at
    assert at is not None
    assert at.date() == START.date() + timedelta(days=1)


def test_one_who_blocked_the_bot_is_left_alone(school: World) -> None:
    plan(school, NOW)
    school.sends("lin", Message("blocked", "lin"))
    assert school.advance(hours=1).bubbles == {}


def test_one_bad_row_does_not_stop_the_others(school: World) -> None:
    plan(school, NOW, who="lin", facts={"is": FAILING})
    plan(school, NOW, who="chen")
    heard = school.advance(hours=1)
    assert list(heard.bubbles) == ["chen"]
    assert school.person("lin").next_contact_at == school.clock.now() + prompts.ONE_HOUR
    assert school.all(Prompt, person_id=school.id["lin"])[0].state == "waiting"


def test_a_kind_that_nobody_knows_any_more_is_dropped(school: World) -> None:
    plan(school, NOW)
    with school.store.writing() as session:
        row = session.get_one(Prompt, school.all(Prompt)[0].id)
        row.kind = "of an older version"
        session.add(row)
    school.advance(hours=1)
    assert school.all(Prompt)[0].why == "not_wanted"


def test_planning_for_nobody_and_for_the_unknown_is_harmless(school: World) -> None:
    from models.base import new_id

    with school.store.writing() as session:
        prompts.replan(session, [new_id()], school.clock.now())


def test_a_card_that_comes_late_says_so(school: World) -> None:
    plan(school, NOW)
    school.clock.advance(hours=4)
    assert "late" in school.tick().blocks


def test_a_card_is_not_late_because_another_was_dropped(school: World) -> None:
    plan(school, NOW, expires_at=START + timedelta(hours=1))
    plan(school, timedelta(hours=3))
    school.clock.advance(hours=4)
    heard = school.tick()
    assert len(heard.bubbles["lin"]) == 1 and "late" not in heard.blocks


def test_a_card_at_its_moment_does_not(school: World) -> None:
    plan(school, NOW)
    assert "late" not in school.next_contact("lin").blocks


def test_where_nobody_can_answer_or_that_is_switched_off_nothing_is_said(school: World) -> None:
    deaf = replace(school.house.abilities["other"], hears=False)
    school.house = replace(school.house, abilities=school.house.abilities | {"other": deaf})
    for hours, channel in ((1, "other"), (2, "of last year")):
        late = {"made_at": START, "last_heard_at": START + timedelta(hours=hours)}
        school.add(Address(channel=channel, external_id="lin-too", person_id=school.id["lin"], **late))
    plan(school, NOW)
    school.clock.advance(hours=3)
    assert set(school.tick().bubbles) == {"lin"}


def test_who_has_no_channel_left_does_not_stand_first_in_line(school: World) -> None:
    plan(school, NOW)
    school.house = replace(school.house, abilities={"other": school.house.abilities["other"]})
    school.clock.advance(hours=1)
    assert school.tick().bubbles == {}
    now = school.clock.now()
    assert school.person("lin").next_contact_at == now + timedelta(hours=1)
    assert school.all(Prompt)[0].state == "waiting"


@pytest.mark.parametrize(("is_page", "who"), [(True, "lin"), (False, "lin-too")])
def test_an_hour_on_a_page_that_rings_nobody_does_not_take_her_cards_there(
    school: World, is_page: bool, who: str
) -> None:
    other = replace(school.house.abilities["other"], is_page=is_page)
    school.house = replace(school.house, abilities=school.house.abilities | {"other": other})
    late = {"made_at": START, "last_heard_at": START + timedelta(hours=1)}
    school.add(Address(channel="other", external_id="lin-too", person_id=school.id["lin"], **late))
    plan(school, NOW)
    school.clock.advance(hours=2)
    assert set(school.tick().bubbles) == {who}
