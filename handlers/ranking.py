"""排名: whoever asks for a ranking of colleagues hears kindly that there is none, and what there is instead."""

from datetime import datetime

from sqlmodel import Session

from bot.conversation import Command, Outcome, Say, Tap
from models import Person
from models.digests import looks_after_anyone
from models.rules.wall_time import local_day


def answer(session: Session, person: Person, rest: str, now: datetime) -> Outcome:
    """Decline, and offer the digest to those who have one; the template's `phrases` say what asks for a ranking."""
    has_digest = looks_after_anyone(session, person.id, local_day(now, person.zone))
    taps = (Tap("cmd", handler="digest", block="tap__digest"),) if has_digest else ()
    return Outcome(say=[Say("no_ranking", {"has_digest": has_digest}, taps)])


command = Command(name="ranking", answer=answer)
