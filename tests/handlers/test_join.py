"""加入: every way in by a code, and every kind answer to what is no code."""

from datetime import timedelta
from typing import Any

import pytest

from models import Address, AuditEvent, Invite, Membership, Person, Prompt, Unit
from models.invites import JOIN_FOR
from tests.world import Message, Talk, World

CODE = "QH7K2D"


def invite(world: World, code: str = CODE, name: str = "张敏", subject: str = "语文", **columns: Any) -> Person:
    """Put somebody on the roster who has not joined, with her code."""
    person = Person(name=name, subject=subject, classes=["三2班"])
    group = world.all(Unit, name="语文组")[0]
    now = world.clock.now()
    row = {"made_at": now, "expires_at": now + JOIN_FOR, **columns}
    world.add(
        person,
        Membership(person_id=person.id, unit_id=group.id, role="teacher"),
        Invite(code=code, person_id=person.id, **row),
    )
    world.id[code] = person.id
    return person


@pytest.fixture
def stranger(world: World) -> Talk:
    """A talk with somebody at the address `new`, whom nobody knows yet."""
    return Talk(world, "new")


def address(world: World, who: str = "new") -> Address:
    return world.address(who)


def test_a_code_leads_in_step_by_step(world: World, stranger: Talk) -> None:
    person = invite(world)
    stranger("你好", asks="code")
    heard = stranger(CODE, asks="is_me")
    assert "张敏" in heard.text and "语文组" in heard.text
    stranger.tap("yes", asks="privacy")
    stranger.tap("go_on", asks="hours")
    stranger.tap("afternoon", says="joined")
    joined = world.person(CODE)
    assert joined.joined_at == world.clock.now() and joined.may_contact
    assert (joined.contact_days, joined.contact_from, joined.contact_until) == ("01234", "16:30", "21:00")
    assert address(world).person_id == person.id
    assert world.all(Invite, code=CODE)[0].used_at == world.clock.now()
    events = [(event.what, event.facts) for event in world.all(AuditEvent, person_id=person.id)]
    assert events == [("joined", {"channel": world.channel})]


def test_a_link_carries_the_code(world: World, stranger: Talk) -> None:
    invite(world)
    stranger(f"/start {CODE}", asks="is_me")


def test_a_code_as_the_first_word_is_taken(world: World, stranger: Talk) -> None:
    invite(world)
    stranger("我的邀请码是 ｑｈ７ｋ２ｄ", asks="is_me")


def test_every_step_can_be_typed(world: World, stranger: Talk) -> None:
    invite(world)
    stranger(CODE, asks="is_me")
    stranger("是我", asks="privacy")
    stranger("谁能看到", asks="privacy_more")
    stranger("1", asks="hours")
    stranger("中午", says="joined")
    assert world.person(CODE).contact_until == "13:30"


def test_a_sticker_is_answered_kindly(world: World, stranger: Talk) -> None:
    stranger("你好", asks="code")
    heard = world.sends("new", Message("oddity", "new", oddity="sticker"))
    assert "oddity_here" in heard.blocks and "code" in heard.blocks


def test_a_sticker_as_the_first_thing_opens_the_door(world: World) -> None:
    heard = world.sends("new", Message("oddity", "new", oddity="sticker"))
    assert "code" in heard.blocks


def test_a_photo_is_not_kept_of_a_stranger(world: World, stranger: Talk) -> None:
    stranger.photo(asks="code", says="please_join")


def test_without_a_code_she_hears_where_they_come_from(stranger: Talk) -> None:
    stranger("你好", asks="code")
    stranger.tap("no_code", asks="code", says="where_from")
    stranger.tap("what", asks="code", says="what_i_do")


def test_she_is_greeted_once(stranger: Talk) -> None:
    greeting = "我是知行"
    assert greeting in stranger("你好", asks="code").text
    assert greeting not in stranger.tap("no_code", asks="code").text
    assert greeting not in stranger("怎么弄？", asks="code").text


def test_what_the_first_words_ask_for_comes_after_the_greeting(stranger: Talk) -> None:
    assert stranger("写反思", asks="code", says="please_join").text.count("我是知行") == 1


@pytest.mark.parametrize("said", ["怎么弄？", "🙂", "123", "我想加入你们一起学习可以吗"])
def test_what_is_no_code_costs_no_try(world: World, stranger: Talk, said: str) -> None:
    stranger("你好", asks="code")
    stranger(said, asks="code", says="not_a_code")
    assert address(world).wrong_codes == 0


def test_nothing_else_opens_for_a_stranger(stranger: Talk) -> None:
    stranger("写反思", asks="code", says="please_join")
    stranger("帮助", asks="code")


# Look-alikes


def test_a_misread_code_is_suggested_and_counted(world: World, stranger: Talk) -> None:
    invite(world)
    stranger("QH7K2O", asks="meant")
    assert address(world).wrong_codes == 1
    stranger.tap("use", asks="is_me")
    stranger.tap("yes", asks="privacy")
    stranger.tap("go_on", asks="hours")
    stranger.tap("noon", says="joined")
    assert address(world).wrong_codes == 0


def test_a_suggestion_can_be_refused(world: World, stranger: Talk) -> None:
    invite(world)
    stranger("QH7K2O", asks="meant")
    stranger.tap("again", asks="code")
    stranger(CODE, asks="is_me")


