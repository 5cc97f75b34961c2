"""Keep an entry together with its files, and join pieces that were gathered in a conversation."""

from typing import Any

from sqlmodel import Session

from models import Entry, Person
from models.attachments import own_files
from models.entries import messages_in, pieces_of


def kept(session: Session, person: Person, entry: Entry) -> Entry:
    """Store an entry, found by an edit of any of its messages, and let its files point to it; return it."""
    entry.message_ids = messages_in(entry.parts)
    session.add(entry)
    if ids := [id for piece in pieces_of(entry.parts) for id in piece.files]:
        session.flush()  # the files refer to the entry, so it stands first
        for file in own_files(session, person.id, ids):
            file.entry_id = entry.id
            session.add(file)
        session.flush()
    return entry


def as_part(answer: Any) -> Any:
    """Store an answer as plain words, or with its files and the message it came in; a list piece by piece."""
    if isinstance(answer, list):
        return [as_part(piece) for piece in answer]
    if isinstance(answer, dict):
        part = {"text": answer.get("text", "")} | {n: answer[n] for n in ("files", "message") if answer.get(n)}
        return part if len(part) > 1 else part["text"]
    return answer


def as_first_said(answer: Any) -> Any:
    """Give an answer as it stood before its message was edited on the phone."""
    if isinstance(answer, list):
        return [as_first_said(piece) for piece in answer]
    if isinstance(answer, dict) and answer.get("before"):
        return answer | {"text": answer["before"][0]}
    return answer


def has_words_or_files(answer: Any) -> bool:
    """Say whether an answer holds anything."""
    if isinstance(answer, dict):
        return bool(answer.get("text") or answer.get("files"))
    return bool(answer)
