"""The command line of the office clerk: each command loads what it needs, prints clear lines and ends with its code."""

import sys
from collections.abc import Callable
from datetime import UTC
from pathlib import Path
from typing import Annotated

import typer

from bot.clock import SystemClock
from bot.config import Settings, load_settings
from bot.errors import ConfigError

WRONG = 2  # exit code: usage, configuration or rows
app = typer.Typer(
    name="zhixing",
    help="知行：培训之后，帮老师记、帮老师想起、帮老师填表。聊一次，表全有。",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
imports = typer.Typer(help="导入名单或培训：先预览，加 --apply 才真正写入。", no_args_is_help=True)
app.add_typer(imports, name="import")
Apply = Annotated[bool, typer.Option("--apply", help="真正写入；不加只是预览")]
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


def _now(settings: Settings):  # type: ignore[no-untyped-def]
    return SystemClock(settings.clock_offset_file).now().astimezone(UTC)


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


def _end(report: "object") -> None:
    lines: Callable[[], list[str]] = report.lines  # type: ignore[attr-defined]
    for line in lines():
        typer.echo(line)
    raise typer.Exit(report.code)  # type: ignore[attr-defined]
