"""The school's year from a file: terms, days off, days worked, exams, the country's list; whole or not at all."""

from datetime import UTC, date, datetime, timedelta

import pytest
from openpyxl import Workbook
from sqlmodel import select

from bot.office.calendar import calendar
from bot.office.school_year import keep_school_year
from bot.planning import replan
from bot.school import school_clock
from models import Address, Observation, Person, Prompt, Term
from models.official_days import listed_days, listed_years, official_rows, seed_official_days
from models.school import marked_days, school_state
from tests.office.conftest import NOW

HEAD = "类型,名称,开始,结束,周数,开学日,最后一天,上周几的课,备注\n"
AUTUMN = "学期,2026年秋季学期,2026-08-31,,21,2026-09-01,2027-01-22,,\n"
YEAR = (
    HEAD + AUTUMN + "放假,运动会,2026-10-16,,,,,,\n停课,,2026-12-24,2026-12-25,,,,,台风\n"
    "上课,补国庆,2026-10-10,,,,,周五,\n期中考试,,2026-11-09,2026-11-15,,,,,\n寒假,,2027-01-23,2027-02-21,,,,,\n"
)
FEASTS = (
    "国家放假,元旦,2027-01-01,2027-01-03\n国家放假,春节,2027-02-05,2027-02-11\n国家调休,春节,2027-02-20,\n"
    "国家放假,清明,2027-04-03,2027-04-05\n国家放假,劳动节,2027-05-01,2027-05-05\n国家放假,端午,2027-06-09,\n"
    "国家放假,中秋,2027-09-15,\n国家放假,国庆节,2027-10-01,2027-10-07\n国家调休,国庆节,2027-10-09,\n"
)
LAW = "类型,名称,开始,结束\n" + FEASTS


@pytest.fixture
def imported(store, settings, saved):
    keep_school_year(store, settings, NOW)

    def run(text, apply=True, name="校历.csv", exact=False):
        return calendar(store, settings, saved(text, name), NOW, apply, exact)

    return run


@pytest.fixture
def year(store):
    def read():
        with store.reading() as session:
            return school_clock(session).calendar

    return read


def test_a_file_becomes_the_schools_year(imported, year):
    report = imported(YEAR)
    assert report.code == 0, report.lines()
    autumn = year().term_of(date(2026, 9, 30))
    assert (autumn.begins, autumn.ends, autumn.week_of(date(2026, 9, 30))) == (date(2026, 9, 1), date(2027, 1, 22), 5)
    assert not year()(date(2026, 10, 16)) and year().look(date(2026, 10, 16)).name == "运动会"
    assert year().look(date(2026, 10, 10)).follows == 4
    exams = [date(2026, 11, 9) + timedelta(days=n) for n in range(7)]
    assert [year().look(day).is_exam for day in exams] == [True] * 5 + [False] * 2
    assert year().look(date(2027, 1, 25)).why == "vacation"
    assert report.facts == {"terms": 1, "days": 9, "gone": 0, "official": 0, "moved": 0, "visits": 0}


def test_a_dry_run_says_the_same_and_writes_nothing(imported, store):
    report = imported(YEAR, apply=False)
    assert report.facts["days"] == 9 and "--apply" in report.lines()[-1]
    assert any("上课：2026-10-10（周六） 补国庆，上周五的课" in line for line in report.lines())
    assert any("考试：2026-11-09（周一）到2026-11-13（周五） 期中考试" in line for line in report.lines())
    with store.reading() as session:
        assert session.exec(select(Term)).all() == []
        assert {row.source for row in marked_days(session)} == {"official"}


def test_importing_twice_changes_nothing(imported, store):
    imported(YEAR)
    with store.reading() as session:
        token = school_state(session).token
    assert not any(imported(YEAR).facts.values())
    assert "没有要改的" in imported(YEAR, apply=False).lines()[-1]
    with store.reading() as session:
        assert school_state(session).token == token


