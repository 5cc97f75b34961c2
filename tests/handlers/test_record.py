"""记录表: rows to read, to change, to take out, to show and to carry away; hers alone unless she shows them."""

import pytest

from models import Action, CheckIn, Training
from models.actions import readable_record
from models.rules.wall_time import local_day
from tests.handlers.pressing import opens, presses
from tests.world import Talk, World


def row(world: World, who: str = "lin", **cells: str) -> CheckIn:
    """One row of somebody's record form."""
    now = world.clock.now()
    training = Training(title="大单元教学设计", starts_at=now, ends_at=now)
    action = Action(person_id=world.id[who], deed="先默看评价单", made_at=now)
    world.add(training, action)
    made = CheckIn(
        action_id=action.id, person_id=world.id[who], training_id=training.id, result="partly",
        happened_on=local_day(now, "Asia/Shanghai"), written_at=now, **{"insight": "先写评价任务", **cells},
    )  # fmt: skip
    world.add(made)
    return made


def stored(world: World, made: CheckIn) -> CheckIn:
    """The row as the store has it now."""
    return world.all(CheckIn, id=made.id)[0]


def test_an_empty_record_is_no_reproach(talk: Talk) -> None:
    talk("记录表", says="no_rows")
    talk.tap("open", asks="wish")
    talk("取消")
    assert "no_rows" in presses(talk.world, "lin", "record", "word").blocks


def test_a_row_is_read_as_text(world: World, talk: Talk) -> None:
    row(world, effect="三组快了", obstacle="unclear", remedy="more")
    heard = talk("/record", says="one_row")
    assert "《大单元教学设计》" in heard.text and "学生没听懂" in heard.text and "照样再试两周" in heard.text
    assert heard.bubbles["lin"][-1].options == ["open", "word", "share"]


def test_earlier_rows_are_a_tap_away(world: World, talk: Talk) -> None:
    row(world, effect="第一次"), row(world, effect="第二次")
    assert "第二次" in talk("记录表").text
    assert "第一次" in talk.tap("row", says="one_row").text


def test_it_comes_as_a_document(world: World, talk: Talk) -> None:
    row(world)
    talk("记录表")
    heard = talk.tap("word", says="document")
    assert heard.bubbles["lin"][-1].form == {
        "kind": "record", "person_id": str(world.id["lin"]), "language": "zh_Hans",
    }  # fmt: skip


def test_a_row_is_shown_to_the_supervisor_after_a_preview_and_taken_back(world: World, talk: Talk) -> None:
    made = row(world, effect="三组快了")
    talk("记录表")
    heard = talk.tap("share", says="share_preview")
    assert "王立群" in heard.text and stored(world, made).audience == []
    talk.tap("share_yes", says="shared")
    assert stored(world, made).audience == ["supervisor"] and stored(world, made).shared_at is not None
    with world.store.reading() as session:
        assert len(readable_record(session, world.id["wang"], world.today, world.id["lin"])) == 1
        assert readable_record(session, world.id["zhou"], world.today, world.id["lin"]) == []
    talk.tap("unshare", says="unshared")
    assert stored(world, made).audience == [] and stored(world, made).shared_at is None
    with world.store.reading() as session:
        assert readable_record(session, world.id["wang"], world.today, world.id["lin"]) == []


def test_with_no_supervisor_it_stays_hers(world: World) -> None:
    made = row(world, "he")
    assert "nobody_to_show" in presses(world, "he", "record", "share", made.id).blocks


def test_she_may_think_better_of_showing_it(world: World, talk: Talk) -> None:
    made = row(world)
    talk("记录表")
    talk.tap("share", says="share_preview")
    talk.tap("row", says="one_row")
    assert stored(world, made).audience == []


def test_a_cell_is_changed(world: World, talk: Talk) -> None:
    made = row(world, obstacle="time")
    talk("记录表")
    talk.tap("open", asks="cell")
    heard = talk("出现的问题", asks="words")
    assert "时间不够" in heard.text
    talk("汇报环节排得太满", says="changed")
    assert stored(world, made).obstacle == "汇报环节排得太满"
    talk.tap("open", asks="cell")
    talk.tap("insight", asks="words")
    talk("清空这一格", says="changed")
    assert stored(world, made).insight == ""


def test_a_row_is_taken_out_and_put_back(world: World, talk: Talk) -> None:
    made = row(world)
    talk("改记录表", asks="cell")
    talk.tap("remove", says="removed")
    assert stored(world, made).removed_at is not None
    assert "no_rows" in world.says("lin", "记录表").blocks
    assert "restored" in presses(world, "lin", "record", "restore", made.id).blocks
    assert stored(world, made).removed_at is None


def test_a_row_taken_out_long_ago_stays_out(world: World, talk: Talk) -> None:
    made = row(world)
    talk("改记录表", asks="cell")
    talk.tap("remove", says="removed")
    world.clock.advance(days=1, minutes=1)
    assert "gone" in presses(world, "lin", "record", "restore", made.id).blocks


def test_there_is_nothing_to_change_in_an_empty_record(talk: Talk) -> None:
    talk("改记录表", says="no_rows_yet")


@pytest.mark.parametrize("tap", ["row", "share", "share_yes", "unshare", "restore"])
def test_nobody_else_touches_her_row(world: World, tap: str) -> None:
    made = row(world, effect="只给自己看")
    heard = presses(world, "wang", "record", tap, made.id)
    assert "gone" in heard.blocks and "只给自己看" not in heard.text
    assert stored(world, made).audience == [] and stored(world, made).removed_at is None


def test_nobody_else_edits_her_row_even_when_it_is_shown(world: World) -> None:
    made = row(world, effect="给主管看的")
    presses(world, "lin", "record", "share_yes", made.id)
    heard = opens(world, "wang", "edit_record", made.id)
    assert "gone" in heard.blocks and "给主管看的" not in heard.text


def test_a_row_that_went_meanwhile_is_met_kindly(world: World, talk: Talk) -> None:
    made = row(world)
    talk("改记录表", asks="cell")
    talk.tap("insight", asks="words")
    with world.store.writing() as session:
        session.get_one(CheckIn, made.id).removed_at = world.clock.now()
    talk("新的体会", says="gone")


def test_her_data_come_as_an_archive(world: World, talk: Talk) -> None:
    heard = talk("导出", says="here")
    assert heard.bubbles["lin"][-1].form == {
        "kind": "export", "person_id": str(world.id["lin"]), "language": "zh_Hans",
    }  # fmt: skip