def test_two_that_look_alike_are_not_suggested(world: World, stranger: Talk) -> None:
    invite(world)
    invite(world, "QH7K2Q", "张敏", "数学")
    heard = stranger("QH7K2O", asks="code", says="wrong_code")
    assert "QH7K2D" not in heard.text and "QH7K2Q" not in heard.text


# Guessing


def test_five_wrong_codes_make_a_pause_of_an_hour(world: World, stranger: Talk) -> None:
    invite(world)
    for number in range(2, 6):
        stranger(f"NNNNN{number}", asks="code", says="wrong_code")
    stranger("NNNNN6", says="rest_a_while")
    heard = stranger(CODE, says="rest_a_while")
    assert "is_me" not in heard.blocks
    world.clock.advance(hours=1)
    stranger(CODE, asks="is_me")


def test_look_alikes_count_towards_the_pause(world: World, stranger: Talk) -> None:
    invite(world)
    for _ in range(5):
        stranger("QH7K2O", asks="meant")
        if address(world).wrong_codes < 5:
            stranger.tap("again", asks="code")
    heard = stranger.tap("again")
    assert "rest_a_while" in heard.blocks


def test_wrong_codes_of_one_address_do_not_pause_another(world: World) -> None:
    invite(world)
    for number in range(2, 7):
        world.says("guesser", f"NNNNN{number}")
    Talk(world, "new")(CODE, asks="is_me")


# Whose code it is


def test_two_people_of_one_name_are_told_apart(world: World, stranger: Talk) -> None:
    invite(world)
    invite(world, "BCDEFG", subject="数学")
    assert "数学" in stranger("BCDEFG", asks="is_me").text
    assert "数学" not in Talk(world, "other")(CODE, asks="is_me").text


def test_somebody_elses_code_is_reported_and_stays_unused(world: World, stranger: Talk) -> None:
    person = invite(world)
    stranger(CODE, asks="is_me")
    stranger.tap("no", says="told__wrong_hands")
    assert world.all(Invite, code=CODE)[0].used_at is None
    prompt = world.all(Prompt, kind="wrong_hands")[0]
    assert (prompt.person_id, prompt.about_id) == (world.id["he"], person.id)
    heard = world.next_contact("he")
    assert "wrong_hands" in heard.blocks and "张敏" in heard.to("he")
    assert "张敏" not in heard.to("lin")


def test_the_office_is_told_once_a_day(world: World, stranger: Talk) -> None:
    invite(world)
    for _ in range(2):
        stranger(CODE, asks="is_me")
        stranger.tap("no", says="told__wrong_hands")
    assert len(world.all(Prompt, kind="wrong_hands")) == 1


def test_without_an_office_here_she_is_told_so(world: World, stranger: Talk) -> None:
    world.change("he", left_at=world.clock.now())
    invite(world)
    stranger(CODE, asks="is_me")
    stranger.tap("no", says="office_not_here")


# Old codes


@pytest.mark.parametrize("columns", ["used", "expired"])
def test_an_old_code_can_be_told_to_the_office(world: World, stranger: Talk, columns: str) -> None:
    now = world.clock.now()
    invite(world, **({"used_at": now} if columns == "used" else {"expires_at": now - timedelta(days=1)}))
    heard = stranger(CODE, asks="tell")
    assert "张敏" not in heard.text, "whoever holds an old code is not told whose it was"
    stranger.tap("tell", says="told__old_code")
    assert "old_code" in world.next_contact("he").blocks


def test_an_old_code_need_not_be_told(world: World, stranger: Talk) -> None:
    invite(world, used_at=world.clock.now())
    stranger(CODE, asks="tell")
    stranger.tap("no", says="not_told")
    assert world.all(Prompt, kind="old_code") == []


def test_the_code_of_somebody_who_left_is_over(world: World, stranger: Talk) -> None:
    invite(world)
    world.change(CODE, left_at=world.clock.now())
    stranger(CODE, asks="tell")


def test_the_office_makes_a_new_code_with_one_tap(world: World, stranger: Talk) -> None:
    invite(world, expires_at=world.clock.now())
    stranger(CODE, asks="tell")
    stranger.tap("tell")
    world.next_contact("he")
    heard = world.taps("he", "reissue")
    newest = max(world.all(Invite, person_id=world.id[CODE]), key=lambda one: one.expires_at)
    assert "new_code" in heard.blocks and newest.code in heard.text
    stranger(newest.code, asks="is_me")


COMMANDS = {"zh_Hans": ("我的待办", "随手记"), "zh_Hant": ("我的待辦", "隨手記"), "en": ("to do", "note")}


@pytest.mark.parametrize("language", COMMANDS)
def test_a_stranger_is_told_of_no_command_she_cannot_use(world: World, stranger: Talk, language: str) -> None:
    world.sends("new", Message("text", "new", text="你好", language=language))
    for said in ("先放着", "???", "x" * 5000, "/mine", "跳过", "上一步", "取消"):
        heard = stranger(said)
        assert not any(command in heard.text for command in COMMANDS[language]), heard.text


@pytest.mark.parametrize("language", COMMANDS)
def test_joining_that_was_put_aside_goes_on_with_any_word(world: World, stranger: Talk, language: str) -> None:
    world.sends("new", Message("text", "new", text="你好", language=language))
    stranger("先放着", says="put_aside")
    stranger("在吗", asks="code")
