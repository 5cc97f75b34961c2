"""Bells and lessons from a file: lists, seasons, single and double weeks, the printed form; whole or not at all."""

from datetime import date, time, timedelta

import pytest
from openpyxl import Workbook
from sqlmodel import select

from bot.office.calendar import calendar
from bot.office.enrol import roster
from bot.office.timetable import timetable
from bot.school import lessons_held, school_clock
from models import BellTable, Lesson, LessonMove, Observation, Person, Prompt
from models.school import all_lessons
from tests.office.conftest import NOW

PEOPLE = (
    "姓名,教研组,角色,学科,工号\n林晓,语文组,教师,语文,001\n周宁,语文组,教师,语文,002\n孙桥,数学组,教师,数学,003\n"
    "洪老师,语文组,教师,书法,004\n洪老师,数学组,教师,数学,005\n安离,数学组,教师,数学,006\n"
)
TERMS = "类型,名称,开始,周数\n学期,2026秋,2026-08-31,20\n学期,2027春,2027-02-22,20\n"
BELLS = "节次,上课,下课\n1,8:20,9:00\n2,9:10,9:50\n3,10:20,11:00\n4,下午2:00,下午2:40\n"
HEAD = "班级,学科,老师,工号,星期,节次,单双周,学段,学期\n"
LESSONS = (
    HEAD + "三（1）班,语文,林晓,,周一,1,,,\n三（2）班,语文,林晓,,周一,2,,,\n三(1)班,数学,孙桥,,星期一,第2节,,,\n"
    "三（1）班,书法,,004,周三,4,单周,,\n三（1）班,语文,林晓,,周三,4,双,,\n"
)
WEDNESDAY = date(2026, 10, 14)  # of week 7


@pytest.fixture
def imported(store, settings, saved):
    roster(store, settings, saved(PEOPLE), NOW, True)
    calendar(store, settings, saved(TERMS), NOW, True)

    def run(text, apply=True):
        return timetable(store, settings, saved(text), NOW, apply)

    return run


@pytest.fixture
def held(store):
    def read(name, day):
        with store.reading() as session:
            one = session.exec(select(Person).where(Person.name == name)).first()
            lessons = lessons_held(session, [one.id], [day])[day]
            return [(lesson.period, lesson.lesson.class_name, lesson.lesson.subject) for lesson in lessons]

    return read


def test_a_list_becomes_the_weekly_lessons(imported, held):
    report = imported(LESSONS)
    assert report.facts["added"] == 5, report.lines()
    assert held("林晓", date(2026, 10, 12)) == [(1, "三（1）班", "语文"), (2, "三（2）班", "语文")]
    assert held("孙桥", date(2026, 10, 12)) == [(2, "三（1）班", "数学")]
    assert held("林晓", WEDNESDAY) == [] and held("林晓", WEDNESDAY + timedelta(days=7)) == [(4, "三（1）班", "语文")]


def test_a_dry_run_says_what_would_be_added_and_writes_nothing(imported, store):
    report = imported(LESSONS, apply=False)
    assert any("“2026秋”的课表换成这一份，共 5 节：新增 5" in line for line in report.lines())
    assert any("新增：三（1）班 周三第 4 节（单周） 书法 洪老师" in line for line in report.lines())
    with store.reading() as session:
        assert all_lessons(session) == []


def test_importing_twice_changes_nothing(imported, store):
    imported(LESSONS)
    with store.reading() as session:
        rows = {lesson.id for lesson, _term in all_lessons(session)}
    report = imported(LESSONS)
    assert report.facts | {"kept": 0} == dict.fromkeys(report.facts, 0) and report.facts["kept"] == 5
    with store.reading() as session:
        assert {lesson.id for lesson, _term in all_lessons(session)} == rows


def test_a_new_timetable_replaces_that_of_the_term_and_no_other(imported, store):
    imported(LESSONS)
    imported(HEAD + "三（1）班,语文,周宁,,周一,1,,,2027春\n")
    with store.reading() as session:
        assert sorted(term.name for _lesson, term in all_lessons(session)) == ["2026秋"] * 5 + ["2027春"]
    less = HEAD + "三（1）班,阅读,林晓,,周一,1,,,\n三（1）班,语文,周宁,,周五,1-2,,,\n"
    report = imported(less)
    assert {name: report.facts[name] for name in ("added", "removed", "changed", "kept")} == {
        "added": 2, "removed": 4, "changed": 1, "kept": 0,
    }  # fmt: skip
    assert any("改动：三（1）班 周一第 1 节 阅读 林晓（原来是语文）" in line for line in report.lines())


