"""Backups: whole, checked, kept for some days; a restore brings everything back and sends nothing by itself."""

import json
import shutil
import sqlite3
import threading
import zipfile
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from bot.office import archive as archives
from bot.office.backup import backup, daily_backup, last_due, release, restore, rotate
from models import Address, AuditEvent, Inbound, Mark, Outbound, Person, Prompt
from models.holding import held
from models.inbound import waiting_inbound
from models.lock import Lock
from models.store import Store
from tests.office.conftest import NOW

LATER = NOW + timedelta(hours=8)


def nothing_to_make(session, now):
    """Stand for rules that would make nothing in the meantime."""


@pytest.fixture
def school(store, settings):
    """A store with one teacher, an attachment, a key, a message on its way and a prompt due in two hours."""
    an = Person(name="安老师", joined_at=NOW)
    phone = Address(channel="web", external_id="an", person_id=an.id, made_at=NOW)
    with store.writing() as session:
        session.add(an)
        session.flush()
        session.add(phone)
        session.flush()
        for state in ("waiting", "claimed", "sent"):
            session.add(
                Outbound(
                    address_id=phone.id, person_id=an.id, channel="web", body={"text": "好"}, state=state,
                    not_before=NOW, made_at=NOW,
                )
            )  # fmt: skip
        for hours in (2, 20):
            due = NOW + timedelta(hours=hours)
            session.add(Prompt(key=f"p:{hours}", person_id=an.id, kind="follow_up", due_at=due, made_at=NOW))
    (settings.files_dir / "ab").mkdir(parents=True)
    (settings.files_dir / "ab" / "photo.jpg").write_bytes(b"photo" * 1000)
    (settings.files_dir / "half.part").write_bytes(b"half")
    (settings.data_dir / "secret.key").write_text("k" * 64, encoding="utf-8")
    return store


def made(settings):
    (path,) = settings.backup_dir.glob("*.zip")
    return path


def test_a_backup_holds_everything_and_says_what(school, settings):
    report = backup(settings, school, NOW)
    assert report.code == 0 and any("已检查" in line for line in report.lines())
    with zipfile.ZipFile(made(settings)) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        assert sorted(archive.namelist()) == ["files/ab/photo.jpg", "manifest.json", "secret.key", "zhixing.db"]
    assert (manifest["made_at"], manifest["program"]) == (NOW.isoformat(), "zhixing")
    assert [path.name for path in settings.backup_dir.iterdir()] == ["zhixing-20260930T040000Z.zip"]


def test_a_restore_brings_everything_back_and_keeps_what_was_there(school, settings):
    backup(settings, school, NOW)
    with school.writing() as session:
        session.add(Person(name="柏老师"))
    (settings.data_dir / "secret.key").write_text("x" * 64, encoding="utf-8")
    shutil.rmtree(settings.files_dir)
    settings.files_dir.mkdir()
    (settings.files_dir / "new.jpg").write_bytes(b"new")
    school.close()
    report = restore(settings, made(settings), LATER, nothing_to_make)
    assert report.code == 0 and "2026-09-30 12:00" in report.lines()[0]
    with school.reading() as session:
        assert session.exec(select(Person.name)).all() == ["安老师"]
        assert session.exec(select(AuditEvent.what)).all() == ["restored"]
    assert (settings.files_dir / "ab" / "photo.jpg").read_bytes() == b"photo" * 1000
    assert (settings.data_dir / "secret.key").read_text(encoding="utf-8") == "k" * 64
    (aside,) = settings.data_dir.glob("replaced-*")
    assert (aside / "files" / "new.jpg").read_bytes() == b"new"
    assert (aside / "secret.key").read_text(encoding="utf-8") == "x" * 64
    with closing(sqlite3.connect(aside / "zhixing.db")) as old:
        assert old.execute("SELECT count(*) FROM person").fetchone() == (2,)
    assert list(settings.data_dir.glob("restoring-*")) == []


def states(store):
    with store.reading() as session:
        return (
            session.exec(select(Outbound.state).order_by(Outbound.id)).all(),
            session.exec(select(Prompt.state).order_by(Prompt.due_at)).all(),
        )


