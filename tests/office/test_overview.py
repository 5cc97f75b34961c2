"""The office's export: structure and counts of what was shared, and no number that would point at a person."""

import csv
from datetime import timedelta

import pytest

from bot.errors import SendFailed
from bot.office.group_line import send_line
from bot.office.overview import FEW, HEAD, HIDDEN, write
from models import Action, Entry, Membership, Person, Training, Unit
from tests.office.conftest import NOW
from tests.world import WORDS

LAST_WEEK = NOW - timedelta(days=7)


def rows_of(path):
    """Read the export as a spreadsheet would."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        head, *rows = csv.reader(file)
    assert tuple(head) == HEAD
    return {row[0]: dict(zip(HEAD, row, strict=True)) for row in rows}


def member(session, unit, name="安老师", **columns):
    person = Person(name=name, **columns)
    session.add(person)
    session.flush()
    session.add(Membership(person_id=person.id, unit_id=unit.id, role="teacher"))
    return person


@pytest.fixture
def group(store):
    """A group of five, of whom three have joined."""
    with store.writing() as session:
        unit = Unit(name="数学组")
        session.add(unit)
        session.flush()
        people = [member(session, unit, f"老师{n}", joined_at=NOW if n < 3 else None) for n in range(FEW)]
    return unit, people


def entry(person, **columns):
    given = {"kind": "jotting", "person_id": person.id, "parts": {"text": "心事"}, "written_at": LAST_WEEK}
    return Entry(**{**given, "to_group": True, "shared_at": LAST_WEEK, **columns})


def export(store, tmp_path):
    path = tmp_path / "counts.csv"
    report = write(store, path, NOW)
    assert report.code == 0
    return rows_of(path), path


def test_what_was_shared_within_four_weeks_is_counted(store, group, tmp_path):
    unit, (an, ba, *_) = group
    action = Action(
        person_id=ba.id, class_name="三2班", moment="提问以后", deed="等三秒", made_at=LAST_WEEK,
        try_until=NOW.date(), to_pair=True, shared_at=LAST_WEEK,
    )  # fmt: skip
    with store.writing() as session:
        session.add_all([entry(an), entry(an, to_group=False, to_supervisor=True), entry(ba), action])
        session.add(Training(title="提问工作坊", starts_at=LAST_WEEK, ends_at=LAST_WEEK, unit_id=unit.id))
    row = export(store, tmp_path)[0]["数学组"]
    assert list(row.values()) == ["数学组", "5", "3", "3", "1", "1"]


@pytest.mark.parametrize(
    "columns",
    [
        pytest.param({"to_group": False}, id="kept to herself"),
        pytest.param({"shared_at": NOW - timedelta(days=29)}, id="shared more than four weeks ago"),
        pytest.param({"removed_at": NOW}, id="deleted since"),
    ],
)
def test_what_is_not_shared_now_and_lately_is_not_counted(store, group, tmp_path, columns):
    _, (an, *_) = group
    with store.writing() as session:
        session.add(entry(an, **columns))
    assert export(store, tmp_path)[0]["数学组"]["近四周分享"] == "0"


def test_where_fewer_than_five_are_no_number_points_at_anyone(store, group, tmp_path):
    _, people = group
    with store.writing() as session:
        session.add(entry(people[0]))
        session.get_one(Person, people[1].id).left_at = LAST_WEEK
    row = export(store, tmp_path)[0]["数学组"]
    assert (row["人数"], row["近四周分享"], row["近四周行动"]) == ("4", HIDDEN, HIDDEN)


def test_no_word_of_anyone_is_in_the_file(store, group, tmp_path):
    _, people = group
    with store.writing() as session:
        session.add_all(entry(person) for person in people)
    _, path = export(store, tmp_path)
    written = path.read_text(encoding="utf-8-sig")
    assert "心事" not in written and "老师0" not in written


@pytest.mark.parametrize("name", ["=1+1", "+86", "-组", "@组"])
def test_a_name_is_no_formula(store, tmp_path, name):
    with store.writing() as session:
        session.add(Unit(name=name))
    assert set(export(store, tmp_path)[0]) == {f"'{name}"}


def test_where_it_cannot_write_it_says_so(store, tmp_path):
    report = write(store, tmp_path / "no such folder" / "counts.csv", NOW)
    assert report.code == 1
    assert "counts.csv" in report.lines()[0]


async def _nobody(line):
    raise SendFailed("group_93000", permanent=True)


def test_the_group_hears_one_line_of_figures_and_nothing_else(store, group):
    heard = []

    async def say(line):
        heard.append(line)

    _unit, people = group
    with store.writing() as session:
        for person in people:
            session.get(Person, person.id).joined_at = NOW
        session.add(entry(people[0]))
        session.add(entry(people[1], to_group=False, shared_at=None))
    report = send_line(store, WORDS, "zh_Hans", say, NOW)
    assert report.code == 0
    assert heard == ["近四周，5 位老师一起分享了 1 条记录，在课堂上试了 0 件小事。"]


def test_a_small_school_stays_out_of_the_group(store, group):
    report = send_line(store, WORDS, "zh_Hans", _nobody, NOW)  # three of five have joined
    assert report.code == 1 and "没有发" in report.lines()[0]


def test_a_group_that_does_not_hear_is_told_to_the_office(store, group):
    with store.writing() as session:
        for person in group[1]:
            session.get(Person, person.id).joined_at = NOW
    report = send_line(store, WORDS, "zh_Hans", _nobody, NOW)
    assert report.code == 1 and "group_93000" in report.lines()[0]