def test_english_headings_and_an_excel_file_do_as_well(store, settings, tmp_path, year):
    book = Workbook()
    rows = [
        ("Type", "Name", "From", "To", "Weeks", "Lessons of"),
        ("term", "Autumn", datetime(2026, 8, 31), None, 21, None),
        ("work", "", datetime(2026, 10, 10), None, None, "Friday"),
        ("exams", "Midterm", datetime(2026, 11, 9), datetime(2026, 11, 10), None, None),
        ("vacation", "Winter", datetime(2027, 1, 25), datetime(2027, 2, 20), None, None),
    ]
    for row in rows:
        book.active.append(row)
    book.save(tmp_path / "calendar.xlsx")
    assert calendar(store, settings, tmp_path / "calendar.xlsx", NOW, True).facts["days"] == 3
    assert year().look(date(2026, 10, 10)).follows == 4 and year().look(date(2026, 11, 10)).name == "Midterm"


def test_an_older_encoding_is_read(store, settings, tmp_path):
    (tmp_path / "校历.csv").write_bytes(YEAR.encode("gb18030"))
    assert calendar(store, settings, tmp_path / "校历.csv", NOW, True).facts["terms"] == 1


def test_an_exam_on_a_made_up_saturday_keeps_whose_lessons_are_held(imported, year):
    imported(HEAD + AUTUMN + "上课,,2026-10-10,,,,,周五,\n考试,月考,2026-10-08,2026-10-12,,,,,\n")
    seen = year().look(date(2026, 10, 10))
    assert (seen.is_exam, seen.follows, seen.name) == (True, 4, "月考")
    assert year().look(date(2026, 10, 11)).is_exam is False


BAD = {
    "no monday": ("学期,秋,2026-09-01,,20,,,,\n", 2, "那一周的周一是 2026-08-31（周一）"),
    "no weeks": ("学期,秋,2026-08-31,,,,,,\n", 2, "有几周"),
    "no name": ("学期,,2026-08-31,,20,,,,\n", 2, "名称"),
    "odd weeks": ("学期,秋,2026-08-31,,99,,,,\n", 2, "1 到 30"),
    "two terms that meet": (AUTUMN + "学期,春,2027-01-18,,20,,,,\n", 3, "“2026年秋季学期”（2026-09-01（周二）到2027-01-22（周五））重叠"),
    "one term twice": (AUTUMN + AUTUMN, 3, "写了两次"),
    "a first day before the term": ("学期,秋,2026-08-31,,20,2026-08-30,,,\n", 2, "开学日"),
    "a last day after the weeks": ("学期,秋,2026-08-31,,20,,2027-03-01,,\n", 2, "在这之前"),
    "an end before the beginning": ("放假,,2026-10-08,2026-10-01,,,,,\n", 2, "还早"),
    "off and worked": ("放假,,2026-10-10,,,,,,\n上课,,2026-10-09,2026-10-10,,,,,\n", 3, "又是“放假”又是“上课”（第 2 行"),
    "off twice": ("放假,,2026-10-10,,,,,,\n停课,,2026-10-10,,,,,,\n", 3, "写了两次"),
    "an exam on a day off": ("放假,,2026-10-09,,,,,,\n考试,月考,2026-10-09,,,,,,\n", 3, "休息的日子"),
    "an exam in the holidays": ("考试,月考,2026-10-01,2026-10-07,,,,,\n", 2, "休息的日子"),
    "a vacation in a term": (AUTUMN + "寒假,,2027-01-20,2027-02-20,,,,,\n", 3, "重叠"),
    "an unknown kind": ("春游,,2026-10-09,,,,,,\n", 2, "不认识的类型“春游”。可以写：学期 放假 上课 考试"),
    "no such day": ("放假,,2026-09-31,,,,,,\n", 2, "日历上没有"),
    "no year": ("放假,,9月30日,,,,,,\n", 2, "要有年份"),
    "no day": ("放假,运动会,,,,,,,\n", 2, "没有写开始"),
    "no weekday": ("上课,,2026-10-10,,,,,第三节,\n", 2, "不是星期几"),
    "lessons for a day off": ("放假,,2026-10-10,,,,,周五,\n", 2, "只用在“上课”"),
    "a year slipped": ("放假,,2026-10-01,2027-10-07,,,,,\n", 2, "年份写错"),
    "a name of another year": ("放假,2025国庆,2026-10-01,,,,,,\n", 2, "名称写的是 2025 年"),
}  # fmt: skip


