"""Change one cell of a row of the 记录表, or take the row out."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from bot.answers import choice, text
from bot.conversation import Answers, Conversation, Outcome, Question, Say, Tap
from bot.errors import Refused
from handlers.quoting import of_record
from handlers.record import cells_of
from models import Person
from models.actions import own_check_in, own_record

CELLS = ("insight", "effect", "obstacle", "remedy")


def _writes(answers: Answers) -> bool:
    return answers.get("cell") in CELLS


def facts(session: Session, viewer: Person, now: datetime, about: UUID | None, rest: str) -> dict[str, Any]:
    """Read the row to be changed, the latest if none is named; raise Refused when there is none."""
    rows = own_record(session, viewer.id)
    row = own_check_in(session, viewer.id, about) if about else (rows[-1] if rows else None)
    if row is None:
        raise Refused("gone" if about else "no_rows_yet")
    return {"row": row.told(), "cells": cells_of(row)}


def finish(session: Session, answers: Answers, person: Person, now: datetime) -> Outcome:
    """Write the cell, or take the row out so that it can be put back for a day."""
    row = own_check_in(session, person.id, UUID(answers.facts["row"]["id"]))
    if row is None:
        return Outcome(say=[Say("gone")])
    if answers["cell"] == "remove":
        row.removed_at = now
        back = Tap("restore", row.id, "record", block="tap__undo")
        return Outcome(say=[Say("removed", buttons=(back,))], unsay=of_record(row))
    setattr(row, answers["cell"], "" if answers["words"] == "empty" else answers["words"])
    again = (Tap("open", row.id, "edit_record", block="tap__more"), Tap("row", row.id, "record", block="tap__look"))
    return Outcome(say=[Say("changed", {"row": row.told(), "cell": answers["cell"]}, again)])


conversation = Conversation(
    name="edit_record",
    facts=facts,
    finish=finish,
    questions=(
        Question("cell", choice(*CELLS, "remove")),
        Question("words", choice("empty", other=text(at_most=2000)), when=_writes),
    ),
)