def test_lessons_from_before_there_was_a_term_are_replaced_too(store, settings, saved, imported):
    with store.writing() as session:
        lin = session.exec(select(Person).where(Person.name == "林晓")).one()
        session.add(Lesson(teacher_id=lin.id, class_name="三（1）班", weekday=0, period=1))
    assert imported(LESSONS).facts["removed"] == 1


def test_what_hangs_on_lessons_that_go_is_told(imported, store):
    imported(LESSONS)
    with store.writing() as session:
        lin, zhou = (session.exec(select(Person).where(Person.name == name)).one() for name in ("林晓", "周宁"))
        lesson = session.exec(
            select(Lesson).where(Lesson.teacher_id == lin.id, Lesson.weekday == 0, Lesson.period == 1)
        ).one()
        monday = date(2026, 10, 12)
        session.add(
            LessonMove(
                lesson_id=lesson.id, person_id=lin.id, from_day=monday, from_period=1,
                to_day=monday + timedelta(days=1), to_period=3, made_at=NOW,
            )
        )  # fmt: skip
        session.add(
            Observation(
                person_id=zhou.id, observer_id=zhou.id, teacher_id=lin.id, day=date(2026, 10, 19), period=1,
                starts_at=NOW + timedelta(days=19), ends_at=NOW + timedelta(days=19), state="agreed", made_at=NOW,
            )
        )  # fmt: skip
    report = imported(LESSONS.replace("林晓,,周一,1", "周宁,,周一,1"), apply=False)
    assert (report.facts["moves"], report.facts["visits"]) == (1, 1)
    said = "\n".join(report.lines())
    assert "2026-10-12（周一）第 1 节调到2026-10-13（周二）第 3 节" in said
    assert "1 次约好的听课" in said and "2026-10-19" not in said  # whose visit it is, and when, is for its two sides
    imported(LESSONS.replace("林晓,,周一,1", "周宁,,周一,1"))
    with store.reading() as session:
        assert session.exec(select(LessonMove)).all() == []
        told = session.exec(select(Prompt).where(Prompt.kind == "lesson_gone")).all()
        assert {prompt.person_id for prompt in told} == {lin.id, zhou.id}


def test_new_bells_ring_for_the_visits_that_were_arranged_before(imported, store):
    imported(LESSONS)
    imported(BELLS)
    with store.writing() as session:
        lin, zhou = (session.exec(select(Person).where(Person.name == name)).one() for name in ("林晓", "周宁"))
        at = school_clock(session).starts_at(date(2026, 10, 19), 1, "Asia/Shanghai")
        seen = Observation(
            person_id=zhou.id, observer_id=zhou.id, teacher_id=lin.id, day=date(2026, 10, 19), period=1,
            starts_at=at, ends_at=at + timedelta(minutes=40), state="agreed", made_at=NOW,
        )  # fmt: skip
        session.add(seen)
        session.flush()
        evening, soon = at - timedelta(hours=12), at - timedelta(minutes=30)
        session.add_all(
            Prompt(key=kind, person_id=zhou.id, kind=kind, about_id=seen.id, due_at=due, expires_at=at, made_at=NOW)
            for kind, due in (("observation_evening", evening), ("observation_soon", soon))
        )
    imported(BELLS.replace("8:20,9:00", "8:30,9:10"))
    later = timedelta(minutes=10)
    with store.reading() as session:
        visit = session.exec(select(Observation)).one()
        assert visit.starts_at == at + later
        prompts = session.exec(select(Prompt).order_by(Prompt.due_at)).all()
        assert [prompt.due_at for prompt in prompts] == [evening, soon + later]
        assert [prompt.expires_at for prompt in prompts] == [at + later, at + later]


def test_a_bell_table_becomes_the_schools_bells(imported, store):
    report = imported(BELLS)
    assert report.facts["bells"] == 1, report.lines()
    with store.reading() as session:
        bells = school_clock(session).periods(WEDNESDAY)
    assert [(bell.start, bell.end) for bell in bells][3] == (time(14, 0), time(14, 40)) and len(bells) == 4
    assert imported(BELLS).facts["bells"] == 0


SEASONS = (
    "学段,季节,节次,上课,下课\n小学,5月1日-9月30日,1,8:00,8:40\n小学,10月1日至4月30日,1,8:20,9:00\n初中,,1,7:50,8:35\n"
)


