"""Serve: the bot as a process with its pages, from the first signal to the last row written; and the demo."""

import asyncio
import contextlib
import signal
import tempfile
import webbrowser
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path

import structlog
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from bot.app import App
from bot.channels import Health
from bot.channels.telegram import HOOK_LIMIT, HOOK_PATH, Telegram
from bot.channels.web import Web
from bot.channels.wecom_aibot import BotKeys, Phrases, WecomAibot
from bot.channels.wecom_app import CALLBACK_PATH, Keys, WecomApp
from bot.channels.wecom_bot_look import BotLook, look_at_line
from bot.channels.wecom_group import GroupRobot
from bot.channels.wecom_look import Look, look
from bot.channels.wecom_menu import menu_of
from bot.channels.wecom_xml import LIMIT as CALLBACK_LIMIT
from bot.chat_pages import Visitors
from bot.clock import MovableClock, SystemClock
from bot.config import Settings, make_data_dir, secret_key
from bot.demo.page import Page
from bot.demo.play import Play
from bot.demo.school import OPENS, seed
from bot.errors import ConfigError
from bot.http import Server, make_app
from bot.office.backup import daily_backup
from bot.office.school_year import keep_school_year
from bot.planning import replan
from bot.render import LANGUAGES
from bot.scheduler import Tick
from models import outbound, people
from models.lock import Lock, Taken
from models.migrate import standing, upgrade
from models.official_days import seed_official_days
from models.snapshot import DatabaseRefused
from models.store import Store

log = structlog.get_logger("service")
ROLES = {"all": (True, True), "listen": (True, False), "work": (False, True)}


async def serve(
    app: App,
    routes: Sequence[BaseRoute],
    host: str,
    port: int,
    metrics_token: str = "",
    on_ready: Callable[[int], None] = lambda port: None,
    stop: asyncio.Event | None = None,
    roles: tuple[bool, bool] = (True, True),
    port_setting: str = "ZHIXING_HTTP_PORT",
) -> None:
    """Run the bot and its pages until SIGTERM, SIGINT or `stop`; `on_ready` hears the port."""
    ending = stop or asyncio.Event()
    _heed_signals(ending)
    server = Server(make_app(app.ready, app.metrics, routes, metrics_token), host, port, port_setting)
    app.start(*roles)
    serving = asyncio.create_task(server.serve())
    await _until_listening(server, serving)
    on_ready(server.servers[0].sockets[0].getsockname()[1] if server.started else port)
    waiting = asyncio.create_task(ending.wait())
    await asyncio.wait([waiting, serving], return_when=asyncio.FIRST_COMPLETED)
    for channel in app.channels.values():
        if isinstance(channel, Web):
            channel.stop()
    server.should_exit = True
    await asyncio.gather(serving, return_exceptions=True)
    waiting.cancel()
    await app.stop()


async def _until_listening(server: Server, serving: "asyncio.Task[None]") -> None:
    while not server.started and not serving.done():
        await asyncio.sleep(0.02)
    if serving.done():
        serving.result()


def _heed_signals(ending: asyncio.Event) -> None:
    """Let SIGTERM and Ctrl-C end us; Windows' event loop takes no handlers, there the signal module does."""
    loop = asyncio.get_running_loop()

    def end(*_: object) -> None:
        loop.call_soon_threadsafe(ending.set)

    for name in ("SIGTERM", "SIGINT", "SIGBREAK"):
        number = getattr(signal, name, None)
        if number is not None:
            with contextlib.suppress(ValueError):  # not the main thread: whoever runs us there ends us otherwise
                signal.signal(number, end)


# The real thing


def run(settings: Settings, role: str = "all", stop: asyncio.Event | None = None) -> None:
    """Run the bot as the settings say until it is told to stop; raise ConfigError when it cannot start."""
    bot = settings.wecom_bot_secret
    if not any((settings.telegram_token, settings.wecom_token, bot, settings.web_chat)):
        raise _nobody_heard(settings)
    make_data_dir(settings)
    clock = SystemClock(settings.clock_offset_file)
    check_shape(settings, clock)
    store = Store(settings.store_url)
    if store.is_sqlite and role != "all":
        raise ConfigError("ZHIXING_DATABASE_URL", "SQLite 只能由一个进程使用；要分开运行，请换成 PostgreSQL")
    if bot is not None and role != "all":
        raise ConfigError("ZHIXING_WECOM_BOT_ID", "智能机器人收和发共用一条连接，不能分成 listen 和 work 两个进程")
    listens, works = ROLES[role]
    with contextlib.ExitStack() as held:
        for name in ["listen"] * listens + ["work"] * (works and store.is_sqlite):
            held.enter_context(_one_at_a_time(store, name))
        for year in keep_school_year(store, settings, clock.now()):
            log.info("official_days", year=year)
        asyncio.run(_run(settings, store, clock, ROLES[role], stop))


