"""Migrations: what the steps make is what the tables say, on data, twice, and never on somebody else's database."""

import random
import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, date, datetime

import pytest
from alembic import op
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import Script
from sqlalchemy import event, text
from sqlmodel import SQLModel, select

from models import Action, CheckIn, Entry, Membership, Pairing, Person, Unit, UnitBranch
from models.migrate import migration_engine, newest, standing, upgrade
from models.migrations import __main__ as migrations
from models.snapshot import APPLICATION_ID, DatabaseRefused, check_is_ours, copy_database
from models.store import Store

NOW = datetime(2026, 9, 30, 12, 0, tzinfo=UTC)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def url(request, tmp_path):
    if request.param == "postgres":
        return request.getfixturevalue("postgres_url")
    return f"sqlite:///{(tmp_path / 'zhixing.db').as_posix()}"


@pytest.fixture
def file(tmp_path):
    """A migrated SQLite file with some data in it."""
    path = tmp_path / "zhixing.db"
    upgrade(f"sqlite:///{path.as_posix()}", tmp_path, NOW)
    fill(f"sqlite:///{path.as_posix()}")
    return path


def fill(url):
    school, group = Unit(name="青禾小学"), Unit(name="数学组")
    group.parent_id = school.id
    an, bo = Person(name="安老师", classes=["三（2）班"], joined_at=NOW), Person(name="柏老师")
    entry = Entry(kind="jotting", person_id=an.id, parts={"text": "先说方法"}, written_at=NOW)
    action = Action(person_id=an.id, deed="先说方法", made_at=NOW)
    row = CheckIn(action_id=action.id, person_id=an.id, result="done", happened_on=date(2026, 9, 30), written_at=NOW)
    store = Store(url)
    try:
        with store.writing() as session:
            for rows in ([school], [group], [an, bo], [entry, action], [row]):
                session.add_all(rows)
                session.flush()
            session.add(UnitBranch(ancestor_id=school.id, unit_id=group.id))
            session.add(Membership(person_id=an.id, unit_id=group.id, role="teacher"))
            session.add(Pairing(mentor_id=bo.id, teacher_id=an.id))
    finally:
        store.close()


def content(url):
    engine = migration_engine(url)
    with engine.connect() as connection:
        rows = {
            table.name: sorted(map(repr, connection.execute(table.select())))
            for table in SQLModel.metadata.sorted_tables
        }
    engine.dispose()
    return rows


def take_a_second_step(monkeypatch, step):
    """Pretend that a later version of the program brings one more step after the newest."""
    from alembic.script import ScriptDirectory

    class Second:
        __doc__ = "Take a second step."
        revision, down_revision, branch_labels, depends_on = "9999", newest(), None, None
        upgrade = staticmethod(step)

    load = ScriptDirectory._load_revisions

    def with_second(self):
        yield from load(self)
        yield Script(Second, "9999", "9999_second.py")

    monkeypatch.setattr(ScriptDirectory, "_load_revisions", with_second)


def test_the_steps_make_exactly_the_tables_of_the_models(url, tmp_path):
    upgrade(url, tmp_path, NOW)
    engine = migration_engine(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "render_as_batch": True})
        difference = compare_metadata(context, SQLModel.metadata)
    engine.dispose()
    assert difference == [], 'run: python -m models.migrations "..."'


def test_a_second_run_changes_nothing(url, tmp_path):
    first = upgrade(url, tmp_path / "backups", NOW)
    fill(url)
    before = content(url)
    second = upgrade(url, tmp_path / "backups", NOW)
    assert (first.before, first.changed) == (None, True)
    assert (second.before, second.changed, second.backup) == (newest(), False, None)
    assert content(url) == before
    assert not (tmp_path / "backups").exists()


def test_how_a_store_stands(url, tmp_path, monkeypatch):
    assert standing(url) == "new"
    upgrade(url, tmp_path, NOW)
    assert standing(url) == standing(url, thorough=True) == "current"
    take_a_second_step(monkeypatch, lambda: None)
    assert standing(url) == "behind"


