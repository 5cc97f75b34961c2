"""What the tests of taking back share: somebody reads, she takes back, and what she is told of it."""

from typing import Any

from tests.fakes.channel import FakeChannel
from tests.handlers.pressing import opens, presses
from tests.world import Heard, Talk, World

WORDS = "今天每个小组都开口了"
SENTENCE = "_taken_back.j2"


def told(world: World, heard: Heard) -> str:
    """Tell how far she was told that it is taken back, from the sentence she read."""
    read = heard.to("lin")
    found = [far for far in ("all", "some", "none") if _sentence(world, far) in read]
    return "".join(found)


def _sentence(world: World, far: str) -> str:
    narrowed = world.words.file("zh_Hans", SENTENCE, taken_back=far, narrowed=True).strip()
    return narrowed.partition("同事")[2]  # 别的同事 where some may still read it


def read_by(world: World, who: str, item: Any) -> Heard:
    """Let somebody open the whole of one item."""
    heard = presses(world, who, "digest", "whole", item.id)
    assert "whole" in heard.blocks
    return heard


def make_private(world: World, entry: Any) -> Heard:
    opens(world, "lin", "share_entry", entry.id)
    return Talk(world)("仅自己", says="private")


def messages(channel: FakeChannel) -> list[str]:
    """Name what was sent so far by the platform's ids."""
    return [f"message-{number}" for number in range(1, len(channel.sent) + 1)]


def ids_of(channel: FakeChannel, who: str, words: str) -> list[str]:
    """Find the ids of the messages that show somebody some words."""
    numbered = zip(messages(channel), channel.sent, strict=True)
    return [id for id, sent in numbered if sent.address == who and words in sent.plain]