def _nobody_heard(settings: Settings) -> ConfigError:
    if settings.wecom_secret is not None:
        return ConfigError("ZHIXING_WECOM_TOKEN", "自建应用没有 Token 就听不到老师说话：填上它，或接上智能机器人")
    return ConfigError(
        "ZHIXING_TELEGRAM_TOKEN", "还没有接通任何聊天：填上企业微信或 Telegram 的设置，或设 ZHIXING_WEB_CHAT=1"
    )


def check_shape(settings: Settings, clock: SystemClock) -> None:
    """Make a new store; refuse one that is not ours, is damaged, or waits for `migrate`."""
    try:
        now = standing(settings.store_url)
        if now == "new":
            upgrade(settings.store_url, settings.backup_dir, clock.now())
    except DatabaseRefused as refused:
        raise ConfigError("ZHIXING_DATABASE_URL", str(refused)) from None
    if now == "behind":
        raise ConfigError("ZHIXING_DATABASE_URL", "数据库还是旧版本的样子，请先运行 python -m bot migrate")


@contextlib.contextmanager
def _one_at_a_time(store: Store, name: str) -> Iterator[Lock]:
    try:
        with Lock(store, name) as lock:
            yield lock
    except Taken:
        raise ConfigError("ZHIXING_DATA_DIR", "另一个知行正在用这份数据，先停掉它再启动") from None


async def _run(
    settings: Settings, store: Store, clock: SystemClock, roles: tuple[bool, bool], stop: asyncio.Event | None
) -> None:
    key = secret_key(settings)
    app = App(
        store, clock, key, settings.data_dir, settings.language, settings.timezone, settings.contact_line,
        pages_of(settings),
    )  # fmt: skip
    routes: list[BaseRoute] = []
    if store.is_sqlite and roles[1]:
        with store.writing() as session:
            outbound.expire_all_claims(session, clock.now())
    if settings.web_chat:
        routes += _add_web(app, settings, key)
    if settings.telegram_token is not None:
        routes += _add_telegram(app, settings, clock)
    if settings.wecom_secret is not None:
        routes += _add_wecom_app(app, settings)
    if settings.wecom_bot_secret is not None:
        _add_wecom_aibot(app, settings, clock)
    app.ticks.append(
        Tick("backup", timedelta(minutes=10), lambda: asyncio.to_thread(daily_backup, settings, store, clock.now()))
    )
    token = settings.metrics_token.get_secret_value() if settings.metrics_token else ""
    await serve(
        app, routes, settings.http_host, settings.http_port, token,
        on_ready=lambda port: log.info("ready", port=port, channels=sorted(app.channels)), stop=stop, roles=roles,
    )  # fmt: skip


def pages_of(settings: Settings) -> str:
    """Give the address of the chat page as people can open it; empty when there is none."""
    return (settings.public_url or "") if settings.web_chat else ""


def _add_web(app: App, settings: Settings, key: bytes) -> list[BaseRoute]:
    web = Web(app.writer, settings.files_dir, app.clock)
    app.add_channel(web)
    is_https = (settings.public_url or "").startswith("https://")
    return Visitors(web, app.words, key, settings.language, is_https).routes()


def make_telegram(settings: Settings, clock: SystemClock, health: Health | None = None) -> Telegram:
    """Make the Telegram channel of the settings; raise ConfigError without a token."""
    if settings.telegram_token is None:
        raise ConfigError("ZHIXING_TELEGRAM_TOKEN", "还没有填机器人令牌")
    secret = settings.telegram_webhook_secret
    return Telegram(
        settings.telegram_token.get_secret_value(), settings.telegram_base_url, settings.telegram_base_file_url,
        settings.telegram_mode, settings.public_url, secret.get_secret_value() if secret else None,
        on_health=health or Health(), now=clock.now,
    )  # fmt: skip


def _add_telegram(app: App, settings: Settings, clock: SystemClock) -> list[BaseRoute]:
    health = Health()
    telegram = make_telegram(settings, clock, health)
    app.add_channel(telegram, health)
    place = app.house.place(telegram.name)
    menu = {language: app.registry.commands(language, place) for language in LANGUAGES}
    app.first.append(lambda: telegram.set_commands(menu))
    if settings.telegram_mode == "polling":
        return []

    async def hook(request: Request) -> Response:
        header = request.headers.get("x-telegram-bot-api-secret-token")
        body = await _at_most(request, HOOK_LIMIT)
        return Response(status_code=413 if body is None else await telegram.hook(body, header))

    return [Route(HOOK_PATH, hook, methods=["POST"])]


