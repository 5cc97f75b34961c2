"""What the tests of notes, reflections and records share: trainings of 林晓, and the words as they are stored."""

from datetime import timedelta
from uuid import UUID

from models import Attendance, Entry, Outbound, Training
from tests.world import World


def add_training(world: World, title: str = "大单元教学设计", who: str = "lin", **ended_ago: float) -> Training:
    """Give somebody a training of two hours that ended so long ago."""
    ends_at = world.clock.now() - timedelta(**ended_ago)
    training = Training(title=title, starts_at=ends_at - timedelta(hours=2), ends_at=ends_at)
    world.add(training, Attendance(training_id=training.id, person_id=world.id[who]))
    return training


def add_entry(world: World, words: str = "分层作业先给选择权", who: str = "lin", **fields: object) -> Entry:
    """Give somebody a jotting written now."""
    entry = Entry(
        kind="jotting", person_id=world.id[who], parts={"pieces": [{"text": words}]}, written_at=world.clock.now()
    )
    for name, value in fields.items():
        setattr(entry, name, value)
    world.add(entry)
    return entry


def entry_now(world: World, entry_id: UUID | None = None) -> Entry:
    """Read one entry as it stands; the only one when no id is given."""
    found = world.all(Entry, **({"id": entry_id} if entry_id else {}))
    assert len(found) == 1
    return found[0]


def waiting_card(world: World, key: str) -> str:
    """Read the card that is held back under a key."""
    (row,) = world.all(Outbound, key=key)
    return str(row.body["plain"])
