"""谁能看到: who can see what, with the real people named."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from bot.conversation import Command, Outcome, Say, Tap
from models import Person
from models.people import apprentices_of, group_mates_of, groups_of, mentors_of, supervisors_of
from models.rules.wall_time import local_day


def answer(session: Session, person: Person, _rest: str, now: datetime) -> Outcome:
    """Name the people behind 师徒, 本组 and 主管."""
    return Outcome(
        [
            Say(
                "people",
                people_around(session, person, now),
                (Tap("whether"), Tap("cmd", handler="mine", block="tap__mine")),
            )
        ]
    )


def people_around(session: Session, person: Person, now: datetime) -> dict[str, Any]:
    """Name her mentors, apprentices and supervisors, and her groups with how many others are in them."""
    today = local_day(now, person.zone)
    return {
        "pair": _names([*mentors_of(session, person.id, today), *apprentices_of(session, person.id, today)]),
        "groups": [unit.name for unit in groups_of(session, person.id)],
        "mates": _names(group_mates_of(session, person.id)),
        "supervisors": _names(supervisors_of(session, person.id)),
    }


def _names(people: list[Person]) -> list[str]:
    return sorted({one.name for one in people if one.left_at is None and one.name})


def whether(_session: Session, _person: Person, _row: UUID | None, _now: datetime) -> Outcome:
    """Say who sees whether she wrote at all."""
    return Outcome([Say("whether")])


command = Command(name="privacy", command="privacy", answer=answer, taps={"whether": whether})
