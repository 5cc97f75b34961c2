"""写反思: five small questions, one probe, any way out and back, and an audience chosen last."""

from datetime import UTC, date, datetime, timedelta

import pytest

from bot.errors import Refused
from handlers.reflection import facts
from models import Action, Attachment, Conversation, Entry, EntryVersion, Observation
from models.entries import readable_entry, words_of
from tests.handlers.entries_world import add_entry, add_training, entry_now
from tests.world import Talk, World

LONG = "小组汇报时，平时不说话的孩子站起来补充了一句"


def write_all(talk: Talk, happened: str = LONG) -> None:
    """Answer the five questions, up to the audience."""
    talk("写反思 《观潮》", asks="happened")
    talk(happened, asks="did")
    talk("提前发了评价单", asks="redo")
    talk("留下评价单，换掉时间", asks="surprise")
    talk("他们比我想的敢说", asks="next_step")
    talk("汇报前留30秒默看", asks="audience")


def test_five_questions_make_one_private_reflection(world: World, talk: Talk) -> None:
    write_all(talk)
    talk.tap("self", says="saved")
    entry = entry_now(world)
    assert list(entry.parts) == ["about", "happened", "did", "redo", "surprise", "next_step"]
    assert (entry.kind, entry.audience, entry.shared_at) == ("reflection", [], None)


def test_a_very_short_answer_is_met_with_one_probe_and_no_more(talk: Talk) -> None:
    talk("/reflect 《观潮》")
    talk("挺好的", asks="happened_more")
    talk("嗯", asks="did")


def test_the_probe_may_be_skipped(world: World, talk: Talk) -> None:
    talk("/reflect 《观潮》")
    talk("挺好的", asks="happened_more")
    talk.tap("skip", asks="did")


def test_a_photo_or_a_recording_answers_and_needs_no_probe(world: World, talk: Talk) -> None:
    talk("/reflect 《观潮》")
    talk.photo(asks="did")
    talk.photo(kind="voice", asks="redo")
    for _ in range(3):
        talk("跳过")
    talk.tap("self", says="saved")
    entry = entry_now(world)
    assert [len(entry.parts[name]["files"]) for name in ("happened", "did")] == [1, 1]
    assert {file.entry_id for file in world.all(Attachment)} == {entry.id}


def test_steps_count_to_five_and_the_probe_does_not_count(talk: Talk) -> None:
    assert "1/5" in talk("/reflect 《观潮》").text
    assert "/5" not in talk("还行").text
    assert "2/5" in talk("一个孩子举手了，第一次").text


def test_back_shows_what_was_written_and_takes_a_new_one(world: World, talk: Talk) -> None:
    talk("/reflect 《观潮》")
    talk(LONG)
    assert LONG[:10] in talk("上一步", asks="happened").text
    talk.tap("keep", asks="did")
    talk("返回", asks="happened")
    talk("换一个说法，更具体一些", asks="did")


def test_put_aside_it_is_resumed_days_later_where_she_stopped(world: World, talk: Talk) -> None:
    talk("/reflect 《观潮》")
    talk(LONG, asks="did")
    talk("先放着", says="put_aside")
    world.advance(days=5)
    assert world.all(Entry) == []
    heard = talk("我的待办")
    assert "反思" in heard.text
    assert LONG[:8] in talk.tap("resume", asks="did").text


def test_nobody_is_reminded_of_a_half_written_reflection(world: World, talk: Talk) -> None:
    talk("/reflect 《观潮》")
    talk(LONG)
    heard = [world.advance(hours=8).bubbles for _ in range(15)]
    assert not any(heard)


def test_cancelling_keeps_a_draft_of_30_days(world: World, talk: Talk) -> None:
    talk("/reflect 《观潮》")
    talk(LONG)
    talk("取消", says="cancelled")
    (draft,) = world.all(Conversation)
    assert draft.state == "draft" and draft.kept_until == world.clock.now() + timedelta(days=30)


def test_skipping_everything_keeps_nothing(world: World, talk: Talk) -> None:
    talk("/reflect 《观潮》")
    for _ in range(4):
        talk("跳过")
    talk("跳过", says="nothing_written")
    assert world.all(Entry) == []


def test_one_line_is_asked_for_when_that_is_chosen(world: World, talk: Talk) -> None:
    talk("/reflect 《观潮》")
    for _ in range(4):
        talk("跳过")
    talk.tap("one_line", asks="next_line")
    talk("汇报前留30秒默看", asks="audience")
    talk("1", says="saved")
    parts = entry_now(world).parts
    assert (list(parts), words_of(parts)) == (["about", "next_line"], "《观潮》\n汇报前留30秒默看")