def test_parts_of_the_school_and_seasons_have_bells_of_their_own(imported, store):
    assert imported(SEASONS).facts["bells"] == 3
    with store.reading() as session:
        clock = school_clock(session)
    starts = [clock.periods(day, stage)[0].start for stage in ("小学", "初中") for day in (date(2026, 9, 1), WEDNESDAY)]
    assert starts == [time(8, 0), time(8, 20), time(7, 50), time(7, 50)]
    report = imported("学段,起,止,节次,上课,下课\n小学,,,1,8:10,8:50\n")
    assert report.facts["bells"] == 3  # both seasons of 小学 go, one table comes; 初中 stays
    with store.reading() as session:
        assert sorted(row.stage for row in session.exec(select(BellTable))) == ["初中", "小学"]


BAD_BELLS = {
    "a gap": ("节次,上课,下课\n1,8:20,9:00\n3,10:20,11:00\n", "缺第 2 节"),
    "one twice": ("节次,上课,下课\n1,8:20,9:00\n1,9:20,10:00\n", "第 1 节写了两次（第 2 行也写了）"),
    "two that meet": ("节次,上课,下课\n1,8:20,9:00\n2,8:50,9:30\n", "之前就开始了"),
    "an end before its start": ("节次,上课,下课\n1,9:20,9:00\n", "不像一节课"),
    "no time": ("节次,上课,下课\n1,八点,9:00\n", "看不懂"),
    "seasons that meet": (SEASONS.replace("10月1日至4月30日", "9月1日至4月30日"), "日期重叠"),
    "a hole in the year": (SEASONS.replace("10月1日至4月30日", "11月1日至4月30日"), "从 10-01 起有 31 天没有作息时间"),
    "a season without days": ("季节,节次,上课,下课\n夏季,1,8:20,9:00\n", "从几月几日到几月几日"),
}


@pytest.mark.parametrize(("text", "why"), BAD_BELLS.values(), ids=BAD_BELLS.keys())
def test_a_bell_table_that_cannot_be_is_refused(imported, store, text, why):
    report = imported(text)
    assert report.code == 2 and any(why in line for line in report.lines()), report.lines()
    with store.reading() as session:
        assert session.exec(select(BellTable)).all() == []


BAD_LESSONS = {
    "an unknown teacher": ("三（1）班,语文,林小,,周一,1,,,\n", "名单里没有“林小”。是不是“林晓”？"),
    "two of one name": ("三（1）班,语文,洪老师,,周一,1,,,\n", "有 2 位，请写工号"),
    "a number of somebody else": ("三（1）班,语文,林晓,003,周一,1,,,\n", "名单里没有"),
    "no teacher": ("三（1）班,语文,,,周一,1,,,\n", "没有写老师"),
    "no class": (",语文,林晓,,周一,1,,,\n", "没有写班级"),
    "one teacher in two rooms": (
        "三（1）班,语文,林晓,,周一,1,,,\n三（2）班,语文,林晓,,周一,1,,,\n", "林晓周一第 1 节同时在三（1）班（第 2 行）和三（2）班",
    ),
    "one class in two lessons": (
        "三（1）班,语文,林晓,,周一,1,,,\n三（1）班,数学,孙桥,,周一,1,单,,\n", "三（1）班周一第 1 节有两节课：语文林晓（第 2 行）和数学孙桥",
    ),
    "a lesson twice": ("三（1）班,语文,林晓,,周一,1,,,\n三（1）班,语文,林晓,,周一,1,,,\n", "写了两次（第 2 行"),
    "a lesson beyond the bells": ("三（1）班,语文,林晓,,周一,5,,,\n", "第 5 节超出了作息表，全校一天只有 4 节"),
    "an odd weekday": ("三（1）班,语文,林晓,,周八,1,,,\n", "不是星期几"),
    "an odd number": ("三（1）班,语文,林晓,,周一,早读,,,\n", "节次“早读”"),
    "odd weeks": ("三（1）班,语文,林晓,,周一,1,隔周,,\n", "单双周“隔周”看不懂"),
    "an unknown term": ("三（1）班,语文,林晓,,周一,1,,,2028春\n", "没有学期“2028春”，有的是“2026秋”、“2027春”"),
}  # fmt: skip


@pytest.mark.parametrize(("rows", "why"), BAD_LESSONS.values(), ids=BAD_LESSONS.keys())
def test_a_bad_lesson_is_named_and_nothing_is_changed(imported, store, rows, why):
    imported(BELLS)
    report = imported(HEAD + rows + "三（9）班,语文,周宁,,周二,1,,,\n")
    assert report.code == 2
    assert any(why in line and "行：" in line for line in report.lines()), report.lines()
    with store.reading() as session:
        assert all_lessons(session) == []


