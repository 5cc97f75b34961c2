"""One process at a time: a lock that ends with its holder."""

import subprocess
import sys

import pytest

from models.lock import Lock, Taken
from models.store import Store
from tests.service.running import ROOT

HOLD = """
import sys, time
from models.lock import Lock
from models.store import Store
with Lock(Store(sys.argv[1]), "work"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_lock_that_is_held_is_refused(store: Store) -> None:
    with Lock(store, "work"), pytest.raises(Taken):
        Lock(store, "work").take()


def test_a_lock_that_was_let_go_can_be_taken(store: Store) -> None:
    with Lock(store, "work"):
        pass
    with Lock(store, "work"):
        pass


def test_locks_of_two_names_do_not_meet(store: Store) -> None:
    with Lock(store, "work"), Lock(store, "listen"):
        pass


def test_being_refused_does_not_take_it_from_its_holder(store: Store) -> None:
    with Lock(store, "work"):
        for _ in range(3):
            with pytest.raises(Taken):
                Lock(store, "work").take()


def test_another_process_is_refused_until_its_holder_dies(store: Store) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(store.url)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
    )
    assert holder.stdin is not None
    assert holder.stdout is not None
    assert holder.stdout.readline().strip() == b"held"
    with pytest.raises(Taken):
        Lock(store, "work").take()
    holder.kill()
    holder.wait()
    holder.stdin.close()
    holder.stdout.close()
    with Lock(store, "work"):
        pass
