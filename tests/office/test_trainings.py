"""Trainings from a file: times in the school's zone, attendance by group, twice as good as once."""

from datetime import UTC, datetime

import pytest
from sqlmodel import select

from bot.office.enrol import roster
from bot.office.trainings import trainings
from models import Attendance, Training
from models.people import Person
from models.trainings import recent_trainings
from tests.office.conftest import NOW

HEAD = "培训名称,日期,时间,地点,主讲人,教研组,学时\n"
TWO = HEAD + "大单元教学设计,2026-09-29,14:00-16:30,报告厅,梅教授,数学组,3\n师德学习,2026/9/28,8:00,,,,\n"


@pytest.fixture
def import_trainings(store, settings, saved):
    roster(store, settings, saved("姓名,教研组,角色\n安老师,数学组,\n柏老师,语文组,组长\n洪老师,,办公室\n"), NOW, True)

    def run(text, apply=True):
        return trainings(store, settings, saved(text), NOW, apply)

    return run


def test_rows_become_trainings_with_those_who_take_part(import_trainings, store):
    assert import_trainings(TWO).facts == {"new": 2, "changed": 0, "attending": 3}
    with store.reading() as session:
        an, bo = (session.exec(select(Person).where(Person.name == name)).one() for name in ("安老师", "柏老师"))
        design, ethics = recent_trainings(session, an.id, NOW)
        assert (design.starts_at, design.ends_at) == (
            datetime(2026, 9, 29, 6, 0, tzinfo=UTC),
            datetime(2026, 9, 29, 8, 30, tzinfo=UTC),
        )
        assert (design.place, design.speaker, design.hours) == ("报告厅", "梅教授", 3)
        assert ethics.ends_at == datetime(2026, 9, 28, 2, 0, tzinfo=UTC)
        assert [one.title for one in recent_trainings(session, bo.id, NOW)] == ["师德学习"]


def test_a_dry_run_writes_nothing_and_a_second_import_changes_nothing(import_trainings, store):
    assert import_trainings(TWO, apply=False).facts["new"] == 2
    with store.reading() as session:
        assert session.exec(select(Training)).all() == []
    import_trainings(TWO)
    assert import_trainings(TWO).facts == {"new": 0, "changed": 0, "attending": 0}
    assert any("没有要改的" in line for line in import_trainings(TWO, apply=False).lines())


def test_a_moved_hour_changes_the_same_training(import_trainings, store):
    import_trainings(TWO)
    assert import_trainings(TWO.replace("14:00-16:30", "15:00-16:30")).facts == {"new": 0, "changed": 1, "attending": 0}


def test_a_newcomer_is_added_to_those_who_take_part(import_trainings, store, settings, saved):
    import_trainings(TWO)
    roster(store, settings, saved("姓名,教研组\n蔡老师,数学组\n"), NOW, True)
    assert import_trainings(TWO).facts == {"new": 0, "changed": 0, "attending": 2}


def test_several_groups_take_part_together(import_trainings, store):
    assert import_trainings(HEAD + "听评课,2026-09-29,14:00,,,数学组、语文组,\n").facts["attending"] == 2
    with store.reading() as session:
        assert len(session.exec(select(Attendance)).all()) == 2


@pytest.mark.parametrize(
    ("day", "time", "starts", "ends"),
    [
        ("2026年9月29日", "14：00—16：30", "14:00", "16:30"),
        ("2026.9.29", "下午2:00-4:30", "14:00", "16:30"),
        ("2026-9-29（周二）", "下午2点半到4点", "14:30", "16:00"),
        ("2026/09/29", "上午8:30至下午4:00", "08:30", "16:00"),
        ("2026-09-29", "18:00", "18:00", "20:00"),
    ],
)
def test_how_clerks_write_days_and_times(import_trainings, store, day, time, starts, ends):
    assert import_trainings(f"{HEAD}听评课,{day},{time},,,,\n").code == 0
    with store.reading() as session:
        training = session.exec(select(Training)).one()
    hours = [f"{(at.hour + 8) % 24:02d}:{at:%M}" for at in (training.starts_at, training.ends_at)]
    assert hours == [starts, ends] and training.starts_at.date().isoformat() == "2026-09-29"


def test_lessons_say_how_long_it_lasts(import_trainings, store):
    import_trainings(HEAD + "听评课,2026-09-29,14:00,,,,4学时\n")
    with store.reading() as session:
        assert session.exec(select(Training)).one().ends_at == datetime(2026, 9, 29, 9, 0, tzinfo=UTC)


BAD = {
    "no title": (",2026-09-29,14:00,,,,", "名称"),
    "no year": ("听评课,9月29日,14:00,,,,", "年份"),
    "no such day": ("听评课,2026-09-31,14:00,,,,", "日历上没有"),
    "no such time": ("听评课,2026-09-29,25:00,,,,", "看不懂"),
    "no time": ("听评课,2026-09-29,,,,,", "看不懂"),
    "an end before its beginning": ("听评课,2026-09-29,16:00-14:00,,,,", "结束要比开始晚"),
    "an unknown group": ("听评课,2026-09-29,14:00,,,数学祖,", "是不是“数学组”"),
    "hours in words": ("听评课,2026-09-29,14:00,,,,许多", "学时"),
    "a thousand hours": ("听评课,2026-09-29,14:00,,,,999", "学时"),
}


@pytest.mark.parametrize(("row", "why"), BAD.values(), ids=BAD)
def test_a_bad_row_is_named_and_nothing_is_written(import_trainings, store, row, why):
    report = import_trainings(TWO + row + "\n")
    assert report.code == 2 and any("第 4 行" in line and why in line for line in report.lines())
    with store.reading() as session:
        assert session.exec(select(Training)).all() == []


def test_the_same_training_twice_names_both_lines(import_trainings):
    report = import_trainings(HEAD + "听评课,2026-09-29,14:00,,,,\n听评课,2026-09-29,16:00,,,全校,\n")
    assert any("第 3 行" in line and "第 2 行" in line for line in report.lines())


def test_before_the_roster_there_is_no_school(store, settings, saved):
    assert any("先导入名单" in line for line in trainings(store, settings, saved(TWO), NOW, True).lines())
