"""An entry as facts for its card: what is in it, who may read it, how many earlier versions there are."""

from collections import Counter
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlmodel import Session

from models import Attachment, Entry, Person, Training
from models.attachments import of_entry
from models.entries import Piece, pieces_of, versions_of, words_of
from models.rules.wall_time import local_day

KINDS_OF_FILE = {"photo": "photos", "voice": "voices", "video": "videos"}
FIRST_WORDS = 60  # characters, enough to know an entry again


def count_files(files: Iterable[Attachment]) -> dict[str, int]:
    """Count attachments as photos, voices, videos and files."""
    counted = Counter(KINDS_OF_FILE.get(file.kind, "files") for file in files)
    return {name: counted[name] for name in ("photos", "voices", "videos", "files")}


def title_of(session: Session, training_id: UUID | None) -> str:
    """Give the title of the training an entry belongs to, or nothing."""
    training = session.get(Training, training_id) if training_id else None
    return training.title if training else ""


def entry_line(session: Session, viewer: Person, entry: Entry) -> dict[str, Any]:
    """Describe an entry the viewer may read in one line: kind, day, first words, audience, files counted."""
    # An entry that names no file has none: most cards need not ask for them.
    files = of_entry(session, viewer.id, entry.id) if any(piece.files for piece in pieces_of(entry.parts)) else []
    return {
        "id": str(entry.id),
        "kind": entry.kind,
        "day": local_day(entry.written_at, viewer.zone).isoformat(),
        "words": " ".join(words_of(_written(entry)).split())[:FIRST_WORDS],
        "audience": entry.audience,
        "title": title_of(session, entry.training_id) or _about(entry),
        **count_files(files),
    }


def entry_card(session: Session, viewer: Person, entry: Entry) -> dict[str, Any]:
    """Describe a whole entry the viewer may read, piece by piece; the block `entry` of mine.j2 says it."""
    files = {str(file.id): file for file in of_entry(session, viewer.id, entry.id)}
    pieces = [
        {"name": piece.name, "text": piece.text, **count_files(files[id] for id in piece.files if id in files)}
        for piece in _together(pieces_of(_written(entry)))
        if piece.text or any(id in files for id in piece.files)
    ]
    versions = versions_of(session, viewer.id, entry.id)
    return {**entry_line(session, viewer, entry), "pieces": pieces, "versions": len(versions)}


def _together(pieces: list[Piece]) -> list[Piece]:
    """Count the photos of one album together: what came without words joins such a piece before it."""
    joined: list[Piece] = []
    for piece in pieces:
        if joined and not piece.text and not joined[-1].text and piece.name == joined[-1].name:
            joined[-1] = Piece(piece.name, "", joined[-1].files + piece.files)
        else:
            joined.append(piece)
    return joined


def _about(entry: Entry) -> str:
    about = entry.parts.get("about")
    return about if isinstance(about, str) else ""


def _written(entry: Entry) -> dict[str, Any]:
    return {name: part for name, part in entry.parts.items() if name != "about"}
