"""A platform is written to at its own pace, in virtual time."""

from datetime import timedelta

from bot.channels import Abilities
from bot.pace import CALM, Pace
from models.base import new_id
from tests.world import START

TELEGRAM = Abilities()


def test_one_chat_gets_one_message_a_second() -> None:
    pace, chat = Pace(TELEGRAM), new_id()
    slots = [pace.slot(chat, False, START) for _ in range(4)]
    assert [(slot - START).total_seconds() for slot in slots] == [0, 1, 2, 3]


def test_thirty_a_second_go_to_everyone_together() -> None:
    pace = Pace(TELEGRAM)
    slots = [pace.slot(new_id(), False, START) for _ in range(301)]
    assert abs((slots[-1] - START).total_seconds() - 10) < 0.01
    assert slots == sorted(slots)


def test_a_group_gets_twenty_a_minute() -> None:
    pace, group = Pace(TELEGRAM), new_id()
    slots = [pace.slot(group, True, START) for _ in range(21)]
    assert (slots[-1] - START) == timedelta(minutes=1)


def test_a_chat_that_must_rest_does_not_stop_another() -> None:
    pace, tired, other = Pace(TELEGRAM), new_id(), new_id()
    pace.rest(tired, START + timedelta(seconds=30))
    assert pace.busy(START) == [tired]
    assert pace.slot(other, False, START) == START
    assert pace.slot(tired, False, START) == START + timedelta(seconds=30)


def test_when_all_must_rest_nobody_is_written_to() -> None:
    pace = Pace(TELEGRAM)
    pace.rest(None, START + timedelta(seconds=5))
    assert pace.room(START, timedelta(milliseconds=250)) == 0
    assert pace.slot(new_id(), False, START) == START + timedelta(seconds=5)


def test_few_slots_are_taken_ahead_so_that_a_reply_overtakes_bulk() -> None:
    assert 1 <= Pace(TELEGRAM).room(START, timedelta(milliseconds=250)) <= 8
    assert Pace(Abilities(overall=0)).room(START, timedelta(milliseconds=250)) == 64


def test_calm_chats_are_forgotten() -> None:
    pace = Pace(Abilities(overall=0))
    for _ in range(CALM):
        pace.slot(new_id(), False, START)
    pace.slot(new_id(), False, START + timedelta(minutes=1))
    assert len(pace.busy(START)) <= 1


def test_a_burst_leaves_at_once_and_is_paid_back() -> None:
    pace, chat = Pace(Abilities(per_chat=4, burst=4, overall=0)), new_id()
    slots = [(pace.slot(chat, False, START) - START).total_seconds() for _ in range(8)]
    assert slots == [0, 0, 0, 0, 0, 4, 8, 12]


def test_in_no_minute_are_more_than_burst_and_pace_allow() -> None:
    pace, chat = Pace(Abilities(per_chat=4, burst=4, overall=0)), new_id()
    slots = [(pace.slot(chat, False, START) - START).total_seconds() for _ in range(100)]
    assert max(sum(start <= slot < start + 60 for slot in slots) for start in slots) == 4 + 60 / 4


def test_a_rest_that_was_asked_for_is_kept_whatever_the_burst() -> None:
    pace, chat = Pace(Abilities(per_chat=4, burst=4, overall=0)), new_id()
    pace.rest(chat, START + timedelta(seconds=60))
    assert chat in pace.busy(START + timedelta(seconds=59))
    assert chat not in pace.busy(START + timedelta(seconds=60))
    assert (pace.slot(chat, False, START) - START).total_seconds() == 60
