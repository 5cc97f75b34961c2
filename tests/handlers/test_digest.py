"""周报: made once a week from what is shared, read item by item, silent about everything private."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import select

from handlers.digest import make_digests
from models import Action, CheckIn, Digest, Membership, Observation, Prompt
from tests.handlers.test_feedback import give
from tests.handlers.test_respond import shared, unshare
from tests.world import Talk, World

FRIDAY = datetime(2026, 9, 18, 8, 30, tzinfo=UTC)  # 16:30 in Shanghai
SECRET = "今天很累，想一个人待着"


@pytest.fixture
def wang(world: World) -> Talk:
    return Talk(world, "wang")


def make(world: World) -> int:
    with world.store.writing() as session:
        return make_digests(session, world.clock.now())


def week_passes(world: World, weeks: int = 0) -> Any:
    """Go to a Friday 16:30, make the digests and let them be said."""
    world.clock.instant = FRIDAY + timedelta(weeks=weeks)
    make(world)
    return world.tick()


def digests_of(world: World, who: str) -> list[Digest]:
    return [one for one in world.all(Digest, person_id=world.id[who]) if not one.key.endswith(":asked")]


def test_what_was_shared_comes_on_friday_afternoon(world: World, wang: Talk) -> None:
    shared(world, "lin", ["supervisor"])
    shared(world, "zhou", ["supervisor"], "一次没讲完的课")
    world.clock.instant = FRIDAY - timedelta(minutes=1)
    make(world)
    assert world.tick().bubbles == {}
    said = week_passes(world).to("wang")
    assert "2 条" in said and "林晓" in said and "一次没讲完的课" in said


def test_making_twice_is_harmless(world: World) -> None:
    shared(world, "lin", ["supervisor"])
    world.clock.instant = FRIDAY
    assert make(world) > 0
    before = len(world.all(Prompt)), len(world.all(Digest))
    assert make(world) == 0
    assert (len(world.all(Prompt)), len(world.all(Digest))) == before


def test_what_is_private_is_neither_counted_nor_named(world: World) -> None:
    shared(world, "lin", ["supervisor"])
    shared(world, "zhao", [], SECRET)
    shared(world, "zhao", ["pair"], SECRET)
    said = week_passes(world).to("wang")
    assert "1 条" in said and "赵然" not in said and SECRET not in said


def test_the_same_digest_whether_or_not_something_private_exists(world: World) -> None:
    shared(world, "lin", ["supervisor"])
    world.clock.instant = FRIDAY
    make(world)
    before = digests_of(world, "wang")[0].facts
    shared(world, "zhao", [], SECRET)
    Talk(world, "wang")("周报", says="on_demand")
    asked = next(one for one in world.all(Digest, person_id=world.id["wang"]) if one.key.endswith(":asked"))
    assert asked.facts["items"] == before["items"]


def test_a_week_with_nothing_in_it_is_not_spoken_of(world: World) -> None:
    assert week_passes(world).bubbles == {}
    assert digests_of(world, "wang")[0].read_at is not None


def test_a_mentor_has_one_for_the_pair_without_numbers(world: World) -> None:
    shared(world, "lin", ["pair"])
    card = week_passes(world)
    assert "林晓" in card.to("chen") and "条" not in card.to("chen")
    assert digests_of(world, "chen")[0].facts["counts"] == {}
    assert "wang" not in card.bubbles


def test_a_circle_under_five_hears_no_numbers(world: World) -> None:
    with world.store.writing() as session:
        for post in session.exec(select(Membership).where(Membership.person_id == world.id["wu"])):
            session.delete(post)
    shared(world, "lin", ["supervisor"])
    said = week_passes(world).to("wang")
    assert "林晓" in said and "1 条" not in said and "人" not in said


def test_the_leader_reads_what_goes_to_the_group(world: World) -> None:
    shared(world, "zhou", ["group"])
    card = week_passes(world)
    assert "周宁" in card.to("wang") and set(card.bubbles) == {"wang"}


def test_actions_and_rows_of_records_are_shared_too(world: World, wang: Talk) -> None:
    now = world.clock.now()
    action = Action(person_id=world.id["lin"], class_name="三2班", moment="talk", deed="先请两个孩子说", made_at=now)
    row = CheckIn(
        action_id=action.id, person_id=world.id["lin"], result="partly", effect="三组汇报快了", obstacle="unclear",
        happened_on=date(2026, 9, 16), written_at=now,
    )  # fmt: skip
    for item in (action, row):
        item.share_with(["supervisor"])
        item.shared_at = now
        world.add(item)
    assert "先请两个孩子说" in week_passes(world).to("wang")
    said = wang.tap("items", says="item").text + wang.tap("next", says="item").text
    assert "三2班" in said and "三组汇报快了" in said
    give(world, "wang", "c", row.id, "digest", "whole", "read all")
    assert "学生没听懂" in wang.tap("read all", says="whole").text


def test_items_are_read_one_by_one_and_answered(world: World, wang: Talk) -> None:
    for number in range(7):
        shared(world, "lin", ["supervisor"], f"第{number}条")
    said = week_passes(world).to("wang")
    assert "7 条" in said and said.count("·") == 6
    assert "1/5" in wang.tap("items", says="item").text
    assert "2/5" in wang.tap("next", says="item").text
    wang.tap("received", says="received")
    assert "3/5" in wang.tap("next", says="item").text
    for _ in range(2):
        wang.tap("next", says="item")
    assert "next" not in world.last["wang"].options
    assert digests_of(world, "wang")[0].read_at is not None


def test_what_was_made_private_before_it_is_said_is_left_out(world: World) -> None:
    entry = shared(world, "lin", ["supervisor"])
    shared(world, "zhou", ["supervisor"], "一次没讲完的课")
    world.clock.instant = FRIDAY
    make(world)
    unshare(world, entry)
    said = world.tick().to("wang")
    assert "1 条" in said and "林晓" not in said


def test_what_was_made_private_afterwards_cannot_be_opened(world: World, wang: Talk) -> None:
    entry = shared(world, "lin", ["supervisor"])
    week_passes(world)
    unshare(world, entry)
    assert "小宇" not in wang.tap("items", says="no_more").text
    give(world, "wang", "c", entry.id, "digest", "whole", "read all")
    assert "小宇" not in wang.tap("read all", says="gone").text


def test_a_short_reflection_is_shown_with_its_title_and_its_words(world: World, wang: Talk) -> None:
    zhou = Talk(world, "zhou")
    for said in ("写反思", "别的", "一次没讲完的课", "讲到想象画面就卡住了，我请他们画了一画", *["跳过"] * 4, "主管"):
        zhou(said)
    week_passes(world)
    heard = wang.tap("items", says="item")
    assert "一次没讲完的课" in heard.text and "请他们画了一画" in heard.text


def test_a_row_of_one_tap_is_named_in_words(world: World, wang: Talk) -> None:
    now = world.clock.now()
    action = Action(person_id=world.id["lin"], deed="先请两个孩子说", made_at=now)
    row = CheckIn(
        action_id=action.id, person_id=world.id["lin"], result="no_chance", obstacle="time",
        happened_on=date(2026, 9, 16), written_at=now,
    )  # fmt: skip
    row.share_with(["supervisor"])
    row.shared_at = now
    world.add(action, row)
    said = week_passes(world).to("wang")
    assert "时间不够" in said and "「time」" not in said


def test_a_long_one_is_shown_whole_on_request(world: World, wang: Talk) -> None:
    shared(world, "lin", ["supervisor"], "很长。" * 60)
    week_passes(world)
    assert "…" in wang.tap("items", says="item").text
    assert "很长。" * 60 in wang.tap("whole", says="whole").text


def test_what_waits_for_a_word_is_said_with_its_age(world: World, wang: Talk) -> None:
    shared(world, "lin", ["supervisor"])
    week_passes(world)
    world.advance(days=1)
    shared(world, "zhou", ["supervisor"], "新的一条")
    said = week_passes(world, 1).to("wang")
    assert "1 条" in said and "9 天前" in said
    assert "小宇" in wang.tap("waiting", says="item").text
    wang.tap("received", says="received")
    give(world, "wang", "c", digests_of(world, "wang")[-1].id, "digest", "waiting", "what waits")
    wang.tap("what waits", says="nothing_waits")


def test_a_proposal_to_observe_waits_there_too(world: World, wang: Talk) -> None:
    shared(world, "lin", ["supervisor"])
    starts = datetime(2026, 9, 22, 0, 20, tzinfo=UTC)
    world.add(
        Observation(
            person_id=world.id["zhou"],
            observer_id=world.id["wang"],
            teacher_id=world.id["zhou"],
            starts_at=starts,
            day=date(2026, 9, 22),
            period=1,
            ends_at=starts + timedelta(minutes=40),
            made_at=starts,
        )
    )
    week_passes(world)
    wang.tap("waiting", says="proposal")


def test_a_missed_week_is_caught_up_from_rows(world: World) -> None:
    week_passes(world)
    world.advance(days=1)
    shared(world, "lin", ["supervisor"], "第二周写的")
    said = week_passes(world, 3)
    assert "第二周写的" in said.to("wang")
    assert len(digests_of(world, "wang")) == 2


def test_after_a_weekend_of_sleep_it_comes_on_monday(world: World) -> None:
    shared(world, "lin", ["supervisor"])
    world.clock.instant = FRIDAY + timedelta(days=1)
    make(world)
    assert world.tick().bubbles == {}
    assert "林晓" in world.next_contact("wang").to("wang")
    assert world.clock.now() == datetime(2026, 9, 20, 22, 30, tzinfo=UTC)  # Monday 06:30
