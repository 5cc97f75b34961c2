"""Whose words a message shows, told by the facts it is said from; and what is hers when she takes it back."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from models import Action, CheckIn, Entry
from models.quotes import Source


def of_items(items: Iterable[Mapping[str, Any]]) -> tuple[Source, ...]:
    """Name the shared items among these facts; what is no longer shared has no writer there and shows nothing."""
    return tuple(Source(UUID(one["person_id"]), UUID(one["id"])) for one in items if "person_id" in one)


def of_answers(answers: Iterable[Mapping[str, Any]]) -> tuple[Source, ...]:
    """Name the answers whose words are shown, by the question they belong to."""
    return tuple(Source(UUID(one["answerer_id"]), UUID(one["question_id"])) for one in answers if one["answer"])


def of_question(facts: Mapping[str, Any]) -> tuple[Source, ...]:
    """Name the question whose words are shown to the person asked."""
    return (Source(UUID(facts["asker_id"]), UUID(facts["question_id"])),) if facts["words"] else ()


def of_record(row: Entry | Action | CheckIn) -> set[Source]:
    """Name what she takes back."""
    return {Source(row.person_id, row.id)}
