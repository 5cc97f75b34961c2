"""A row of the record form that was only tapped together is shown in words wherever somebody else reads of it."""

import pytest

from models import Action, CheckIn, Question
from tests.handlers.test_feedback import give
from tests.handlers.test_respond import shared
from tests.world import Talk, World

IN_WORDS = {"zh_Hans": "学生没听懂", "zh_Hant": "學生沒聽懂", "en": "Pupils did not"}


@pytest.fixture
def row(world: World) -> CheckIn:
    """A row of 林晓 that says nothing but 学生没听懂, by a tap; shared with her supervisor."""
    now = world.clock.now()
    action = Action(person_id=world.id["lin"], class_name="三2班", moment="ask", deed="先等五秒", made_at=now)
    world.add(action)
    row = CheckIn(
        action_id=action.id, person_id=world.id["lin"], result="partly", obstacle="unclear",
        happened_on=world.today, written_at=now, shared_at=now, to_supervisor=True,
    )  # fmt: skip
    world.add(row)
    return row


@pytest.mark.parametrize("language", IN_WORDS)
def test_the_card_of_an_answer_names_it_in_words(world: World, row: CheckIn, language: str) -> None:
    world.change("wang", language=language)
    now = world.clock.now()
    question = Question(
        asker_id=world.id["wang"], person_id=world.id["lin"], kind="check_in", about_kind="check_in", about_id=row.id,
        text="后来呢？", ask_at=now, asked_at=now, state="asked", made_at=now,
    )  # fmt: skip
    world.add(question)
    give(world, "lin", "c", question.id, "respond", "talk", "talk")
    Talk(world, "lin").tap("talk", says="will_talk")
    card = world.advance(minutes=30)
    assert "answered" in card.blocks
    assert IN_WORDS[language] in card.to("wang") and "unclear" not in card.to("wang")


@pytest.mark.parametrize("language", IN_WORDS)
def test_it_is_chosen_by_its_words(world: World, row: CheckIn, language: str) -> None:
    world.change("wang", language=language)
    shared(world, "lin", ["supervisor"])
    asked = Talk(world, "wang")("/ask", asks="about")
    labels = asked.bubbles["wang"][-1].labels
    assert any(IN_WORDS[language] in label for label in labels) and not any("unclear" in label for label in labels)
    assert IN_WORDS[language] in Talk(world, "wang").tap(labels[1], asks="words").text


@pytest.mark.parametrize("language", IN_WORDS)
def test_it_is_listed_by_its_words(world: World, row: CheckIn, language: str) -> None:
    world.change("wang", language=language)
    labels = Talk(world, "wang")("/digest 林晓", says="from_someone").bubbles["wang"][-1].labels
    assert len(labels) == 1 and IN_WORDS[language] in labels[0]
