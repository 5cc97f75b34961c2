"""我的记录: list, search, reread, share, edit, take back and restore; and nobody else's."""

from datetime import timedelta

import pytest

from bot.channels import Message
from bot.errors import Refused
from handlers import edit_entry, mine, note, share_entry
from models import Attachment, Entry, EntryVersion, Person
from models.entries import words_of
from tests.handlers.entries_world import add_entry, entry_now
from tests.world import Talk, World


def add_several(world: World, count: int) -> None:
    for place in range(count):
        add_entry(world, f"第{place}条", written_at=world.clock.now() - timedelta(hours=count - place))


def open_latest(talk: Talk) -> None:
    talk("我的记录", says="list")
    talk.tap("read", says="entry")


def test_nothing_yet_invites_kindly(talk: Talk) -> None:
    talk("/mine", says="empty")


def test_the_last_five_are_listed_and_the_earlier_ones_follow(world: World, talk: Talk) -> None:
    add_several(world, 7)
    heard = talk("我的记录", says="list")
    assert [f"第{n}条" in heard.text for n in range(7)] == [False, False, True, True, True, True, True]
    assert "7" in heard.text
    heard = talk.tap("more", says="list")
    assert [f"第{n}条" in heard.text for n in range(7)] == [True, True, False, False, False, False, False]
    assert "more" not in world.last["lin"].options


def test_earlier_ones_after_the_last_shown_was_deleted_begin_anew(world: World, talk: Talk) -> None:
    add_several(world, 7)
    talk("/mine")
    with world.store.writing() as session:
        session.get_one(Entry, world.all(Entry)[2].id).removed_at = world.clock.now()
    assert "第6条" in talk.tap("more", says="list").text


def test_only_her_own_are_listed_even_when_others_share(world: World, talk: Talk) -> None:
    add_entry(world, "周宁分享的", who="zhou", to_group=True)
    talk("/mine", says="empty")
    talk("/mine 分享", says="none_found")


@pytest.mark.parametrize("words", ["分层", "分层 选择权", "选择权 分层", "分层　作业"])
def test_a_search_finds_every_word_anywhere(world: World, talk: Talk, words: str) -> None:
    add_entry(world, "分层作业先给选择权")
    add_entry(world, "朗读指导")
    heard = talk(f"/mine {words}", says="found")
    assert "分层作业" in heard.text and "朗读" not in heard.text


@pytest.mark.parametrize("words", ["text", "pieces", "7", "%", "_", '"'])
def test_a_search_looks_at_words_and_not_at_how_they_are_stored(world: World, talk: Talk, words: str) -> None:
    add_entry(world, "分层作业先给选择权")
    talk(f"/mine {words}", says="none_found")


def test_a_search_finds_english_in_any_case_and_quotes(world: World, talk: Talk) -> None:
    add_entry(world, '他说"Phonics"很有用')
    talk('/mine "phonics"', says="found")


def test_many_hits_ask_for_another_word(world: World, talk: Talk) -> None:
    add_several(world, 12)
    assert "再加一个词" in talk("/mine 条", says="found").text


def test_rereading_shows_everything(world: World, talk: Talk) -> None:
    parts = {"about": "《观潮》", "happened": "小组汇报", "did": "发了评价单"}
    add_entry(world, kind="reflection", parts=parts, to_pair=True)
    talk("/mine")
    text = talk.tap("read", says="entry").text
    assert all(words in text for words in ("反思", "《观潮》", "小组汇报", "发了评价单", "师徒"))


def test_markup_in_her_words_is_only_words(world: World, talk: Talk) -> None:
    add_entry(world, "<b>a & b</b> *x*")
    talk("/mine")
    assert "<b>a & b</b> *x*" in talk.tap("read").text


# Sharing


def test_an_entry_is_shared_with_the_people_named(world: World, talk: Talk) -> None:
    add_entry(world)
    open_latest(talk)
    talk.tap("改给谁看", asks="audience")
    assert "陈静安" in talk("师徒", says="shared").text
    entry = entry_now(world)
    assert entry.audience == ["pair"] and entry.shared_at == world.clock.now()


def test_sharing_can_be_taken_back(world: World, talk: Talk) -> None:
    add_entry(world, to_group=True, shared_at=world.clock.now())
    open_latest(talk)
    talk.tap("改给谁看")
    talk.tap("self", says="private")
    assert (entry_now(world).audience, entry_now(world).shared_at) == ([], None)


