"""The robot of a group: it speaks, keeps its pace, and never tells its key."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from bot.channels.wecom_group import A_MINUTE, GroupRobot
from bot.errors import SendFailed
from tests.fakes.wecom_http import Site
from tests.fakes.wecom_world import World

START = datetime(2026, 9, 28, 12, 0, tzinfo=UTC)


class Staffroom:
    """A group with a robot in it, and a clock that stands still."""

    def __init__(self, key: str = "ROBOT-KEY-OF-THE-TESTS") -> None:
        self.now = START
        self.site = Site(World(lambda: self.now.timestamp()))
        line = {"transport": httpx.ASGITransport(self.site.app), "trust_env": False, "verify": False}
        self.robot = GroupRobot(key, "http://wecom.test", lambda: self.now, line)

    @property
    def heard(self) -> list[str]:
        return [said["words"] for said in self.site.world.robot]


async def refused(staffroom: Staffroom) -> SendFailed:
    with pytest.raises(SendFailed) as error:
        await staffroom.robot.say("本周分享了 18 条")
    return error.value


async def test_the_group_hears_it() -> None:
    staffroom = Staffroom()
    await staffroom.robot.say("近四周，21 位老师一起分享了 18 条记录。")
    assert staffroom.heard == ["近四周，21 位老师一起分享了 18 条记录。"]


async def test_words_too_long_are_cut_by_bytes() -> None:
    staffroom = Staffroom()
    await staffroom.robot.say("长" * 3000)
    assert len(staffroom.heard[0].encode()) <= 2048 and staffroom.heard[0].endswith("…")


async def test_twenty_a_minute_and_no_more() -> None:
    staffroom = Staffroom()
    for _ in range(A_MINUTE):
        await staffroom.robot.say("好")
    failure = await refused(staffroom)
    assert failure.wait == timedelta(minutes=1) and staffroom.site.world.calls["robot"] == A_MINUTE
    staffroom.now += timedelta(minutes=1)
    await staffroom.robot.say("好")
    assert len(staffroom.heard) == A_MINUTE + 1


async def test_a_robot_that_was_removed() -> None:
    failure = await refused(Staffroom("another-key"))
    assert (failure.reason, failure.permanent) == ("group_93000", True)
    assert "another-key" not in repr(failure)


@pytest.mark.parametrize("fault", [{"status": 502, "body": b"<html>"}, {"body": b"?"}], ids=["502", "no JSON"])
async def test_an_answer_that_is_none(fault) -> None:
    staffroom = Staffroom()
    staffroom.site.fault("robot", **fault)
    assert (await refused(staffroom)).is_unknown


async def test_a_rate_is_waited_for() -> None:
    staffroom = Staffroom()
    staffroom.site.fault("robot", 45009)
    assert (await refused(staffroom)).wait == timedelta(seconds=60)
