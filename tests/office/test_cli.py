"""The command line as the clerk types it: what each command says and with which code it ends, from init to restore."""

import csv
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot import cli, logs
from models import migrate
from models.snapshot import DatabaseRefused
from tests.office.conftest import NOW


@dataclass(frozen=True)
class Ended:
    """What one command printed, and its exit code."""

    code: int
    out: str
    err: str


Clerk = Callable[..., Ended]


@pytest.fixture
def clerk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Clerk:
    """Type commands in an empty folder, with the clock put on a school day."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.upper().startswith("ZHIXING_")]:
        monkeypatch.delenv(name)
    ahead = tmp_path / "clock.txt"
    ahead.write_text(str((NOW - datetime.now(UTC)).total_seconds()), encoding="utf-8")
    monkeypatch.setenv("ZHIXING_CLOCK_OFFSET_FILE", str(ahead))
    monkeypatch.setattr(logs, "set_up_logs", lambda *_, **__: None)  # the logs are those of pytest

    def type_in(*words: str, after: timedelta = timedelta()) -> Ended:
        ahead.write_text(str((NOW + after - datetime.now(UTC)).total_seconds()), encoding="utf-8")
        monkeypatch.setattr(sys, "argv", ["zhixing", *words])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return Ended(int(ended.value.code or 0), said.out, said.err)

    return type_in


@pytest.fixture
def school(clerk: Clerk) -> Clerk:
    """Begin a school with the sample files of `init`."""
    assert clerk("init").code == 0
    assert clerk("import", "roster", "roster.csv", "--apply").code == 0
    return clerk


def test_without_a_command_it_tells_what_there_is(clerk: Clerk) -> None:
    ended = clerk()
    assert {"demo", "run", "import", "backup", "restore"} <= set((ended.out + ended.err).split())


def test_an_unknown_command_is_a_mistake_of_usage(clerk: Clerk) -> None:
    assert clerk("exprot").code == cli.WRONG


class TestBeginning:
    def test_init_writes_what_the_other_commands_take(self, school: Clerk) -> None:
        assert Path(".env").is_file()
        assert "安老师" in school("people").out
        assert school("import", "trainings", "trainings.csv", "--apply").code == 0

    def test_a_preview_changes_nothing(self, clerk: Clerk) -> None:
        clerk("init")
        first = clerk("import", "roster", "roster.csv")
        assert first.code == 0 and "预览" in first.out
        assert clerk("import", "roster", "roster.csv").out == first.out

    def test_bad_rows_end_with_the_code_of_wrong_input(self, clerk: Clerk) -> None:
        Path("roster.csv").write_text("姓名,教研组,角色\n,数学组,\n", encoding="utf-8")
        ended = clerk("import", "roster", "roster.csv", "--apply")
        assert ended.code == cli.WRONG and "第 2 行" in ended.out

    def test_migrate_makes_a_store_and_then_finds_it_new(self, clerk: Clerk) -> None:
        assert "新建" in clerk("migrate").out
        ended = clerk("migrate")
        assert ended.code == 0 and "已是最新" in ended.out

    def test_migrate_tells_why_it_refuses(self, clerk: Clerk, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*_: object) -> None:
            raise DatabaseRefused("数据库坏了")

        monkeypatch.setattr(migrate, "upgrade", refuse)
        ended = clerk("migrate")
        assert (ended.code, ended.err.strip()) == (1, "没有升级：数据库坏了")

    def test_doctor_finds_the_missing_token_and_says_so_in_its_code(self, clerk: Clerk) -> None:
        ended = clerk("doctor")
        assert ended.code == 1
        assert len(ended.out.splitlines()) > 5

    def test_a_data_folder_that_cannot_be_is_named(self, clerk: Clerk, monkeypatch: pytest.MonkeyPatch) -> None:
        Path("taken").write_text("a file", encoding="utf-8")
        monkeypatch.setenv("ZHIXING_DATA_DIR", "taken")
        ended = clerk("people")
        assert ended.code == cli.WRONG
        assert len(ended.err.splitlines()) == 1 and "ZHIXING_DATA_DIR" in ended.err

    def test_a_wrong_setting_is_one_line(self, clerk: Clerk, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ZHIXING_TIMEZONE", "Mars/Olympus")
        ended = clerk("people")
        assert ended.code == cli.WRONG
        assert len(ended.err.splitlines()) == 1 and "ZHIXING_TIMEZONE" in ended.err


class TestPeople:
    def test_everyone_gets_a_code_and_a_lost_one_is_replaced(self, school: Clerk) -> None:
        assert school("invite", "--csv").code == 0
        table = Path("data/invites/invites.csv")
        rows = {row[0]: row[2] for row in csv.reader(table.read_text("utf-8-sig").splitlines())}
        ended = school("people", "--reissue", "安老师")
        assert ended.code == 0 and rows["安老师"] not in ended.out

    def test_without_telegram_there_are_codes_and_no_links(self, school: Clerk) -> None:
        school("invite", "--csv")
        rows = list(csv.reader(Path("data/invites/invites.csv").read_text("utf-8-sig").splitlines()))
        assert all(row[3] == "" for row in rows[1:])

    def test_when_telegram_cannot_be_asked_there_are_codes_all_the_same(
        self, school: Clerk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ZHIXING_TELEGRAM_TOKEN", "123456:" + "a" * 35)
        monkeypatch.setenv("ZHIXING_TELEGRAM_BASE_URL", "http://127.0.0.1:9/bot")
        ended = school("invite")
        assert ended.code == 0 and "先只给邀请码" in ended.err
        assert "a" * 35 not in ended.err + ended.out

    @pytest.mark.parametrize("option", ["--reissue", "--unbind", "--left"])
    def test_a_name_that_nobody_has_is_told(self, school: Clerk, option: str) -> None:
        assert school("people", option, "没这个人").code != 0

    def test_somebody_leaves_and_is_not_counted_any_more(self, school: Clerk) -> None:
        before = school("people").out
        assert school("people", "--left", "安老师").code == 0
        assert school("people").out != before

    def test_the_export_holds_counts(self, school: Clerk) -> None:
        ended = school("export", "counts.csv")
        assert ended.code == 0
        rows = list(csv.reader(Path("counts.csv").read_text("utf-8-sig").splitlines()))
        assert {"数学组", "语文组"} <= {row[0] for row in rows}


class TestBackup:
    def test_what_was_backed_up_comes_back(self, school: Clerk) -> None:
        assert school("backup").code == 0
        (archive,) = Path("data/backups").glob("*.zip")
        assert school("people", "--left", "安老师").code == 0
        gone = school("people").out
        ended = school("restore", str(archive), after=timedelta(hours=1))
        assert ended.code == 0, ended
        assert school("people").out != gone

    def test_nothing_held_back_is_nothing_to_decide(self, school: Clerk) -> None:
        assert school("restore", "--drop-held").code == 0

    def test_restore_wants_to_know_what(self, school: Clerk) -> None:
        ended = school("restore")
        assert ended.code == cli.WRONG and "备份文件" in ended.err

    def test_an_archive_that_is_none_is_refused_and_nothing_is_touched(self, school: Clerk) -> None:
        Path("notes.zip").write_bytes(b"no archive")
        before = school("people").out
        assert school("restore", "notes.zip").code != 0
        assert school("people").out == before


class TestRun:
    def test_a_role_that_there_is_not(self, clerk: Clerk) -> None:
        ended = clerk("run", "--role", "sing")
        assert ended.code == cli.WRONG and "listen" in ended.err

    @pytest.mark.parametrize("role", ["listen", "work"])
    def test_sqlite_has_one_process(self, clerk: Clerk, monkeypatch: pytest.MonkeyPatch, role: str) -> None:
        monkeypatch.setenv("ZHIXING_WEB_CHAT", "1")
        ended = clerk("run", "--role", role)
        assert ended.code == cli.WRONG and "PostgreSQL" in ended.err
