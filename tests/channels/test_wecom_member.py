"""One member is told so much in a minute and so much in an hour; what is above that WeCom would drop in silence."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.channels import wecom_member
from bot.channels.wecom_member import Members

START = datetime(2026, 9, 28, 12, 0, tzinfo=UTC)
A_MINUTE, AN_HOUR = 30, 1000  # developer.work.weixin.qq.com/document/path/90312


@pytest.mark.parametrize("pause", [0.0, 1.0, 2.5, 3.7])
def test_whoever_asks_before_each_word_never_meets_a_limit(pause: float) -> None:
    members, now, said = Members(), START, []
    for _ in range(2500):
        now += timedelta(seconds=pause)
        now += members.wait("zhang", now) or timedelta()
        assert members.wait("zhang", now) is None, "after the wait it may go"
        members.note("zhang", now)
        said.append(now)
    for most, span in ((A_MINUTE, timedelta(minutes=1)), (AN_HOUR, timedelta(hours=1))):
        assert all(later - first > span for first, later in zip(said, said[most:], strict=False))


def test_who_was_left_in_peace_for_an_hour_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wecom_member, "KNOWN", 2)
    members = Members()
    for number in range(4):
        members.note(str(number), START + timedelta(hours=2 * number))
    assert list(members._sent) == ["2", "3"]
