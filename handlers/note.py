"""随手记 /note: gather words, photos and voice into one note, of a training or of none, or add to an earlier one."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from bot.answers import text
from bot.conversation import Answers, Conversation, Outcome, Question, Say, Tap
from bot.errors import Refused
from handlers.jotting import attach_taps, suggested_training
from handlers.keeping import as_first_said, as_part, kept
from handlers.reading import entry_line
from handlers.tired import calm_words, sounds_tired
from handlers.training_note import not_this, tomorrow, training_note
from models import Entry, EntryVersion, Person
from models.attachments import has_sent_voice, of_entry
from models.entries import own_entry, words_of
from models.trainings import attended_training


def facts(session: Session, viewer: Person, now: datetime, about: UUID | None, rest: str) -> dict[str, Any]:
    """Find what the note is about: a training she attended, an earlier entry of hers to add to, or nothing yet."""
    known: dict[str, Any] = {"rest": rest, "entry_id": "", "training_id": "", "title": "", "words": ""}
    if about is None:
        return known
    if entry := own_entry(session, viewer.id, about):
        line = entry_line(session, viewer, entry)
        return known | {"entry_id": str(entry.id), "title": line["title"], "words": line["words"]}
    if training := attended_training(session, viewer.id, about):
        return known | {"training_id": str(training.id), "title": training.title}
    raise Refused("gone")


def finish(session: Session, answers: Answers, person: Person, now: datetime) -> Outcome:
    """Keep the note, or the earlier entry with what was added."""
    gathered = [{"text": answers.facts["rest"]}] if answers.facts["rest"] else []
    pieces = gathered + [_piece(part) for part in answers["pieces"]]
    first_said = gathered + [_piece(as_first_said(part)) for part in answers["pieces"]]
    if answers.facts["entry_id"]:
        return _added(session, person, UUID(answers.facts["entry_id"]), pieces, first_said, now)
    training_id = answers.facts["training_id"]
    entry = Entry(
        kind="jotting",
        person_id=person.id,
        training_id=UUID(training_id) if training_id else None,
        parts={"pieces": pieces},
        written_at=now,
    )
    _keep_first_said(session, entry, {"pieces": first_said}, now)
    return _saved(session, person, kept(session, person, entry), "saved")


def _piece(answer: dict[str, Any]) -> dict[str, Any]:
    part = as_part(answer)
    return part if isinstance(part, dict) else {"text": part}


def _keep_first_said(session: Session, entry: Entry, first_said: dict[str, Any], now: datetime) -> None:
    """Keep as an earlier version what was edited on the phone while it was written."""
    if first_said != entry.parts:
        session.add(EntryVersion(entry_id=entry.id, parts=first_said, replaced_at=now))


def _added(
    session: Session, person: Person, entry_id: UUID, pieces: list[dict[str, Any]], first_said: list[dict[str, Any]],
    now: datetime,
) -> Outcome:  # fmt: skip
    entry = own_entry(session, person.id, entry_id)
    if entry is None:
        # The entry went while she wrote; her new words are kept all the same.
        entry = Entry(kind="jotting", person_id=person.id, parts={"pieces": pieces}, written_at=now)
        _keep_first_said(session, entry, {"pieces": first_said}, now)
        return _saved(session, person, kept(session, person, entry), "saved")
    # A jotting has a list of pieces already; what is added to a reflection is a part of its own.
    part = "pieces" if entry.kind == "jotting" else "more"
    earlier = entry.parts | {part: [*entry.parts.get(part, []), *first_said]}
    entry.parts = entry.parts | {part: [*entry.parts.get(part, []), *pieces]}
    entry.changed_at = now
    _keep_first_said(session, entry, earlier, now)
    return _saved(session, person, kept(session, person, entry), "added")


def _saved(session: Session, person: Person, entry: Entry, block: str) -> Outcome:
    files = of_entry(session, person.id, entry.id)
    is_first_voice = any(file.kind == "voice" for file in files) and not has_sent_voice(
        session, person.id, [str(file.id) for file in files]
    )
    line = entry_line(session, person, entry)
    said = [Say(block, {**line, "first_voice": is_first_voice}, _next_steps(session, person, entry))]
    if sounds_tired(words_of(entry.parts)):
        said.append(calm_words(entry))
    return Outcome(say=said, ring={"attachments"} if files else set())


def _next_steps(session: Session, person: Person, entry: Entry) -> tuple[Tap, ...]:
    training = None if entry.training_id else suggested_training(session, person.id, entry.written_at)
    return (
        *attach_taps(entry, training),
        Tap("open", row=entry.id, handler="action", block="tap__act"),
        Tap("read", row=entry.id, handler="mine"),
        Tap("delete", row=entry.id, handler="mine"),
    )


conversation = Conversation(
    name="note",
    command="note",
    takes_rest=True,
    facts=facts,
    questions=(Question("pieces", text(files=True), many=True),),
    finish=finish,
    taps={"tomorrow": tomorrow, "not_this": not_this},
    prompts=(training_note,),
)
