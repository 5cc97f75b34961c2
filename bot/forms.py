"""Make documents when a message leaves: the 培训成果转化记录表 as .docx, one's own data as .zip; docxtpl's door."""

import json
import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile

import structlog
from docx.opc.exceptions import PackageNotFoundError
from docxtpl import DocxTemplate
from sqlmodel import Session

from bot.calendar_file import Appointment, calendar_file
from bot.errors import SendFailed
from bot.render import TEMPLATES, TemplateFault, Words, plain, sandbox
from models import CheckIn, Observation, Person, Training
from models.actions import own_record
from models.entries import pieces_of
from models.exports import Rows, everything_of
from models.observations import coming_observations, enclosure, lessons_of_set, visible_observation
from models.store import Store
from models.units import school_of

FETCHED_WITHIN = timedelta(seconds=15)  # a recording that has just come is fetched meanwhile
MOST_FILES = 45_000_000  # bytes of photos and voice in one archive; a messenger takes 50 MB
COLUMNS = ("insight", "effect", "obstacle", "remedy")
ENDINGS = {"photo": ".jpg", "voice": ".ogg", "video": ".mp4"}
Say = Callable[..., str]
"""(template, block, **facts) -> plain words in the language of the document."""
Make = Callable[[Session, Person, str, Say], tuple[str, bytes]]
log = structlog.get_logger("forms")

# Control characters but tab and newline, lone surrogates and non-characters: XML and UTF-8 have no place for them.
_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_NOT_IN_NAMES = re.compile(r'[\s\\/:*?"<>|.]+')
# What a template may do wrong when a school has replaced it.
_UNUSABLE = (TemplateFault, PackageNotFoundError, BadZipFile, SyntaxError, KeyError, ValueError, TypeError)


def visible(words: str) -> str:
    """Put � where a document cannot hold a character, so that its loss is seen."""
    return _UNFIT.sub("\ufffd", words.replace("\r\n", "\n").replace("\r", "\n"))