def test_the_same_audience_again_is_no_news_for_a_digest(world: World, talk: Talk) -> None:
    shared_at = world.clock.now() - timedelta(days=8)
    add_entry(world, to_group=True, shared_at=shared_at)
    open_latest(talk)
    talk.tap("改给谁看")
    talk.tap("group", says="shared")
    assert entry_now(world).shared_at == shared_at


def test_pupils_are_named_by_other_words_when_it_is_shared(world: World, talk: Talk) -> None:
    add_entry(world, "小宇站起来补充了一句")
    open_latest(talk)
    talk.tap("改给谁看")
    talk.tap("group", asks="pupils")
    talk.tap("replace", says="shared")
    assert words_of(entry_now(world).parts) == "一位学生站起来补充了一句"
    assert len(world.all(EntryVersion)) == 1


def test_pupils_may_bring_her_back_to_herself_alone(world: World, talk: Talk) -> None:
    add_entry(world, "小宇站起来补充了一句")
    open_latest(talk)
    talk.tap("改给谁看")
    talk.tap("group")
    talk.tap("only_me", says="private")
    assert entry_now(world).audience == []


def test_photos_are_mentioned_before_they_are_shared(world: World, talk: Talk) -> None:
    talk.photo("板书")
    open_latest(talk)
    assert "照片" in talk.tap("改给谁看", asks="audience").text


def test_an_entry_that_went_meanwhile_is_not_shared(world: World, talk: Talk) -> None:
    entry = add_entry(world)
    open_latest(talk)
    talk.tap("改给谁看", asks="audience")
    with world.store.writing() as session:
        session.get_one(Entry, entry.id).removed_at = world.clock.now()
    talk.tap("group", says="gone")
    assert entry_now(world).audience == []


# Editing


def test_one_piece_is_changed_and_the_earlier_words_are_kept(world: World, talk: Talk) -> None:
    add_entry(world, kind="reflection", parts={"happened": "小组汇报", "did": {"text": "发了单", "files": []}})
    open_latest(talk)
    talk.tap("改内容", asks="piece")
    assert "发了单" in talk("发了单", asks="words").text
    talk("提前发了评价单？", says="edited")
    assert entry_now(world).parts == {"happened": "小组汇报", "did": {"text": "提前发了评价单？", "files": []}}
    assert "发了单" in talk.tap("before", says="before").text


def test_a_single_piece_is_not_asked_for(world: World, talk: Talk) -> None:
    add_entry(world)
    open_latest(talk)
    talk.tap("改内容", asks="words")
    talk("新的", says="edited")
    assert words_of(entry_now(world).parts) == "新的"


def test_the_training_may_be_changed_from_there(world: World, talk: Talk) -> None:
    add_entry(world, parts={"pieces": [{"text": "一"}, {"text": "二"}]})
    open_latest(talk)
    talk.tap("改内容", asks="piece")
    talk.tap("training", asks="training")


def test_an_entry_without_words_says_how_to_add_some(world: World) -> None:
    entry = add_entry(world, parts={"pieces": [{"files": []}]})
    with world.store.reading() as session, pytest.raises(Refused) as refused:
        edit_entry.facts(session, world.person("lin"), world.clock.now(), entry.id, "")
    assert refused.value.reason == "no_words"


# Photos


def test_one_photo_of_several_is_taken_out_and_put_back(world: World, talk: Talk) -> None:
    for _ in range(3):
        talk.photo()
    open_latest(talk)
    talk.tap("other")
    talk.tap("pick_file", says="which_file")
    assert "2 张照片" in talk.tap("照片 2", says="file_dropped").text
    assert [file.removed_at is None for file in world.all(Attachment)] == [True, False, True]
    assert "3 张照片" in talk.tap("put_back", says="file_back").text
    assert [file.removed_at is None for file in world.all(Attachment)] == [True, True, True]


def test_all_files_may_stay(world: World, talk: Talk) -> None:
    talk.photo()
    open_latest(talk)
    talk.tap("other")
    talk.tap("pick_file")
    talk.tap("leave_files", says="files_left")


def test_a_photo_is_not_put_back_after_a_day(world: World, talk: Talk) -> None:
    talk.photo()
    open_latest(talk)
    talk.tap("other")
    talk.tap("pick_file")
    talk.tap("drop_file")
    world.clock.advance(days=1)
    talk.tap("put_back", says="too_late")


# Taking back