def test_a_step_that_copies_a_parent_table_keeps_the_children(url, tmp_path, monkeypatch):
    upgrade(url, tmp_path, NOW)
    fill(url)
    before, was = content(url), newest()

    def step():
        with op.batch_alter_table("person") as table:
            table.alter_column("subject", server_default="")

    take_a_second_step(monkeypatch, step)
    done = upgrade(url, tmp_path / "backups", NOW)
    assert (done.before, done.after) == (was, "9999")
    assert content(url) == before and before["check_in"] != []


def test_before_a_step_the_file_is_copied(file, tmp_path, monkeypatch):
    take_a_second_step(monkeypatch, lambda: op.execute("DELETE FROM pairing"))
    done = upgrade(f"sqlite:///{file.as_posix()}", tmp_path / "backups", NOW)
    assert done.backup == tmp_path / "backups" / "before-9999-20260930T120000Z.db"
    with closing(sqlite3.connect(done.backup)) as copy, closing(sqlite3.connect(file)) as live:
        assert copy.execute("SELECT count(*) FROM pairing").fetchone() == (1,)
        assert live.execute("SELECT count(*) FROM pairing").fetchone() == (0,)


def test_a_step_that_fails_half_way_is_taken_back(url, tmp_path, monkeypatch):
    upgrade(url, tmp_path, NOW)
    fill(url)
    before = content(url)

    def step():
        op.execute("CREATE TABLE half (id INTEGER)")
        op.execute("DELETE FROM pairing")
        op.execute("THIS IS NOT SQL")

    with monkeypatch.context() as patch:
        take_a_second_step(patch, step)
        with pytest.raises(Exception, match="THIS"):
            upgrade(url, tmp_path / "backups", NOW)
    assert standing(url) == "current" and content(url) == before


def test_a_step_that_leaves_orphans_is_taken_back(file, tmp_path, monkeypatch):
    url = f"sqlite:///{file.as_posix()}"
    before = content(url)
    with monkeypatch.context() as patch:
        take_a_second_step(patch, lambda: op.execute("DELETE FROM person"))
        with pytest.raises(DatabaseRefused, match="撤回"):
            upgrade(url, tmp_path / "backups", NOW)
    assert standing(url) == "current" and content(url) == before


def test_a_store_of_a_newer_program_is_left_alone(url, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        take_a_second_step(patch, lambda: None)
        upgrade(url, tmp_path, NOW)
    with pytest.raises(DatabaseRefused, match="新版"):
        standing(url)
    with pytest.raises(DatabaseRefused, match="新版"):
        upgrade(url, tmp_path, NOW)


def test_somebody_elses_tables_are_left_alone(url, tmp_path):
    engine = migration_engine(url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE grades (id INTEGER)"))
    engine.dispose()
    with pytest.raises(DatabaseRefused, match="别的程序"):
        upgrade(url, tmp_path, NOW)


def test_a_file_marked_by_another_program_is_left_alone(tmp_path):
    with closing(sqlite3.connect(tmp_path / "x.db")) as other:
        other.execute("CREATE TABLE alembic_version (version_num TEXT)")
        other.execute("PRAGMA application_id=42")
        other.commit()
    before = (tmp_path / "x.db").read_bytes()
    with pytest.raises(DatabaseRefused, match="别的程序"):
        standing(f"sqlite:///{(tmp_path / 'x.db').as_posix()}")
    assert (tmp_path / "x.db").read_bytes() == before and len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    "body", [b"hello", "<html>教育局</html>".encode(), b"\x00" * 5000], ids=["text", "page", "zeros"]
)
def test_a_file_that_is_no_database_is_left_alone(tmp_path, body):
    path = tmp_path / "zhixing.db"
    path.write_bytes(body)
    with pytest.raises(DatabaseRefused, match="不是 SQLite"):
        upgrade(f"sqlite:///{path.as_posix()}", tmp_path, NOW)
    assert path.read_bytes() == body


def test_an_empty_file_is_a_new_store(tmp_path):
    (tmp_path / "zhixing.db").touch()
    url = f"sqlite:///{(tmp_path / 'zhixing.db').as_posix()}"
    assert standing(url) == "new"
    assert upgrade(url, tmp_path, NOW).before is None


def test_our_file_carries_our_mark(file):
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)


