"""Stores of earlier versions: their rows come through every step since, and a step that went out is never edited."""

from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest
from alembic import command
from sqlalchemy import MetaData, event, insert
from sqlmodel import select

from bot.planning import habits_of
from models import Delivery, Observation, Outbound, Person, Quote
from models.migrate import VERSIONS, alembic_config, migration_engine, newest, standing, upgrade
from models.snapshot import APPLICATION_ID
from models.store import Store

NOW = datetime(2026, 9, 30, 12, 0, tzinfo=UTC)
LIN, CHEN, VISIT, CHAT, SENT = (UUID(int=number) for number in range(1, 6))
# Somebody's store has taken these steps: to change one would leave that store without the change.
GONE_OUT = {"0001_make_every_table.py": "5e652d0f991b8c0d"}


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def url(request: pytest.FixtureRequest, tmp_path: Any) -> str:
    """An empty store of either kind."""
    if request.param == "postgres":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite:///{(tmp_path / 'zhixing.db').as_posix()}"


def at_first_step(url: str) -> None:
    """Make a store as the first version left it, with two people and a visit."""
    engine = migration_engine(url)
    with engine.begin() as connection:
        command.upgrade(alembic_config(connection), "0001")
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql(f"PRAGMA application_id={APPLICATION_ID}")
        tables = MetaData()
        tables.reflect(connection)
        # In the values that a database of its own would hold: ids and times as the columns' own types write them.
        for table, rows in FIRST_ROWS.items():
            connection.execute(insert(tables.tables[table]), [_stored(connection, row) for row in rows])
    engine.dispose()


def _stored(connection: Any, row: dict[str, Any]) -> dict[str, Any]:
    if connection.dialect.name == "postgresql":
        return row
    return {name: value.hex if isinstance(value, UUID) else value for name, value in row.items()}


def person(id: UUID, name: str) -> dict[str, Any]:
    """A person as the first version stored her."""
    return {
        "id": id, "name": name, "subject": "语文", "classes": ["三（2）班"], "language": "zh_Hans",
        "zone": "Asia/Shanghai", "joined_at": NOW, "may_contact": True, "contact_days": "0123", "contact_from": "20:00",
        "contact_until": "21:30", "weekly_budget": 2, "digest_day": 4, "digest_every": 1,
    }  # fmt: skip


FIRST_ROWS: dict[str, list[dict[str, Any]]] = {
    "person": [person(LIN, "林晓"), person(CHEN, "陈默")],
    "observation": [
        {
            "id": VISIT, "person_id": CHEN, "observer_id": CHEN, "teacher_id": LIN, "day": date(2026, 10, 9), "period": 1,
            "starts_at": NOW, "ends_at": NOW, "lesson_kind": "ordinary", "focus": "候答时间", "state": "agreed",
            "version": 2, "strength": "", "watched": "", "suggestion": "", "feedback": "none", "answer": "", "made_at": NOW,
        }
    ],
    "address": [{"id": CHAT, "channel": "telegram", "external_id": "7", "person_id": CHEN, "made_at": NOW, "card": [], "wrong_codes": 0}],
    "outbound": [
        {
            "id": 1, "address_id": CHAT, "person_id": CHEN, "channel": "telegram", "urgency": 0, "state": "sent",
            "not_before": NOW, "attempts": 1, "fence": 1, "made_at": NOW, "done_at": NOW, "budgeted": False,
        }
    ],
    "delivery": [{"id": SENT, "outbound_id": 1, "at": NOW, "outcome": "sent", "platform_id": "4711"}],
}  # fmt: skip


def test_a_store_of_the_first_version_keeps_its_rows(url: str, tmp_path: Any) -> None:
    at_first_step(url)
    assert standing(url) == "behind"
    done = upgrade(url, tmp_path / "backups", NOW)
    assert (done.before, done.after, standing(url, thorough=True)) == ("0001", newest(), "current")
    store = Store(url)
    with store.reading() as session:
        lin, visit = session.get_one(Person, LIN), session.get_one(Observation, VISIT)
        assert (lin.name, lin.contact_from, lin.weekly_budget, lin.classes) == ("林晓", "20:00", 2, ["三（2）班"])
        assert (lin.strength, lin.quiet_about, lin.is_hushed) == ("usual", [], False)
        assert (visit.focus, visit.state, visit.class_name, visit.lesson_id) == ("候答时间", "agreed", "", None)
        assert habits_of(session, lin, NOW).weekly_budget == 2
    store.close()


def test_what_was_sent_before_can_be_noted_since(url: str, tmp_path: Any) -> None:
    """A message of the first version is kept, and nothing is known of whose words it showed."""
    at_first_step(url)
    upgrade(url, tmp_path / "backups", NOW)
    store = Store(url)
    with store.writing() as session:
        (sent,), (delivery,) = session.exec(select(Outbound)).all(), session.exec(select(Delivery)).all()
        assert (sent.state, delivery.platform_id, session.exec(select(Quote)).all()) == ("sent", "4711", [])
        session.add(Quote(outbound_id=sent.id or 0, person_id=LIN, item_id=VISIT))
    with store.reading() as session:
        assert [one.person_id for one in session.exec(select(Quote))] == [LIN]
    store.close()


class PowerCut(Exception):
    """Stands for the end of the process."""


@pytest.mark.parametrize("percent", [5, 35, 65, 95])
def test_steps_that_are_cut_off_leave_the_old_store(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch, percent: int
) -> None:
    def count(url: str, most: int | None) -> int:
        run: list[str] = []

        def watched(address: str, **options: Any) -> Any:
            engine = migration_engine(address, **options)

            @event.listens_for(engine, "before_cursor_execute")
            def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
                if len(run) == most:
                    raise PowerCut
                run.append(statement)

            return engine

        with monkeypatch.context() as patch:
            patch.setattr("models.migrate.migration_engine", watched)
            upgrade(url, tmp_path / "backups", NOW)
        return len(run)

    whole, url = (f"sqlite:///{(tmp_path / name).as_posix()}" for name in ("whole.db", "zhixing.db"))
    at_first_step(whole)
    at_first_step(url)
    most = count(whole, None) * percent // 100
    with pytest.raises(PowerCut):
        count(url, most)
    assert standing(url, thorough=True) == "behind"
    assert upgrade(url, tmp_path / "again", NOW).before == "0001"
    assert standing(url, thorough=True) == "current"


@pytest.mark.parametrize(("name", "was"), GONE_OUT.items())
def test_a_step_that_went_out_is_as_it_was(name: str, was: str) -> None:
    assert sha256((VERSIONS / name).read_text(encoding="utf-8").encode()).hexdigest()[:16] == was, (
        "write the change as a step of its own"
    )
