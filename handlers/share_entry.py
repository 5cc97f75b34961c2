"""改可见范围: choose who may read an entry, with the people named, and pupils' names replaced if she likes."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from bot.conversation import Answers, Conversation, Outcome, Question, Say, Tap
from bot.errors import Refused
from handlers.audience import audience, audience_facts, audience_values, will_be_read
from handlers.pupils import ONLY_ME, pupils, pupils_in, without_names
from handlers.quoting import of_record
from handlers.reading import entry_line
from models import Entry, Person
from models.entries import own_entry, revise


def facts(session: Session, viewer: Person, now: datetime, about: UUID | None, rest: str) -> dict[str, Any]:
    """Read the entry, the people who could read it and the pupils it seems to name."""
    entry = own_entry(session, viewer.id, about) if about else None
    if entry is None:
        raise Refused("gone")
    people = audience_facts(session, viewer, now)
    colleagues = [name for names in people["audiences"].values() for name in names]
    line = entry_line(session, viewer, entry)
    return {**people, "entry": line, "pupils": pupils_in(entry.parts, colleagues)}


def names_pupils(answers: Answers) -> bool:
    """Ask about pupils' names only when somebody else would read them."""
    return will_be_read(answers) and bool(answers.facts["pupils"])


def _pupils(answers: Answers) -> list[str]:
    return list(answers.facts["pupils"])


def finish(session: Session, answers: Answers, person: Person, now: datetime) -> Outcome:
    """Set the audience; the words with other names take the place of the old, which stay as a version."""
    entry = own_entry(session, person.id, UUID(answers.facts["entry"]["id"]))
    if entry is None:
        return Outcome(say=[Say("gone")])
    chosen = answers.get("pupils")
    if isinstance(chosen, dict):
        revise(session, entry, without_names(entry.parts, answers.facts["pupils"], chosen["by"]), now)
    return Outcome(say=[_shared(session, person, entry, answers, now)], unsay=of_record(entry))


def _shared(session: Session, person: Person, entry: Entry, answers: Answers, now: datetime) -> Say:
    was = entry.audience
    entry.share_with([] if answers.get("pupils") == ONLY_ME else audience_values(answers))
    if entry.audience != was:
        # A digest tells of what was shared since the last one, so the same audience again is no news.
        entry.shared_at = now if entry.audience else None
    session.add(entry)
    readers = {name: answers.facts["audiences"].get(name, []) for name in entry.audience}
    buttons = (
        Tap("read", row=entry.id, handler="mine"),
        Tap("open", row=entry.id, handler="share_entry", block="tap__share"),
    )
    block = "shared" if entry.audience else "private"
    return Say(block, {**entry_line(session, person, entry), "readers": readers}, buttons)


conversation = Conversation(
    name="share_entry",
    facts=facts,
    questions=(Question("audience", audience()), Question("pupils", pupils(_pupils), when=names_pupils)),
    finish=finish,
    keeps_draft=False,
)