class Forms:
    """Makes the documents that go with messages; each is about the person it is sent to, and read from her own rows."""

    def __init__(self, store: Store, words: Words, data_dir: Path, now: Callable[[], datetime]) -> None:
        self.store = store
        self.words = words
        self.data_dir = data_dir
        self.now = now

    def make(self, form: dict[str, Any]) -> tuple[str, bytes]:
        """Make the document of {"kind", "person_id", "language"}; raise KeyError for an unknown kind.

        Only reading: call it outside any transaction that writes, and off the event loop.
        """
        if form["kind"] == "enclosure":
            return self._enclosure(UUID(form["person_id"]), UUID(form["row"]), form["language"])
        calendar = partial(self._calendar, row=UUID(form["row"]) if form.get("row") else None)
        kinds: dict[str, Make] = {"record": self._record, "export": self._export, "calendar": calendar}
        make, language = kinds[form["kind"]], form["language"]
        with self.store.reading() as session:
            person = session.get_one(Person, UUID(form["person_id"]))
            now = self.now()

            def say(template: str, block: str, **facts: Any) -> str:
                return visible(
                    plain(self.words.say(language, template, block, {"person": person, "now": now, **facts}))
                )

            return make(session, person, language, say)

    def _enclosure(self, reader_id: UUID, id: UUID, language: str) -> tuple[str, bytes]:
        """Read a recording or picture that came with feedback; raise SendFailed where it is not hers or not there."""
        with self.store.reading() as session:
            found = enclosure(session, reader_id, id)
            if found is None:
                raise SendFailed("enclosure_gone")
            file, lesson = found
            if file.state == "wanted":
                raise SendFailed("enclosure_not_fetched", wait=FETCHED_WITHIN)
            path = self.data_dir / "files" / (file.stored_as or "-")
            if not path.is_file():
                raise SendFailed("enclosure_gone")
            name = session.get_one(Person, lesson.observer_id).name
            facts = {"name": name, "day": lesson.day.isoformat(), "kind": file.kind}
        said = plain(self.words.say(language, "feedback", "file_name", facts))
        return _fit(said) + _suffix(file.name, file.kind), path.read_bytes()

    def _calendar(
        self, session: Session, person: Person, _language: str, say: Say, row: UUID | None
    ) -> tuple[str, bytes]:
        """Write the visit `row` with the others of its set, or all that are agreed; only for one of its two sides."""
        now = self.now()
        one = visible_observation(session, person.id, row) if row else None
        agreed = [one for one in coming_observations(session, person.id, now) if one.state == "agreed"]
        found = lessons_of_set(session, person.id, one) if one else [] if row else agreed
        if not found:
            raise SendFailed("visit_gone")
        listed = [_appointment(session, person, visit, say) for visit in found]
        day = found[0].day.isoformat()
        return _name(say("calendar_file", "document_name", day=day)), calendar_file(listed, person.zone, now)

    def _record(self, session: Session, person: Person, language: str, say: Say) -> tuple[str, bytes]:
        rows = own_record(session, person.id)
        context = {
            "school": visible(school_of(session, person.id)),
            "name": visible(person.name),
            "subject": visible(person.subject),
            "rows": [_record_row(session, row, place, say) for place, row in enumerate(rows, 1)],
        }
        return _name(say("record", "document_name", name=_fit(person.name))), self._document(language, context)

    def _document(self, language: str, context: dict[str, Any]) -> bytes:
        """Fill the school's own form where there is one and it can be used, else ours."""
        own = self.data_dir / "forms" / "record.docx"
        if own.is_file():
            try:
                return _filled(own, context)
            except _UNUSABLE as fault:
                log.error("own_form_unusable", form="record.docx", error=type(fault).__name__)
        return _filled(TEMPLATES / "forms" / language / "record.docx", context)

    def _export(self, session: Session, person: Person, language: str, say: Say) -> tuple[str, bytes]:
        rows = everything_of(session, person.id)
        files, left_off = _files(rows, self.data_dir / "files")
        buffer = BytesIO()
        with ZipFile(buffer, "w", ZIP_DEFLATED) as archive:
            for name, text in _readable(session, person, rows, files, left_off, say):
                archive.writestr(name, text.encode("utf-8-sig"))  # the mark lets an old Notepad read it
            for table, listed in rows.items():
                archive.writestr(f"json/{table}.json", _json(listed))
            folder = _fit(say("export", "folder__files"))
            for _, name, path in files:
                archive.write(path, f"{folder}/{name}", ZIP_STORED)
        day = self.now().date().isoformat()
        return _name(say("export", "archive_name", name=_fit(person.name), day=day)), buffer.getvalue()


def _fit(name: str) -> str:
    """Leave of somebody's words what a file may be called on any system."""
    return _NOT_IN_NAMES.sub("-", visible(name)).strip("-")[:60] or "-"


def _name(said: str) -> str:
    stem, dot, ending = said.rpartition(".")
    return f"{_fit(stem)}{dot}{ending}"


# The calendar file


def _appointment(session: Session, person: Person, visit: Observation, say: Say) -> Appointment:
    """Write one visit for one of its sides; what is to be watched in it stays in the chat."""
    observes = visit.observer_id == person.id
    other = session.get_one(Person, visit.teacher_id if observes else visit.observer_id)
    facts = {"name": other.name, "period": visit.period, "class_name": visit.class_name, "subject": visit.subject}
    summary = say("calendar_file", "summary", observes=observes, **facts)
    return Appointment(visit.id, visit.version, visit.state, visit.starts_at, visit.ends_at, summary)


# The record form


def _record_row(session: Session, row: CheckIn, place: int, say: Say) -> dict[str, Any]:
    training = session.get(Training, row.training_id) if row.training_id else None
    cells = {column: _cell(column, getattr(row, column), say) for column in COLUMNS}
    cells["effect"] = cells["effect"] or say("record", "known", column="result", value=row.result)
    day = say("record", "row_day", day=row.happened_on, is_late=row.is_late)
    return {"number": place, "day": day, "training": visible(training.title if training else ""), **cells}


def _cell(column: str, value: str, say: Say) -> str:
    """Word a cell: what stands for a tapped option, or her own words untouched."""
    return say("record", "known", column=column, value=value) or visible(value)


def _filled(template: Path, context: dict[str, Any]) -> bytes:
    document = DocxTemplate(template)
    document.render(context, jinja_env=sandbox())
    buffer = BytesIO()
    document.save(buffer)
    return buffer.getvalue()


