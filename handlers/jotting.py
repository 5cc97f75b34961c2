"""随手记 without a command: what is sent outside any conversation is stored at once and answered once."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session

from bot.answers import Said
from bot.conversation import Capture, Outcome, Say, Tap
from handlers.audience import audience_facts
from handlers.pupils import pupils_in
from handlers.quoting import of_record
from handlers.reading import count_files, entry_line
from handlers.tired import calm_words, sounds_tired
from models import Attachment, Entry, Person, Training
from models.attachments import has_sent_voice, own_files
from models.entries import entry_of_message, lately_captured, own_entry, pieces_of, revise, reworded, words_of
from models.rules.wall_time import instant, local_day
from models.trainings import recent_trainings

GATHER = timedelta(seconds=2)  # after the last piece, as long as the answer is held back
GATHER_AT_MOST = timedelta(seconds=10)  # after the first piece
STRAY_AT_MOST = 40  # characters; a longer text that ends in a question mark belongs to the note around it
FRESH = timedelta(days=2)  # a training that ended so lately is suggested
ASKS = ("?", "？", "吗", "嗎", "呢")  # how a question to somebody ends
ENDINGS = "。.!！~～ …"


def take(session: Session, person: Person, said: Said, sent_at: datetime, now: datetime) -> Outcome:
    """Keep one piece, in the jotting it belongs to by its sending time, and answer for the whole of it."""
    if not said.text.strip() and not said.files:
        return Outcome()
    entry = None if _is_stray(said) else _gathering(session, person, sent_at)
    if entry is None:
        entry = Entry(kind="jotting", person_id=person.id, parts={"pieces": []}, written_at=sent_at)
    _add_piece(entry, said, sent_at)
    session.add(entry)
    session.flush()  # the files point to the entry, so it stands first
    for file in own_files(session, person.id, list(said.files)):
        file.entry_id = entry.id
        session.add(file)
    session.flush()
    ring = {"attachments"} if said.files else set()
    return Outcome(say=[_answer(session, person, entry)], ring=ring)


def _gathering(session: Session, person: Person, sent_at: datetime) -> Entry | None:
    """Find the jotting this piece belongs to: within 2 s of another piece and 10 s of the first.

    A note goes before a lone question, which is only joined when nothing else is near.
    """
    near = [entry for entry in lately_captured(session, person.id) if _is_near(entry, sent_at)]
    return next((entry for entry in near if not _is_lone_question(entry)), near[0] if near else None)


def _is_near(entry: Entry, sent_at: datetime) -> bool:
    last = max(entry.changed_at or entry.written_at, entry.written_at)
    is_near = entry.written_at - GATHER <= sent_at <= last + GATHER
    return is_near and abs(sent_at - entry.written_at) <= GATHER_AT_MOST


def _is_stray(said: Said) -> bool:
    """Say whether this is a question to somebody: it stays by itself, so that it is asked about and not swallowed."""
    return not said.files and len(said.text) <= STRAY_AT_MOST and asks_somebody(said.text)


def _is_lone_question(entry: Entry) -> bool:
    return len(entry.parts["pieces"]) == 1 and asks_somebody(words_of(entry.parts)) and not _files(entry)


def _add_piece(entry: Entry, said: Said, sent_at: datetime) -> None:
    piece: dict[str, Any] = {"text": said.text} if said.text.strip() else {}
    if said.files:
        piece["files"] = list(said.files)
    if said.message_id:
        piece["message"] = said.message_id
        entry.message_ids = [*entry.message_ids, said.message_id]
    entry.parts = {"pieces": [*entry.parts["pieces"], piece]}
    if sent_at > entry.written_at:
        entry.changed_at = sent_at


def asks_somebody(text: str) -> bool:
    """Say whether words end like a question."""
    return text.strip().rstrip(ENDINGS).endswith(ASKS)


def _answer(session: Session, person: Person, entry: Entry) -> Say:
    """Choose the one answer to all that has been gathered."""
    key = f"jotting:{entry.id}"
    words = words_of(entry.parts)
    if sounds_tired(words):
        return calm_words(entry, after=GATHER.total_seconds(), key=key)
    if _is_lone_question(entry):
        facts = entry_line(session, person, entry)
        return Say("asking", facts, _for_a_question(entry), template="jotting", after=GATHER.total_seconds(), key=key)
    return received(session, person, entry, after=GATHER.total_seconds(), key=key)


def _for_a_question(entry: Entry) -> tuple[Tap, ...]:
    return (Tap("put_in", row=entry.id, handler="jotting"), Tap("leave_out", row=entry.id, handler="jotting"))


def _files(entry: Entry) -> list[str]:
    return [id for piece in pieces_of(entry.parts) for id in piece.files]


def received(session: Session, person: Person, entry: Entry, after: float = 0.0, key: str | None = None) -> Say:
    """Name what is in a jotting, its date and 仅自己, with what may be done next."""
    files = own_files(session, person.id, _files(entry))
    first_voice = any(file.kind == "voice" for file in files) and not has_sent_voice(session, person.id, _files(entry))
    training = None if entry.training_id else suggested_training(session, person.id, entry.written_at)
    facts = {
        **entry_line(session, person, entry),
        **count_files(files),
        "texts": sum(1 for piece in pieces_of(entry.parts) if piece.text),
        "first_voice": first_voice,
        "suggested": training.title if training else "",
    }
    return Say("received", facts, _next_steps(entry, files, training), template="jotting", after=after, key=key)


def _next_steps(entry: Entry, files: Iterable[Attachment], training: Training | None) -> tuple[Tap, ...]:
    voice_only = any(file.kind == "voice" for file in files) and not words_of(entry.parts)
    more = Tap("open", row=entry.id, handler="note", block="tap__keyword" if voice_only else "tap__more")
    return (
        *attach_taps(entry, training),
        more,
        Tap("read", row=entry.id, handler="mine"),
        Tap("delete", row=entry.id, handler="mine"),
    )


def attach_taps(entry: Entry, training: Training | None) -> tuple[Tap, ...]:
    """Offer the training it probably belongs to, or the list of them; nothing for one already attached."""
    if entry.training_id:
        return ()
    if training is None:
        return (Tap("open", row=entry.id, handler="attach_entry", block="tap__attach"),)
    title = {"title": training.title}
    return (Tap("recent", row=entry.id, handler="attach_entry", block="tap__recent", facts=title),)


def suggested_training(session: Session, viewer_id: UUID, at: datetime) -> Training | None:
    """Find the training she attended that runs at this instant, or ended less than two days before."""
    return next((one for one in recent_trainings(session, viewer_id, at) if one.ends_at >= at - FRESH), None)


def edit(session: Session, person: Person, message_id: str, words: str, now: datetime) -> Outcome | None:
    """Take over the changed words of a message, keeping the earlier ones; None when the message is not known."""
    entry = entry_of_message(session, person.id, message_id) if message_id else None
    if entry is None:
        return None
    # Platforms also report an edit when nothing was reworded: a link preview, a reaction.
    parts = reworded(entry.parts, message_id, words)
    if parts == entry.parts or not words.strip():
        return Outcome()
    if entry.audience and _names_more_pupils(session, person, entry, parts, now):
        # Nobody asked her about these names yet, and others are reading.
        entry.share_with([])
        entry.shared_at = None
        share = Tap("open", row=entry.id, handler="share_entry", block="tap__share")
        return _revised(session, person, entry, parts, now, Say("edited_private", {"words": words}, (share,)))
    return _revised(session, person, entry, parts, now, Say("edited", {"words": words}))


def _revised(session: Session, person: Person, entry: Entry, parts: dict[str, Any], now: datetime, say: Say) -> Outcome:
    revise(session, entry, parts, now)
    look = (Tap("before", row=entry.id, handler="mine"), Tap("read", row=entry.id, handler="mine"))
    facts = {**entry_line(session, person, entry), **say.facts}
    said = Say(say.block, facts, (*say.buttons, *look), template="jotting")
    return Outcome(say=[said], unsay=set() if entry.audience else of_record(entry))


def _names_more_pupils(session: Session, person: Person, entry: Entry, parts: dict[str, Any], now: datetime) -> bool:
    audiences = audience_facts(session, person, now)["audiences"]
    colleagues = [name for names in audiences.values() for name in names]
    return bool(set(pupils_in(parts, colleagues)) - set(pupils_in(entry.parts, colleagues)))


def put_in(session: Session, person: Person, row: UUID | None, now: datetime) -> Outcome:
    """Leave a question among the jottings, as she wishes."""
    entry = own_entry(session, person.id, row) if row else None
    return Outcome(say=[received(session, person, entry) if entry else Say("gone")])


def leave_out(session: Session, person: Person, row: UUID | None, now: datetime) -> Outcome:
    """Take a question out again; it can be brought back for a day."""
    entry = own_entry(session, person.id, row) if row else None
    if entry is None:
        return Outcome(say=[Say("gone")])
    if len(pieces_of(entry.parts)) > 1:
        # More came while the question was on its way; that is a note, and none of it goes unasked.
        return Outcome(say=[received(session, person, entry)])
    entry.removed_at = now
    session.add(entry)
    say = Say("left_out", buttons=(Tap("restore", row=entry.id, handler="mine"),))
    return Outcome(say=[say], unsay=of_record(entry))


def quiet_week(session: Session, person: Person, row: UUID | None, now: datetime) -> Outcome:
    """Leave what she wrote to herself alone, and ask nothing of her until next Monday begins."""
    entry = own_entry(session, person.id, row) if row else None
    if entry is not None:
        entry.share_with([])
        entry.shared_at = None
        session.add(entry)
    today = local_day(now, person.zone)
    monday = today + timedelta(days=7 - today.weekday())
    until = instant(monday, datetime.min.time(), person.zone)
    kept = session.get(Person, person.id)
    if kept is None:
        return Outcome(say=[Say("gone")])
    if kept.paused_until is None or kept.paused_until < until:
        kept.paused_until = until.astimezone(UTC)
        session.add(kept)
    unsay = of_record(entry) if entry is not None else set()
    return Outcome(say=[Say("quiet", {"monday": monday.isoformat()})], replan={kept.id}, unsay=unsay)


def no_need(_session: Session, _person: Person, _row: UUID | None, _now: datetime) -> Outcome:
    """Change nothing."""
    return Outcome(say=[Say("no_need")])


capture = Capture(
    name="jotting",
    take=take,
    edit=edit,
    taps={"put_in": put_in, "leave_out": leave_out, "quiet_week": quiet_week, "no_need": no_need},
)