def test_what_was_on_its_way_is_held_until_the_office_says_so(school, settings):
    backup(settings, school, NOW)
    school.close()
    report = restore(settings, made(settings), LATER, nothing_to_make)
    assert any("消息 2 条，提醒 1 条" in line for line in report.lines())
    assert not any("不会进记录" in line for line in report.lines())
    assert states(school) == (["held", "held", "sent"], ["held", "waiting"])
    release(school, LATER, send=True)
    assert states(school) == (["waiting", "waiting", "sent"], ["waiting", "waiting"])
    with school.reading() as session:
        assert session.exec(select(Person.next_contact_at)).one() == LATER
        assert not held(session)
    assert release(school, LATER, send=True).lines() == ["没有压着的消息。"]


def test_what_is_held_can_be_given_up(school, settings):
    backup(settings, school, NOW)
    school.close()
    restore(settings, made(settings), LATER, nothing_to_make)
    assert release(school, LATER, send=False).code == 0
    assert states(school) == (["failed", "failed", "sent"], ["dropped", "waiting"])
    with school.reading() as session:
        assert session.exec(select(Outbound.body).where(Outbound.state == "failed")).all() == [None, None]


@pytest.mark.parametrize(("send", "then", "played"), [(True, "waiting", 1), (False, "done", 0)])
def test_what_had_come_in_and_was_not_played_is_held_too(school, settings, send, then, played):
    with school.writing() as session:
        keep = {"channel": "web", "sender": "a", "received_at": NOW}
        session.add(Inbound(platform_id="1", body={"text": "今天的课很顺"}, **keep))
        session.add(Inbound(platform_id="2", body={"text": "早"}, state="done", handled_at=NOW, **keep))
    backup(settings, school, NOW)
    school.close()
    report = restore(settings, made(settings), LATER, nothing_to_make)
    assert any("收到还没办的 1 条" in line for line in report.lines())
    assert any("不会进记录" in line for line in report.lines())
    with school.reading() as session:
        assert waiting_inbound(session, 10) == []
    release(school, LATER, send=send)
    with school.reading() as session:
        assert len(waiting_inbound(session, 10)) == played
        assert session.exec(select(Inbound.state).order_by(Inbound.platform_id)).all() == [then, "done"]


def test_with_the_offices_word_nothing_is_held(school, settings):
    backup(settings, school, NOW)
    school.close()
    restore(settings, made(settings), LATER, nothing_to_make, hold=False)
    assert states(school) == (["waiting", "claimed", "sent"], ["waiting", "waiting"])


def test_what_the_calendar_would_have_made_since_is_held_too(school, settings):
    backup(settings, school, NOW)
    school.close()

    def make_a_digest(session, now):
        owner = session.exec(select(Person.id)).one()
        session.add(Prompt(key="digest:w40", person_id=owner, kind="digest", due_at=NOW, made_at=now))

    restore(settings, made(settings), LATER, make_a_digest)
    assert states(school)[1] == ["held", "held", "waiting"]


def test_a_running_bot_is_not_restored_under(school, settings):
    backup(settings, school, NOW)
    with Lock(school, "work"):
        report = restore(settings, made(settings), LATER, nothing_to_make)
    assert report.code == 1 and "正在运行" in report.lines()[0]
    assert states(school)[0] == ["waiting", "claimed", "sent"]


def test_a_new_machine_needs_only_the_archive(school, settings, tmp_path):
    backup(settings, school, NOW)
    school.close()
    fresh = settings.model_copy(update={"data_dir": tmp_path / "other"})
    assert restore(fresh, made(settings), LATER, nothing_to_make).code == 0
    store = Store(fresh.store_url)
    with store.reading() as session:
        assert session.exec(select(Person.name)).all() == ["安老师"]
    store.close()


