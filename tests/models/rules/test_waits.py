"""Why something waited is told as it was: what held before a change until the change, what held after it from then."""

from datetime import UTC, datetime, timedelta

import pytest

from models.rules.contact import Chance, Reason
from models.rules.waits import Wait, as_kept, as_wait, said, waited

DUE = datetime(2026, 9, 18, 14, tzinfo=UTC)
HOUR = timedelta(hours=1)
WEEKEND, QUIET = Reason("weekend", DUE + 50 * HOUR), Reason("quiet_hours", DUE + 66 * HOUR)
AWAY = Reason("away", DUE + 30 * HOUR)
PLANNED = Chance(QUIET.until, (Reason("not_due", DUE), WEEKEND, QUIET))


def until(reason: Reason, hours: float) -> Reason:
    return Reason(reason.code, DUE + hours * HOUR, reason.name)


SITUATIONS = [
    ("what is planned ahead is kept without the time until it falls due", None, PLANNED, -1, [WEEKEND, QUIET]),
    ("a plan before it falls due is forgotten", [AWAY], PLANNED, 0, [WEEKEND, QUIET]),
    ("a leave taken back held until then", [AWAY], PLANNED, 10, [until(AWAY, 10), WEEKEND, QUIET]),
    ("a reason that had ended is kept whole", [AWAY, WEEKEND], PLANNED, 40, [AWAY, WEEKEND, QUIET]),
    ("a reason that had not begun is dropped", [AWAY, WEEKEND], Chance(None, (QUIET,)), 20, [until(AWAY, 20), QUIET]),
    ("a cause that goes on is told once", [WEEKEND], PLANNED, 10, [WEEKEND, QUIET]),
    ("one without an end ended with the change", [Reason("paused", None)], PLANNED, 5, [Reason("paused", DUE + 5 * HOUR), WEEKEND, QUIET]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("_what", "before", "chance", "hours", "reasons"), SITUATIONS, ids=[row[0] for row in SITUATIONS]
)
def test_the_reasons_of_a_delay(_what, before, chance, hours, reasons):
    known = None if before is None else Wait(before[-1].until, tuple(before))
    assert list(waited(known, DUE, chance, DUE + hours * HOUR).reasons) == reasons


def test_what_should_have_been_said_keeps_its_hour():
    before = Wait(DUE + HOUR, (until(QUIET, 1),))
    assert waited(before, DUE, PLANNED, DUE + 4 * HOUR) == before
    assert (
        waited(before, DUE, Chance(DUE + 3 * HOUR, ()), DUE + 3 * HOUR).at == DUE + 3 * HOUR
    )  # a busy hour is no sleep


def test_what_is_said_waited_until_then():
    before = Wait(QUIET.until, (WEEKEND, QUIET))
    assert said(before, DUE, DUE + 60 * HOUR) == Wait(DUE + 60 * HOUR, (WEEKEND, until(QUIET, 60)))
    assert said(None, DUE, DUE) == Wait(DUE)


def test_a_wait_is_kept_and_read_back():
    wait = Wait(None, (Reason("holiday", DUE, "国庆节"), Reason("do_not_contact", None)))
    assert as_wait(as_kept(wait)) == wait and as_wait(None) is None
