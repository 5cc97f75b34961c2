"""加入 by the office's list: whose account speaks is known before the first word, and no code is asked for."""

from models import Account, Address, AuditEvent, Person, Prompt
from models.accounts import list_account, listed_at
from tests.handlers.test_join import invite
from tests.world import Message, Talk, World

WHO = "new"


def list_(world: World, person: Person, who: str = WHO) -> None:
    """Put a person on the list with the account that `who` speaks from, spelt as a console may spell it."""
    with world.store.writing() as session:
        list_account(session, person.id, [world.channel], world.chat(who).upper())


def test_who_is_listed_is_welcomed_by_name_and_asked_for_no_code(world: World) -> None:
    person = invite(world)
    list_(world, person)
    heard = world.sends(WHO, Message("start", WHO))
    assert "is_me" in heard.blocks and "张敏" in heard.to(WHO)
    talk = Talk(world, WHO)
    talk.tap("yes", asks="privacy")
    talk.tap("go_on", asks="hours")
    talk.tap("afternoon", says="joined")
    assert world.address(WHO).person_id == person.id and world.person("QH7K2D").joined_at == world.clock.now()
    assert [event.what for event in world.all(AuditEvent, person_id=person.id)] == ["joined"]


def test_any_first_words_do(world: World) -> None:
    list_(world, invite(world))
    Talk(world, WHO)("你好", asks="is_me")


def test_a_code_typed_all_the_same_is_taken(world: World) -> None:
    list_(world, invite(world))
    Talk(world, WHO)("QH7K2D", asks="is_me")


def test_who_is_not_listed_is_asked_for_the_code_kindly(world: World) -> None:
    invite(world)
    assert "code" in world.sends(WHO, Message("start", WHO)).blocks


def test_who_has_joined_elsewhere_is_the_same_person_at_once(world: World) -> None:
    list_(world, world.person("lin"))
    Talk(world, WHO)("今天导入用了五分钟", says="received")
    assert world.address(WHO).person_id == world.id["lin"]
    assert len(world.all(Address, person_id=world.id["lin"])) == 2
    (event,) = world.all(AuditEvent, person_id=world.id["lin"])
    assert (event.what, event.facts) == ("linked", {"channel": world.channel})


def test_who_wrote_before_the_list_came_is_known_from_then_on(world: World) -> None:
    Talk(world, WHO)("你好", asks="code")
    list_(world, world.person("lin"))
    world.sends(WHO, Message("start", WHO))
    assert world.address(WHO).person_id == world.id["lin"]


def test_a_wrong_line_of_the_list_is_struck_out_and_told(world: World) -> None:
    list_(world, invite(world))
    talk = Talk(world, WHO)
    talk("你好", asks="is_me")
    talk.tap("no", says="told__wrong_account")
    assert world.all(Account) == [] and world.address(WHO).person_id is None
    assert [prompt.kind for prompt in world.all(Prompt, person_id=world.id["he"])] == ["wrong_account"]
    assert "wrong_account" in world.next_contact("he").blocks
    talk("你好", asks="code")


def test_who_asks_her_school_first_can_come_back_without_a_code(world: World) -> None:
    list_(world, invite(world))
    talk = Talk(world, WHO)
    talk("你好", asks="is_me")
    talk.tap("yes", asks="privacy")
    talk.tap("whether", asks="privacy_more")
    talk.tap("ask_first", says="asking_first_listed")
    talk("你好", asks="is_me")


def test_who_left_the_school_is_not_let_in_by_an_old_list(world: World) -> None:
    list_(world, world.person("lin"))
    world.change("lin", left_at=world.clock.now())
    Talk(world, WHO)("你好", asks="code")


def test_the_same_name_on_another_channel_is_somebody_else(world: World) -> None:
    list_(world, world.person("lin"))
    with world.store.reading() as session:
        elsewhere = Address(channel="other", external_id=world.chat(WHO), made_at=world.clock.now())
        assert listed_at(session, elsewhere) is None
