"""The doctor: one line each, an exit code that says whether anything was found, and no secret in what is said."""

import asyncio
import os
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from bot.channels.wecom_bot_look import BotLook
from bot.channels.wecom_look import Look
from bot.office.backup import backup
from bot.office.calendar import calendar
from bot.office.doctor import doctor
from bot.office.enrol import roster
from bot.office.school_year import keep_school_year
from models import Address, Person
from models.holding import hold_waiting
from models.migrate import standing
from tests.office.conftest import NOW

TOKEN = "123456:very-secret"


async def answers(settings):
    return "zhixing_bot"


async def sees(settings):
    return Look("知行", door="open", url="https://s.example/wecom/callback")


async def taken(settings):
    return BotLook(is_taken=True)


@pytest.fixture
def examine(tmp_path, settings):
    def run(text="", check=answers, environ=None, now=NOW, look=sees, bot=taken):
        env = tmp_path / ".env"
        env.write_text(f"ZHIXING_DATA_DIR={settings.data_dir}\nZHIXING_SCHOOL=青禾小学\n{text}\n", encoding="utf-8")
        return doctor(environ or {}, env, check, lambda _settings: now, look, bot)

    return run


def lines(report, mark):
    return [line for line in report.lines() if line.startswith(mark)]


def test_a_house_in_order_is_said_to_be_so(examine, store, settings, saved):
    roster(store, settings, saved("姓名,教研组,角色\n洪老师,,办公室\n"), NOW, True)
    with store.writing() as session:
        one = session.exec(select(Person)).one()
        one.joined_at = NOW
        session.add(Address(channel="telegram", external_id="1", person_id=one.id, made_at=NOW))
    (settings.data_dir / "secret.key").write_text("k" * 64, encoding="utf-8")
    (settings.data_dir / "secret.key").chmod(0o600)
    backup(settings, store, NOW)
    store.close()
    report = examine(f"ZHIXING_TELEGRAM_TOKEN={TOKEN}\nZHIXING_WEB_CHAT=1\nZHIXING_PUBLIC_URL=https://s.example")
    assert (report.code, report.lines()[-1]) == (0, "一切正常。"), report.lines()
    assert any("@zhixing_bot" in line for line in report.lines())
    assert any("2026-09-30 12:00 周三" in line for line in report.lines())


def test_a_new_house_is_told_what_comes_next(examine):
    report = examine()
    assert report.code == 1 and report.facts == {"found": 1}
    assert "还没有接通任何聊天" in lines(report, "!")[0]


@pytest.mark.parametrize(
    ("text", "mark", "word"),
    [
        ("ZHIXING_TIMEZONE=Mars/Base", "✗", "ZHIXING_TIMEZONE"),
        ("ZHIXING_TIMZONE=Asia/Shanghai", "!", "是不是 ZHIXING_TIMEZONE"),
        ("ZHIXING_WEB_CHAT=1", "!", "ZHIXING_PUBLIC_URL"),
        ("ZHIXING_WEB_CHAT=1", "!", "「网页」"),
        ("ZHIXING_DATABASE_URL=postgresql://nobody:hidden@127.0.0.1:9/none", "✗", "连不上数据库"),
    ],
    ids=["a wrong value", "a misspelt name", "no address", "no link to the page", "no server"],
)
def test_what_is_wrong_with_the_settings_is_named(examine, text, mark, word):
    report = examine(text)
    assert report.code == 1 and any(word in line for line in lines(report, mark))
    assert "hidden" not in "\n".join(report.lines())


def test_settings_in_another_encoding_are_named(tmp_path):
    (tmp_path / ".env").write_bytes("ZHIXING_SCHOOL=青禾小学".encode("gb18030"))
    report = doctor({}, tmp_path / ".env", answers, lambda _settings: NOW, sees, taken)
    assert report.code == 1 and "UTF-8" in lines(report, "✗")[0]


@pytest.mark.parametrize("error", [OSError(TOKEN), ValueError(TOKEN), TimeoutError(TOKEN)], ids=repr)
def test_a_token_that_fails_is_named_and_not_said(examine, error):
    async def fails(settings):
        await asyncio.sleep(0)
        raise error

    report = examine(f"ZHIXING_TELEGRAM_TOKEN={TOKEN}", fails)
    assert any("没有接通" in line for line in lines(report, "✗"))
    assert "secret" not in "\n".join(report.lines())


def test_a_moved_clock_is_pointed_out(examine, tmp_path):
    (tmp_path / "offset").write_text("3600", encoding="utf-8")
    report = examine(f"ZHIXING_CLOCK_OFFSET_FILE={tmp_path / 'offset'}")
    assert any("3600 秒" in line for line in lines(report, "!"))


@pytest.mark.parametrize(("free", "mark"), [(500_000_000, "!"), (1_000, "✗")], ids=["soon full", "full"])
def test_a_full_disk_is_seen(examine, monkeypatch, free, mark):
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: shutil._ntuple_diskusage(1, 1, free))
    assert any("磁盘" in line for line in lines(examine(), mark))