# The archive of one's own data


def _json(listed: list[dict[str, Any]]) -> bytes:
    # A lone surrogate is written as the escape that JSON has for it, so that the rows come back as they are.
    return json.dumps(listed, ensure_ascii=False, indent=1).encode("utf-8", "backslashreplace")


Files = list[tuple[str, str, Path]]
"""(id of the attachment, its name in the archive, where its bytes are)."""


def _files(rows: Rows, folder: Path) -> tuple[Files, list[str]]:
    """Choose the files that fit, the earliest first, and name those that are left off."""
    taken: Files = []
    left_off: list[str] = []
    room = MOST_FILES
    for place, one in enumerate(rows["attachment"], 1):
        path = folder / (one["stored_as"] or "-")
        name = _file_name(place, one)
        size = path.stat().st_size if path.is_file() else room + 1
        if size > room:
            left_off.append(name)
            continue
        room -= size
        taken.append((one["id"], name, path))
    return taken, left_off


def _file_name(place: int, attachment: dict[str, Any]) -> str:
    stem = attachment["name"].rpartition(".")[0]
    return f"{place:03d}-{_fit(stem or attachment['kind'])}{_suffix(attachment['name'], attachment['kind'])}"


def _suffix(name: str, kind: str) -> str:
    _, dot, ending = name.rpartition(".")
    return f".{_fit(ending)}" if dot else ENDINGS.get(kind, "")


def _readable(
    session: Session, person: Person, rows: Rows, files: Files, left_off: Sequence[str], say: Say
) -> list[tuple[str, str]]:
    """Write the texts of the archive: name and words."""
    counts = {table: len(listed) for table, listed in rows.items()}
    facts = {
        "entries": counts["entry"],
        "actions": counts["action"],
        "check_ins": counts["check_in"],
        "observations": counts["observation"],
        "questions": counts["question"],
        "files": len(files),
    }
    parts = {
        "entries": _entries_text(session, rows, files, say),
        "actions": _actions_text(rows, say),
        "observations": [say("export", "observation", observation=_named(session, one)) for one in rows["observation"]],
        "questions": [say("export", "question", question=_named(session, one)) for one in rows["question"]],
        "trainings": [say("export", "training", training=one) for one in rows["training"]],
    }
    texts = [("readme", say("export", "readme", counts=facts, left_off=list(left_off)))]
    texts += [(name, "\n\n\n".join(pieces) or say("export", "nothing")) for name, pieces in parts.items()]
    return [(_name(say("export", f"file__{name}")), text + "\n") for name, text in texts]


def _entries_text(session: Session, rows: Rows, files: Files, say: Say) -> list[str]:
    titles = {one["id"]: one["title"] for one in rows["training"]}
    names = {id: name for id, name, _ in files}
    texts = []
    for entry in rows["entry"]:
        audience = [name for name in ("pair", "group", "supervisor") if entry[f"to_{name}"]]
        head = say(
            "export", "entry", entry={**entry, "title": titles.get(entry["training_id"], ""), "audience": audience}
        )
        texts.append("\n".join([head, "", *_pieces(entry["parts"], names, say)]))
    return texts


def _pieces(parts: dict[str, Any], names: dict[str, str], say: Say) -> list[str]:
    lines = []
    for piece in pieces_of(parts):
        lines += [visible(piece.text)] if piece.text else []
        attached = [names[id] for id in piece.files if id in names]
        lines += [say("export", "file_line", names=attached)] if attached else []
    return lines


def _actions_text(rows: Rows, say: Say) -> list[str]:
    texts = []
    for action in rows["action"]:
        told = [say("export", "row", row=row) for row in rows["check_in"] if row["action_id"] == action["id"]]
        texts.append("\n\n".join([say("export", "action", action=action), *told]))
    return texts


def _named(session: Session, row: dict[str, Any]) -> dict[str, Any]:
    """Put names beside the ids of the people in a row; they were on the two sides of it, so each knows the other."""
    sides = {"observer_id": "observer", "teacher_id": "teacher", "asker_id": "asker", "person_id": "asked"}
    named = {side: session.get(Person, UUID(row[id])) for id, side in sides.items() if row.get(id)}
    return row | {side: person.name if person else "" for side, person in named.items()}
