"""Look the house over and say in one line each what is well and what is not."""

import os
import shutil
import stat
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.clock import SystemClock
from bot.config import SHORTEST_KEY, Settings, load_settings, unknown_settings
from bot.errors import ConfigError
from bot.office.asking import asked
from bot.office.backup import made_at
from bot.office.doctor_aibot import LookAtBot, bot_findings
from bot.office.doctor_wecom import LookAtApp, app_findings
from bot.office.report import DONE, FAILED, Report
from bot.office.school_lines import NOT_YET, school_lines
from models.enrolment import standings
from models.holding import held
from models.migrate import sqlite_path, standing
from models.people import office_people
from models.snapshot import DatabaseRefused, keeps_a_log
from models.store import Store

GOOD, MIND, BAD = "✓", "!", "✗"
Finding = tuple[str, str]
"""One of the three marks, and a line."""
CheckToken = Callable[[Settings], Awaitable[str]]
"""Asks the platform who the bot is and gives its user name; raises what it likes."""

LOW, EMPTY = 1_000_000_000, 200_000_000  # bytes free: soon too little, too little
PATIENCE = 15.0  # seconds to wait for the platform
STALE = timedelta(days=2)  # older than this, the newest backup is worth a word
WEEKDAYS = "一二三四五六日"


def doctor(
    environ: Mapping[str, str],
    env_file: Path,
    check_token: CheckToken,
    clock_of: Callable[[Settings], datetime],
    look_at_app: LookAtApp,
    look_at_bot: LookAtBot,
) -> Report:
    """Run every check; the exit code is 1 when anything but ✓ was found."""
    findings = list(_settings(environ, env_file))
    try:
        settings = load_settings(env_file)
    except ConfigError as error:
        findings.append((BAD, str(error)))
        return _report(findings)
    now = clock_of(settings)
    findings += _time(settings, now)
    findings += _channels(settings, check_token)
    if settings.wecom_secret is not None:
        findings += app_findings(settings, look_at_app)
    if settings.wecom_bot_secret is not None:
        findings += bot_findings(settings, look_at_bot)
    findings += _folder(settings)
    findings += _key(settings)
    findings += _database(settings, now)
    return _report(findings)


def _report(findings: list[Finding]) -> Report:
    found = sum(mark != GOOD for mark, _line in findings)
    last = f"有 {found} 处要看一看。" if found else "一切正常。"
    return Report((*(f"{mark} {line}" for mark, line in findings), last), FAILED if found else DONE, {"found": found})


def _settings(environ: Mapping[str, str], env_file: Path) -> Iterator[Finding]:
    yield GOOD, f"设置：{f'读自 {env_file}' if env_file.is_file() else '没有 .env，用默认值和环境变量'}"
    try:
        unknown = unknown_settings(environ, env_file)
    except UnicodeDecodeError:
        return  # loading the settings says so in its own words
    for name, nearest in unknown:
        yield MIND, f"不认识的设置 {name}，没有用到。" + (f"是不是 {nearest}？" if nearest else "")


def _time(settings: Settings, now: datetime) -> Iterator[Finding]:
    local = now.astimezone(ZoneInfo(settings.timezone))
    yield GOOD, f"时区：{settings.timezone}，现在是 {local:%Y-%m-%d %H:%M} 周{WEEKDAYS[local.weekday()]}"
    if settings.clock_offset_file is not None:
        offset = SystemClock(settings.clock_offset_file).offset()
        yield (
            MIND,
            f"时钟：按 {settings.clock_offset_file} 拨动了 {offset.total_seconds():.0f} 秒。只有彩排时才该这样。",
        )


def _channels(settings: Settings, check_token: CheckToken) -> Iterator[Finding]:
    if settings.telegram_token is not None:
        yield _telegram(settings, check_token)
    if settings.web_chat:
        yield GOOD, f"网页聊天：开着，{settings.http_host}:{settings.http_port}"
        if settings.public_url is None:
            yield MIND, "网页聊天：没有 ZHIXING_PUBLIC_URL，邀请单上就没有可点的链接，老师说「网页」也打不开。"
    elif settings.wecom_secret is not None:
        yield GOOD, "网页聊天：没有开。老师要在电脑上写、要发文档，可以设 ZHIXING_WEB_CHAT=1 和 ZHIXING_PUBLIC_URL。"
    if not settings.web_chat and not any((settings.telegram_token, settings.wecom_secret, settings.wecom_bot_secret)):
        yield MIND, "还没有接通任何聊天：填上企业微信或 Telegram 的设置，或设 ZHIXING_WEB_CHAT=1。"


