"""The command line of the office clerk: each command loads what it needs, prints clear lines and ends with its code."""

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from bot.clock import SystemClock
from bot.config import ENV_FILE, Settings, load_settings, make_data_dir
from bot.errors import ConfigError

if TYPE_CHECKING:
    from bot.office.report import Report
    from models.store import Store

WRONG = 2  # exit code: usage, configuration or rows
app = typer.Typer(
    name="zhixing",
    help="知行：培训之后，帮老师记、帮老师想起、帮老师填表。聊一次，表全有。",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
imports = typer.Typer(help="导入名单、培训、校历或课表：先预览，加 --apply 才真正写入。", no_args_is_help=True)
app.add_typer(imports, name="import")
Apply = Annotated[bool, typer.Option("--apply", help="真正写入；不加只是预览")]
Exact = Annotated[bool, typer.Option("--exact", help="以这份校历为准：学期里别的放假、上课、考试都去掉")]
File = Annotated[Path, typer.Argument(help=".csv（UTF-8 或 GB18030）或 .xlsx")]


def main() -> None:
    """Run one command; a wrong setting is one clear line and exit code 2."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")  # a Windows console may not be UTF-8
    try:
        app()
    except ConfigError as wrong:
        typer.echo(str(wrong), err=True)
        sys.exit(WRONG)


def _now(settings: Settings) -> datetime:
    return SystemClock(settings.clock_offset_file).now()


@app.command(help="打开演示：一所虚构的小学，三部手机，可以拨动的时钟。不用账号，不用联网。")
def demo(
    port: Annotated[int, typer.Option(help="网页端口，0 是任选一个空闲的")] = 8090,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="要不要自动打开浏览器")] = True,
) -> None:
    """Play the demo."""
    from bot.logs import set_up_logs
    from bot.service import demo as play

    set_up_logs("WARNING", is_plain=True)
    play(port, browser)


@app.command(help="启动知行，按 .env 里的设置接通聊天。")
def run(
    role: Annotated[str, typer.Option(help="all、listen（只收）或 work（只办）；后两个要 PostgreSQL")] = "all",
) -> None:
    """Run the bot."""
    from bot.logs import set_up_logs
    from bot.service import ROLES
    from bot.service import run as serve

    settings = load_settings()
    set_up_logs(settings.log_level, is_plain=sys.stderr.isatty())
    if role not in ROLES:
        raise ConfigError("--role", "请写 all、listen 或 work")
    serve(settings, role)


@app.command(help="量一量速度：同一次运行里与几种常见做法比较。")
def bench(
    only: Annotated[str, typer.Option(help="只量这一项：turns、prompts、sending、digest、memory")] = "",
    small: Annotated[bool, typer.Option("--small", help="小规模，几十秒就完")] = False,
) -> None:
    """Measure, where the source checkout with its benches stands."""
    import importlib.util

    if importlib.util.find_spec("tests.bench") is None:
        raise ConfigError("bench", "速度测试在源代码的 tests/bench 里，这里没有")
    from tests.bench.__main__ import main as measure

    measure(only, small)


def _end(report: "Report") -> NoReturn:
    """Print what a command has to say and end with its code."""
    for line in report.lines():
        typer.echo(line)
    raise typer.Exit(report.code)


# The office


@app.command(help="写好带注释的 .env 和示例表（名单、培训、校历、作息、课表）；已有的文件不动。")
def init(folder: Annotated[Path, typer.Argument(help="写到哪个文件夹")] = Path()) -> None:
    """Write the files that a school begins with."""
    from bot.office import starter

    _end(starter.init(folder))


@app.command(help="检查设置、令牌、时区、校历、磁盘、数据库和时钟，一项一行。")
def doctor() -> None:
    """Check everything."""
    import os

    from bot.logs import set_up_logs
    from bot.office import doctor as office
    from bot.service import look_at_app, look_at_bot

    set_up_logs("ERROR", is_plain=True)
    _end(office.doctor(os.environ, ENV_FILE, _bot_name, _now, look_at_app, look_at_bot))


@app.command(help="升级数据库；之前先自动备份一份。")
def migrate() -> None:
    """Bring the store to its newest shape."""
    from models.migrate import upgrade
    from models.snapshot import DatabaseRefused

    settings = load_settings()
    try:
        done = upgrade(settings.store_url, settings.backup_dir, _now(settings))
    except DatabaseRefused as refused:
        typer.echo(f"没有升级：{refused}", err=True)
        raise typer.Exit(1) from None
    _school_store(settings).close()
    typer.echo(
        f"数据库已是最新（{done.after}）。"
        if not done.changed
        else f"升级好了：{done.before or '新建'} → {done.after}。"
    )
    if done.backup is not None:
        typer.echo(f"升级前的备份：{done.backup}")


@imports.command("roster", help="导入名单：姓名 教研组 角色 学科 班级 师傅 语言 工号。")
def import_roster(file: File, apply: Apply = False) -> None:
    """Import who is who."""
    from bot.office import enrol

    settings = load_settings()
    _end(enrol.roster(_school_store(settings), settings, file, _now(settings), apply))


@imports.command("trainings", help="导入培训：培训名称 日期 时间 地点 主讲人 教研组 学时。")
def import_trainings(file: File, apply: Apply = False) -> None:
    """Import trainings and who takes part."""
    from bot.office import trainings

    settings = load_settings()
    _end(trainings.trainings(_school_store(settings), settings, file, _now(settings), apply))


@imports.command("calendar", help="导入校历：类型 名称 开始 结束 周数 上周几的课（学期、放假、上课、考试）。")
def import_calendar(file: File, apply: Apply = False, exact: Exact = False) -> None:
    """Import terms, days off, days worked and exams."""
    from bot.office import calendar

    settings = load_settings()
    _end(calendar.calendar(_school_store(settings), settings, file, _now(settings), apply, exact))


@imports.command("timetable", help="导入作息表和课表：节次 上课 下课；班级 学科 老师 星期 节次 单双周。")
def import_timetable(file: File, apply: Apply = False) -> None:
    """Import the bells and the weekly lessons."""
    from bot.office import timetable

    settings = load_settings()
    _end(timetable.timetable(_school_store(settings), settings, file, _now(settings), apply))


@app.command(help="给还没加入的人发邀请码，写好可以打印的邀请单。")
def invite(table: Annotated[bool, typer.Option("--csv", help="另写一份 invites.csv")] = False) -> None:
    """Give codes to everyone who has not joined."""
    from bot.office import invites
    from bot.render import Words

    settings = load_settings()
    name = _name_if_reachable(settings)
    _end(invites.invite(_store(settings), settings, _now(settings), Words().file, name, table))


@app.command(help="谁加入了、谁还没有、谁联系不上；也可以补发邀请码、解除绑定、办理离校。")
def people(
    reissue: Annotated[str, typer.Option(help="给这个人（姓名或工号）换一个邀请码")] = "",
    unbind: Annotated[str, typer.Option(help="解除这个人（姓名或工号）的绑定")] = "",
    channel: Annotated[
        str, typer.Option(help="解除哪个聊天的绑定：telegram、web、wecom_app 或 wecom_aibot")
    ] = "telegram",
    left: Annotated[str, typer.Option(help="这个人（姓名或工号）离校了")] = "",
) -> None:
    """Show who is here, without a word of what anyone wrote."""
    from bot.office import people as office

    settings = load_settings()
    store, now = _store(settings), _now(settings)
    if reissue:
        _end(office.reissue(store, settings, reissue, now, _name_if_reachable(settings)))
    if unbind:
        _end(office.unbind_from(store, settings, unbind, channel, now))
    if left:
        _end(office.left(store, settings, left, now))
    _end(office.people(store, settings, now))


@app.command(help="导出结构和数量（不含任何人写的话），写成一份 CSV。")
def export(file: Annotated[Path, typer.Argument(help="写到哪个文件")] = Path("zhixing.csv")) -> None:
    """Write structure and counts, no words."""
    from bot.office import overview

    settings = load_settings()
    _end(overview.write(_store(settings), file, _now(settings)))


@app.command(help="把全校近四周的数字发到教研群：一句话，没有任何人的名字和内容。")
def group() -> None:
    """Let the group's robot say one line of figures."""
    from bot.office.group_line import send_line
    from bot.render import TEMPLATES, Words
    from bot.service import say_in_group

    settings = load_settings()
    words = Words(TEMPLATES)
    _end(
        send_line(_store(settings), words, settings.language, lambda line: say_in_group(settings, line), _now(settings))
    )


@app.command(help="现在就备份一份；知行运行着也可以。")
def backup() -> None:
    """Make a backup."""
    from bot.office import backup as office

    settings = load_settings()
    _end(office.backup(settings, _store(settings), _now(settings)))


@app.command(help="从备份恢复；先停掉知行。恢复出来的旧消息会先压着，不会自动再发。")
def restore(
    archive: Annotated[Path | None, typer.Argument(help="备份文件")] = None,
    send_held: Annotated[bool, typer.Option("--send-held", help="放行压着的消息")] = False,
    drop_held: Annotated[bool, typer.Option("--drop-held", help="作废压着的消息")] = False,
) -> None:
    """Put a backup in place, or decide about what it held back."""
    from bot.app import make_what_the_calendar_asks
    from bot.office import backup as office

    settings = load_settings()
    now = _now(settings)
    if archive is not None:
        # What the calendar made after the backup may have been said already: made now, it is held with the rest.
        _end(office.restore(settings, archive, now, make_what_the_calendar_asks, hold=not send_held))
    if send_held or drop_held:
        _end(office.release(_store(settings), now, send=send_held))
    raise ConfigError("restore", "请写出要恢复的备份文件")


def _store(settings: Settings) -> "Store":
    """Open the store of the settings; a new one is made, one that is behind is refused."""
    from bot.service import check_shape
    from models.store import Store

    make_data_dir(settings)
    check_shape(settings, SystemClock(settings.clock_offset_file))
    return Store(settings.store_url)


def _school_store(settings: Settings) -> "Store":
    """Open the store, with the official days off that this version knows."""
    from bot.office.school_year import keep_school_year

    store = _store(settings)
    keep_school_year(store, settings, _now(settings))
    return store


async def _bot_name(settings: Settings) -> str:
    """Ask Telegram what the bot is called; raise ConfigError."""
    from bot.service import make_telegram

    telegram = make_telegram(settings, SystemClock(settings.clock_offset_file))
    try:
        return await telegram.check()
    finally:
        await telegram.close()


def _name_if_reachable(settings: Settings) -> str | None:
    """Name the bot for its links; without a token or a network there are codes only."""
    import asyncio

    if settings.telegram_token is None:
        return None
    try:
        return asyncio.run(_bot_name(settings))
    except ConfigError as unreachable:
        typer.echo(f"（暂时问不到机器人的名字，先只给邀请码。{unreachable}）", err=True)
        return None
