"""Keep what arrived, once, before the platform may forget it."""

import traceback
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from bot.channels import Envelope
from models import inbound
from models.inbound import InboundRow

TRIES = 3  # after so many failures an update is set aside
BODY_KEPT = timedelta(days=7)  # how long raw updates are kept after they were handled
ASIDE_KEPT = timedelta(days=30)  # how long the body of what was set aside is kept
KEY_KEPT = timedelta(days=30)  # how long a repeat is recognised


def keep(session: Session, channel: str, envelopes: Sequence[Envelope], now: datetime) -> int:
    """Store raw updates and return how many are new; one that was seen before has no effect."""
    rows = [
        {"channel": channel, "platform_id": e.platform_id, "sender": e.sender, "body": e.body, "received_at": now}
        for e in envelopes
    ]
    return inbound.add_new_inbound(session, rows)


def note_failure(session: Session, row: InboundRow, error: BaseException, now: datetime) -> bool:
    """Count one failure of an update; return whether it is now set aside for good."""
    attempts = row.attempts + 1
    is_aside = attempts >= TRIES
    values: dict[str, Any] = {"attempts": attempts, "error": wordless(error)}
    if is_aside:
        values |= {"state": "aside", "handled_at": now}
    inbound.change_inbound(session, [row.id], values)
    return is_aside


def forget_old(session: Session, now: datetime) -> None:
    """Drop the bodies and then the keys of updates that nobody needs any more."""
    inbound.forget_inbound(session, now - BODY_KEPT, now - ASIDE_KEPT, now - KEY_KEPT)


def wordless(error: BaseException) -> str:
    """Tell where an error arose, without its message: a message may hold what somebody wrote."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [
        f"{frame.filename.replace(chr(92), '/').rsplit('/', 1)[-1]}:{frame.lineno} {frame.name}" for frame in frames
    ]
    return "\n".join([*lines[-30:], type(error).__name__])
