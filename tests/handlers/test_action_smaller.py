"""A vague wish may be made smaller by tapping, or by writing a smaller one at once."""

import pytest

from tests.handlers.test_action import only_action
from tests.world import Talk, World


@pytest.mark.parametrize("language", ["zh_Hans", "zh_Hant", "en"])
def test_a_smaller_wish_may_be_typed_at_once(world: World, talk: Talk, language: str) -> None:
    world.change("lin", language=language)
    talk("/act", asks="wish")
    talk("我要多关注后进生", asks="vague")
    heard = talk("如果三2班小组汇报，就先请小组长说一句", asks="sign")
    assert "先请小组长说一句" in heard.text and "后进生" not in heard.text
    talk.tap("spoke", asks="try_until")
    talk.tap("week2", asks="insight")
    heard = talk("/skip", asks="preview")
    assert "先请小组长说一句" in heard.text and "后进生" not in heard.text
    talk.tap("ok", says="saved")
    assert only_action(world).deed == "如果三2班小组汇报，就先请小组长说一句"


def test_a_smaller_wish_is_built_up_and_not_examined_again(world: World, talk: Talk) -> None:
    talk("/act", asks="wish")
    talk("我要多关注后进生", asks="vague")
    talk("汇报前，多给他们一点时间", asks="class_name")
    talk.tap("c1", asks="moment")
    talk.tap("own", asks="deed")
    talk.tap("same", asks="sign")
    talk("上一步", asks="deed")
    for asked in ("moment", "class_name", "vague", "wish"):
        talk("上一步", asks=asked)


def test_an_answer_of_two_characters_is_nothing_to_try(world: World, talk: Talk) -> None:
    for words in ("可以", "好的", "先请小组长说一句"):
        talk(words)
        world.clock.advance(minutes=1)
    heard = talk("/act", asks="wish")
    [bubble] = heard.bubbles["lin"]
    assert "先请小组长说一句" in bubble.labels and not {"可以", "好的"} & set(bubble.labels)