@pytest.mark.parametrize(("rows", "line", "why"), BAD.values(), ids=BAD.keys())
def test_a_bad_row_is_named_and_nothing_is_changed(imported, store, rows, line, why):
    report = imported(HEAD + rows + "放假,台风,2026-12-01,,,,,,\n")
    assert report.code == 2
    assert any(f"第 {line} 行" in said and why in said for said in report.lines()), report.lines()
    with store.reading() as session:
        assert session.exec(select(Term)).all() == []
        assert {row.source for row in marked_days(session)} == {"official"}


def test_a_term_that_meets_one_we_know_is_refused(imported):
    imported(YEAR)
    report = imported(HEAD + "学期,2027年春季学期,2027-01-18,,20,,,,\n")
    assert report.code == 2 and "知行里的“2026年秋季学期”" in report.lines()[1]


def test_a_term_is_known_by_its_name_or_by_its_first_week(imported, store):
    imported(YEAR)
    assert imported(HEAD + "学期,秋季,2026-08-31,,20,,,,\n").facts["terms"] == 1
    assert imported(HEAD + "学期,秋季,2026-09-07,,20,,,,\n").facts["terms"] == 1
    with store.reading() as session:
        assert [(term.name, term.monday) for term in session.exec(select(Term))] == [("秋季", date(2026, 9, 7))]


def test_what_the_file_does_not_name_stays_unless_the_file_is_to_count(imported, year):
    imported(YEAR)
    less = HEAD + AUTUMN + "上课,补国庆,2026-10-10,,,,,周五,\n"
    report = imported(less)
    assert not any(report.facts.values()) and any("--exact" in line and "2026-10-16" in line for line in report.lines())
    assert imported(less, exact=True).facts["gone"] == 8
    assert year()(date(2026, 10, 16)) and year().look(date(2026, 10, 10)).follows == 4
    assert "学期" in imported(HEAD + "放假,,2026-10-16,,,,,,\n", exact=True).lines()[1]


# The country's list


def test_official_days_come_with_the_program_and_doing_it_twice_is_harmless(store, settings, year):
    assert keep_school_year(store, settings, NOW) == [2025, 2026] == listed_years()
    assert keep_school_year(store, settings, NOW) == []
    assert year().known_years == {2025, 2026}
    seen = year().look(date(2026, 10, 1))
    assert (seen.is_school, seen.name) == (False, "国庆节")
    assert year().look(date(2026, 9, 20)).is_school and year().look(date(2026, 9, 20)).follows is None


def test_a_newer_package_brings_its_year(store, settings, monkeypatch, year):
    keep_school_year(store, settings, NOW)
    assert year().look(date(2027, 1, 1)).why == "doubtful"
    import chinese_calendar

    later = {date(2027, 1, 1): "New Year's Day", date(2026, 12, 31): "New Year's Day"}
    monkeypatch.setattr(chinese_calendar, "holidays", chinese_calendar.holidays | later)
    assert keep_school_year(store, settings, NOW) == [2027]
    assert not year()(date(2026, 12, 31)) and year().look(date(2027, 1, 4)).is_school


def test_a_school_that_follows_no_country_has_no_official_days_and_no_doubt(store, settings, imported, year):
    alone = settings.model_copy(update={"holidays": "none", "exam_weeks": "usual"})
    keep_school_year(store, alone, NOW)
    assert year()(date(2026, 10, 1)) and year()(date(2027, 1, 1)) and not year().is_quiet_in_exams
    with store.reading() as session:
        assert official_rows(session) == {}
    assert keep_school_year(store, settings, NOW) == [2025, 2026] and year().is_quiet_in_exams


def test_the_office_brings_a_year_that_the_program_does_not_know(imported, year, store):
    report = imported(LAW)
    assert report.facts["official"] == 29, report.lines()
    assert year().known_years == {2025, 2026, 2027}
    assert year().look(date(2027, 2, 8)).why == "holiday" and year()(date(2027, 2, 20))
    assert not any(imported(LAW).facts.values())
    other = LAW.replace("2027-10-09", "2027-10-10")
    assert imported(other).facts["official"] == 2 and not year()(date(2027, 10, 9))


