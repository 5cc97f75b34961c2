"""Who has joined and how the others are invited: codes, links, sheets, a lost phone, a colleague who left."""

import csv
import os
import stat
from datetime import timedelta

import pytest
from sqlmodel import select

from bot.office.enrol import roster
from bot.office.invites import invite, link_of
from bot.office.people import left, people, reissue, unbind_from
from bot.render import LANGUAGES, Words
from models import Address, AuditEvent, ChatLine, Invite, Observation, Outbound, Person, Prompt
from models.invites import find_invite, state_of
from models.people import active_pairings, supervisors_of
from tests.office.conftest import NOW

ROSTER = (
    "姓名,教研组,角色,师傅,工号\n安老师,数学组,,柏老师,1\n柏老师,数学组,主管,,2\n张敏,数学组,,,3\n张敏,语文组,,,\n"
    "洪老师,,办公室,,\n"
)
render = Words().file


@pytest.fixture
def school(store, settings, saved):
    assert roster(store, settings, saved(ROSTER), NOW, True).code == 0
    return store


def person(session, number):
    return session.exec(select(Person).where(Person.staff_no == number)).one()


def join(store, number, channel="web"):
    with store.writing() as session:
        one = person(session, number)
        one.joined_at = NOW
        address = Address(channel=channel, external_id=f"{channel}-{number}", person_id=one.id, made_at=NOW)
        session.add(address)
        for code in session.exec(select(Invite).where(Invite.person_id == one.id)):
            code.used_at = NOW
    return one.id, address.id


def test_everyone_who_has_not_joined_gets_a_code_and_a_sheet(school, settings):
    join(school, "1")
    report = invite(school, settings, NOW, render, bot_name="zhixing_bot", table=True)
    assert report.code == 0 and report.facts == {"invited": 4}
    folder = settings.data_dir / "invites"
    assert sorted(path.name for path in folder.iterdir()) == [
        "invites.csv",
        "数学组.html",
        "语文组.html",
        "青禾小学.html",
    ]
    rows = list(csv.reader((folder / "invites.csv").read_text("utf-8-sig").splitlines()))
    assert rows[0] == ["姓名", "教研组", "邀请码", "链接"] and len(rows) == 5
    with school.reading() as session:
        for name, _group, code, link in rows[1:]:
            one = find_invite(session, code)
            assert session.get(Person, one.person_id).name == name and state_of(one, NOW) == "live"
            assert link == f"https://t.me/zhixing_bot?start={code}"
    page = (folder / "数学组.html").read_text("utf-8")
    assert "柏老师" in page and "安老师" not in page and rows[2][2] in page and "2026年10月30日" in page
    if os.name == "posix":
        assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def test_codes_that_were_handed_out_stay_good(school, settings):
    invite(school, settings, NOW, render)
    with school.reading() as session:
        before = sorted(session.exec(select(Invite.code)))
    again = invite(school, settings, NOW + timedelta(days=3), render)
    with school.reading() as session:
        assert sorted(session.exec(select(Invite.code))) == before
    assert again.facts == {"invited": 5}
    later = invite(school, settings, NOW + timedelta(days=40), render)
    with school.reading() as session:
        assert len(session.exec(select(Invite)).all()) == 10
    assert later.facts == {"invited": 5}


