"""The clerk's commands on PostgreSQL, which refuses what SQLite forgives."""

from datetime import date

import pytest
from sqlmodel import select

from bot.office.backup import release
from bot.office.calendar import calendar
from bot.office.doctor import doctor
from bot.office.enrol import roster
from bot.office.invites import invite
from bot.office.people import left, people, reissue, unbind_from
from bot.office.school_year import keep_school_year
from bot.office.starter import init
from bot.office.timetable import timetable
from bot.office.trainings import trainings
from bot.render import Words
from bot.school import school_clock
from models import Address, Outbound, Person, Prompt
from models.holding import hold_waiting
from models.migrate import upgrade
from models.people import group_mates_of, groups_of, mentors_of, office_people, supervisors_of
from models.store import Store
from tests.office.conftest import NOW

pytestmark = pytest.mark.slow


@pytest.fixture
def server(postgres_url, tmp_path):
    upgrade(postgres_url, tmp_path, NOW)
    store = Store(postgres_url)
    yield store
    store.close()


def test_a_term_of_the_office_on_postgres(server, settings, tmp_path):
    init(tmp_path)
    for expected in (5, 0):
        assert roster(server, settings, tmp_path / "roster.csv", NOW, True).facts["new"] == expected
    for expected in (2, 0):
        assert trainings(server, settings, tmp_path / "trainings.csv", NOW, True).facts["new"] == expected
    assert invite(server, settings, NOW, Words().file, "zhixing_bot").facts == {"invited": 5}
    assert reissue(server, settings, "003", NOW).code == 0
    with server.writing() as session:
        an = session.exec(select(Person).where(Person.staff_no == "003")).one()
        an.joined_at = NOW
        phone = Address(channel="telegram", external_id="1", person_id=an.id, made_at=NOW)
        session.add(phone)
        session.flush()
        session.add(Outbound(address_id=phone.id, person_id=an.id, channel="telegram", not_before=NOW, made_at=NOW))
        session.add(Prompt(key="k", person_id=an.id, kind="follow_up", due_at=NOW, made_at=NOW))
        session.flush()
        assert hold_waiting(session, NOW).prompts == 1
    assert release(server, NOW, send=True).code == 0
    with server.reading() as session:
        assert [one.name for one in mentors_of(session, an.id, NOW.date())] == ["柏老师"]
        assert [one.name for one in groups_of(session, an.id)] == ["数学组"]
        assert [one.name for one in group_mates_of(session, an.id)] == ["柏老师"]
        assert {one.name for one in supervisors_of(session, an.id)} == {"柏老师", "戴老师"}
        assert office_people(session) == []
    assert people(server, settings, NOW).facts == {"all": 5, "joined": 1, "unreachable": 0, "never": 2}
    assert unbind_from(server, settings, "003", "telegram", NOW).code == 0
    assert left(server, settings, "003", NOW).code == 0


def test_the_schools_clock_on_postgres(server, settings, tmp_path):
    init(tmp_path)
    roster(server, settings, tmp_path / "roster.csv", NOW, True)
    assert [keep_school_year(server, settings, NOW) for _twice in range(2)] == [[2025, 2026], []]
    for terms, days in ((2, 8), (0, 0)):
        facts = calendar(server, settings, tmp_path / "校历.csv", NOW, True).facts
        assert (facts["terms"], facts["days"]) == (terms, days)
    assert timetable(server, settings, tmp_path / "作息.csv", NOW, True).facts["bells"] == 1
    for added, kept in ((6, 0), (0, 6)):
        facts = timetable(server, settings, tmp_path / "课表.csv", NOW, True).facts
        assert (facts["added"], facts["kept"]) == (added, kept)
    less = tmp_path / "less.csv"
    less.write_text("班级,学科,老师,星期,节次\n三（1）班,数学,安老师,周一,1\n", encoding="utf-8")
    assert timetable(server, settings, less, NOW, True).facts["removed"] == 5
    without = settings.model_copy(update={"holidays": "none"})
    keep_school_year(server, without, NOW)
    with server.reading() as session:
        year = school_clock(session).calendar
    assert year.week_of(NOW.date()).number == 5 and year(date(2026, 10, 1)) and not year(date(2026, 10, 16))


def test_the_doctor_looks_at_a_server_too(server, settings, tmp_path, postgres_url):
    (tmp_path / ".env").write_text(f"ZHIXING_DATABASE_URL={postgres_url}\nZHIXING_DATA_DIR={tmp_path}\n", "utf-8")

    async def nobody(_settings):
        raise AssertionError("there is no token")

    report = doctor({}, tmp_path / ".env", nobody, lambda _settings: NOW, nobody, nobody)
    assert any("最新的样子" in line for line in report.lines()), report.lines()
