"""周报 asked for: one row for each reader, however many weekly ones came since, and answers told once."""

from handlers.digest_making import make_digests
from models import Digest, Entry, Question
from tests.world import Talk, World


def share(world: World) -> Entry:
    """Let 林晓 share a note with her supervisor."""
    now = world.clock.now()
    entry = Entry(kind="jotting", person_id=world.id["lin"], parts={"pieces": [{"text": "分组"}]}, written_at=now)
    entry.shared_at = now
    entry.share_with(["supervisor"])
    world.add(entry)
    return entry


def weeks_pass(world: World, weeks: int) -> None:
    """Let digests come, week by week."""
    for _ in range(weeks):
        share(world)
        world.clock.advance(weeks=1)
        with world.store.writing() as session:
            make_digests(session, world.clock.now())
        world.tick()


def test_it_can_be_asked_for_again_after_many_weekly_ones(world: World) -> None:
    wang = Talk(world, "wang")
    share(world)
    wang("周报", says="on_demand")
    weeks_pass(world, 6)
    share(world)
    wang("周报", says="on_demand")
    asked = [one for one in world.all(Digest, person_id=world.id["wang"]) if one.key.endswith(":asked")]
    assert len(asked) == 1


def test_an_answer_is_told_again_in_its_week_and_not_weeks_later(world: World) -> None:
    wang, entry = Talk(world, "wang"), share(world)
    now = world.clock.now()
    world.add(
        Question(
            asker_id=world.id["wang"], person_id=world.id["lin"], about_kind="entry", about_id=entry.id,
            text="后来呢？", ask_at=now, made_at=now, answer_comes="digest", state="answered", answer_kind="words",
            answer="孩子们说开了", answered_at=now,
        )
    )  # fmt: skip
    world.clock.advance(minutes=5)
    assert "孩子们说开了" in wang("周报").text
    world.clock.advance(minutes=5)
    assert "孩子们说开了" in wang("周报").text
    weeks_pass(world, 3)
    wang.tap("items")
    share(world)
    world.clock.advance(minutes=5)
    assert "孩子们说开了" not in wang("周报").text