def test_it_can_go_on_to_an_action(world: World, talk: Talk) -> None:
    talk("/reflect 《观潮》")
    talk(LONG)
    for _ in range(3):
        talk("跳过")
    talk("做成行动", asks="audience")
    talk.tap("self", says="saved")
    entry = entry_now(world)
    (opened,) = world.all(Conversation, state="open")
    assert (opened.name, opened.about_id) == ("action", entry.id)
    assert (list(entry.parts), words_of(entry.parts)) == (["about", "happened"], f"《观潮》\n{LONG}")


def test_what_happened_lately_is_offered_at_most_three_things(world: World, talk: Talk) -> None:
    add_training(world, title="大单元教学设计", hours=2)
    add_training(world, title="课堂评价工作坊", days=6)
    add_training(world, title="太久以前", days=60)
    add_training(world, title="别人的", who="zhou", hours=2)
    now = world.clock.now()
    world.add(Action(person_id=world.id["lin"], deed="先写评价任务", made_at=now))
    seen = Observation(
        person_id=world.id["chen"], observer_id=world.id["chen"], teacher_id=world.id["lin"], day=date(2026, 9, 15),
        period=2, starts_at=now - timedelta(days=1), ends_at=now - timedelta(hours=23), state="held", made_at=now,
    )  # fmt: skip
    world.add(seen)
    talk("/reflect", asks="about")
    assert world.last["lin"].labels[:4] == ["陈静安来听的课", "大单元教学设计", "先写评价任务", "别的"]
    Talk(world, "chen")("/reflect", asks="about")
    assert world.last["chen"].labels[:2] == ["听林晓的课", "别的"]


def test_a_training_that_is_chosen_stays_with_the_reflection(world: World, talk: Talk) -> None:
    training = add_training(world, hours=2)
    talk("/reflect", asks="about")
    talk("大单元", asks="happened")
    talk(LONG)
    for _ in range(4):
        talk("跳过")
    talk.tap("self", says="saved")
    entry = entry_now(world)
    assert entry.training_id == training.id and entry.parts["about"] == training.title


def test_anything_else_may_be_said_at_once_or_after_a_tap(talk: Talk) -> None:
    talk("/reflect", asks="about")
    talk.tap("else", asks="about_words")
    talk("周三第2节《观潮》", asks="happened")
    talk("取消")
    talk("/reflect", asks="about")
    talk("周三第2节《观潮》", asks="happened")


def test_nothing_of_others_can_be_reflected_upon(world: World) -> None:
    entry = add_entry(world, who="zhou", to_group=True)
    with world.store.reading() as session, pytest.raises(Refused):
        facts(session, world.person("lin"), world.clock.now(), entry.id, "")


@pytest.mark.parametrize(
    ("said", "audience"), [("师徒", ["pair"]), ("本组", ["group"]), ("主管", ["supervisor"]), ("陈静安", ["pair"])]
)
def test_the_audience_is_chosen_by_its_name_or_a_persons(
    world: World, talk: Talk, said: str, audience: list[str]
) -> None:
    write_all(talk)
    assert "陈静安" in world.last["lin"].text and "王立群" in world.last["lin"].text
    talk(said, says="saved")
    entry = entry_now(world)
    assert entry.audience == audience and entry.shared_at == world.clock.now()


def test_audiences_with_nobody_in_them_are_left_out(world: World) -> None:
    talk = Talk(world, "he")
    write_all(talk)
    assert world.last["he"].options[0] == "self"
    assert not {"pair", "group"} & set(world.last["he"].options)


def test_an_unknown_audience_is_asked_again(world: World, talk: Talk) -> None:
    write_all(talk)
    talk("校长", says="not_an_option")
    assert world.all(Entry) == []


def share_with_group(talk: Talk) -> None:
    write_all(talk, "平时不说话的小宇站起来补充了一句")
    talk("本组", asks="pupils")


def test_a_pupils_name_is_replaced_and_the_writer_keeps_her_own_words(world: World, talk: Talk) -> None:
    share_with_group(talk)
    talk("一位学生", says="saved")
    entry = entry_now(world)
    assert "小宇" not in words_of(entry.parts) and "一位学生站起来" in words_of(entry.parts)
    (version,) = world.all(EntryVersion)
    assert "小宇" in words_of(version.parts)


