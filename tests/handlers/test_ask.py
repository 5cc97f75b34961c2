"""问询: scheduled about something shared, asked in the teacher's own time and budget, answered her way."""

from datetime import UTC, date, datetime

import pytest
from sqlmodel import select

from models import Membership, Outbound, Pairing, Person, Prompt, Question
from tests.handlers.test_feedback import give
from tests.handlers.test_respond import shared, unshare
from tests.world import Talk, World

IN_TWO_WEEKS = datetime(2026, 9, 30, 8, 30, tzinfo=UTC)  # 16:30 in Shanghai, when her hours begin


@pytest.fixture
def chen(world: World) -> Talk:
    return Talk(world, "chen")


@pytest.fixture
def wang(world: World) -> Talk:
    return Talk(world, "wang")


def schedule(chen: Talk, comes: str = "now", words: str = "分层作业后来怎么样了？") -> None:
    """A mentor of one apprentice who shared one thing is asked for nothing but the words."""
    chen("问询", asks="words")
    chen(words, asks="ask_on")
    chen.tap("weeks", asks="answer_comes")
    chen.tap(comes, asks="send")
    chen.tap("send", says="asked")


def asked(world: World, chen: Talk, comes: str = "now") -> Question:
    schedule(chen, comes)
    world.clock.instant = IN_TWO_WEEKS
    assert "question" in world.tick().blocks
    found: Question = world.all(Question)[0]
    return found


def test_it_is_asked_on_its_day_and_says_who_asks_and_who_sees(world: World, chen: Talk) -> None:
    shared(world, "lin", ["pair"])
    schedule(chen)
    assert world.advance(days=13).bubbles == {}
    world.clock.instant = IN_TWO_WEEKS
    card = world.tick()
    assert card.to("lin").count("陈静安") == 2 and "分层作业后来怎么样了？" in card.to("lin")
    assert world.all(Question)[0].state == "asked"


def test_it_counts_in_her_weekly_budget(world: World, chen: Talk) -> None:
    shared(world, "lin", ["pair"])
    asked(world, chen)
    assert [row.budgeted for row in world.all(Outbound, person_id=world.id["lin"])] == [True]


def test_it_waits_when_the_week_is_full(world: World, chen: Talk) -> None:
    shared(world, "lin", ["pair"])
    world.change("lin", weekly_budget=0)
    schedule(chen)
    world.clock.instant = IN_TWO_WEEKS
    assert world.tick().bubbles == {}
    world.change("lin", weekly_budget=3)
    assert "question" in world.advance(days=1).blocks


def test_an_answer_by_a_tap_comes_back_at_once(world: World, chen: Talk, talk: Talk) -> None:
    shared(world, "lin", ["pair"])
    asked(world, chen)
    talk.tap("tried", says="tap_told")
    assert "试过了" in world.advance(minutes=5).to("chen")


def test_an_answer_in_words(world: World, chen: Talk, talk: Talk) -> None:
    shared(world, "lin", ["pair"])
    asked(world, chen)
    talk.tap("回一句", asks="words")
    talk("中间那档换了两套题", asks="send")
    talk.tap("send", says="answer_sent")
    assert "中间那档换了两套题" in world.advance(minutes=5).to("chen")


def test_rather_talk(world: World, chen: Talk, talk: Talk) -> None:
    shared(world, "lin", ["pair"])
    asked(world, chen)
    talk.tap("talk", says="will_talk")
    assert "当面聊" in world.advance(minutes=5).to("chen")


def test_an_answer_for_the_digest_waits_for_it(world: World, chen: Talk, talk: Talk) -> None:
    shared(world, "lin", ["pair"])
    asked(world, chen, "digest")
    talk.tap("still", says="tap_told")
    assert "chen" not in world.advance(hours=1).bubbles
    assert "还在做" in chen("周报", says="on_demand").text
    assert "还在做" in chen("周报", says="on_demand").text


def test_made_private_meanwhile_it_is_dropped_and_nobody_hears(world: World, chen: Talk) -> None:
    entry = shared(world, "lin", ["pair"])
    schedule(chen)
    unshare(world, entry)
    world.clock.instant = IN_TWO_WEEKS
    assert world.tick().bubbles == {}
    assert world.all(Question)[0].state == "dropped"
    assert world.advance(days=10).bubbles == {}


def test_it_can_be_taken_back_until_it_is_asked(world: World, chen: Talk) -> None:
    shared(world, "lin", ["pair"])
    schedule(chen)
    data = world.button("chen", "recall")
    chen.tap("recall", says="recalled")
    world.clock.instant = IN_TWO_WEEKS
    assert world.tick().bubbles == {}
    world.last["chen"].buttons.append({"label": "again", "data": data})
    chen.tap("again", says="asked_already")


def test_thought_better_of_before_it_is_sent(world: World, chen: Talk) -> None:
    shared(world, "lin", ["pair"])
    chen("问询", asks="words")
    chen("怎么样了？", asks="ask_on")
    chen("10月9日", asks="answer_comes")
    chen.tap("now", asks="send")
    chen.tap("revise", says="which_to_revise")
    chen("日子", asks="ask_on")
    chen("三周后", asks="send")
    chen.tap("drop", says="not_asked")
    assert world.all(Question) == [] and world.all(Prompt) == []


