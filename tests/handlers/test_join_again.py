"""Joining, continued: the second channel, the office, and what goes wrong."""

import pytest
from sqlmodel import select

from bot.errors import Refused
from handlers.join import facts, reissue
from models import Conversation, Invite, Person
from models.invites import LINK_FOR
from tests.handlers.test_join import CODE, address, invite, stranger  # noqa: F401  (fixtures)
from tests.world import Message, Talk, World


def test_only_the_office_makes_codes(world: World) -> None:
    person = invite(world)
    with world.store.writing() as session:
        outcome = reissue(session, world.person("wang"), person.id, world.clock.now())
    assert [say.block for say in outcome.say] == ["gone"] and not outcome.keep


def test_a_code_that_runs_out_on_the_way_is_noticed(world: World, stranger: Talk) -> None:
    invite(world)
    stranger(CODE, asks="is_me")
    stranger.tap("yes", asks="privacy")
    stranger.tap("go_on", asks="hours")
    world.clock.advance(days=31)
    stranger.tap("noon", asks="tell")
    assert world.person(CODE).joined_at is None


def test_two_at_one_code_do_not_both_come_in(world: World, stranger: Talk) -> None:
    invite(world)
    second = Talk(world, "second")
    for one in (stranger, second):
        one(CODE, asks="is_me")
        one.tap("yes", asks="privacy")
        one.tap("go_on", asks="hours")
    stranger.tap("noon", says="joined")
    second.tap("noon", asks="tell")
    assert address(world, "second").person_id is None


# Privacy and hours


def test_she_may_ask_her_school_first(world: World, stranger: Talk) -> None:
    invite(world)
    stranger(CODE, asks="is_me")
    stranger.tap("yes", asks="privacy")
    stranger.tap("whether", asks="privacy_more")
    stranger.tap("ask_first", says="asking_first")
    assert world.person(CODE).joined_at is None
    stranger(CODE, asks="is_me")


def to_hours(world: World, stranger: Talk) -> None:
    invite(world)
    stranger(CODE, asks="is_me")
    stranger.tap("yes", asks="privacy")
    stranger.tap("go_on", asks="hours")


def test_hours_in_her_own_words_are_read_back(world: World, stranger: Talk) -> None:
    to_hours(world, stranger)
    stranger.tap("own", asks="hours", says="say_hours")
    heard = stranger("晚上八点以后吧，周五不要", asks="hours_right")
    assert "周一至周四 20:00" in heard.text
    stranger("对", says="joined")
    person = world.person(CODE)
    assert (person.contact_days, person.contact_from) == ("0123", "20:00")


def test_hours_can_be_changed_before_they_count(world: World, stranger: Talk) -> None:
    to_hours(world, stranger)
    stranger("晚上八点以后", asks="hours_right")
    stranger.tap("revise", asks="hours")
    stranger.tap("noon", says="joined")
    assert world.person(CODE).contact_from == "12:00"


@pytest.mark.parametrize(
    ("said", "block"),
    [("随便", "hours_not_understood"), ("八点", "hours_morning_or_evening"), ("凌晨两点到四点", "hours_night")],
)
def test_hours_that_cannot_be_read_are_asked_about(world: World, stranger: Talk, said: str, block: str) -> None:
    to_hours(world, stranger)
    stranger(said, asks="hours", says=block)


def test_not_to_be_contacted_is_a_real_choice(world: World, stranger: Talk) -> None:
    to_hours(world, stranger)
    heard = stranger.tap("never", says="joined")
    assert not world.person(CODE).may_contact
    assert "不会主动找你" in heard.text


def test_back_leads_one_question_back(world: World, stranger: Talk) -> None:
    to_hours(world, stranger)
    stranger("上一步", asks="privacy")
    stranger("上一步", asks="is_me")
    stranger("上一步", asks="is_me", says="nothing_before")


def test_cancel_leaves_everything_as_it_was(world: World, stranger: Talk) -> None:
    to_hours(world, stranger)
    stranger("取消", says="cancelled_empty")
    assert world.person(CODE).joined_at is None
    stranger(CODE, asks="is_me")


def test_no_words_of_the_talk_stay_behind(world: World, stranger: Talk) -> None:
    to_hours(world, stranger)
    stranger.tap("noon")
    assert all(talk.answers == {} and talk.facts == {} for talk in world.all(Conversation, name="join"))


# A second channel


def test_a_link_code_brings_a_second_chat_to_the_same_person(world: World, talk: Talk, stranger: Talk) -> None:
    talk("绑定", says="code")
    code = world.all(Invite, kind="link")[0].code
    heard = stranger(code, asks="is_me")
    assert "林晓" in heard.text
    stranger.tap("yes", says="linked")
    assert address(world).person_id == world.id["lin"]
    assert "please_join" not in stranger("我的待办").blocks


def test_a_link_code_lasts_ten_minutes(world: World, talk: Talk, stranger: Talk) -> None:
    talk("绑定")
    code = world.all(Invite, kind="link")[0].code
    world.clock.advance(seconds=LINK_FOR.total_seconds())
    stranger(code, asks="code", says="link_over")


def test_a_link_code_works_once(world: World, talk: Talk, stranger: Talk) -> None:
    talk("绑定")
    code = world.all(Invite, kind="link")[0].code
    stranger(code, asks="is_me")
    stranger.tap("yes", says="linked")
    Talk(world, "third")(code, asks="code", says="link_over")


def test_a_link_code_refused_five_times_is_worn(world: World, talk: Talk, stranger: Talk) -> None:
    talk("绑定")
    code = world.all(Invite, kind="link")[0].code
    for _ in range(5):
        stranger(code, asks="is_me")
        stranger.tap("no", says="not_linked")
    stranger(code, asks="code", says="link_over")


def test_a_used_join_code_on_a_second_channel_names_the_way(world: World, stranger: Talk) -> None:
    to_hours(world, stranger)
    stranger.tap("noon", says="joined")
    heard = Talk(world, "second")(CODE, asks="tell")
    assert "绑定" in heard.text


def test_who_has_joined_is_greeted_not_asked_for_a_code(world: World, talk: Talk) -> None:
    talk(f"/start {CODE}", says="welcome")


def test_a_joined_person_cannot_open_joining(world: World) -> None:
    with world.store.reading() as session, pytest.raises(Refused):
        facts(
            session, session.exec(select(Person).where(Person.id == world.id["lin"])).one(), world.clock.now(), None, ""
        )


@pytest.mark.parametrize("language", ["zh_Hant", "en"])
def test_a_stranger_is_spoken_to_in_the_language_of_her_app(world: World, language: str) -> None:
    invite(world)
    heard = world.sends("new", Message("text", "new", text="hello", language=language))
    assert heard.text == world.words.say(language, "join", "code", {"facts": {"again": False}, "is_again": False})
