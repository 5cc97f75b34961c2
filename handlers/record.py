"""记录表: the rows that grew out of her follow-ups, as text and as a Word document."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session

from bot.conversation import Command, Form, Outcome, Say, Tap
from handlers.quoting import of_record
from models import CheckIn, Person, Training
from models.actions import own_check_in, own_record, own_removed_check_in
from models.people import supervisors_of

RESTORABLE = timedelta(days=1)  # a row that was taken out can be put back so long


def answer(session: Session, person: Person, rest: str, now: datetime) -> Outcome:
    """Show the latest row, or say kindly how the first one comes about."""
    rows = own_record(session, person.id)
    if not rows:
        return Outcome(say=[Say("no_rows", buttons=(Tap("open", None, "action"),))])
    return Outcome(say=[_shown(session, rows, len(rows) - 1)])


def _shown(session: Session, rows: list[CheckIn], place: int) -> Say:
    """Show one row with its number; the older ones are a tap away."""
    row = rows[place]
    facts = {"row": row.told(), "title": _title(session, row), "number": place + 1, "count": len(rows)}
    share = Tap("unshare", row.id) if row.to_supervisor else Tap("share", row.id)
    buttons = [Tap("open", row.id, "edit_record", block="tap__edit"), Tap("word"), share]
    if place > 0:
        buttons.append(Tap("row", rows[place - 1].id, block="tap__earlier"))
    return Say("one_row", facts, tuple(buttons))


def _title(session: Session, row: CheckIn) -> str:
    training = session.get(Training, row.training_id) if row.training_id else None
    return training.title if training else ""


def _row(session: Session, person: Person, row_id: UUID | None, now: datetime) -> Outcome:
    """Show the row that a button named."""
    rows = own_record(session, person.id)
    place = next((place for place, row in enumerate(rows) if row.id == row_id), None)
    return Outcome(say=[Say("gone") if place is None else _shown(session, rows, place)])


def _word(session: Session, person: Person, row_id: UUID | None, now: datetime) -> Outcome:
    """Hand over the form as a document; it is made when the message leaves."""
    rows = own_record(session, person.id)
    if not rows:
        return Outcome(say=[Say("no_rows", buttons=(Tap("open", None, "action"),))])
    return Outcome(say=[Say("document", {"count": len(rows)}, form=Form("record", person.id))])


def _share(session: Session, person: Person, row_id: UUID | None, now: datetime) -> Outcome:
    """Show who would see what before anything is shared."""
    row = own_check_in(session, person.id, row_id) if row_id else None
    if row is None:
        return Outcome(say=[Say("gone")])
    names = [one.name for one in supervisors_of(session, person.id)]
    if not names:
        return Outcome(say=[Say("nobody_to_show")])
    facts = {"row": row.told(), "names": names}
    return Outcome(
        say=[Say("share_preview", facts, (Tap("share_yes", row.id), Tap("row", row.id, block="tap__share_no")))]
    )


def _share_yes(session: Session, person: Person, row_id: UUID | None, now: datetime) -> Outcome:
    """Let the supervisors read one row."""
    return _set_audience(session, person, row_id, now, is_shared=True)


def _unshare(session: Session, person: Person, row_id: UUID | None, now: datetime) -> Outcome:
    """Take one row back from the supervisors."""
    return _set_audience(session, person, row_id, now, is_shared=False)


def _set_audience(session: Session, person: Person, row_id: UUID | None, now: datetime, is_shared: bool) -> Outcome:
    row = own_check_in(session, person.id, row_id) if row_id else None
    if row is None:
        return Outcome(say=[Say("gone")])
    others = [name for name in row.audience if name != "supervisor"]
    row.share_with([*others, "supervisor"] if is_shared else others)
    row.shared_at = (row.shared_at or now) if row.audience else None
    names = [one.name for one in supervisors_of(session, person.id)]
    back = Tap("unshare", row.id) if is_shared else Tap("share", row.id)
    say = Say("shared" if is_shared else "unshared", {"names": names}, (back,))
    return Outcome(say=[say], unsay=set() if is_shared else of_record(row))


def _restore(session: Session, person: Person, row_id: UUID | None, now: datetime) -> Outcome:
    """Put a row back that was taken out less than a day ago."""
    row = own_removed_check_in(session, person.id, row_id) if row_id else None
    if row is None or row.removed_at is None or row.removed_at < now - RESTORABLE:
        return Outcome(say=[Say("gone")])
    row.removed_at = None
    return Outcome(say=[Say("restored", buttons=(Tap("row", row.id, block="tap__row"),))])


def cells_of(row: CheckIn) -> dict[str, Any]:
    """Give the four columns of a row by name."""
    return {"insight": row.insight, "effect": row.effect, "obstacle": row.obstacle, "remedy": row.remedy}


command = Command(
    name="record",
    command="record",
    answer=answer,
    taps={
        "row": _row,
        "word": _word,
        "share": _share,
        "share_yes": _share_yes,
        "unshare": _unshare,
        "restore": _restore,
    },
)
