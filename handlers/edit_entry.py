"""改内容: new words for one piece of an entry; the earlier ones are kept as a version."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from bot.answers import choice, text
from bot.conversation import Answers, Conversation, Open, Outcome, Question, Say, Tap
from bot.errors import Refused
from handlers.reading import entry_line
from models import Entry, Person
from models.entries import change_words, own_entry, pieces_of, revise

LABEL_AT_MOST = 20  # characters of a piece on its button
TRAINING = "training"  # the choice that leads to 挂到培训


def facts(session: Session, viewer: Person, now: datetime, about: UUID | None, rest: str) -> dict[str, Any]:
    """Read the pieces that have words; raise Refused when the entry is gone or has none."""
    entry = own_entry(session, viewer.id, about) if about else None
    if entry is None:
        raise Refused("gone")
    pieces = [_fact(number, piece.text) for number, piece in enumerate(pieces_of(entry.parts)) if piece.text]
    if not pieces:
        raise Refused("no_words")
    return {"entry_id": str(entry.id), "pieces": pieces}


def _fact(number: int, words: str) -> dict[str, str]:
    short = " ".join(words.split())
    label = short if len(short) <= LABEL_AT_MOST else f"{short[: LABEL_AT_MOST - 1]}…"
    return {"key": f"p{number}", "label": label, "words": words}


def has_several(answers: Answers) -> bool:
    """Ask which piece only when there are several."""
    return len(answers.facts["pieces"]) > 1


def changes_words(answers: Answers) -> bool:
    """Ask for new words unless it is the training that she wants to change."""
    return answers.get("piece") != TRAINING


def finish(session: Session, answers: Answers, person: Person, now: datetime) -> Outcome:
    """Keep the new words, and the old ones as a version."""
    entry = own_entry(session, person.id, UUID(answers.facts["entry_id"]))
    if entry is None:
        return Outcome(say=[Say("gone")])
    if not changes_words(answers):
        return Outcome(open=Open("attach_entry", about=entry.id))
    _reword(session, entry, int(_chosen(answers)["key"][1:]), answers["words"], now)
    buttons = (
        Tap("read", row=entry.id, handler="mine"),
        Tap("before", row=entry.id, handler="mine"),
        Tap("open", row=entry.id, handler="edit_entry", block="tap__again"),
    )
    return Outcome(say=[Say("edited", {**entry_line(session, person, entry), "words": answers["words"]}, buttons)])


def _chosen(answers: Answers) -> dict[str, str]:
    pieces: list[dict[str, str]] = answers.facts["pieces"]
    return next((piece for piece in pieces if piece["key"] == answers.get("piece")), pieces[0])


def _reword(session: Session, entry: Entry, number: int, words: str, now: datetime) -> None:
    revise(session, entry, change_words(entry.parts, lambda place, was: words if place == number else was), now)


conversation = Conversation(
    name="edit_entry",
    facts=facts,
    questions=(
        Question("piece", choice(TRAINING, from_facts="pieces"), when=has_several),
        Question("words", text(), when=changes_words, expects_question=True),
    ),
    finish=finish,
)
