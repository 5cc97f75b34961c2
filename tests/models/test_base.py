"""Ids made one after the other stand in that order, however fast they are made."""

import time

from models.base import new_id


def test_ids_follow_each_other_within_one_millisecond() -> None:
    ids = [new_id() for _ in range(10_000)]
    assert ids == sorted(ids) and len(set(ids)) == len(ids)


def test_an_id_is_of_version_seven_and_tells_its_time() -> None:
    before = time.time_ns() // 1_000_000
    made = new_id()
    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert before <= made.int >> 80 <= time.time_ns() // 1_000_000 + 10  # ids before may have counted ahead


def test_ids_go_on_when_the_clock_is_set_back(monkeypatch) -> None:
    first = new_id()
    monkeypatch.setattr(time, "time_ns", lambda: 0)
    assert new_id() > first
