"""Take one photo, voice message or file out of an entry; it can be put back for a day."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from bot.conversation import Outcome, Say, Tap
from handlers.reading import count_files, entry_line
from models import Attachment, Person
from models.attachments import of_entry, own_file
from models.entries import RESTORABLE, own_entry


def pick_file(session: Session, person: Person, row: UUID | None, now: datetime) -> Outcome:
    """List the files of an entry, in the order they came."""
    entry = own_entry(session, person.id, row) if row else None
    files = of_entry(session, person.id, entry.id) if entry else []
    if entry is None or not files:
        return Outcome(say=[Say("gone")])
    buttons = tuple(_choice(place, file, files) for place, file in enumerate(files))
    facts = {**entry_line(session, person, entry), **count_files(files)}
    return Outcome(say=[Say("which_file", facts, (*buttons, Tap("leave_files", row=entry.id)))])


def _choice(place: int, file: Attachment, files: list[Attachment]) -> Tap:
    number = sum(1 for earlier in files[: place + 1] if earlier.kind == file.kind)
    facts = {"number": number, "kind": file.kind, "file_name": file.name}
    return Tap("drop_file", row=file.id, block="tap__one_file", facts=facts)


def drop_file(session: Session, person: Person, row: UUID | None, now: datetime) -> Outcome:
    """Take one file out; a second tap changes nothing."""
    file = own_file(session, person.id, row) if row else None
    entry = own_entry(session, person.id, file.entry_id) if file and file.entry_id else None
    if file is None or entry is None:
        return Outcome(say=[Say("gone")])
    if file.removed_at is None:
        file.removed_at = now
        session.add(file)
        session.flush()
    left = count_files(of_entry(session, person.id, entry.id))
    facts = {**left, "kind": file.kind, "until": (file.removed_at + RESTORABLE).isoformat()}
    buttons = (Tap("put_back", row=file.id), Tap("read", row=entry.id))
    return Outcome(say=[Say("file_dropped", facts, buttons)])


def put_back(session: Session, person: Person, row: UUID | None, now: datetime) -> Outcome:
    """Put a file back in its place."""
    file = own_file(session, person.id, row) if row else None
    if file is None or (file.removed_at is not None and file.removed_at <= now - RESTORABLE):
        return Outcome(say=[Say("too_late")])
    file.removed_at = None
    session.add(file)
    session.flush()
    left = count_files(of_entry(session, person.id, file.entry_id)) if file.entry_id else count_files([file])
    read = (Tap("read", row=file.entry_id),) if file.entry_id else ()
    # A file whose bytes were never fetched is fetched now.
    return Outcome(say=[Say("file_back", {**left, "kind": file.kind}, read)], ring={"attachments"})


def leave_files(session: Session, person: Person, row: UUID | None, now: datetime) -> Outcome:
    """Leave all files where they are."""
    return Outcome(say=[Say("files_left")])