def test_what_the_office_brought_is_not_written_over(imported, store, year, monkeypatch):
    imported(LAW)
    import chinese_calendar

    monkeypatch.setattr(chinese_calendar, "holidays", chinese_calendar.holidays | {date(2027, 3, 1): "New Year's Day"})
    with store.writing() as session:
        assert seed_official_days(session, NOW) == []
    assert year()(date(2027, 3, 1))


def test_a_list_for_another_year_or_half_a_list_is_refused(imported, settings, store, saved, year):
    half = imported("类型,名称,开始,结束\n国家放假,元旦,2027-01-01,2027-01-03\n")
    assert half.code == 2 and "2027 年的安排里没有" in half.lines()[1] and "春节" in half.lines()[1]
    shifted = imported(LAW.replace("2027-", "2028-"))
    assert shifted.code == 2 and "春节、端午" in shifted.lines()[1]
    assert "文件名写的是 2028 年" in imported(LAW, name="2028放假安排.csv").lines()[1]
    known = imported("类型,名称,开始,结束\n国家放假,国庆节,2026-10-01,2026-10-08\n")
    assert known.code == 2 and "已经有了" in known.lines()[1]
    alone = settings.model_copy(update={"holidays": "none"})
    assert "ZHIXING_HOLIDAYS" in calendar(store, alone, saved(LAW), NOW, True).lines()[1]
    assert year().known_years == {2025, 2026}


def test_the_known_list_of_a_year_may_be_imported_again(imported):
    rows = [
        f"{'国家放假' if kind == 'rest' else '国家调休'},{name},{day},{day}\n"
        for day, (kind, name) in listed_days(2026).items()
    ]
    assert not any(imported("类型,名称,开始,结束\n" + "".join(rows)).facts.values())


# Whom it moves


@pytest.fixture
def teacher(store):
    with store.writing() as session:
        one = Person(name="安老师", joined_at=NOW)
        other = Person(name="柏老师", joined_at=NOW)
        session.add_all([one, other])
        session.flush()
        session.add_all(
            Address(channel="web", external_id=who.name, person_id=who.id, made_at=NOW) for who in (one, other)
        )
        due = datetime(2026, 10, 16, 1, 0, tzinfo=UTC)
        session.add(Prompt(key="one", person_id=one.id, kind="follow_up", due_at=due, made_at=NOW))
        session.add(
            Prompt(key="two", person_id=other.id, kind="follow_up", due_at=due - timedelta(days=7), made_at=NOW)
        )
        session.add(
            Observation(
                person_id=one.id, observer_id=one.id, teacher_id=other.id, day=date(2026, 10, 16), period=2,
                starts_at=due, ends_at=due + timedelta(hours=1), state="agreed", made_at=NOW,
            )
        )  # fmt: skip
        replan(session, [one.id, other.id], NOW)
        return one.id


def test_it_says_whom_it_moves_before_it_is_applied_and_then_moves_them(imported, store, teacher):
    imported(HEAD + AUTUMN)
    rows = HEAD + AUTUMN + "放假,运动会,2026-10-16,,,,,,\n"
    report = imported(rows, apply=False)
    assert report.facts["moved"] == 1 and report.facts["visits"] == 1
    assert any("会影响 1 位老师的提醒，1 次约好的听课" in line for line in report.lines())
    imported(rows)
    with store.writing() as session:
        assert len(session.exec(select(Prompt).where(Prompt.kind == "day_closed")).all()) == 2
        for told in session.exec(select(Prompt).where(Prompt.kind == "day_closed")):
            session.delete(told)  # what is told of the visit comes earlier
        session.flush()
        replan(session, [teacher], NOW)
        person = session.get_one(Person, teacher)
        assert person.next_contact_at is not None and person.next_contact_at.date() == date(2026, 10, 19)


# Half a day

HALF_HEAD = "类型,名称,开始,结束,周数,上周几的课,半天\n"