def test_lessons_in_turn_do_not_clash(imported):
    rows = "三（1）班,语文,林晓,,周一,1,单,,\n三（1）班,书法,,004,周一,1,双,,\n三（2）班,语文,林晓,,周一,1,双周,,\n"
    assert imported(HEAD + rows).code == 0


def test_who_left_teaches_nothing(imported, store):
    with store.writing() as session:
        session.exec(select(Person).where(Person.name == "安离")).one().left_at = NOW
    assert imported(HEAD + "三（1）班,数学,安离,,周一,1,,,\n").code == 2


def test_an_unknown_part_of_the_school_is_named(imported):
    imported(SEASONS)
    report = imported(HEAD + "三（1）班,语文,林晓,,周一,1,,小雪,\n")
    assert report.code == 2 and "是不是“小学”？" in report.lines()[1]


def test_what_is_neither_is_refused(imported):
    report = imported("姓名,电话\n林晓,1\n")
    assert report.code == 2 and "看不出这是作息表还是课表" in report.lines()[1]


# Whole workbooks


def book_of(path, **sheets):
    book = Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def test_one_workbook_holds_bells_and_several_sheets_of_lessons(imported, store, settings, tmp_path):
    path = book_of(
        tmp_path / "课表.xlsx",
        作息=[("节次", "上课", "下课"), (1, time(8, 20), time(9, 0)), (2, time(9, 10), time(9, 50))],
        三年级=[("班级", "学科", "老师", "星期", "节次"), ("三（1）班", "语文", "林晓", "周一", 1)],
        四年级=[("班级", "学科", "老师", "星期", "节次"), ("四（1）班", "语文", "林晓", "周一", 2)],
        说明=[("这一页是写给人看的",)],
    )
    report = timetable(store, settings, path, NOW, True)
    assert (report.facts["bells"], report.facts["added"]) == (1, 2), report.lines()
    assert any("没有读“说明”这一页" in line for line in report.lines())


def test_a_bad_row_is_named_with_its_sheet(imported, store, settings, tmp_path):
    head = ("班级", "学科", "老师", "星期", "节次")
    path = book_of(
        tmp_path / "课表.xlsx",
        三年级=[head, ("三（1）班", "语文", "林晓", "周一", 1)],
        四年级=[head, ("四（1）班", "语文", "林晓", "周一", 1), ("四（1）班", "语文", "周宁", "周日二", 1)],
    )
    report = timetable(store, settings, path, NOW, True)
    assert "第 2 行：（四年级）林晓周一第 1 节同时在三（1）班（“三年级”第 2 行）和四（1）班" in report.lines()[1]
    assert "第 3 行：（四年级）“周日二”不是星期几" in report.lines()[2]


WEEK = ("节次", "星期一", "星期二", "星期三", "星期四", "星期五")
PRINTED = [
    ("三（1）班课程表",),
    WEEK,
    ("第一节", "语文 林晓", "数学 孙桥", "语文林晓", "语文\n林晓", "数学(孙桥)"),
    ("大课间",),
    ("2", "数学 孙桥", "自习", "语文 林晓(单)；书法 周宁(双)", "", ""),
    ("三(2)班",),
    WEEK,
    ("第1节", "语文/周宁", "", "", "", ""),
]


def test_the_printed_form_is_read_block_by_block(imported, store, settings, tmp_path, held):
    report = timetable(store, settings, book_of(tmp_path / "课表.xlsx", 三年级=PRINTED), NOW, True)
    assert report.facts["added"] == 9, report.lines()
    assert held("林晓", WEDNESDAY) == [(1, "三（1）班", "语文"), (2, "三（1）班", "语文")]
    assert held("周宁", WEDNESDAY + timedelta(days=7)) == [(2, "三（1）班", "书法")]
    assert held("孙桥", date(2026, 10, 16)) == [(1, "三（1）班", "数学")]
    assert any("没有写老师，没有读进来：三（1）班周二第2节“自习”" in line for line in report.lines())


def test_the_printed_form_as_text_and_by_the_title_of_its_sheet(imported, store, settings, saved, tmp_path):
    text = "二(3)班,,\n节次,周一,周二,周三,周四\n1,语文 林晓,语文 林小,,\n"
    assert "名单里没有“林小”" in imported(text).lines()[1]
    named = book_of(tmp_path / "课表.xlsx", **{"四（2）班": PRINTED[1:3], "空": []})
    assert timetable(store, settings, named, NOW, False).facts["added"] == 5
    nameless = imported("节次,周一,周二,周三,周四\n1,语文 林晓,,,\n")
    assert nameless.code == 2 and "看不出这张课表是哪个班的" in nameless.lines()[1]
