"""收到, 追问, 我来支持 and the teacher's side of them; who may not, and what is dropped silently."""

from datetime import date

import pytest
from sqlmodel import select

from models import Entry, Membership, Pairing, Prompt, Question
from tests.handlers.test_feedback import give
from tests.world import Talk, World

WORDS = "小组汇报的时候小宇站起来补充了一句"


def shared(world: World, who: str, audience: list[str], words: str = WORDS) -> Entry:
    """Let somebody have shared a reflection just now."""
    now = world.clock.now()
    entry = Entry(kind="reflection", person_id=world.id[who], parts={"happened": words}, written_at=now)
    entry.share_with(audience)
    entry.shared_at = now if audience else None
    world.add(entry)
    return entry


def unshare(world: World, entry: Entry) -> None:
    with world.store.writing() as session:
        session.get_one(Entry, entry.id).share_with([])


@pytest.fixture
def wang(world: World) -> Talk:
    return Talk(world, "wang")


@pytest.fixture
def entry(world: World) -> Entry:
    """What 林晓 shared with her supervisor, on a card of 王立群."""
    entry = shared(world, "lin", ["supervisor"])
    for option in ("received", "ask", "support"):
        give(world, "wang", "c", entry.id, "respond", option, option)
    return entry


def ask(world: World, wang: Talk, way: str = "ask", words: str = "最卡的是哪一步？") -> None:
    wang.tap(way, asks="words")
    wang(words, asks="send")
    wang.tap("send", says="sent")
    assert "response" in world.advance(minutes=30).blocks


def test_received_reaches_the_writer_in_her_hours(world: World, wang: Talk, entry: Entry) -> None:
    wang.tap("received", says="received")
    assert world.tick().bubbles == {}  # 16:00: her hours begin at 16:30
    card = world.advance(minutes=30)
    assert "response" in card.blocks and "王立群" in card.to("lin")
    assert card.bubbles["lin"][0].labels == ["知道了"]


def test_received_twice_is_once(world: World, wang: Talk, entry: Entry) -> None:
    data = world.button("wang", "received")
    wang.tap("received", says="received")
    world.last["wang"].buttons.append({"label": "again", "data": data})
    wang.tap("again", says="received_before")
    assert len(world.all(Question)) == 1


def test_a_question_is_shown_before_it_leaves_in_her_name(world: World, wang: Talk, entry: Entry) -> None:
    wang.tap("ask", asks="words")
    assert "16:30" in wang("最卡的是哪一步？", asks="send").text
    wang.tap("send", says="sent")
    card = world.advance(minutes=30)
    assert "最卡的是哪一步？" in card.to("lin") and "王立群" in card.to("lin")


def test_a_question_can_be_changed_or_not_sent(world: World, wang: Talk, entry: Entry) -> None:
    wang.tap("ask", asks="words")
    wang("第一稿", asks="send")
    wang.tap("revise", asks="words")
    wang("第二稿", asks="send")
    wang.tap("drop", says="not_sent")
    assert world.all(Question) == [] and world.advance(hours=1).bubbles == {}


def test_support_says_what_can_be_done(world: World, wang: Talk, entry: Entry) -> None:
    ask(world, wang, "support", "周四早读我来看班")
    assert world.all(Question)[0].kind == "support"


def test_the_teacher_answers_in_words(world: World, wang: Talk, entry: Entry, talk: Talk) -> None:
    ask(world, wang)
    talk.tap("回一句", asks="words")
    talk("第二步，画图那里", asks="send")
    talk.tap("send", says="answer_sent")
    assert "第二步，画图那里" in world.advance(minutes=30).to("wang")
    assert world.all(Question)[0].state == "answered"


def test_the_teacher_would_rather_talk(world: World, wang: Talk, entry: Entry, talk: Talk) -> None:
    ask(world, wang)
    data = world.button("lin", "talk")
    talk.tap("talk", says="will_talk")
    assert "当面聊" in world.advance(minutes=30).to("wang")
    world.last["lin"].buttons.append({"label": "again", "data": data})
    talk.tap("again", says="answered_before")
    assert world.advance(hours=1).bubbles == {}


def test_noted_tells_nobody(world: World, wang: Talk, entry: Entry, talk: Talk) -> None:
    ask(world, wang)
    talk.tap("noted", says="nodded")
    assert world.all(Question)[0].state == "seen"
    assert world.advance(days=1).bubbles == {}


def test_made_private_meanwhile_it_is_dropped_and_nobody_hears(world: World, wang: Talk, entry: Entry) -> None:
    wang.tap("received", says="received")
    unshare(world, entry)
    assert world.advance(hours=1).bubbles == {}
    assert world.all(Prompt, kind="response")[0].state == "dropped"


def test_made_private_while_words_are_sought(world: World, wang: Talk, entry: Entry) -> None:
    wang.tap("ask", asks="words")
    unshare(world, entry)
    wang("最卡的是哪一步", asks="send")
    wang.tap("send", says="gone")
    assert world.all(Question) == []


def test_the_answer_does_not_quote_what_was_made_private(world: World, wang: Talk, entry: Entry, talk: Talk) -> None:
    ask(world, wang)
    unshare(world, entry)
    talk.tap("talk", says="will_talk")
    assert "小宇" not in world.advance(minutes=30).to("wang")


@pytest.mark.parametrize("option", ["received", "ask", "support"])
@pytest.mark.parametrize("who", ["zhou", "sun", "chen", "he"])
def test_who_looks_after_nobody_or_others_may_not(world: World, entry: Entry, who: str, option: str) -> None:
    give(world, who, "c", entry.id, "respond", option, "try")
    assert "小宇" not in Talk(world, who).tap("try", says="gone").text
    assert world.all(Question) == []


def test_a_group_mate_who_may_read_may_not_reply_as_a_supervisor(world: World) -> None:
    entry = shared(world, "lin", ["group"])
    give(world, "zhou", "c", entry.id, "respond", "received", "try")
    Talk(world, "zhou").tap("try", says="gone")


def test_a_mentor_after_the_pairing_ended_may_not(world: World) -> None:
    entry = shared(world, "lin", ["pair"])
    chen = Talk(world, "chen")
    give(world, "chen", "c", entry.id, "respond", "received", "try")
    give(world, "chen", "c", entry.id, "respond", "ask", "try ask")
    with world.store.writing() as session:
        session.exec(select(Pairing)).one().until = date(2026, 9, 1)
    chen.tap("try", says="gone")


def test_a_supervisor_who_left_the_post_may_not(world: World, entry: Entry, wang: Talk) -> None:
    with world.store.writing() as session:
        for post in session.exec(select(Membership).where(Membership.person_id == world.id["wang"])):
            session.delete(post)
    wang.tap("received", says="gone")


def test_only_who_was_asked_may_answer(world: World, wang: Talk, entry: Entry) -> None:
    ask(world, wang)
    question = world.all(Question)[0]
    for who in ("zhou", "chen", "wang"):
        for option in ("talk", "still", "tried"):
            give(world, who, "c", question.id, "respond", option, f"try {option}")
            assert "最卡" not in Talk(world, who).tap(f"try {option}", says="gone").text
        give(world, who, "o", question.id, "answer", "open", "try answer")
        assert "最卡" not in Talk(world, who).tap("try answer", says="gone").text
        give(world, who, "c", question.id, "respond", "noted", "try noted")
        Talk(world, who).tap("try noted", says="nodded")
    assert world.all(Question)[0].state == "asked"