def rewritten(path, change):
    """Write an archive again with its parts changed."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts = change(parts) or parts
    with zipfile.ZipFile(path, "w") as archive:
        for name, body in parts.items():
            archive.writestr(name, body)


def in_manifest(**values):
    def change(parts):
        parts["manifest.json"] = json.dumps(json.loads(parts["manifest.json"]) | values).encode()

    return change


def renamed_to(name):
    def change(parts):
        manifest = json.loads(parts["manifest.json"])
        for one in manifest["files"]:
            if one["name"] == "files/ab/photo.jpg":
                one["name"] = name
        return {
            "manifest.json": json.dumps(manifest).encode(), name: parts["files/ab/photo.jpg"],
            "zhixing.db": parts["zhixing.db"], "secret.key": parts["secret.key"],
        }  # fmt: skip

    return change


BROKEN = {
    "a changed photo": lambda parts: parts.update({"files/ab/photo.jpg": b"x" * 5000}),
    "a longer photo": lambda parts: parts.update({"files/ab/photo.jpg": b"photo" * 1001}),
    "a file too many": lambda parts: parts.update({"files/x": b"x"}),
    "a file too few": lambda parts: parts.pop("secret.key") and None,
    "no manifest": lambda parts: parts.pop("manifest.json") and None,
    "a manifest that is no JSON": lambda parts: parts.update({"manifest.json": b"{"}),
    "a manifest that is a list": lambda parts: parts.update({"manifest.json": b"[]"}),
    "another program": in_manifest(program="other"),
    "a newer format": in_manifest(format=99),
    "files that are a word": in_manifest(files="all"),
    "a way out": renamed_to("files/../../evil"),
    "a rooted name": renamed_to("/files/evil"),
    "a drive": renamed_to("files/C:/evil"),
    "a backslash": renamed_to("files\\evil"),
    "another folder": renamed_to("bin/evil"),
}


@pytest.mark.parametrize("change", BROKEN.values(), ids=BROKEN)
def test_a_broken_or_foreign_archive_changes_nothing(school, settings, change):
    backup(settings, school, NOW)
    path = made(settings)
    rewritten(path, change)
    report = restore(settings, path, LATER, nothing_to_make)
    assert report.code == 1 and "什么都没有改动" in report.lines()[-1]
    assert states(school)[0] == ["waiting", "claimed", "sent"]
    assert not list(settings.data_dir.glob("re*-*")) and not list(settings.data_dir.parent.glob("evil"))


@pytest.mark.parametrize("place", range(0, 100, 7))
def test_a_damaged_archive_changes_nothing(school, settings, place):
    backup(settings, school, NOW)
    path = made(settings)
    body = bytearray(path.read_bytes())
    at = len(body) * place // 100
    body[at : at + 40] = bytes(byte ^ 0xFF for byte in body[at : at + 40])
    path.write_bytes(body)
    assert restore(settings, path, LATER, nothing_to_make).code == 1
    assert states(school)[0] == ["waiting", "claimed", "sent"]


@pytest.mark.parametrize("body", [b"", b"PK", b"not a zip" * 100], ids=["empty", "two letters", "text"])
def test_any_other_file_is_no_backup(school, settings, tmp_path, body):
    (tmp_path / "x.zip").write_bytes(body)
    assert restore(settings, tmp_path / "x.zip", LATER, nothing_to_make).code == 1
    assert restore(settings, tmp_path / "missing.zip", LATER, nothing_to_make).code == 1


def test_a_foreign_database_in_a_good_archive_is_refused(school, settings, tmp_path):
    with closing(sqlite3.connect(tmp_path / "other.db")) as other:
        other.execute("CREATE TABLE grades (id INTEGER)")
    archives.write_archive(tmp_path / "x.zip", tmp_path / "other.db", tmp_path / "none", "0001", NOW)
    report = restore(settings, tmp_path / "x.zip", LATER, nothing_to_make)
    assert report.code == 1 and "别的程序" in report.lines()[0]


def test_a_move_that_fails_takes_everything_back(school, settings, monkeypatch):
    backup(settings, school, NOW)
    school.close()
    before = (settings.data_dir / "secret.key").read_text(encoding="utf-8")
    move, calls = shutil.move, []

    def failing(source, target):
        calls.append(source)
        if len(calls) == 4:
            raise OSError("no room")
        return move(source, target)

    monkeypatch.setattr(shutil, "move", failing)
    assert restore(settings, made(settings), LATER, nothing_to_make).code == 1
    assert states(school)[0] == ["waiting", "claimed", "sent"]
    assert (settings.data_dir / "secret.key").read_text(encoding="utf-8") == before
    assert (settings.files_dir / "ab" / "photo.jpg").exists()


def test_a_backup_under_writing_is_a_prefix_of_history(store, settings):
    stop = threading.Event()

    def write():
        number = 0
        while not stop.is_set() and number < 3000:
            with store.writing() as session:
                session.add(Person(name=f"{number:05d}"))
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for minute in range(5):
            assert backup(settings, store, NOW + timedelta(minutes=minute)).code == 0
    finally:
        stop.set()
        writer.join()
    counts = []
    for number, path in enumerate(sorted(settings.backup_dir.glob("*.zip"))):
        archives.check_archive(path, into=settings.data_dir / str(number))
        with closing(sqlite3.connect(settings.data_dir / str(number) / "zhixing.db")) as copy:
            names = [name for (name,) in copy.execute("SELECT name FROM person ORDER BY name")]
        assert names == [f"{place:05d}" for place in range(len(names))]
        counts.append(len(names))
    assert len(counts) == 5 and counts == sorted(counts)


def test_a_full_disk_leaves_no_half_backup(school, settings, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(archives, "check_archive", full)
    report = backup(settings, school, NOW)
    assert report.code == 1 and list(settings.backup_dir.iterdir()) == []


def test_an_attachment_erased_meanwhile_is_left_out(school, settings, monkeypatch):
    sources = archives._sources

    def erased(*arguments):
        for name, path in sources(*arguments):
            if name.endswith("photo.jpg"):
                path.unlink()
            yield name, path

    monkeypatch.setattr(archives, "_sources", erased)
    assert backup(settings, school, NOW).code == 0
    assert archives.check_archive(made(settings))


def test_the_oldest_backups_go(settings):
    settings.backup_dir.mkdir(parents=True)
    for day in range(1, 21):
        (settings.backup_dir / f"zhixing-202609{day:02d}T023000Z.zip").touch()
    (settings.backup_dir / "before-0002-20260801T000000Z.db").touch()
    (settings.backup_dir / "before-0003-20260920T000000Z.db").touch()
    (settings.backup_dir / "mine.zip").touch()
    assert len(rotate(settings.backup_dir, 14, NOW)) == 7
    left = sorted(path.name for path in settings.backup_dir.iterdir())
    assert left[:2] == ["before-0003-20260920T000000Z.db", "mine.zip"] and left[2] == "zhixing-20260907T023000Z.zip"


DUE = [
    ("one minute before", "2026-09-29T18:29:00+00:00", "2026-09-28T18:30:00+00:00"),
    ("at the minute", "2026-09-29T18:30:00+00:00", "2026-09-29T18:30:00+00:00"),
    ("at noon", "2026-09-30T04:00:00+00:00", "2026-09-29T18:30:00+00:00"),
    ("at local midnight", "2026-09-30T16:00:00+00:00", "2026-09-29T18:30:00+00:00"),
]


@pytest.mark.parametrize(("now", "due"), [row[1:] for row in DUE], ids=[row[0] for row in DUE])
def test_when_the_daily_backup_was_due(settings, now, due):
    assert last_due(settings, datetime.fromisoformat(now)) == datetime.fromisoformat(due)


def test_the_daily_backup_is_made_once_a_day_and_caught_up(school, settings):
    assert daily_backup(settings, school, NOW) is not None
    assert daily_backup(settings, school, NOW + timedelta(hours=1)) is None
    assert daily_backup(settings, school, datetime(2026, 9, 30, 18, 30, tzinfo=UTC)) is not None
    assert daily_backup(settings, school, NOW + timedelta(days=9)) is not None
    with school.reading() as session:
        assert session.exec(select(Mark)).one().at == NOW + timedelta(days=9)


def test_on_a_server_the_files_are_kept_and_the_tool_is_named(school, settings, monkeypatch):
    monkeypatch.setattr(school, "is_sqlite", False)
    on_server = settings.model_copy(update={"database_url": _Secret("postgresql+psycopg://db/zhixing")})
    report = backup(on_server, school, NOW)
    assert report.code == 0 and any("pg_dump" in line for line in report.lines())
    with zipfile.ZipFile(made(settings)) as archive:
        assert "zhixing.db" not in archive.namelist()
    assert "pg_restore" in restore(on_server, made(settings), LATER, nothing_to_make).lines()[0]
    assert "没有数据库" in restore(settings, made(settings), LATER, nothing_to_make).lines()[0]


class _Secret:
    def __init__(self, value):
        self._value = value

    def get_secret_value(self):
        return self._value