async def _at_most(request: Request, limit: int) -> bytes | None:
    """Read a body of at most so many bytes; None when it is larger, without reading on."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > limit:
            return None
    return bytes(body)


def make_wecom_app(settings: Settings, health: Health | None = None) -> WecomApp:
    """Make the WeCom app of the settings; raise ConfigError without one."""
    if settings.wecom_secret is None or settings.wecom_agent_id is None:
        raise ConfigError("ZHIXING_WECOM_SECRET", "还没有填自建应用的 Secret")
    token, aes_key = settings.wecom_token, settings.wecom_aes_key
    keys = Keys(
        settings.wecom_corp_id or "", settings.wecom_agent_id, settings.wecom_secret.get_secret_value(),
        token.get_secret_value() if token else "", aes_key.get_secret_value() if aes_key else "",
        settings.wecom_api_base, settings.wecom_replay_window, settings.wecom_plain_text,
    )  # fmt: skip
    # Its tokens and callbacks follow the machine's clock, not that of a rehearsal.
    return WecomApp(keys, on_health=health or Health(), now=SystemClock().now)


async def look_at_app(settings: Settings) -> Look:
    """Look at WeCom's app once, and at our own callback from outside; raise ConfigError without an app."""
    wecom = make_wecom_app(settings)
    try:
        return await look(wecom, settings.public_url)
    finally:
        await wecom.close()


async def say_in_group(settings: Settings, words: str) -> None:
    """Let the robot of the staff room's group say something; raise ConfigError without one, and SendFailed."""
    if settings.wecom_group_key is None:
        raise ConfigError("ZHIXING_WECOM_GROUP_KEY", "还没有填群里“消息推送”机器人的 key")
    robot = GroupRobot(settings.wecom_group_key.get_secret_value(), settings.wecom_api_base, SystemClock().now)
    try:
        await robot.say(words)
    finally:
        await robot.close()


def _add_wecom_app(app: App, settings: Settings) -> list[BaseRoute]:
    health = Health()
    wecom = make_wecom_app(settings, health)
    app.add_channel(wecom, health)
    if not wecom.keys.receives:
        return []
    if settings.wecom_menu:
        more = app.words.label(settings.language, "common", "menu__more", {})
        menu = menu_of(app.registry.commands(settings.language, app.house.place(wecom.name)), more)
        app.first.append(lambda: wecom.set_menu(menu))

    async def callback(request: Request) -> Response:
        if request.method != "POST":
            status, words = wecom.echo(request.query_params)
            return PlainTextResponse(words, status_code=status)
        body = await _at_most(request, CALLBACK_LIMIT)
        return Response(status_code=413 if body is None else await wecom.take(request.query_params, body))

    return [Route(CALLBACK_PATH, callback, methods=["GET", "POST"])]


def _add_wecom_aibot(app: App, settings: Settings, clock: SystemClock) -> None:
    secret, health = settings.wecom_bot_secret, Health()
    assert secret is not None, "only called with a bot"
    say = partial(app.words.label, settings.language, "common")
    app.add_channel(
        WecomAibot(
            BotKeys(
                settings.wecom_bot_id or "", secret.get_secret_value(), settings.wecom_ws_url, settings.wecom_plain_text
            ),
            Phrases(welcome=say("welcome", {}), seen=say("card_seen", {})),
            on_health=health, now=clock.now, zone=settings.timezone,
        ),
        health,
    )  # fmt: skip


async def look_at_bot(settings: Settings) -> BotLook:
    """Look whether the AI bot's line opens and takes us; while a service of ours holds it, only whether it opens.

    A second subscription would replace the service's, which then stays away.
    """
    secret = settings.wecom_bot_secret.get_secret_value() if settings.wecom_bot_secret else ""
    who = None if _is_listening(settings) else (settings.wecom_bot_id or "", secret)
    return await look_at_line(settings.wecom_ws_url, who)


def _is_listening(settings: Settings) -> bool:
    if not settings.data_dir.is_dir():
        return False
    store = Store(settings.store_url)
    try:
        with Lock(store, "listen"):
            return False
    except Taken:
        return True
    finally:
        store.close()


# The demo


def demo(port: int, opens_browser: bool, stop: asyncio.Event | None = None) -> None:
    """Play the demo: the same engine, store, templates and planner; only the clock and the database are its own."""
    with tempfile.TemporaryDirectory(prefix="zhixing-demo-", ignore_cleanup_errors=True) as folder:
        asyncio.run(_demo(Path(folder), port, opens_browser, stop))


async def _demo(folder: Path, port: int, opens_browser: bool, stop: asyncio.Event | None) -> None:
    clock = MovableClock(OPENS)
    url = f"sqlite:///{(folder / 'demo.db').as_posix()}"
    upgrade(url, folder, clock.now())
    store = Store(url)
    with store.writing() as session:
        seed_official_days(session, clock.now())
        seed(session, clock.now())
        replan(session, people.all_ids(session), clock.now())
    app = App(store, clock, b"the demo needs no secret: it is yours alone", folder)
    web = Web(app.writer, folder / "files", clock)
    app.add_channel(web)

    page = Page(Play(app.writer, clock, app.settle), web, app.words)
    app.first.append(page.greet)

    def on_ready(real_port: int) -> None:
        address = f"http://127.0.0.1:{real_port}/"
        print(f"知行演示已打开：{address}  （按 Ctrl+C 结束）", flush=True)
        if opens_browser:
            webbrowser.open(address)

    await serve(app, page.routes(), "127.0.0.1", port, on_ready=on_ready, stop=stop, port_setting="--port")
