"""行动: from a wish to one if-then sentence, its date, and the day on which the bot asks."""

from datetime import UTC, datetime, timedelta

import pytest

from handlers.action import _CHANGES_MIND
from models import Action, Conversation, Entry, Observation, Prompt
from tests.handlers.pressing import opens, presses
from tests.world import Talk, World


def jotting(world: World, words: str, who: str = "lin") -> Entry:
    """A jotting of one piece."""
    entry = Entry(
        kind="jotting", person_id=world.id[who], parts={"pieces": [{"text": words}]}, written_at=world.clock.now()
    )
    world.add(entry)
    return entry


def trying(world: World, deed: str, who: str = "lin") -> Action:
    """An action somebody is trying."""
    action = Action(person_id=world.id[who], class_name="三2班", moment="talk", deed=deed, made_at=world.clock.now())
    world.add(action)
    return action


def only_action(world: World) -> Action:
    """The newest action in the store."""
    return world.all(Action)[-1]


def test_a_vague_wish_is_taken_apart_and_becomes_one_sentence(world: World, talk: Talk) -> None:
    talk("行动", asks="wish")
    talk("我要多关注后进生", asks="vague")
    talk.tap("split", asks="class_name")
    talk.tap("c1", asks="moment")
    talk.tap("talk", asks="deed")
    heard = talk("先请两个平时不说话的孩子各说一句", asks="sign")
    assert "如果三2班要开始小组讨论，就先请两个平时不说话的孩子各说一句。" in heard.text
    talk.tap("willing", asks="try_until")
    talk("9月30日", asks="insight")
    heard = talk("skip", asks="preview")
    assert "2026年9月30日（周三）" in heard.text
    talk.tap("ok", says="saved")
    action = only_action(world)
    assert (action.class_name, action.moment, action.sign, action.state) == ("三2班", "talk", "willing", "open")
    assert action.audience == []
    [prompt] = world.all(Prompt)
    assert (prompt.kind, prompt.key) == ("follow_up", f"action:{action.id}/follow_up:1")
    assert prompt.due_at == datetime(2026, 9, 30, 8, 30, tzinfo=UTC)  # 16:30 in Shanghai, when her hours begin


def test_a_vague_wish_may_stand_as_it_is(world: World, talk: Talk) -> None:
    talk("/act", asks="wish")
    talk("我要多关注后进生", asks="vague")
    talk("就这样", asks="sign")
    talk("跳过", asks="try_until")
    talk.tap("week2", asks="insight")
    talk("跳过", asks="preview")
    talk("1", says="saved")
    assert only_action(world).deed == "我要多关注后进生"


def test_a_sentence_that_names_its_class_is_taken_whole(world: World, talk: Talk) -> None:
    talk("/act", asks="wish")
    talk("三2班小组汇报前，先默看评价单30秒", asks="sign")


def test_a_jotting_is_offered_and_gives_its_words_and_training(world: World, talk: Talk) -> None:
    entry = jotting(world, "先写评价任务再想活动。别的下次说")
    heard = talk("/act", asks="wish")
    assert "先写评价任务再想活动" in heard.bubbles["lin"][-1].labels[0]
    talk.tap("w1", asks="class_name")
    talk("三4班", asks="moment")
    talk("开始小组汇报", asks="deed")
    talk.tap("same", asks="sign")
    talk("跳过", asks="try_until")
    talk("下周三", asks="preview")
    talk.tap("ok", says="saved")
    action = only_action(world)
    assert (action.entry_id, action.insight, action.deed) == (entry.id, "先写评价任务再想活动", "先写评价任务再想活动")
    assert (action.class_name, action.moment) == ("三4班", "开始小组汇报")


def test_both_classes_may_be_chosen(world: World, talk: Talk) -> None:
    jotting(world, "提问后等三秒")
    talk("/act", asks="wish")
    talk.tap("w1", asks="class_name")
    talk.tap("all", asks="moment")
    talk.tap("ask", asks="deed")
    heard = talk("心里数三下再点名", asks="sign")
    assert "三2班、三4班" in heard.text


def test_a_day_that_does_not_exist_and_a_rest_day_are_asked_about(world: World, talk: Talk) -> None:
    talk("/act", asks="wish")
    talk("三2班提问后等三秒", asks="sign")
    talk("跳过", asks="try_until")
    assert "9月没有31日" in talk("9月31日", says="impossible_day").text
    talk("9月26日", says="rest_day")  # a Saturday
    talk("2", asks="insight")
    talk("跳过", asks="preview")
    talk.tap("ok", says="saved")
    assert only_action(world).try_until.isoformat() == "2026-09-28"


