"""The people around one person, as PostgreSQL finds them: it cannot compare rows that hold JSON."""

from datetime import UTC, datetime

import pytest
from sqlmodel import SQLModel

from models import Membership, Person, Unit, UnitBranch
from models.people import group_mates_of, office_people, supervisors_of
from models.store import Store

pytestmark = pytest.mark.slow
NOW = datetime(2026, 9, 16, tzinfo=UTC)


def test_each_is_found_once(postgres_url: str) -> None:
    store = Store(postgres_url)
    SQLModel.metadata.create_all(store.writer)
    lin, chen, wang = (Person(name=name, joined_at=NOW) for name in ("林晓", "陈静安", "王立群"))
    group = Unit(name="语文组")
    with store.writing() as session:
        session.add_all([lin, chen, wang, group])
        session.flush()
        session.add(UnitBranch(ancestor_id=group.id, unit_id=group.id))
        roles = ((lin, "teacher"), (chen, "teacher"), (chen, "mentor"), (wang, "supervisor"), (wang, "office"))
        session.add_all([Membership(person_id=one.id, unit_id=group.id, role=role) for one, role in roles])
    with store.reading() as session:
        assert [one.name for one in group_mates_of(session, lin.id)] == ["陈静安"]
        assert [one.name for one in supervisors_of(session, lin.id)] == ["王立群"]
        assert [one.name for one in office_people(session)] == ["王立群"]
    store.close()
