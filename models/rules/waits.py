"""Keep why a message waits as it is known each time it is planned, so that it is told truly afterwards.

Habits, leave and calendar change while something waits. What was planned before a change held until the change, what is
planned after it holds from then on; so the reasons of one delay are those of each plan, one after another.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from models.rules.contact import Chance, Reason, told_once

MISSED = timedelta(hours=2)  # what is not said so long after it might have been was ours to say


@dataclass(frozen=True)
class Wait:
    """What has kept one message since it fell due, and when it may be said."""

    at: datetime | None
    reasons: tuple[Reason, ...] = ()


def waited(before: Wait | None, due_at: datetime, chance: Chance, now: datetime) -> Wait:
    """Give the wait as it is known after a plan at `now`.

    What should have been said and was not keeps its hour: whatever holds it from then on, the delay was ours.
    """
    planned = [reason for reason in chance.reasons if reason.code != "not_due"]
    if before is None or now <= due_at:
        return Wait(chance.at, tuple(planned))
    if before.at is not None and now - before.at > MISSED:
        return before
    return Wait(chance.at, tuple(told_once([*_until(now, before.reasons, due_at), *planned])))


def said(before: Wait | None, due_at: datetime, now: datetime) -> Wait:
    """Give the wait of what is said at `now`."""
    return waited(before, due_at, Chance(now, ()), now)


def _until(now: datetime, reasons: Sequence[Reason], due_at: datetime) -> list[Reason]:
    """Keep what held before `now`: each reason begins where the one before it ends."""
    held, since = [], due_at
    for reason in reasons:
        if since >= now:
            break
        since = now if reason.until is None else reason.until
        held.append(replace(reason, until=min(since, now)))
    return held


# As it is kept with the prompt


def as_kept(wait: Wait) -> dict[str, Any]:
    """Give a wait as JSON."""
    reasons = [[reason.code, _written(reason.until), reason.name] for reason in wait.reasons]
    return {"at": _written(wait.at), "reasons": reasons}


def as_wait(kept: Mapping[str, Any] | None) -> Wait | None:
    """Give a wait back; None where nothing was kept yet."""
    if not kept:
        return None
    return Wait(_read(kept["at"]), tuple(Reason(code, _read(until), name) for code, until, name in kept["reasons"]))


def _written(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _read(at: str | None) -> datetime | None:
    return datetime.fromisoformat(at) if at else None