def test_a_folder_that_takes_nothing_is_seen(examine, settings, tmp_path, monkeypatch):
    def refuse(*_arguments, **_options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    assert any("写不进去" in line for line in lines(examine(), "✗"))


def test_a_damaged_and_a_foreign_database_are_refused(examine, store, settings):
    store.close()
    path = settings.data_dir / "zhixing.db"
    body = bytearray(path.read_bytes())
    body[4096 * 3 : 4096 * 4] = bytes(4096)
    path.write_bytes(body)
    assert any("损坏" in line for line in lines(examine(), "✗"))
    path.write_text("hello", encoding="utf-8")
    assert any("不是 SQLite" in line for line in lines(examine(), "✗"))


def test_a_store_that_waits_for_a_migration_is_named(examine, store, settings, monkeypatch):
    assert standing(settings.store_url) == "current"
    monkeypatch.setattr("models.migrate.newest", lambda: "9999")
    assert any("migrate" in line for line in lines(examine(), "✗"))


def test_a_store_on_a_disk_without_wal_is_pointed_out(examine, store, settings):
    store.close()
    with closing(sqlite3.connect(settings.data_dir / "zhixing.db")) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
    assert any("WAL" in line for line in lines(examine(), "!"))


def test_old_and_missing_backups_are_pointed_out(examine, store, settings):
    assert any("备份：还没有" in line for line in lines(examine(), "!"))
    backup(settings, store, NOW)
    assert any("3 天前" in line for line in lines(examine(now=NOW + timedelta(days=3)), "!"))


def test_an_empty_roster_and_an_absent_office_are_pointed_out(examine, store, settings, saved):
    assert any("import roster" in line for line in lines(examine(), "!"))
    roster(store, settings, saved("姓名,教研组\n安老师,数学组\n"), NOW, True)
    assert any("办公室" in line for line in lines(examine(), "!"))


def test_what_is_held_since_a_restore_is_pointed_out(examine, store):
    from models import Outbound

    with store.writing() as session:
        phone = Address(channel="web", external_id="x", made_at=NOW)
        session.add(phone)
        session.flush()
        session.add(Outbound(address_id=phone.id, channel="web", not_before=NOW, made_at=NOW))
        session.flush()
        hold_waiting(session, NOW)
    assert any("还压着 1 条消息" in line for line in lines(examine(), "!"))


def test_a_key_that_is_broken_or_open_to_all_is_seen(examine, settings):
    settings.data_dir.mkdir()
    key = settings.data_dir / "secret.key"
    key.touch()
    assert any("密钥" in line for line in lines(examine(), "✗"))
    key.write_text("k" * 64, encoding="utf-8")
    key.chmod(0o644)
    if os.name == "posix":
        assert any("chmod" in line for line in lines(examine(), "!"))
    assert any("来自设置" in line for line in lines(examine(f"ZHIXING_SECRET_KEY={'k' * 40}"), "✓"))


CALENDAR = "类型,名称,开始,周数\n学期,2026秋,2026-08-31,20\n学期,2027春,2027-02-22,20\n"


@pytest.mark.parametrize(
    ("month", "mark", "word"),
    [
        (datetime(2026, 9, 30, 4, tzinfo=UTC), "✓", "校历：今天是2026秋第 5 周（共 20 周），到 2027-01-17（周日）；下一个假期：国庆节，2026-10-01"),
        (datetime(2027, 1, 25, 4, tzinfo=UTC), "✓", "校历：放假中，2027春 2027-02-22（周一）开学"),
        (datetime(2027, 7, 20, 4, tzinfo=UTC), "!", "下学期还没有录入"),
        (datetime(2027, 12, 1, 4, tzinfo=UTC), "!", "学期都过去了"),
        (datetime(2026, 10, 30, 4, tzinfo=UTC), "✓", "放假安排：有 2025、2026 年的"),
        (datetime(2026, 11, 20, 4, tzinfo=UTC), "!", "2027 年的还没有，节日前后先当休息"),
        (datetime(2026, 9, 30, 4, tzinfo=UTC), "✓", "课表：还没有"),
    ],
    ids=["in term", "between terms", "after the last", "long after", "known years", "a year without a list", "lessons"],
)  # fmt: skip
def test_the_schools_clock_is_told(examine, store, settings, saved, month, mark, word):
    keep_school_year(store, settings, NOW)
    calendar(store, settings, saved(CALENDAR), NOW, True)
    assert any(word in line for line in lines(examine(now=month), mark)), examine(now=month).lines()


def test_without_a_term_it_says_how_to_enter_one(examine, store, settings):
    assert any("还没有学期" in line and "import calendar" in line for line in lines(examine(), "✓"))
    store.close()
    (settings.data_dir / "zhixing.db").unlink()
    assert any("还没有学期" in line for line in lines(examine(), "✓"))


def test_a_school_of_its_own_calendar_is_told(examine, store):
    assert any("不跟国家" in line for line in lines(examine("ZHIXING_HOLIDAYS=none"), "✓"))


APP = (
    "ZHIXING_WECOM_CORP_ID=wwabcdef0123456789\nZHIXING_WECOM_AGENT_ID=1000002\nZHIXING_WECOM_SECRET=app-secret\n"
    f"ZHIXING_WECOM_TOKEN=TokenOfTheTests01\nZHIXING_WECOM_AES_KEY={'x' * 43}\n"
)


def test_an_app_in_order_is_said_to_be_so(examine):
    found = [line for line in lines(examine(APP), "✓") if "企业微信" in line]
    assert found == ["✓ 企业微信应用：接通了「知行」（AgentId 1000002）",
                     "✓ 企业微信回调：https://s.example/wecom/callback 答对了自己出的题"]  # fmt: skip


@pytest.mark.parametrize(
    ("more", "told"), [("", True), ("ZHIXING_WEB_CHAT=1\nZHIXING_PUBLIC_URL=https://s.example\n", False)]
)
def test_where_documents_do_not_arrive_the_page_is_spoken_of_without_alarm(examine, more, told):
    assert any("ZHIXING_WEB_CHAT=1" in line for line in lines(examine(APP + more), "✓")) is told
    assert not any("网页聊天" in line for line in lines(examine(APP + more), "!"))


SEEN = {
    "an address that is not trusted": (Look(trouble="trusted_ip 203.0.113.7", door="open"), "203.0.113.7"),
    "a wrong secret": (Look(trouble="secret_refused", door="open"), "Secret"),
    "a wrong agent": (Look(trouble="agent_refused", door="open"), "AgentId"),
    "no line": (Look(trouble="unreachable", door="open"), "连不上"),
    "a code nobody knows": (Look(trouble="declined_99999", door="open"), "99999"),
    "an app that is switched off": (Look("知行", is_closed=True, door="open"), "停用"),
    "nobody at the door": (Look("知行", door="silent", url="https://s.example/x"), "没有人应门"),
    "somebody else at the door": (Look("知行", door="wrong", url="https://s.example/x"), "不一样"),
    "a slow door": (Look("知行", door="slow", url="https://s.example/x"), "超过 1 秒"),
    "no address of our own": (Look("知行"), "ZHIXING_PUBLIC_URL"),
}


@pytest.mark.parametrize(("look", "word"), SEEN.values(), ids=SEEN)
def test_what_is_wrong_with_an_app_is_named(examine, look, word):
    async def seen(settings):
        return look

    report = examine(APP, look=seen)
    assert len([line for line in report.lines() if word in line and line[0] in "!✗"]) == 1, report.lines()
    assert "app-secret" not in "\n".join(report.lines())


def test_whatever_an_app_says_no_secret_is_shown(examine):
    async def breaks(settings):
        raise ValueError("app-secret was refused")

    assert "app-secret" not in "\n".join(examine(APP, look=breaks).lines())
    assert any("ValueError" in line for line in lines(examine(APP, look=breaks), "✗"))


def test_an_app_that_hears_nobody_is_told_what_it_misses(examine):
    report = examine(APP.partition("ZHIXING_WECOM_TOKEN")[0])
    assert any("听不到老师说话" in line for line in lines(report, "!"))


BOT = "ZHIXING_WECOM_BOT_ID=BOT1\nZHIXING_WECOM_BOT_SECRET=bot-secret\n"
BOT_SEEN = {
    "a line that takes us": (BotLook(is_taken=True), "✓", "接通了"),
    "a line that a service holds": (BotLook(), "✓", "/readyz"),
    "no line": (BotLook("unreachable"), "✗", "连不上"),
    "a line that says nothing": (BotLook("silent"), "✗", "没有回话"),
    "a wrong secret": (BotLook("refused", code=40001), "✗", "40001"),
}


@pytest.mark.parametrize(("look", "mark", "word"), BOT_SEEN.values(), ids=BOT_SEEN)
def test_how_the_ai_bot_stands_is_said(examine, look, mark, word):
    async def seen(settings):
        return look

    report = examine(BOT, bot=seen)
    assert len([line for line in lines(report, mark) if "智能机器人" in line and word in line]) == 1, report.lines()
    assert any("建机器人以外" in line for line in report.lines()) == (not look.trouble)
    assert "bot-secret" not in "\n".join(report.lines())


def test_whatever_a_line_says_no_secret_is_shown(examine):
    async def breaks(settings):
        raise ValueError("bot-secret was refused")

    report = examine(BOT, bot=breaks)
    assert any("ValueError" in line for line in lines(report, "✗"))
    assert "bot-secret" not in "\n".join(report.lines())