def test_a_rest_day_may_be_kept(world: World, talk: Talk) -> None:
    talk("/act", asks="wish")
    talk("三2班提问后等三秒", asks="sign")
    talk("跳过", asks="try_until")
    talk("9月26日", says="rest_day")
    talk("3", asks="insight")
    talk("跳过", asks="preview")
    talk.tap("ok", says="saved")
    assert only_action(world).try_until.isoformat() == "2026-09-26"


def test_a_past_day_is_not_taken(talk: Talk) -> None:
    talk("/act", asks="wish")
    talk("三2班提问后等三秒", asks="sign")
    talk("跳过", asks="try_until")
    talk("2026-09-01", says="past_day")


def test_turning_away_in_the_middle_keeps_a_draft_and_begins_anew(world: World, talk: Talk) -> None:
    jotting(world, "汇报前默看评价单")
    talk("/act", asks="wish")
    talk("我要多关注后进生", asks="vague")
    talk.tap("split", asks="class_name")
    talk("三2班", asks="moment")
    talk("算了我不想做这个了，还是做②", says="changes_mind")
    heard = talk("1", asks="wish")
    assert "set_by" in heard.blocks
    [draft] = [row for row in world.all(Conversation, name="action") if row.state == "draft"]
    assert draft.answers["class_name"] == "三2班" and draft.kept_until > world.clock.now() + timedelta(days=29)
    assert world.all(Action) == []


def test_what_only_sounds_like_turning_away_may_be_the_answer(world: World, talk: Talk) -> None:
    talk("/act", asks="wish")
    talk("我要多关注后进生", asks="vague")
    talk.tap("split", asks="class_name")
    talk("三2班", asks="moment")
    talk("提问时", asks="deed")
    talk("还是做小组互评", says="changes_mind")
    heard = talk("2", asks="sign")
    assert "还是做小组互评" in heard.text


def test_another_thing_may_be_taken_at_the_preview(world: World, talk: Talk) -> None:
    talk("/act", asks="wish")
    talk("三2班提问后等三秒", asks="sign")
    talk("跳过", asks="try_until")
    talk("下周一", asks="insight")
    talk("跳过", asks="preview")
    talk.tap("another", asks="wish")
    assert world.all(Action) == []


def test_one_part_may_be_revised_at_the_preview(world: World, talk: Talk) -> None:
    jotting(world, "提问后等三秒")
    talk("/act", asks="wish")
    talk.tap("w1", asks="class_name")
    talk("三2班", asks="moment")
    talk("提问时", asks="deed")
    talk.tap("same", asks="sign")
    talk("跳过", asks="try_until")
    talk("下周一", asks="preview")
    talk("改一改", says="which_to_revise")
    talk("班级", asks="class_name")
    talk("三4班", asks="preview")
    talk.tap("ok", says="saved")
    assert only_action(world).class_name == "三4班"


def test_a_third_open_action_may_take_the_place_of_one(world: World, talk: Talk) -> None:
    old, other = trying(world, "先默看评价单"), trying(world, "提问后等三秒")
    world.add(
        Prompt(
            key="old", person_id=world.id["lin"], kind="follow_up", about_id=old.id, facts={"round": 1},
            due_at=world.clock.now() + timedelta(days=3), made_at=world.clock.now(),
        )
    )  # fmt: skip
    talk("/act", asks="wish")
    talk("三2班下课前说一句收获", asks="swap")
    talk.tap("s1", asks="sign")
    talk("跳过", asks="try_until")
    talk("下周一", asks="insight")
    talk("跳过", asks="preview")
    talk.tap("ok", says="saved")
    states = {action.id: (action.state, action.ending) for action in world.all(Action)}
    assert states[old.id] == ("ended", "replaced") and states[other.id] == ("open", None)
    assert world.all(Prompt, key="old")[0].state == "dropped"


def test_a_third_action_may_be_added_all_the_same(world: World, talk: Talk) -> None:
    trying(world, "先默看评价单"), trying(world, "提问后等三秒")
    talk("/act", asks="wish")
    talk("三2班下课前说一句收获", asks="swap")
    talk("还是加上", asks="sign")


def test_she_may_leave_it_for_now(world: World, talk: Talk) -> None:
    jotting(world, "提问后等三秒")
    talk("/act", asks="wish")
    talk("现在不定", says="no_hurry")
    assert world.all(Action) == []