def test_when_all_have_joined_there_is_nothing_to_do(store, settings, saved):
    roster(store, settings, saved("姓名,教研组,工号\n安老师,数学组,1\n"), NOW, True)
    join(store, "1")
    assert invite(store, settings, NOW, render).lines() == ["名单上的人都加入了，没有要邀请的。"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_sheet_speaks_the_schools_language(school, settings, language):
    invite(school, settings.model_copy(update={"language": language}), NOW, render)
    page = (settings.data_dir / "invites" / "语文组.html").read_text("utf-8")
    assert page.startswith("<!doctype html>") and "张敏" in page


def test_a_name_cannot_break_the_sheet_or_the_table(store, settings, saved):
    roster(store, settings, saved("姓名,教研组\n<b>安,=cmd|x\n=安老师,../../x\n"), NOW, True)
    invite(store, settings, NOW, render, table=True)
    folder = settings.data_dir / "invites"
    assert len(list(folder.iterdir())) == 3
    assert "&lt;b&gt;安" in (folder / "=cmd_x.html").read_text("utf-8")
    assert "'=安老师" in (folder / "invites.csv").read_text("utf-8-sig")


@pytest.mark.parametrize(
    ("name", "changes", "link"),
    [
        ("@zhixing_bot", {}, "https://t.me/zhixing_bot?start=ABC234"),
        (None, {"public_url": "https://school.example", "web_chat": True}, "https://school.example/join/ABC234"),
        (None, {"public_url": "https://school.example"}, ""),
        (None, {}, ""),
    ],
    ids=["Telegram", "the web page", "the web page is off", "no address"],
)
def test_what_a_link_opens(settings, name, changes, link):
    assert link_of("ABC234", settings.model_copy(update=changes), name) == link


def test_the_list_says_who_joined_and_who_cannot_be_reached(school, settings):
    person_id, _ = join(school, "1", "telegram")
    join(school, "2")
    invite(school, settings, NOW, render)
    with school.writing() as session:
        session.get(Person, person_id).unreachable_since = NOW + timedelta(days=3)
    report = people(school, settings, NOW)
    assert report.facts == {"all": 5, "joined": 2, "unreachable": 1}
    lines = "\n".join(report.lines())
    assert "安老师（1）：2026-09-30 加入；从 2026-10-03 起联系不上；Telegram" in lines
    assert "张敏（3）：还没加入；邀请码到 2026-10-30 为止" in lines


def test_an_empty_house_is_told_what_to_do(store, settings):
    assert "导入名单" in people(store, settings, NOW).lines()[0]


def test_a_new_code_ends_the_old_one(school, settings):
    invite(school, settings, NOW, render)
    report = reissue(school, settings, "安老师", NOW + timedelta(hours=1), "zhixing_bot")
    assert report.code == 0 and "t.me" in report.lines()[1]
    with school.reading() as session:
        codes = session.exec(select(Invite).where(Invite.person_id == person(session, "1").id)).all()
        stands = sorted(state_of(code, NOW + timedelta(hours=2)) for code in codes)
    assert stands == ["expired", "live"]


@pytest.mark.parametrize("who", ["3", "张敏（数学组）", "张 敏(数学组)"])
def test_who_is_meant_can_be_said_in_three_ways(school, settings, who):
    assert reissue(school, settings, who, NOW).code == 0


@pytest.mark.parametrize(("who", "word"), [("张敏", "有 2 位"), ("无名", "没有"), ("张敏（美术组）", "没有")])
def test_who_is_not_clear_is_asked(school, settings, who, word):
    for report in (reissue(school, settings, who, NOW), left(school, settings, who, NOW)):
        assert report.code == 2 and word in report.lines()[0]
    assert unbind_from(school, settings, who, "web", NOW).code == 2


def test_a_lost_phone_shows_nothing_more(school, settings):
    person_id, address_id = join(school, "1", "web")
    join(school, "1", "telegram")
    with school.writing() as session:
        session.add(ChatLine(address_id=address_id, key="in:1", is_ours=False, body={"text": "私"}, at=NOW))
        for state in ("waiting", "sent"):
            session.add(
                Outbound(
                    address_id=address_id, person_id=person_id, channel="web", body={"text": "好"}, state=state,
                    not_before=NOW, made_at=NOW,
                )
            )  # fmt: skip
    assert unbind_from(school, settings, "1", "web", NOW).code == 0
    with school.reading() as session:
        assert session.get(Address, address_id).person_id is None
        assert session.exec(select(ChatLine)).all() == []
        assert session.exec(select(Outbound.state).order_by(Outbound.id)).all() == ["failed", "sent"]
        assert session.exec(select(Address.channel).where(Address.person_id == person_id)).all() == ["telegram"]
        events = session.exec(select(AuditEvent.what).where(AuditEvent.person_id == person_id)).all()
    assert events == ["unbound"]
    assert "没有绑定" in unbind_from(school, settings, "1", "web", NOW).lines()[0]


def test_whoever_lost_her_only_phone_is_invited_again(school, settings):
    join(school, "1")
    unbind_from(school, settings, "1", "web", NOW)
    assert "需要新的邀请码" in "\n".join(people(school, settings, NOW).lines())
    assert invite(school, settings, NOW, render).facts == {"invited": 5}


def test_who_left_reads_and_hears_nothing_more(school, settings):
    person_id, _ = join(school, "2")
    with school.writing() as session:
        an = person(session, "1").id
        session.add(Prompt(key="k", person_id=person_id, kind="digest", due_at=NOW, made_at=NOW))
        assert [one.name for one in supervisors_of(session, an)] == ["柏老师"]
    assert left(school, settings, "柏老师", NOW).code == 0
    with school.reading() as session:
        assert supervisors_of(session, an) == []
        assert active_pairings(session, an, NOW.date()) == []
        assert session.exec(select(Prompt.state)).one() == "dropped"
    assert "柏老师" not in "\n".join(people(school, settings, NOW).lines())


def test_who_was_to_meet_a_colleague_who_left_hears_that_the_visit_is_off(school, settings):
    bai_id, _ = join(school, "2")
    an_id, _ = join(school, "1")
    at = NOW + timedelta(days=1)
    with school.writing() as session:
        session.add(
            Observation(
                person_id=bai_id, observer_id=bai_id, teacher_id=an_id, day=at.date(), period=1, starts_at=at,
                ends_at=at + timedelta(minutes=40), state="agreed", made_at=NOW,
            )
        )  # fmt: skip
    left(school, settings, "柏老师", NOW)
    with school.reading() as session:
        assert session.exec(select(Observation.state)).one() == "cancelled"
        told = session.exec(select(Prompt)).one()
        assert (told.person_id, told.kind) == (an_id, "visit_off")
        assert session.get_one(Person, an_id).next_contact_at is not None