@pytest.mark.parametrize(
    ("said", "reason"), [("9月31日", "impossible_day"), ("周六", "rest_day"), ("昨天", "past_day")]
)
def test_a_day_that_cannot_be_is_asked_about(world: World, chen: Talk, said: str, reason: str) -> None:
    shared(world, "lin", ["pair"])
    chen("问询", asks="words")
    chen("怎么样了？", asks="ask_on")
    chen(said, says=reason)


def test_a_supervisor_chooses_whom_and_about_what(world: World, wang: Talk) -> None:
    shared(world, "lin", ["supervisor"], "第一件")
    shared(world, "lin", ["supervisor"], "第二件")
    shared(world, "zhou", ["supervisor"], "周宁的事")
    wang("问询", asks="whom")
    wang("小林", asks="about")
    wang("没有这件", says="not_an_option")
    wang("第一件", asks="words")
    wang("还在试吗？", asks="ask_on")
    wang.tap("tomorrow", asks="answer_comes")
    wang.tap("now", asks="send")
    wang.tap("send", says="asked")
    assert "第一件" in world.advance(days=1, minutes=30).to("lin")


def test_all_of_them_are_asked_each_about_her_own(world: World, wang: Talk) -> None:
    shared(world, "lin", ["supervisor"], "林晓的事")
    shared(world, "zhou", ["supervisor"], "周宁的事")
    shared(world, "zhao", [], "赵然的私事")
    wang("问询", asks="whom")
    wang.tap("all", asks="words")
    wang("最近怎么样？", asks="ask_on")
    wang.tap("tomorrow", asks="answer_comes")
    said = wang.tap("digest", asks="send").text
    assert "林晓" in said and "赵然" not in said
    wang.tap("send", says="asked")
    card = world.advance(days=1, minutes=30)
    assert "林晓的事" in card.to("lin") and "周宁的事" in card.to("zhou") and set(card.bubbles) == {"lin", "zhou"}
    assert len({question.batch_id for question in world.all(Question)}) == 1


def test_one_of_the_group_made_hers_private_meanwhile(world: World, wang: Talk) -> None:
    shared(world, "lin", ["supervisor"], "林晓的事")
    entry = shared(world, "zhou", ["supervisor"], "周宁的事")
    wang("问询", asks="whom")
    wang.tap("all", asks="words")
    wang("最近怎么样？", asks="ask_on")
    wang.tap("tomorrow", asks="answer_comes")
    wang.tap("now", asks="send")
    unshare(world, entry)
    wang.tap("send", says="asked")
    assert [question.person_id for question in world.all(Question)] == [world.id["lin"]]


def test_who_shared_nothing_is_as_unknown_as_a_stranger(world: World, wang: Talk) -> None:
    shared(world, "lin", ["supervisor"])
    shared(world, "zhou", ["supervisor"])
    shared(world, "zhao", [], "私事")
    wang("问询", asks="whom")
    one = wang("赵然", says="nobody_so_named").text
    assert wang("李四", says="nobody_so_named").text == one


@pytest.mark.parametrize("who", ["lin", "zhou", "sun", "he"])
def test_who_looks_after_nobody_may_not(world: World, who: str) -> None:
    entry = shared(world, "lin", ["supervisor", "group", "pair"])
    asker = Talk(world, who)
    asker("问询", says="not_for_you")
    give(world, who, "o", entry.id, "ask", "open", "about it")
    assert "小宇" not in asker.tap("about it", says="gone").text


def test_a_supervisor_of_another_unit_may_not(world: World) -> None:
    maths = next(m.unit_id for m in world.all(Membership, person_id=world.id["sun"]))
    newcomer = Person(name="钱数", joined_at=world.clock.now())
    world.add(newcomer, Membership(person_id=newcomer.id, unit_id=maths, role="teacher"))
    entry = shared(world, "lin", ["supervisor", "group", "pair"])
    sun = Talk(world, "sun")
    sun("问询", says="nothing_shared")
    give(world, "sun", "o", entry.id, "ask", "open", "about it")
    sun.tap("about it", says="gone")


def test_a_mentor_may_not_once_the_pairing_ended(world: World, chen: Talk) -> None:
    shared(world, "lin", ["pair"])
    chen("问询", asks="words")
    chen("怎么样了？", asks="ask_on")
    chen.tap("weeks", asks="answer_comes")
    chen.tap("now", asks="send")
    _end_the_pairing(world)
    chen.tap("send", says="gone")
    assert world.all(Question) == []


def test_a_question_of_a_mentor_whose_pairing_ended_is_not_asked(world: World, chen: Talk) -> None:
    shared(world, "lin", ["pair"])
    schedule(chen)
    _end_the_pairing(world)
    world.clock.instant = IN_TWO_WEEKS
    assert world.tick().bubbles == {}


def _end_the_pairing(world: World) -> None:
    with world.store.writing() as session:
        session.exec(select(Pairing)).one().until = date(2026, 9, 1)


def test_only_the_asker_may_take_it_back(world: World, chen: Talk) -> None:
    shared(world, "lin", ["pair"])
    schedule(chen)
    batch = world.all(Question)[0].batch_id
    give(world, "zhou", "c", batch, "ask", "recall", "take back")
    Talk(world, "zhou").tap("take back", says="asked_already")
    assert world.all(Question)[0].state == "waiting"