def test_it_is_shared_only_when_she_chooses_so(world: World, talk: Talk) -> None:
    talk("/act", asks="wish")
    talk("三2班提问后等三秒", asks="sign")
    talk("跳过", asks="try_until")
    talk("下周一", asks="insight")
    talk("跳过", asks="preview")
    talk.tap("share", asks="audience")
    talk.tap("pair", says="saved")
    action = only_action(world)
    assert action.audience == ["pair"] and action.shared_at == world.clock.now()


def test_it_can_be_taken_back(world: World, talk: Talk) -> None:
    talk("/act", asks="wish")
    talk("三2班提问后等三秒", asks="sign")
    talk("跳过", asks="try_until")
    talk("下周一", asks="insight")
    talk("跳过", asks="preview")
    talk.tap("ok", says="saved")
    talk.tap("undo", says="undone")
    assert only_action(world).state == "ended"
    assert {prompt.state for prompt in world.all(Prompt)} == {"dropped"}
    assert "gone" in presses(world, "lin", "action", "undo", only_action(world).id).blocks


def test_nobody_else_opens_it_about_her_entry(world: World) -> None:
    entry = jotting(world, "只给自己看的一句")
    heard = opens(world, "zhou", "action", entry.id)
    assert "gone" in heard.blocks and "只给自己看" not in heard.text


@pytest.mark.parametrize(("feedback", "blocks"), [("sent", "class_name"), ("draft", "gone")])
def test_a_suggestion_becomes_an_action_once_it_was_sent(world: World, feedback: str, blocks: str) -> None:
    now = world.clock.now()
    seen = Observation(
        person_id=world.id["chen"], observer_id=world.id["chen"], teacher_id=world.id["lin"], day=now.date(),
        period=1, starts_at=now, ends_at=now, suggestion="提问后先数三下", feedback=feedback, state="held", made_at=now,
    )  # fmt: skip
    world.add(seen)
    heard = opens(world, "lin", "action", seen.id)
    assert blocks in heard.blocks
    if feedback == "sent":
        world.says("lin", "三2班")
        assert "数三下" in world.says("lin", "提问时").bubbles["lin"][-1].labels[0]


@pytest.mark.parametrize(
    "said", ["算了", "還是做第二個", "不做這個了", "换一件吧", "換一個", "Never mind, something else", "I’d rather not"]
)
def test_turning_away_is_heard_in_each_script(said: str) -> None:
    assert _CHANGES_MIND.match(said)


def test_who_is_never_contacted_is_not_promised_a_question(world: World, talk: Talk) -> None:
    world.change("lin", may_contact=False)
    talk("/act", asks="wish")
    talk("三2班提问后等三秒", asks="sign")
    talk("跳过", asks="try_until")
    talk("下周一", asks="insight")
    talk("跳过", asks="preview")
    heard = talk.tap("ok", says="saved")
    assert "我不主动问" in heard.text


def test_a_day_kept_on_a_weekend_is_asked_about_on_the_next_school_day(world: World, talk: Talk) -> None:
    talk("/act", asks="wish")
    talk("三2班提问后等三秒", asks="sign")
    talk("跳过", asks="try_until")
    talk("9月26日", says="rest_day")
    talk("3", asks="insight")
    talk("跳过", asks="preview")
    heard = talk.tap("ok", says="saved")
    assert "9月28日（周一）16:30" in heard.text
    world.next_contact("lin")
    assert world.clock.now() == datetime(2026, 9, 28, 8, 30, tzinfo=UTC)


def test_a_jotting_leads_straight_to_the_class(world: World) -> None:
    entry = jotting(world, "提问后等三秒")
    assert opens(world, "lin", "action", entry.id).blocks[-1] != "wish"
    world.says("lin", "五3班")  # a class of somebody else's, in her own words
    world.says("lin", "提问时")
    heard = world.taps("lin", "same")
    assert "如果轮到在五3班提问，就提问后等三秒。" in heard.text


def test_a_reflection_with_a_next_step_gives_it(world: World, talk: Talk) -> None:
    parts = {"about": "《观潮》", "happened": "小宇站起来了", "next_line": "每组汇报前留30秒默看评价单"}
    entry = Entry(kind="reflection", person_id=world.id["lin"], parts=parts, written_at=world.clock.now())
    world.add(entry)
    opens(world, "lin", "action", entry.id)
    talk("三2班", asks="moment")
    assert "每组汇报前留30秒默看" in talk("开始小组汇报", asks="deed").bubbles["lin"][-1].labels[0]