@pytest.mark.parametrize("seed", range(20))
def test_a_file_with_a_torn_page_is_refused_and_not_touched(file, tmp_path, seed):
    shutil.copy(file, broken := tmp_path / "broken.db")
    pages = bytearray(broken.read_bytes())
    page = random.Random(seed).randrange(len(pages) // 4096)
    pages[page * 4096 : page * 4096 + 2048] = random.Random(seed).randbytes(2048)
    broken.write_bytes(pages)
    with pytest.raises(DatabaseRefused):
        upgrade(f"sqlite:///{broken.as_posix()}", tmp_path, NOW)
    assert broken.read_bytes() == bytes(pages)


def test_a_copy_holds_what_is_still_in_the_log(file, tmp_path):
    store = Store(f"sqlite:///{file.as_posix()}")
    with store.writing() as session:
        session.add(Person(name="蔡老师"))
    copy_database(file, tmp_path / "copy" / "copy.db")
    copied = Store(f"sqlite:///{(tmp_path / 'copy' / 'copy.db').as_posix()}")
    with copied.reading() as session:
        assert set(session.exec(select(Person.name))) == {"安老师", "柏老师", "蔡老师"}
    copied.close()
    store.close()


def test_looking_at_a_store_in_use_disturbs_nobody(file):
    store = Store(f"sqlite:///{file.as_posix()}")
    with store.writing() as session:
        session.add(Person(name="蔡老师"))
        session.flush()
        check_is_ours(file)
        assert standing(f"sqlite:///{file.as_posix()}", thorough=True) == "current"
    store.close()
    assert standing(f"sqlite:///{file.as_posix()}") == "current"


class PowerCut(Exception):
    """Stands for the end of the process."""


def cut_off_after(monkeypatch, count):
    """Let the process end before the statement after `count`; return the list of what was run."""
    run = []

    def watched(address, **options):
        engine = migration_engine(address, **options)

        @event.listens_for(engine, "before_cursor_execute")
        def note(connection, cursor, statement, *rest):
            if len(run) == count:
                raise PowerCut
            run.append(statement)

        return engine

    monkeypatch.setattr("models.migrate.migration_engine", watched)
    return run


@pytest.mark.parametrize("percent", [5, *(pytest.param(n, marks=pytest.mark.slow) for n in (20, 40, 60, 80, 95)), 99])
def test_a_first_step_cut_off_anywhere_starts_anew(tmp_path, monkeypatch, percent):
    with monkeypatch.context() as patch:
        all_statements = cut_off_after(patch, None)
        upgrade(f"sqlite:///{(tmp_path / 'whole.db').as_posix()}", tmp_path, NOW)
    url = f"sqlite:///{(tmp_path / 'zhixing.db').as_posix()}"
    with monkeypatch.context() as patch:
        cut_off_after(patch, len(all_statements) * percent // 100)
        with pytest.raises(PowerCut):
            upgrade(url, tmp_path, NOW)
    assert standing(url) == "new"
    assert upgrade(url, tmp_path, NOW).changed and standing(url, thorough=True) == "current"


def test_two_who_start_together_migrate_once(url, tmp_path):
    with ThreadPoolExecutor(3) as pool:
        done = list(pool.map(lambda _: upgrade(url, tmp_path, NOW), range(3)))
    assert sorted(one.changed for one in done) == [False, False, True]
    assert standing(url, thorough=True) == "current"


def test_the_next_step_can_be_drafted(tmp_path, monkeypatch):
    folder = tmp_path / "migrations"
    shutil.copytree(migrations.VERSIONS.parent, folder, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr("models.migrate.MIGRATIONS", folder)
    monkeypatch.setattr(migrations, "VERSIONS", folder / "versions")
    taken = list((folder / "versions").glob("0*.py"))
    assert migrations.main(["Change nothing"]) == 0
    drafted = folder / "versions" / f"{len(taken) + 1:04d}_change_nothing.py"
    assert "pass" in drafted.read_text(encoding="utf-8")
    assert migrations.main([]) == 2
