"""Invite codes: what is read, what is suggested, and when guessing is stopped."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import Session, SQLModel

from models import Address, Invite, Person
from models.invites import (
    ALPHABET,
    JOIN_FOR,
    LINK_FOR,
    LINK_TRIES,
    PAUSE,
    WRONG_CODES,
    find_invite,
    misread_invite,
    new_code,
    new_invite,
    note_wrong_code,
    paused_until,
    read_code,
    state_of,
)
from models.store import Store

NOW = datetime(2026, 9, 14, 12, 0, tzinfo=UTC)


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    store = Store(f"sqlite:///{tmp_path / 'invites.db'}")
    SQLModel.metadata.create_all(store.writer)
    with store.writing() as session:
        yield session
    store.close()


def invited(session: Session, code: str, **columns: object) -> Invite:
    person = Person(name="张敏")
    session.add(person)
    session.flush()
    row = {"made_at": NOW, "expires_at": NOW + JOIN_FOR, **columns}
    invite = Invite(code=code, person_id=person.id, **row)
    session.add(invite)
    session.flush()
    return invite


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        pytest.param("QH7K2P", "QH7K2P", id="as it stands"),
        pytest.param("  qh7k2p ", "QH7K2P", id="lower case with spaces around"),
        pytest.param("ｑｈ７ｋ２ｐ", "QH7K2P", id="full-width"),
        pytest.param("QH7 K2P", "QH7K2P", id="read aloud in two halves"),
        pytest.param("QH7-K2P。", "QH7K2P", id="with a hyphen and a full stop"),
        pytest.param("QH7K2O", "QH7K2O", id="a letter that no code has is kept"),
        pytest.param("我的邀请码是 QH7K2P，谢谢", "QH7K2P", id="inside a sentence"),
        pytest.param("https://t.me/zhixing_bot?start=QH7K2P", "QH7K2P", id="inside a link"),
        pytest.param("QH7K2", None, id="too short"),
        pytest.param("QH7K2PP", None, id="too long"),
        pytest.param("你好", None, id="a greeting"),
        pytest.param("", None, id="nothing"),
    ],
)
def test_a_code_is_read_as_people_type_it(typed: str, code: str | None) -> None:
    assert read_code(typed) == code


def test_a_new_code_has_no_look_alikes_and_six_characters(session: Session) -> None:
    code = new_code(session)
    assert len(code) == 6 and set(code) <= set(ALPHABET)
    assert not set("0O1IL") & set(ALPHABET)


@pytest.mark.parametrize(
    ("real", "typed"),
    [("QH7K2D", "QH7K20"), ("QH7K2Q", "QH7K2O"), ("QH7K2J", "QH7K2I"), ("QHBK2P", "QH8K2P"), ("5H7KZP", "SH7K2P")],
)
def test_a_misread_code_finds_its_invite(session: Session, real: str, typed: str) -> None:
    invite = invited(session, real)
    assert misread_invite(session, typed, NOW) is invite


def test_two_candidates_suggest_nothing(session: Session) -> None:
    invited(session, "QH7K2D")
    invited(session, "QH7K2Q")
    assert misread_invite(session, "QH7K2O", NOW) is None


def test_a_code_that_differs_otherwise_is_not_suggested(session: Session) -> None:
    invited(session, "QH7K2P")
    assert misread_invite(session, "QH7K2R", NOW) is None


def test_more_than_two_doubtful_letters_suggest_nothing(session: Session) -> None:
    invited(session, "QB7SZP")
    assert misread_invite(session, "O85S2P", NOW) is None
    assert misread_invite(session, "O87SZP", NOW) is not None


@pytest.mark.parametrize(
    "columns",
    [
        pytest.param({"used_at": NOW}, id="used"),
        pytest.param({"expires_at": NOW}, id="expired"),
        pytest.param({"kind": "link"}, id="a link code"),
    ],
)
def test_only_live_join_codes_are_suggested(session: Session, columns: dict[str, object]) -> None:
    invited(session, "QH7K2D", **columns)
    assert misread_invite(session, "QH7K20", NOW) is None


def test_an_invite_lasts_thirty_days_and_a_link_code_ten_minutes(session: Session) -> None:
    person = Person(name="林晓")
    session.add(person)
    session.flush()
    assert new_invite(session, person.id, NOW).expires_at == NOW + timedelta(days=30)
    assert new_invite(session, person.id, NOW, kind="link").expires_at == NOW + LINK_FOR == NOW + timedelta(minutes=10)


def test_a_new_invite_ends_the_older_one(session: Session) -> None:
    older = invited(session, "QH7K2P")
    newer = new_invite(session, older.person_id, NOW)
    assert state_of(older, NOW) == "expired" and state_of(newer, NOW) == "live"
    assert find_invite(session, "QH7K2P") is older


def test_an_invite_is_live_until_the_instant_it_expires(session: Session) -> None:
    invite = invited(session, "QH7K2P")
    assert state_of(invite, invite.expires_at - timedelta(seconds=1)) == "live"
    assert state_of(invite, invite.expires_at) == "expired"


def test_a_link_code_wears_out(session: Session) -> None:
    invite = invited(session, "QH7K2P", kind="link", tries=LINK_TRIES)
    assert state_of(invite, NOW) == "worn"


def test_five_wrong_codes_within_an_hour_pause_an_address() -> None:
    address = Address(channel="web", external_id="1", made_at=NOW, wrong_codes=0)
    for minute in range(WRONG_CODES):
        assert paused_until(address, NOW + timedelta(minutes=minute)) is None
        note_wrong_code(address, NOW + timedelta(minutes=minute))
    assert paused_until(address, NOW + timedelta(minutes=5)) == NOW + PAUSE
    assert paused_until(address, NOW + PAUSE) is None


def test_an_hour_later_wrong_codes_are_counted_anew() -> None:
    address = Address(channel="web", external_id="1", made_at=NOW, wrong_codes=0)
    note_wrong_code(address, NOW)
    note_wrong_code(address, NOW + PAUSE)
    assert (address.wrong_codes, address.wrong_since) == (1, NOW + PAUSE)