def _telegram(settings: Settings, check_token: CheckToken) -> Finding:
    try:
        return GOOD, f"Telegram：接通了 @{asked(check_token, settings, PATIENCE)}（{settings.telegram_mode}）"
    except Exception as error:  # noqa: BLE001 - whatever it is, its words may hold the token: only its kind is named
        return BAD, f"Telegram：没有接通（{type(error).__name__}）。请检查令牌，以及这台机器能不能上 Telegram。"


def _folder(settings: Settings) -> Iterator[Finding]:
    folder = settings.data_dir
    place = next(path for path in (folder, *folder.absolute().parents) if path.is_dir())
    try:
        with tempfile.TemporaryFile(dir=place):
            yield GOOD, f"数据文件夹：{folder.absolute()}" + ("" if folder.is_dir() else "（第一次运行时会建）")
    except OSError as error:
        yield BAD, f"数据文件夹：{folder.absolute()} 写不进去（{error.strerror}），请检查这个文件夹的权限"
    free = shutil.disk_usage(place).free
    mark = GOOD if free >= LOW else MIND if free >= EMPTY else BAD
    yield mark, f"磁盘：还有 {free / 1_000_000_000:.1f} GB" + ("" if mark == GOOD else "，快满了，请清理一下")


def _key(settings: Settings) -> Iterator[Finding]:
    path = settings.data_dir / "secret.key"
    if settings.secret_key is not None:
        yield GOOD, "密钥：来自设置，请另外存好一份，备份里没有它"
    elif not path.is_file():
        yield GOOD, "密钥：第一次运行时会生成"
    elif len(path.read_text(encoding="utf-8", errors="replace").strip()) < SHORTEST_KEY:
        yield BAD, f"密钥：{path} 坏了，请从备份里取回"
    elif os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        yield MIND, f"密钥：别的用户也能读 {path}，请收紧权限（chmod 600）"
    else:
        yield GOOD, "密钥：好的，会跟着备份一起保存"


def _database(settings: Settings, now: datetime) -> Iterator[Finding]:
    try:
        stands = standing(settings.store_url, thorough=True)
    except DatabaseRefused as error:
        yield BAD, f"数据库：{error}"
        return
    if stands == "new":
        yield GOOD, "数据库：还没有，第一次运行时会建"
        yield GOOD, f"校历：{NOT_YET}"
    elif stands == "behind":
        yield BAD, "数据库：还是旧版本的样子，请先运行 python -m bot migrate"
    else:
        yield GOOD, "数据库：完好，是最新的样子"
        yield from _log(settings)
        yield from _backups(settings, now)
        yield from _people(settings, now)
        yield from _school(settings, now)


def _school(settings: Settings, now: datetime) -> Iterator[Finding]:
    store = Store(settings.store_url)
    try:
        with store.reading() as session:
            today = now.astimezone(ZoneInfo(settings.timezone)).date()
            lines = list(school_lines(session, settings, today))
    finally:
        store.close()
    yield from ((GOOD if is_well else MIND, line) for is_well, line in lines)


def _log(settings: Settings) -> Iterator[Finding]:
    path = sqlite_path(settings.store_url)
    if path is not None and not keeps_a_log(path):
        yield MIND, "数据库：不是 WAL 方式，可能放在了网络盘上。请把数据文件夹放到本机硬盘。"


def _backups(settings: Settings, now: datetime) -> Iterator[Finding]:
    made = [made_at(path) for path in settings.backup_dir.glob("zhixing-*Z.zip")]
    if not made:
        yield MIND, f"备份：还没有。每天 {settings.backup_at} 会自动备份，也可以现在运行 python -m bot backup"
        return
    age = now - max(made)
    yield (MIND if age > STALE else GOOD), f"备份：{len(made)} 份，最近一份在 {max(age.days, 0)} 天前"


def _people(settings: Settings, now: datetime) -> Iterator[Finding]:
    store = Store(settings.store_url)
    try:
        with store.reading() as session:
            everybody, has_office, waiting = standings(session, now), bool(office_people(session)), held(session)
    finally:
        store.close()
    joined = sum(one.joined_at is not None for one in everybody)
    if not everybody:
        yield MIND, "名单：还没有人，请先导入：python -m bot import roster 名单.xlsx"
    else:
        yield GOOD, f"名单：{len(everybody)} 人，已加入 {joined} 人"
        if not has_office:
            yield MIND, "名单：还没有办公室的人加入，知行有事没人可告诉"
    if waiting:
        yield (
            MIND,
            f"恢复之后还压着 {waiting.messages} 条消息、{waiting.prompts} 条提醒："
            "发出去用 restore --send-held，不发了用 restore --drop-held",
        )
