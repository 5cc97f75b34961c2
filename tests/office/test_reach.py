"""Whom the office may greet: never spoken, blocked, no member any more, without a licence; counts and names only."""

from datetime import timedelta

import pytest
from sqlmodel import select

from bot.errors import SendFailed
from bot.office.enrol import roster
from bot.office.people import people
from bot.outbox import Result, settle
from models import Account, Address, Person, outbound
from models.reach import reach
from tests.office.conftest import NOW

ROSTER = (
    "姓名,教研组,角色,工号,企业微信\n安老师,数学组,,1,AnLaoshi\n柏老师,数学组,,2,bai.laoshi\n张敏,数学组,,3,ZhangMin\n"
    "李想,数学组,,4,LiXiang\n洪老师,,办公室,5,\n"
)


@pytest.fixture
def school(store, settings, saved):
    assert roster(store, settings, saved(ROSTER), NOW, True).code == 0
    return store


def person(session, number):
    return session.exec(select(Person).where(Person.staff_no == number)).one()


def speak(store, number, **columns):
    with store.writing() as session:
        one = person(session, number)
        one.joined_at = NOW
        address = Address(channel="wecom_app", external_id=f"u{number}", person_id=one.id, made_at=NOW, **columns)
        session.add(address)
    return one.id, address.id


def refuse(store, number, reason):
    """Let the platform refuse a message to somebody for good."""
    person_id, address_id = speak(store, number, last_heard_at=NOW)
    base = {"address_id": address_id, "person_id": person_id, "channel": "wecom_app", "urgency": 1}
    row = base | {"key": None, "body": {"html": "x", "plain": "x", "buttons": []}, "not_before": NOW, "made_at": NOW}
    later = NOW + timedelta(minutes=1)
    with store.writing() as session:
        outbound.add_outbound(session, [row])
        (claimed,) = outbound.claim_outbound(session, ["wecom_app"], [], later, later + timedelta(minutes=2), 1)
        settle(session, Result(claimed, "refused", failure=SendFailed(reason, permanent=True)), True, later)


def test_an_account_is_kept_as_it_was_written_and_known_on_both_doors(school):
    with school.reading() as session:
        found = session.exec(select(Account).where(Account.person_id == person(session, "1").id)).all()
    assert {(one.channel, one.key, one.spelling) for one in found} == {
        ("wecom_app", "anlaoshi", "AnLaoshi"), ("wecom_aibot", "anlaoshi", "AnLaoshi"),
    }  # fmt: skip


def test_a_second_import_changes_nothing(school, settings, saved):
    assert roster(school, settings, saved(ROSTER), NOW, True).facts == {"new": 0, "changed": 0, "paired": 0}


def test_two_who_were_mixed_up_can_be_swapped(school, settings, saved):
    mixed = ROSTER.replace("AnLaoshi", "?").replace("bai.laoshi", "AnLaoshi").replace("?", "bai.laoshi")
    assert roster(school, settings, saved(mixed), NOW, True).code == 0
    with school.reading() as session:
        by_number = {
            n: {a.spelling for a in session.exec(select(Account).where(Account.person_id == person(session, n).id))}
            for n in "12"
        }
    assert by_number == {"1": {"bai.laoshi"}, "2": {"AnLaoshi"}}


def test_an_account_stands_once_however_it_is_spelt(store, settings, saved):
    report = roster(store, settings, saved(ROSTER.replace("LiXiang", "ZHANGMIN")), NOW, True)
    assert report.code != 0 and "出现了不止一次" in "\n".join(report.lines())


def test_a_nickname_is_no_account(store, settings, saved):
    report = roster(store, settings, saved(ROSTER.replace("LiXiang", "小李老师")), NOW, True)
    assert report.code != 0 and "小李老师" in "\n".join(report.lines())


def test_each_reason_is_counted_and_named(school, settings):
    refuse(school, "2", "invaliduser")
    refuse(school, "3", "unlicenseduser")
    speak(school, "4", last_heard_at=NOW, closed_at=NOW)
    with school.reading() as session:
        whys = {person(session, number).name: reach(session).get(person(session, number).id) for number in "12345"}
    assert whys == {"安老师": "never", "柏老师": "left", "张敏": "unlicensed", "李想": "blocked", "洪老师": None}
    report = people(school, settings, NOW)
    assert {why: report.facts[why] for why in ("never", "left", "unlicensed", "blocked")} == dict.fromkeys(
        ("never", "left", "unlicensed", "blocked"), 1
    )
    assert any("1 人：安老师" in line for line in report.lines())


def test_who_opened_the_chat_but_never_wrote_has_not_spoken(school):
    refuse(school, "5", "not_contacted")
    with school.reading() as session:
        assert reach(session)[person(session, "5").id] == "never"


def test_who_is_reached_elsewhere_is_left_in_peace(school, settings):
    speak(school, "4", last_heard_at=NOW, closed_at=NOW)
    with school.writing() as session:
        one = person(session, "4")
        session.add(Address(channel="telegram", external_id="77", person_id=one.id, made_at=NOW, last_heard_at=NOW))
    with school.reading() as session:
        assert person(session, "4").id not in reach(session)