def test_a_reflection_without_a_next_step_asks_for_the_wish(world: World) -> None:
    parts = {"about": "《观潮》", "happened": "小宇站起来了"}
    entry = Entry(kind="reflection", person_id=world.id["lin"], parts=parts, written_at=world.clock.now())
    empty = Entry(
        kind="jotting", person_id=world.id["lin"], parts={"pieces": [{"files": []}]}, written_at=entry.written_at
    )
    world.add(entry, empty)
    heard = opens(world, "lin", "action", entry.id)
    assert "wish" in heard.blocks and "小宇站起来了" in heard.bubbles["lin"][-1].labels
    assert "《观潮》" not in heard.bubbles["lin"][-1].labels


def test_turning_away_at_once_from_what_was_given_leaves_no_empty_draft(world: World, talk: Talk) -> None:
    entry = jotting(world, "提问后等三秒")
    opens(world, "lin", "action", entry.id)
    talk("换一件吧", says="changes_mind")
    talk("1", asks="wish")
    assert [row for row in world.all(Conversation) if row.state == "draft"] == []


def test_what_ended_meanwhile_is_not_replaced_again(world: World, talk: Talk) -> None:
    old = trying(world, "先默看评价单")
    trying(world, "提问后等三秒")
    talk("/act", asks="wish")
    talk("三2班下课前说一句收获", asks="swap")
    talk.tap("s1", asks="sign")
    with world.store.writing() as session:
        found = session.get_one(Action, old.id)
        found.state, found.ending = "ended", "done"
    talk("跳过", asks="try_until")
    talk("今天", asks="insight")
    talk("跳过", asks="preview")
    talk.tap("ok", says="saved")
    assert world.all(Action, id=old.id)[0].ending == "done"


def test_a_wish_that_begins_with_its_moment_is_not_told_it_twice(world: World, talk: Talk) -> None:
    talk("行动", asks="wish")
    talk("小组汇报前，先请他们默看评价单", asks="class_name")
    talk.tap("c1", asks="moment")
    talk.tap("小组汇报前", asks="deed")
    heard = talk.tap("same", asks="sign")
    assert "「如果三2班到了小组汇报前，就先请他们默看评价单。」" in heard.text


def test_a_question_or_a_sigh_is_not_offered_as_something_to_try(world: World, talk: Talk) -> None:
    for words in ("明天几点开会？", "好累，真的撑不下去了", "先写评价任务再想活动"):
        jotting(world, words)
    talk("行动", asks="wish")
    offered = [label for label in world.last["lin"].labels if label not in ("现在不定", "先放着")]
    assert offered == ["先写评价任务再想活动"]


def _shared_with_the_group(talk: Talk) -> None:
    talk("行动", asks="wish")
    talk("三2班汇报前，先请小宇说一句", asks="sign")
    talk.tap("skip", asks="try_until")
    talk.tap("week2", asks="insight")
    talk.tap("skip", asks="preview")
    talk.tap("share", asks="audience")
    talk.tap("group", asks="pupils")


def test_a_pupils_name_is_replaced_before_others_read_an_action(world: World, talk: Talk) -> None:
    _shared_with_the_group(talk)
    talk.tap("replace", says="saved")
    assert "小宇" not in only_action(world).deed and "一位学生" in only_action(world).deed
    assert only_action(world).audience == ["group"]


@pytest.mark.parametrize(("tapped", "audience"), [("keep", ["group"]), ("only_me", [])])
def test_a_pupils_name_may_stay(world: World, talk: Talk, tapped: str, audience: list[str]) -> None:
    _shared_with_the_group(talk)
    talk.tap(tapped, says="saved")
    assert "小宇" in only_action(world).deed and only_action(world).audience == audience


def test_an_english_sentence_that_begins_with_a_keyword_stays_her_sentence(world: World, talk: Talk) -> None:
    world.change("lin", language="en")
    talk("Ask two quiet pupils before the others", says="received")
    talk("action", asks="wish")
    talk("pay more attention to quiet pupils", asks="vague")
    talk.tap("split", asks="class_name")
    talk.tap("c1", asks="moment")
    talk.tap("talk", asks="deed")
    heard = talk("ask two of them", asks="sign")
    assert "then ask two of them" in heard.text
    talk("settings", asks="what")
