"""定时提醒: the office or a group leader has a group reminded every week; what it costs everyone is said before."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from bot.answers import choice, text
from bot.conversation import Answers, Conversation, Outcome, Question, Say, Tap
from bot.errors import Refused
from handlers.remind import timed
from handlers.when import EveryWeek
from models import Person, Reminder
from models.reminders import groups_she_may_remind, own_reminders
from models.units import people_below

GROUPS_SHOWN = 8


def facts(session: Session, viewer: Person, now: datetime, about: UUID | None, rest: str) -> dict[str, Any]:
    """Read which groups she may have reminded, how many people each has, and how much they may hear a week."""
    units = groups_she_may_remind(session, viewer.id)[:GROUPS_SHOWN]
    people = {unit.id: people_below(session, unit.id) for unit in units}
    groups = {
        f"g{place}": {"id": str(unit.id), "name": unit.name, "count": len(people[unit.id])}
        for place, unit in enumerate(units, 1)
        if people[unit.id]
    }
    if not groups:
        raise Refused("not_for_you")
    return {
        "groups": groups,
        "listed": [{"key": key, "label": group["name"]} for key, group in groups.items()],
        "only": next(iter(groups)) if len(groups) == 1 else None,
        "budget": max(person.weekly_budget for persons in people.values() for person in persons),
        "standing": sum(one.unit_id is not None for one in own_reminders(session, viewer.id)),
    }


def finish(session: Session, answers: Answers, person: Person, now: datetime) -> Outcome:
    """Keep the rule, or leave it; raise Refused where she may no longer set it."""
    if answers["right"] == "no":
        return Outcome(say=[Say("not_set")])
    group = answers.facts["groups"][answers.get("whom") or answers.facts["only"]]
    unit = next((unit for unit in groups_she_may_remind(session, person.id) if str(unit.id) == group["id"]), None)
    if unit is None:
        raise Refused("not_for_you")
    when = answers["when"]
    rule = Reminder(person_id=person.id, unit_id=unit.id, words=answers["words"], made_at=now, **timed(when, now))
    take_back = Tap("take_back", rule.id, handler="remind")
    return Outcome(say=[Say("kept_rule", {"group": unit.name, "when": when}, (take_back,))], keep=[rule])


conversation = Conversation(
    name="rule",
    command="rule",
    questions=(
        Question("whom", choice(from_facts="listed"), when=lambda answers: answers.facts["only"] is None),
        Question("words", text(at_most=120), expects_question=True),
        Question("when", EveryWeek()),
        Question("right", choice("yes", "no"), revises=("whom", "words", "when"), is_step=False),
    ),
    finish=finish,
    facts=facts,
    keeps_draft=False,
)
