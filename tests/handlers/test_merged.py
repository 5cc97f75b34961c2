"""What comes on one card can be read and acted on in full, by tap and by its number."""

import pytest

from models import Action, Prompt, Question
from tests.handlers.test_respond import shared
from tests.world import Bubble, Heard, Talk, World

LONG = (
    "小组汇报的时候你说等他们安静下来再开口，我想知道后来是谁先站起来补充的，又是怎么接上前一组的话的？请你说一个画面"
)


@pytest.fixture
def card(world: World) -> Bubble:
    """One card for 林晓: a question of 王立群, a follow-up, and a word of her mentor."""
    return merged(world).bubbles["lin"][0]


def merged(world: World) -> Heard:
    now = world.clock.now()
    item = shared(world, "lin", ["supervisor"])
    question = Question(
        asker_id=world.id["wang"], person_id=world.id["lin"], kind="check_in", about_kind="entry", about_id=item.id,
        text=LONG, ask_at=now, made_at=now,
    )  # fmt: skip
    theirs = shared(world, "lin", ["pair"])
    support = Question(
        asker_id=world.id["chen"], person_id=world.id["lin"], kind="support", about_kind="entry", about_id=theirs.id,
        text="周四早读我来看班", ask_at=now, made_at=now,
    )  # fmt: skip
    action = Action(person_id=world.id["lin"], class_name="三2班", moment="ask", deed="先等五秒", made_at=now)
    world.add(question, action, support)
    about = {"question": question, "follow_up": action, "response": support}
    world.add(
        *(
            Prompt(
                key=f"merged:{kind}", person_id=world.id["lin"], kind=kind, about_id=row.id, due_at=now, made_at=now,
                facts={"round": 1, "turn": 1, "asked_at": now.isoformat()},
            )
            for kind, row in about.items()
        )
    )  # fmt: skip
    world.change("lin")  # plan anew
    return world.advance(minutes=30)


def test_a_colleagues_words_are_shown_whole(card: Bubble) -> None:
    assert LONG in card.text and "只有王立群看得到" in card.text and "周四早读我来看班" in card.text


def test_each_thing_has_all_its_buttons_under_its_number(card: Bubble) -> None:
    by_number = {number: [label for label in card.labels if label.startswith(number)] for number in "123"}
    assert sorted(map(len, by_number.values())) == [1, 3, 4]  # the follow-up opens the conversation that asks the rest
    assert {"talk", "still", "tried", "noted", "open"} == set(card.options)


@pytest.mark.parametrize("option", ["talk", "tried", "noted"])
def test_what_was_behind_the_first_button_works(talk: Talk, card: Bubble, option: str) -> None:
    talk.tap(option, says={"talk": "will_talk", "tried": "tap_told", "noted": "nodded"}[option])


@pytest.mark.parametrize("number", ["1", "2", "3"])
def test_a_typed_number_means_that_thing(world: World, talk: Talk, card: Bubble, number: str) -> None:
    first = next(label for label in card.labels if label.startswith(number))
    heard = talk(number)
    by_label = {"回一句": "words", "说说看": "result"}
    assert by_label[first[2:]] in heard.blocks


@pytest.mark.parametrize("language", ["zh_Hans", "zh_Hant", "en"])
def test_in_each_language(world: World, language: str) -> None:
    world.change("lin", language=language)
    card = merged(world).bubbles["lin"][0]
    assert LONG in card.text and len(card.buttons) == 8