def test_a_pupils_name_may_stay(world: World, talk: Talk) -> None:
    share_with_group(talk)
    talk.tap("keep", says="saved")
    assert "小宇" in words_of(entry_now(world).parts) and world.all(EntryVersion) == []


def test_she_may_change_her_mind_about_sharing(world: World, talk: Talk) -> None:
    share_with_group(talk)
    talk.tap("only_me", says="saved")
    entry = entry_now(world)
    assert entry.audience == [] and entry.shared_at is None


def test_for_herself_alone_no_name_is_asked_about(talk: Talk) -> None:
    write_all(talk, "平时不说话的小宇站起来补充了一句")
    talk.tap("self", says="saved")


def earlier_reflections(world: World, count: int) -> None:
    for place in range(count):
        earlier = datetime(2026, 9, 1 + place, tzinfo=UTC)
        add_entry(world, kind="reflection", parts={"happened": "以前的"}, written_at=earlier)


def test_after_the_fourth_a_shorter_form_is_offered(world: World, talk: Talk) -> None:
    earlier_reflections(world, 3)
    talk("/reflect 《观潮》", asks="happened")
    talk("取消")
    earlier_reflections(world, 1)
    talk("/reflect 《观潮》", asks="shape")
    talk("三问快写", asks="happened")
    talk(LONG, asks="surprise")
    talk("跳过", asks="next_step")
    talk("跳过", asks="audience")


def test_her_own_way_takes_pieces_until_done(world: World, talk: Talk) -> None:
    earlier_reflections(world, 4)
    talk("/reflect 《观潮》", asks="shape")
    talk("自由写", asks="free")
    talk("第一段")
    talk.photo("第二段")
    talk("好了", asks="audience")
    talk("仅自己", says="saved")
    assert words_of(world.all(Entry)[-1].parts) == "《观潮》\n第一段\n第二段"


def test_exhausted_words_are_answered_calmly_and_can_be_taken_back_from_readers(world: World, talk: Talk) -> None:
    write_all(talk, "今天真的撑不下去了，一直想哭")
    heard = talk("本组", says="tired")
    assert set(heard.bubbles) == {"lin"}
    talk.tap("quiet_week", says="quiet")
    assert entry_now(world).audience == []


def test_what_she_writes_is_read_by_nobody_she_did_not_choose(world: World, talk: Talk) -> None:
    write_all(talk)
    talk("师徒")
    entry = entry_now(world)
    with world.store.reading() as session:
        readers = {who for who, id in world.id.items() if readable_entry(session, id, world.today, entry.id)}
    assert readers == {"lin", "chen"}


@pytest.mark.parametrize("language", ["zh_Hant", "en"])
def test_it_is_asked_in_her_language(world: World, talk: Talk, language: str) -> None:
    world.change("lin", language=language)
    add_training(world, hours=2)
    earlier_reflections(world, 4)
    talk("/reflect", asks="about")
    talk.tap("else", asks="about_words")
    talk("Phonics", asks="shape")
    talk.tap("usual", asks="happened")
    talk("好", asks="happened_more")
    for question in ("did", "redo", "surprise", "next_step"):
        talk("小宇站起来了", asks=question)
    talk.tap("one_line", asks="next_line")
    talk("先默看", asks="audience")
    talk.tap("group", asks="pupils")
    talk.tap("replace", says="saved")
    replaced = {"zh_Hant": "一位學生", "en": "a pupil"}[language]
    assert replaced in words_of(world.all(Entry)[-1].parts)
    talk("/reflect", asks="about")
    talk.tap("training0", asks="shape")
    talk.tap("free", asks="free")
    talk("I am exhausted")
    talk.tap("done", asks="audience")
    talk.tap("self", says="tired")


def test_it_may_be_opened_about_something_of_hers(world: World) -> None:
    now = world.clock.now()
    training = add_training(world, hours=2)
    entry = add_entry(world, training_id=training.id)
    action = Action(person_id=world.id["lin"], deed="先写评价任务", made_at=now)
    lesson = Observation(
        person_id=world.id["chen"], observer_id=world.id["chen"], teacher_id=world.id["lin"], day=date(2026, 9, 15),
        period=2, starts_at=now, ends_at=now, made_at=now,
    )  # fmt: skip
    world.add(action, lesson)
    with world.store.reading() as session:
        given = [
            facts(session, world.person("lin"), now, row.id, "")["given"] for row in (training, entry, action, lesson)
        ]
    assert [one["about"] for one in given] == [training.title, "分层作业先给选择权", "先写评价任务", "9/15 林晓"]
    assert [one["training_id"] for one in given] == [str(training.id), str(training.id), "", ""]
