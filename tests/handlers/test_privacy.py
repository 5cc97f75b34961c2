"""谁能看到: the real people, by name, and nobody else."""

from models import Pairing
from tests.world import Talk, World


def test_mentor_group_and_supervisor_are_named(world: World, talk: Talk) -> None:
    heard = talk("谁能看到", says="people")
    assert "陈静安" in heard.text and "王立群" in heard.text and "语文组 5 人" in heard.text
    assert "孙桥" not in heard.text, "another group is not hers"


def test_a_mentor_sees_her_apprentice_named(world: World) -> None:
    assert "林晓" in Talk(world, "chen")("/privacy", says="people").text


def test_who_is_alone_is_told_so(world: World) -> None:
    heard = Talk(world, "he")("谁能看到", says="people")
    assert "没有结对" in heard.text and "没有别的组员" in heard.text


def test_a_pair_that_has_ended_is_not_named(world: World, talk: Talk) -> None:
    with world.store.writing() as session:
        pairing = session.get_one(Pairing, world.all(Pairing)[0].id)
        pairing.until = world.clock.now().date().replace(day=1)
        session.add(pairing)
    assert "没有结对" in talk("谁能看到", says="people").text


def test_whether_i_wrote_is_answered(talk: Talk) -> None:
    talk("谁能看到", says="people")
    talk.tap("whether", says="whether")