def test_half_a_day_is_closed_and_the_rest_of_it_stays(imported, year):
    report = imported(HALF_HEAD + "停课,消防演练,2026-10-23,,,,下午\n停课,,2026-10-29,2026-10-30,,,上午\n")
    assert any("下午停课：2026-10-23（周五） 消防演练" in line for line in report.lines())
    assert any("上午停课：2026-10-29（周四）到2026-10-30（周五）" in line for line in report.lines())
    seen = year().look(date(2026, 10, 23))
    assert (seen.is_school, seen.closed, seen.name, seen.follows) == (True, "pm", "消防演练", 4)
    assert [year().look(date(2026, 10, day)).closed for day in (28, 29, 30)] == ["", "am", "am"]
    assert not any(imported(HALF_HEAD + "停课,消防演练,2026-10-23,,,,下午\n").facts.values())


def test_a_worked_saturday_and_an_exam_may_lose_a_half(imported, year):
    report = imported(
        HALF_HEAD
        + "上课,补国庆,2026-10-10,,,周五,\n停课,,2026-10-10,,,,下午\n考试,月考,2026-10-23,,,,\n停课,,2026-10-23,,,,pm\n"
    )
    assert any("考试：2026-10-23（周五） 月考，下午停课" in line for line in report.lines())
    saturday, exam = year().look(date(2026, 10, 10)), year().look(date(2026, 10, 23))
    assert (saturday.closed, saturday.follows, saturday.name) == ("pm", 4, "补国庆")
    assert (exam.is_exam, exam.closed, exam.name) == (True, "pm", "月考")


def test_half_of_a_day_that_was_closed_is_open_again(imported, year):
    imported(HALF_HEAD + "停课,台风,2026-10-23,,,,\n")
    imported(HALF_HEAD + "停课,,2026-10-23,,,,下午\n")
    assert year().look(date(2026, 10, 23)).closed == "pm" and year()(date(2026, 10, 23))


BAD_HALVES = {
    "no such half": ("停课,,2026-10-23,,,,晚上\n", 2, "上午 或 下午"),
    "lessons of half a day": ("上课,,2026-10-24,,,周五,上午\n", 2, "只用在“放假”或“停课”"),
    "half of a Saturday": ("停课,,2026-10-24,,,,下午\n", 2, "本来就不上课"),
    "half of a holiday": ("停课,,2026-10-01,,,,下午\n", 2, "本来就不上课"),
    "half of a closed day": ("停课,,2026-10-23,,,,\n停课,,2026-10-23,,,,下午\n", 3, "又写了半天"),
    "twice": ("停课,,2026-10-23,,,,下午\n停课,,2026-10-23,,,,下午\n", 3, "写了两次（第 2 行"),
    "both halves": ("停课,,2026-10-23,,,,下午\n停课,,2026-10-23,,,,上午\n", 3, "全天停课就写一行"),
}


@pytest.mark.parametrize(("rows", "line", "why"), BAD_HALVES.values(), ids=BAD_HALVES.keys())
def test_a_half_that_cannot_be_is_named(imported, year, rows, line, why):
    report = imported(HALF_HEAD + rows)
    assert report.code == 2 and any(f"第 {line} 行" in said and why in said for said in report.lines())
    assert year().own == {}


def test_a_visit_in_the_closed_half_alone_is_told(imported, store):
    with store.writing() as session:
        one, other = Person(name="安老师"), Person(name="柏老师")
        session.add_all([one, other])
        session.flush()
        for hour in (2, 7):  # 10:00 and 15:00
            at = datetime(2026, 10, 23, hour, tzinfo=UTC)
            session.add(
                Observation(
                    person_id=one.id, observer_id=one.id, teacher_id=other.id, day=date(2026, 10, 23), period=hour,
                    starts_at=at, ends_at=at + timedelta(minutes=40), state="agreed", made_at=NOW,
                )
            )  # fmt: skip
    assert imported(HALF_HEAD + "停课,,2026-10-23,,,,下午\n").facts["visits"] == 1
    with store.reading() as session:
        told = session.exec(select(Prompt).where(Prompt.kind == "day_closed")).all()
        assert len(told) == 2 and {session.get(Observation, prompt.about_id).period for prompt in told} == {7}
