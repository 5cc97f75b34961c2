"""In a group nothing personal is said or kept: who calls us there is asked to write alone."""

from bot.channels import Message
from models import Entry
from tests.world import World


def test_a_group_hears_only_that_we_speak_alone(world: World) -> None:
    heard = world.sends("-100", Message("text", "-100", text="/reflect", is_group=True))
    assert heard.blocks == ["group_refused"]
    quiet = world.sends("-100", Message("text", "-100", text="大家好", is_group=True))
    assert quiet.blocks == []
    called = world.sends("-100", Message("text", "-100", text="周报", is_group=True, is_called=True))
    assert called.blocks == ["group_refused"]
    assert world.all(Entry) == []