def test_delete_hides_at_once_and_can_be_undone_for_a_day(world: World, talk: Talk) -> None:
    add_entry(world)
    open_latest(talk)
    talk.tap("delete", says="deleted")
    talk("/mine", says="empty")
    talk("撤销", says="restored")
    talk("/mine", says="list")


def test_after_a_day_it_is_gone(world: World, talk: Talk) -> None:
    add_entry(world)
    open_latest(talk)
    talk.tap("delete")
    world.clock.advance(days=1)
    talk.tap("restore", says="too_late")
    talk("撤销", says="nothing_removed")


def test_undo_takes_back_the_latest_of_the_last_day(world: World, talk: Talk) -> None:
    add_entry(world, "早些的", written_at=world.clock.now() - timedelta(hours=2))
    add_entry(world, "刚才的")
    add_entry(world, "别人的", who="zhou")
    assert "刚才的" in talk("撤回", says="deleted").text
    assert [entry.removed_at is None for entry in world.all(Entry)] == [True, False, True]


def test_undo_leaves_what_is_older_than_a_day(world: World, talk: Talk) -> None:
    add_entry(world, written_at=world.clock.now() - timedelta(days=1, seconds=1))
    talk("/undo", says="nothing_new")
    assert entry_now(world).removed_at is None


def test_restoring_twice_is_harmless(world: World, talk: Talk) -> None:
    add_entry(world)
    open_latest(talk)
    talk.tap("delete")
    card = world.last["lin"]
    talk.tap("restore", says="restored")
    world.last["lin"] = card
    talk.tap("restore", says="restored")


# Other people's


@pytest.mark.parametrize("name", ["read", "more", "other", "before", "delete", "restore", "pick_file"])
def test_no_tap_reads_or_changes_what_is_not_hers(world: World, name: str) -> None:
    entry = add_entry(world, "周宁的秘密", who="zhou", to_pair=True, to_group=True, to_supervisor=True)
    with world.store.writing() as session:
        lin = session.get_one(Person, world.id["lin"])
        outcome = mine.command.taps[name](session, lin, entry.id, world.clock.now())
    assert "秘密" not in str([say.facts for say in outcome.say])
    assert entry_now(world).removed_at is None


@pytest.mark.parametrize("name", ["drop_file", "put_back"])
def test_no_tap_touches_somebody_elses_file(world: World, name: str) -> None:
    world.photo("zhou")
    (file,) = world.all(Attachment)
    with world.store.writing() as session:
        lin = session.get_one(Person, world.id["lin"])
        outcome = mine.command.taps[name](session, lin, file.id, world.clock.now())
    assert [say.block for say in outcome.say] in (["gone"], ["too_late"])
    assert world.all(Attachment)[0].removed_at is None


@pytest.mark.parametrize("handler", [share_entry, edit_entry, note], ids=["share", "edit", "add"])
def test_no_conversation_opens_about_what_is_not_hers(world: World, handler: object) -> None:
    entry = add_entry(world, "周宁的秘密", who="zhou", to_group=True)
    with world.store.reading() as session, pytest.raises(Refused):
        handler.facts(session, world.person("lin"), world.clock.now(), entry.id, "")  # type: ignore[attr-defined]


def test_a_forwarded_button_is_not_hers(world: World, talk: Talk) -> None:
    add_entry(world)
    talk("/mine")
    stolen = world.button("lin", "read")
    assert "not_yours" in world.sends("zhou", Message("button", "zhou", button=stolen)).blocks


@pytest.mark.parametrize("language", ["zh_Hant", "en"])
def test_it_reads_well_in_her_language(world: World, talk: Talk, language: str) -> None:
    world.change("lin", language=language)
    for _ in range(2):
        talk.photo()
    talk.photo(kind="voice", caption="小宇补充了一句")
    talk("/mine", says="list")
    for tap in ("read", "other", "pick_file", "drop_file", "put_back", "read", "delete", "restore", "read"):
        talk.tap(tap)
    world.taps("lin", world.last["lin"].labels[1])
    talk.tap("group", asks="pupils")
    talk.tap("replace", says="shared")
    talk.tap("read")
    world.taps("lin", world.last["lin"].labels[0])
    talk("x", says="edited")
    assert talk.tap("before", says="before").text


def test_an_entry_that_went_meanwhile_is_not_edited(world: World, talk: Talk) -> None:
    entry = add_entry(world)
    open_latest(talk)
    talk.tap("改内容", asks="words")
    with world.store.writing() as session:
        session.get_one(Entry, entry.id).removed_at = world.clock.now()
    talk("新的", says="gone")
