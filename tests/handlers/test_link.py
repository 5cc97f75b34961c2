"""绑定: a code of her own, for ten minutes."""

from datetime import timedelta

from models import Invite
from tests.world import Talk, World


def test_a_code_of_six_characters_for_ten_minutes(world: World, talk: Talk) -> None:
    heard = talk("/link", says="code")
    invite = world.all(Invite, kind="link")[0]
    assert invite.code in heard.text and len(invite.code) == 6
    assert invite.expires_at == world.clock.now() + timedelta(minutes=10)
    assert invite.person_id == world.id["lin"]


def test_a_second_code_ends_the_first(world: World, talk: Talk) -> None:
    talk("绑定")
    talk("绑定")
    assert sum(one.expires_at > world.clock.now() for one in world.all(Invite, kind="link")) == 1
