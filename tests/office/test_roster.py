"""The roster: all rows or none, twice as good as once, and every fault named with its line."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as limits
from hypothesis import strategies as st
from sqlmodel import SQLModel, select

from bot.office.enrol import roster
from models import AuditEvent, Membership, Pairing, Person, Unit, UnitBranch
from models.people import apprentices_of, group_mates_of, mentors_of, roles_of, supervisors_of
from tests.office.conftest import NOW

HEAD = "姓名,教研组,角色,学科,班级,师傅,语言,工号\n"
SCHOOL = HEAD + (
    "安老师,数学组,教师,数学,三（1）班、三（2）班,柏老师,简体,001\n"
    "柏老师,数学组,组长、主管,数学,,,,002\n"
    "蔡老师,语文组,,语文,四（1）班,柏老师,繁体,003\n"
    "戴校长,,学校主管,,,,,004\n"
    "洪老师,,办公室,,,,,005\n"
)


@pytest.fixture
def import_roster(store, settings, saved):
    def run(text, apply=True):
        return roster(store, settings, saved(text), NOW, apply)

    return run


def everything(store):
    with store.reading() as session:
        return {
            table.name: sorted(map(repr, session.execute(table.select()))) for table in SQLModel.metadata.sorted_tables
        }


def person(session, name):
    return session.exec(select(Person).where(Person.name == name)).one()


def test_a_dry_run_says_everything_and_writes_nothing(import_roster, store):
    before = everything(store)
    report = import_roster(SCHOOL, apply=False)
    assert report.code == 0 and report.facts == {"new": 5, "changed": 0, "paired": 2}
    assert any("--apply" in line for line in report.lines())
    assert everything(store) == before


def test_an_import_makes_the_school(import_roster, store):
    assert import_roster(SCHOOL).facts == {"new": 5, "changed": 0, "paired": 2}
    with store.reading() as session:
        an, bo, cai = (person(session, name) for name in ("安老师", "柏老师", "蔡老师"))
        assert (an.subject, an.classes, an.zone, an.weekly_budget) == (
            "数学",
            ["三（1）班", "三（2）班"],
            "Asia/Shanghai",
            3,
        )
        assert (an.language, cai.language, an.joined_at) == ("zh_Hans", "zh_Hant", None)
        assert roles_of(session, bo.id) == {"leader", "supervisor", "mentor"}
        assert roles_of(session, person(session, "洪老师").id) == {"office"}
        assert [one.name for one in mentors_of(session, an.id, NOW.date())] == ["柏老师"]
        assert [one.name for one in apprentices_of(session, bo.id, NOW.date())] == ["安老师", "蔡老师"]
        assert [one.name for one in group_mates_of(session, an.id)] == ["柏老师"]
        assert [one.name for one in supervisors_of(session, an.id)] == ["戴校长", "柏老师"]
        assert [one.name for one in supervisors_of(session, cai.id)] == ["戴校长"]


def test_the_tree_has_its_closure(import_roster, store):
    import_roster(SCHOOL)
    with store.reading() as session:
        names = {unit.id: unit.name for unit in session.exec(select(Unit))}
        branches = {(names[one.ancestor_id], names[one.unit_id]) for one in session.exec(select(UnitBranch))}
    assert branches == {
        ("青禾小学", "青禾小学"), ("数学组", "数学组"), ("语文组", "语文组"), ("青禾小学", "数学组"),
        ("青禾小学", "语文组"),
    }  # fmt: skip


def test_importing_twice_changes_nothing(import_roster, store):
    import_roster(SCHOOL)
    before = everything(store)
    report = import_roster(SCHOOL)
    assert report.facts == {"new": 0, "changed": 0, "paired": 0} and everything(store) == before


def test_an_import_is_remembered_without_names(import_roster, store):
    import_roster(SCHOOL)
    with store.reading() as session:
        assert session.exec(select(AuditEvent)).one().facts == {"kind": "roster", "new": 5, "changed": 0, "paired": 2}


BAD = {
    "no name": (",数学组,,,,,,", "没有写姓名"),
    "a name of digits": ("123,数学组,,,,,,", "不像一个姓名"),
    "a name of fifty letters": (f"{'安' * 50},数学组,,,,,,", "不像一个姓名"),
    "a total below the list": ("合计,8人,,,,,,", "“合计”不像一个姓名"),
    "a note below the list": ("制表人：安老师,8人,,,,,,", "请先删掉"),
    "no group": ("安老师,,,,,,,", "没有写教研组"),
    "an unknown role": ("安老师,数学组,皇帝,,,,,", "不认识角色“皇帝”"),
    "an unknown language": ("安老师,数学组,,,,,克林贡语,", "不认识语言"),
    "an unknown mentor": ("安老师,数学组,,,,柏老帅,,", "是不是“柏老师”"),
    "herself as mentor": ("安老师,数学组,,,,安老师,,", "本人"),
    "a mentor twice": ("安老师,数学组,,,,柏老师、柏老师,,", "写了两次"),
    "a mentor of two": ("安老师,数学组,,,,张敏,,", "有 2 位"),
    "a strange staff number": ("安老师,数学组,,,,,,一号", "工号"),
}
OTHERS = "柏老师,数学组,,数学,,,,\n张敏,语文组,,语文,,,,\n张敏,数学组,,数学,,,,\n"


@pytest.mark.parametrize(
    ("word", "role"),
    [("老师", "teacher"), ("老師", "teacher"), ("班主任", "teacher"), ("導師", "mentor"), ("备课组长", "leader")],
)
def test_roles_as_schools_write_them(import_roster, store, word, role):
    import_roster(f"{HEAD}安老师,数学组,{word},,,,,\n")
    with store.reading() as session:
        assert roles_of(session, session.exec(select(Person)).one().id) == {role}


@pytest.mark.parametrize(("row", "why"), BAD.values(), ids=BAD)
def test_a_bad_row_is_named_and_nothing_is_written(import_roster, store, row, why):
    before = everything(store)
    report = import_roster(HEAD + OTHERS + row + "\n")
    assert report.code == 2
    assert any("第 5 行" in line and why in line for line in report.lines())
    assert everything(store) == before


def test_every_bad_row_is_named(import_roster):
    report = import_roster(HEAD + "".join(row + "\n" for row, _why in BAD.values()))
    named = {line.split("行")[0] for line in report.lines() if line.startswith("  第")}
    assert len(named) == len(BAD)


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ("张敏,语文组,,语文,,,,\n张敏,语文组,,语文,,,,\n", "请填工号"),
        ("张敏,语文组,,语文,,,,1\n张敏,语文组,,语文,,,,\n", "请填工号"),
        ("张敏,语文组,,语文,,,,1\n李明,语文组,,语文,,,,1\n", "工号“1”"),
    ],
    ids=["the same row twice", "one without a number", "one number for two"],
)
def test_duplicates_name_both_lines(import_roster, rows, why):
    lines = [line for line in import_roster(HEAD + rows).lines() if why in line]
    assert len(lines) == 2 and all("第 2、3 行" in line for line in lines)


def test_two_people_of_one_name_are_told_apart_by_group_or_number(import_roster, store):
    text = HEAD + (
        "张敏,语文组,,语文,,,,1\n张敏,语文组,,语文,,,,2\n张敏,数学组,,数学,,,,\n安老师,数学组,,,,张敏（数学组）、2,,\n"
    )
    assert import_roster(text).facts["new"] == 4
    with store.reading() as session:
        mentors = mentors_of(session, person(session, "安老师").id, NOW.date())
        assert sorted(one.staff_no or "" for one in mentors) == ["", "2"]
    assert import_roster(text).facts == {"new": 0, "changed": 0, "paired": 0}


def test_a_teacher_who_moved_stays_the_same_person(import_roster, store):
    import_roster("姓名,教研组,学科\n安老师,数学组,数学\n柏老师,数学组,数学\n")
    report = import_roster("姓名,教研组,学科\n安老师,科学组,数学\n柏老师,数学组,科学\n")
    assert report.facts["new"] == 0
    with store.reading() as session:
        assert len(session.exec(select(Person)).all()) == 2
        assert person(session, "柏老师").subject == "科学"
        units = {unit.id: unit.name for unit in session.exec(select(Unit))}
        held = session.exec(select(Membership).where(Membership.person_id == person(session, "安老师").id)).all()
        assert {units[one.unit_id] for one in held} == {"科学组"}


def test_without_a_column_of_roles_they_stay(import_roster, store):
    import_roster(SCHOOL)
    import_roster("姓名,教研组,工号\n柏老师,科学组,002\n")
    with store.reading() as session:
        bo = person(session, "柏老师")
        assert roles_of(session, bo.id) == {"leader", "supervisor", "mentor"}
        assert group_mates_of(session, bo.id) == []


def test_with_roles_in_the_file_a_post_ends(import_roster, store):
    import_roster(SCHOOL)
    import_roster(SCHOOL.replace("组长、主管", "教师"))
    with store.reading() as session:
        assert roles_of(session, person(session, "柏老师").id) == {"teacher", "mentor"}


def test_a_number_may_be_added_and_a_name_corrected(import_roster, store):
    import_roster("姓名,教研组\n安老帅,数学组\n")
    assert import_roster("姓名,教研组,工号\n安老帅,数学组,7\n").facts == {"new": 0, "changed": 1, "paired": 0}
    assert import_roster("姓名,教研组,工号\n安老师,数学组,7\n").facts == {"new": 0, "changed": 1, "paired": 0}
    with store.reading() as session:
        assert [(one.name, one.staff_no) for one in session.exec(select(Person))] == [("安老师", "7")]


def test_a_namesake_who_cannot_be_told_is_pointed_out(import_roster):
    import_roster("姓名,教研组,学科\n张敏,语文组,语文\n")
    report = import_roster("姓名,教研组,学科\n张敏,美术组,美术\n", apply=False)
    assert report.facts["new"] == 1 and any("同名" in line for line in report.lines())


def test_a_mentor_no_longer_in_the_file_ends_the_pair(import_roster, store):
    import_roster(SCHOOL)
    assert import_roster(SCHOOL.replace(",柏老师,繁体", ",,繁体")).facts == {"new": 0, "changed": 0, "paired": 1}
    with store.reading() as session:
        ended = session.exec(select(Pairing).where(Pairing.until != None)).one()  # noqa: E711
        assert (
            ended.teacher_id == person(session, "蔡老师").id and ended.until.isoformat() == "2026-09-29"
        )  # the last day that counted


def test_without_a_mentor_column_pairs_stay(import_roster, store):
    import_roster(SCHOOL)
    import_roster("姓名,教研组,角色,工号\n安老师,数学组,教师,001\n柏老师,数学组,教师,002\n")
    with store.reading() as session:
        assert len(mentors_of(session, person(session, "安老师").id, NOW.date())) == 1
        assert roles_of(session, person(session, "柏老师").id) == {"teacher", "mentor"}


def test_who_is_not_in_the_file_is_listed_and_kept(import_roster, store):
    import_roster(SCHOOL)
    report = import_roster(HEAD + "安老师,数学组,教师,数学,,,,001\n")
    assert any("都没有动" in line and "洪老师" in line for line in report.lines())
    with store.reading() as session:
        assert len(session.exec(select(Person)).all()) == 5


def test_a_mentor_known_but_not_in_the_file_is_found(import_roster, store):
    import_roster(SCHOOL)
    assert import_roster(HEAD + "范老师,语文组,,语文,,蔡老师,,006\n").code == 0
    with store.reading() as session:
        assert roles_of(session, person(session, "蔡老师").id) == {"teacher", "mentor"}


def test_her_own_choice_of_language_is_not_overwritten(import_roster, store):
    import_roster(SCHOOL)
    with store.writing() as session:
        one = person(session, "蔡老师")
        one.joined_at, one.language = NOW, "en"
    assert import_roster(SCHOOL).facts["changed"] == 0
    with store.reading() as session:
        assert person(session, "蔡老师").language == "en"


ZONED = "姓名,教研组,学科,工号,时区\n"


@pytest.mark.parametrize(
    ("word", "zone"),
    [("新疆时间", "Asia/Urumqi"), ("asia/singapore", "Asia/Singapore"), ("", "Asia/Shanghai")],
    ids=["as it is called", "by its name in any case", "nothing said: the school's"],
)
def test_a_colleague_may_live_by_another_clock(import_roster, store, word, zone):
    assert import_roster(f"{ZONED}安老师,数学组,数学,001,{word}\n").code == 0
    with store.reading() as session:
        assert person(session, "安老师").zone == zone


def test_a_changed_zone_lets_the_planner_look_again_and_an_empty_cell_changes_nothing(import_roster, store):
    import_roster(SCHOOL)
    with store.writing() as session:
        person(session, "安老师").next_contact_at = NOW + timedelta(days=3)
    assert import_roster(f"{ZONED}安老师,数学组,数学,001,新疆时间\n").facts["changed"] == 1
    with store.reading() as session:
        assert (person(session, "安老师").zone, person(session, "安老师").next_contact_at) == ("Asia/Urumqi", NOW)
    assert import_roster(f"{ZONED}安老师,数学组,数学,001,\n").facts["changed"] == 0


def test_an_unknown_time_zone_is_named(import_roster):
    report = import_roster(f"{ZONED}安老师,数学组,数学,001,火星时间\n")
    assert report.code == 2 and any("第 2 行" in line and "不认识时区“火星时间”" in line for line in report.lines())


def test_someone_who_left_comes_back_with_the_file(import_roster, store):
    import_roster(SCHOOL)
    with store.writing() as session:
        person(session, "蔡老师").left_at = NOW
    assert import_roster(SCHOOL).facts["changed"] == 1
    with store.reading() as session:
        assert person(session, "蔡老师").left_at is None


def test_the_school_is_renamed_not_doubled(import_roster, store, settings, saved):
    import_roster(SCHOOL)
    roster(store, settings.model_copy(update={"school": "青禾实验小学"}), saved(SCHOOL), NOW, True)
    with store.reading() as session:
        roots = session.exec(select(Unit.name).where(Unit.parent_id == None)).all()  # noqa: E711
    assert roots == ["青禾实验小学"]


def test_two_schools_stand_side_by_side(import_roster, store):
    import_roster("姓名,教研组,学校\n安老师,数学组,青禾小学\n柏老师,数学组,白塔小学\n")
    with store.reading() as session:
        assert len(session.exec(select(Unit)).all()) == 4


def test_without_anyone_in_the_office_it_says_so(import_roster):
    report = import_roster("姓名,教研组\n安老师,数学组\n")
    assert any("办公室" in line for line in report.lines())
    assert not any("还没有办公室" in line for line in import_roster(SCHOOL).lines())


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["安老师", "柏老师", "张敏"]),
        st.sampled_from(["数学组", "语文组", "数学组、语文组", ""]),
        st.sampled_from(["", "教师", "主管", "学校主管", "办公室、教师", "组长、主管"]),
        st.sampled_from(["", "数学", "语文"]),
        st.sampled_from(["", "", "", "柏老师", "1"]),
        st.sampled_from(["", "", "1", "2"]),
    ),
    min_size=1, max_size=4,
)  # fmt: skip


@limits(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ROWS, ROWS)
def test_whatever_was_there_a_second_import_changes_nothing(import_roster, store, first, second):
    for rows in (first, second):
        text = "姓名,教研组,角色,学科,师傅,工号\n" + "".join(",".join(row) + "\n" for row in rows)
        if import_roster(text).code == 0:
            again = import_roster(text)
            assert again.code == 0 and not any(again.facts.values()), again.lines()
