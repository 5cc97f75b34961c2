"""What came with feedback on a lesson goes to the teacher as it came, and to nobody else."""

from pathlib import Path
from typing import Any

import pytest

from bot.errors import SendFailed
from bot.forms import Forms
from models import Attachment, Observation
from tests.bot.test_forms import AT, form, forms  # noqa: F401  (fixture)
from tests.world import World


@pytest.fixture
def lesson(world: World) -> Observation:
    """A lesson of 林晓 whose feedback 陈静安 has sent, with a recording."""
    lesson = Observation(
        person_id=world.id["chen"], observer_id=world.id["chen"], teacher_id=world.id["lin"], day=AT.date(), period=1,
        starts_at=AT, ends_at=AT, state="held", feedback="sent", made_at=AT,
    )  # fmt: skip
    world.add(lesson)
    return lesson


def recording(world: World, lesson: Observation, folder: Path, **columns: Any) -> Attachment:
    """A recording of the observer, its bytes fetched."""
    (folder / "files").mkdir(exist_ok=True)
    (folder / "files" / "abc").write_bytes(b"OggS of a voice")
    values = {"kind": "voice", "channel": "fake", "file_id": "f", "state": "kept", "stored_as": "abc"} | columns
    file = Attachment(person_id=world.id["chen"], observation_id=lesson.id, made_at=AT, **values)
    world.add(file)
    return file


def enclosed(world: World, file: Attachment, who: str, language: str = "zh_Hans") -> dict[str, Any]:
    return form(world, "enclosure", who, language) | {"row": str(file.id)}


@pytest.mark.parametrize(
    ("language", "name"),
    [
        ("zh_Hans", "2026-09-15-陈静安-听课反馈-语音.ogg"),
        ("zh_Hant", "2026-09-15-陈静安-觀課回饋-語音.ogg"),
        ("en", "2026-09-15-陈静安-lesson-feedback-recording.ogg"),
    ],
)
def test_a_recording_goes_to_the_teacher_as_it_came(
    world: World, forms: Forms, lesson: Observation, tmp_path: Path, language: str, name: str
) -> None:
    file = recording(world, lesson, tmp_path)
    assert forms.make(enclosed(world, file, "lin", language)) == (name, b"OggS of a voice")


@pytest.mark.parametrize("who", ["zhou", "wang", "he", "sun"])
def test_a_recording_goes_to_nobody_else(
    world: World, forms: Forms, lesson: Observation, tmp_path: Path, who: str
) -> None:
    file = recording(world, lesson, tmp_path)
    with pytest.raises(SendFailed, match="enclosure_gone"):
        forms.make(enclosed(world, file, who))


@pytest.mark.parametrize(
    "columns", [{"removed_at": AT}, {"state": "erase"}, {"state": "failed"}, {"stored_as": "nowhere"}], ids=str
)
def test_a_recording_that_is_no_more_is_not_sent(
    world: World, forms: Forms, lesson: Observation, tmp_path: Path, columns: dict[str, Any]
) -> None:
    with pytest.raises(SendFailed, match="enclosure_gone") as failed:
        forms.make(enclosed(world, recording(world, lesson, tmp_path, **columns), "lin"))
    assert failed.value.wait is None


def test_a_recording_of_feedback_taken_back_is_not_sent(
    world: World, forms: Forms, lesson: Observation, tmp_path: Path
) -> None:
    file = recording(world, lesson, tmp_path)
    with world.store.writing() as session:
        session.get_one(Observation, lesson.id).feedback = "kept"
    with pytest.raises(SendFailed, match="enclosure_gone"):
        forms.make(enclosed(world, file, "lin"))


def test_a_recording_that_is_still_being_fetched_waits(
    world: World, forms: Forms, lesson: Observation, tmp_path: Path
) -> None:
    file = recording(world, lesson, tmp_path, state="wanted", stored_as=None)
    with pytest.raises(SendFailed) as failed:
        forms.make(enclosed(world, file, "lin"))
    assert failed.value.wait is not None
