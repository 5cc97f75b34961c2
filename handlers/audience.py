"""The question who may read something: private first, then only those audiences that would name somebody."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from bot.answers import Moment, Option, Said
from bot.errors import Unclear
from models import Person
from models.people import names_around
from models.rules.wall_time import local_day

SELF = "self"
AUDIENCES = ("pair", "group", "supervisor")


def audience_facts(session: Session, person: Person, now: datetime) -> dict[str, Any]:
    """Name the people of each audience, for the facts of a conversation; who would be nobody is left out."""
    return {"audiences": names_around(session, person.id, local_day(now, person.zone))}


@dataclass(frozen=True)
class audience:
    """Reads who may read it: self, pair, group or supervisor; a person's name stands for her audience."""

    def options(self, answers: Any, moment: Moment) -> Sequence[Option]:
        """Offer 仅自己, then each audience with somebody in it."""
        named = answers.facts.get("audiences", {})
        return [Option(SELF), *(Option(key, facts={"names": named[key]}) for key in AUDIENCES if key in named)]

    def read(self, said: Said, answers: Any, moment: Moment) -> str:
        """Return the key; raise Unclear for an audience that is not offered."""
        offered = [option.key for option in self.options(answers, moment)]
        if said.option in offered:
            return str(said.option)
        named = answers.facts.get("audiences", {})
        typed = said.text.strip()
        meant = [key for key in offered if typed and typed in named.get(key, ())]
        if not meant:
            raise Unclear("not_an_option")
        return meant[0]


def audience_values(answers: Any, question: str = "audience") -> list[str]:
    """Return the names for `share_with`: an empty list is 仅自己."""
    chosen = answers.get(question)
    return [chosen] if chosen in AUDIENCES else []


def will_be_read(answers: Any) -> bool:
    """Say whether somebody besides her was chosen."""
    return bool(audience_values(answers))
