"""The checklist as plain data: what comes next, what still holds, what lies before, how far one is."""

from typing import Any
from uuid import UUID

import pytest

from bot.answers import choice, text
from bot.conversation import (
    Answers,
    Conversation,
    Outcome,
    Question,
    last_answered,
    next_question,
    no_facts,
    nothing_fresh,
    progress,
    pruned,
)
from bot.point import Talk
from models import Person, Prompt
from tests.bot.toy import NOW, TOY_TALK, finish

BRANCHED = Conversation(
    "branched",
    (
        Question("a", choice("yes", "no")),
        Question("b", text(), when=lambda answers: answers["a"] == "yes"),
        Question("c", text(), when=lambda answers: answers.get("b") == "more", is_step=False),
        Question("d", text()),
    ),
    finish,
)


def name_of(question: Question | None) -> str | None:
    """Name a question, or none."""
    return question.name if question else None


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        pytest.param({}, "a", id="nothing is answered"),
        pytest.param({"a": "yes"}, "b", id="the branch applies"),
        pytest.param({"a": "no"}, "d", id="the branch does not apply"),
        pytest.param({"a": "yes", "b": None}, "d", id="a skipped question is answered"),
        pytest.param({"a": "yes", "b": "more"}, "c", id="a probe applies"),
        pytest.param({"a": "no", "d": "x"}, None, id="all is answered"),
        pytest.param({"d": "x"}, "a", id="a question that was added while she was in the middle"),
    ],
)
def test_the_next_question(answers, expected):
    assert name_of(next_question(BRANCHED, Answers(answers))) == expected


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        pytest.param(
            {"a": "no", "b": "more", "c": "x", "d": "y"}, {"a": "no", "d": "y"}, id="one dropped answer drops the next"
        ),
        pytest.param(
            {"a": "yes", "b": "less", "c": "x"}, {"a": "yes", "b": "less"}, id="a probe that no longer applies"
        ),
        pytest.param({"a": "yes", "gone": "x"}, {"a": "yes"}, id="a question that no longer exists"),
        pytest.param({"a": "yes", "b": None}, {"a": "yes", "b": None}, id="what was skipped stays skipped"),
    ],
)
def test_answers_that_no_longer_apply_are_dropped(answers, expected):
    kept = pruned(BRANCHED, Answers(answers, {"known": ["a"]}))
    assert kept == expected
    assert kept.facts == {"known": ["a"]}


@pytest.mark.parametrize(
    ("answers", "known", "expected"),
    [
        pytest.param({}, [], None, id="nothing is answered"),
        pytest.param({"a": "yes"}, [], "a", id="one is answered"),
        pytest.param({"a": "yes", "b": None, "d": "y"}, [], "d", id="the last of all"),
        pytest.param({"a": "yes", "d": "y"}, [], "a", id="what lies behind the open question does not count"),
        pytest.param({"a": "yes"}, ["a"], None, id="what was known does not count"),
        pytest.param({"d": "y"}, [], None, id="the first question is open"),
    ],
)
def test_the_answer_that_back_takes_out(answers, known, expected):
    given = Answers(answers, {"known": known})
    assert name_of(last_answered(BRANCHED, given, next_question(BRANCHED, given))) == expected


@pytest.mark.parametrize(
    ("answers", "question", "expected"),
    [
        pytest.param({}, "a", (1, 3), id="a branch that hangs on a coming answer may still apply"),
        pytest.param({"a": "yes"}, "b", (2, 3), id="in the branch"),
        pytest.param({"a": "no"}, "d", (2, 2), id="past the branch"),
        pytest.param({"a": "yes", "b": "more"}, "c", (3, 3), id="a probe does not count"),
        pytest.param({"a": "yes", "b": "less"}, "d", (3, 3), id="the last"),
    ],
)
def test_how_far_one_is(answers, question, expected):
    assert progress(BRANCHED, Answers(answers), BRANCHED.question(question)) == expected


def test_a_question_behind_all_steps_never_counts_beyond_them():
    only_probes = Conversation("probes", (Question("a", text(), is_step=False),), finish)
    assert progress(only_probes, Answers(), only_probes.questions[0]) == (1, 1)


def test_a_question_is_found_by_name_or_not_at_all():
    assert TOY_TALK.question("mood").name == "mood"
    with pytest.raises(KeyError, match="nothing"):
        TOY_TALK.question("nothing")


def test_an_outcome_plans_again_for_everyone_it_wants_to_speak_to():
    person, other = Person(name="林晓"), Person(name="陈静安")
    prompt: dict[str, Any] = {"kind": "k", "due_at": NOW, "expires_at": NOW, "made_at": NOW, "manner": "ordinary"}
    outcome = Outcome(keep=[person, Prompt(key="k", person_id=other.id, **prompt)], replan={person.id})
    assert outcome.replan == {person.id, other.id}


def test_a_conversation_that_needs_nothing_from_the_store_has_no_facts():
    assert no_facts(None, Person(name=""), NOW, None, "") == {}  # type: ignore[arg-type]
    assert nothing_fresh(None, Person(name=""), NOW, {"known": ["a"]}) == {}  # type: ignore[arg-type]
    assert Answers().facts == {}


def test_what_is_read_anew_goes_before_what_was_known_at_the_beginning():
    talk = Talk(UUID(int=1), UUID(int=2), "toy", NOW, NOW, facts={"left": 3, "of": "语文组"})
    assert talk.said().facts == {"left": 3, "of": "语文组"}
    talk.fresh = {"left": 2}
    assert talk.said().facts == {"left": 2, "of": "语文组"}
    assert talk.facts["left"] == 3
