"""Settings from the environment and `.env`, as one frozen object; a wrong value names its setting."""

import difflib
import os
import re
import secrets
from collections.abc import Mapping
from datetime import time
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from dotenv import dotenv_values
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.errors import ConfigError

PREFIX = "ZHIXING_"
ENV_FILE = Path(".env")
# Notepad puts a byte order mark before UTF-8; this codec reads it with and without.
ENV_ENCODING = "utf-8-sig"
SHORTEST_KEY = 32  # characters of the secret key: 128 bits when it is hexadecimal
LONGEST_ADDRESS = 500  # characters of a web address; one that is longer leaves a message no room for words


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError("not a time zone") from error
    return name


def _wall_time(text: str) -> str:
    time.fromisoformat(text)
    if not re.fullmatch(r"\d\d:\d\d", text):
        raise ValueError("not HH:MM")
    return text


def _web_address(text: str) -> str:
    if len(text) > LONGEST_ADDRESS or not re.fullmatch(r"https?://[^\s/]+(/\S*)?", text):
        raise ValueError("not a web address")
    return text


def _bare(text: str) -> str:
    return _web_address(text).rstrip("/")


def _database(secret: SecretStr) -> SecretStr:
    url = re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", secret.get_secret_value())
    if not url.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise ValueError("not a database we know")
    return SecretStr(url)


def _token(secret: SecretStr) -> SecretStr:
    if not re.fullmatch(r"\d+:[\w-]+", secret.get_secret_value()):
        raise ValueError("not a token")
    return secret


def _long_enough(secret: SecretStr) -> SecretStr:
    if len(secret.get_secret_value()) < SHORTEST_KEY:
        raise ValueError("too short")
    return secret


def _webhook_word(secret: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[A-Za-z0-9_-]{16,256}", secret.get_secret_value()):
        raise ValueError("not a webhook secret")
    return secret


def _corp(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-]{6,64}", text):
        raise ValueError("not a CorpID")
    return text


def _callback_token(secret: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[A-Za-z0-9]{1,32}", secret.get_secret_value()):
        raise ValueError("not a callback token")
    return secret


def _aes_key(secret: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[A-Za-z0-9]{43}", secret.get_secret_value()):
        raise ValueError("not an EncodingAESKey")
    return secret


def _bot(text: str) -> str:
    if not re.fullmatch(r"[!-~]{1,128}", text):
        raise ValueError("not a bot id")
    return text


def _socket_address(text: str) -> str:
    if not re.fullmatch(r"wss?://[^\s/]+(/\S*)?", text):
        raise ValueError("not the address of a long connection")
    return text


def _folded(text: str) -> str:
    return str(text).strip().replace("-", "_")


Language = Annotated[Literal["zh_Hans", "zh_Hant", "en"], BeforeValidator(_folded)]
Level = Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(lambda text: str(text).upper())]


class Settings(BaseSettings):
    """Every setting, with its default; each description says what a good value looks like."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file_encoding=ENV_ENCODING,
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    data_dir: Path = Field(Path("data"), description="数据文件夹：数据库、附件、密钥和备份都放在里面")
    database_url: Annotated[SecretStr, AfterValidator(_database)] | None = Field(
        None, description="数据库：sqlite:///… 或 postgresql+psycopg://…；不填就用数据文件夹里的 zhixing.db"
    )
    school: str = Field("本校", min_length=1, max_length=60, description="学校名称，名单里没有“学校”一列时用它")
    timezone: Annotated[str, AfterValidator(_zone)] = Field(
        "Asia/Shanghai", description="学校的时区，IANA 名称，例如 Asia/Shanghai"
    )
    language: Language = Field("zh_Hans", description="默认语言：zh_Hans、zh_Hant 或 en")
    public_url: Annotated[str, AfterValidator(_bare)] | None = Field(
        None, description="老师能打开的网址，以 http:// 或 https:// 开头"
    )
    secret_key: Annotated[SecretStr, AfterValidator(_long_enough)] | None = Field(
        None, description=f"至少 {SHORTEST_KEY} 个字符的随机文字；不填就自动生成并存在数据文件夹的 secret.key"
    )
    contact_line: str = Field("", max_length=200, description="学校自己的求助电话或老师，有人心里难受时告诉他")
    clock_offset_file: Path | None = Field(None, description="彩排用：一个写着秒数的文件，时钟按它拨动")
    http_host: str = Field("127.0.0.1", min_length=1, description="网页监听的地址，例如 127.0.0.1")
    http_port: int = Field(8080, ge=0, le=65535, description="网页端口，0 到 65535 的整数（0 是任选一个空闲的）")
    web_chat: bool = Field(False, description="0 或 1：要不要开放网页聊天")
    metrics_token: SecretStr | None = Field(None, description="从别的机器读取 /metrics 时要带的口令")
    telegram_token: Annotated[SecretStr, AfterValidator(_token)] | None = Field(
        None, description="BotFather 给的令牌，形如 123456:ABC-def"
    )
    telegram_base_url: Annotated[str, AfterValidator(_web_address)] = Field(
        "https://api.telegram.org/bot", description="Telegram 接口的网址，以 http:// 或 https:// 开头"
    )
    telegram_base_file_url: Annotated[str, AfterValidator(_web_address)] = Field(
        "https://api.telegram.org/file/bot", description="Telegram 文件的网址，以 http:// 或 https:// 开头"
    )
    telegram_mode: Literal["polling", "webhook"] = Field(
        "polling", description="收消息的方式：polling（自己去取）或 webhook（等它送来）"
    )
    telegram_webhook_secret: Annotated[SecretStr, AfterValidator(_webhook_word)] | None = Field(
        None, description="16 到 256 个字母、数字、_ 或 -，webhook 方式下必填"
    )
    wecom_corp_id: Annotated[str, AfterValidator(_corp)] | None = Field(
        None, description="企业微信的企业ID，形如 ww0123456789abcdef，在“我的企业”页最下面"
    )
    wecom_agent_id: int | None = Field(None, ge=1, description="自建应用的 AgentId，一个整数，在应用页上")
    wecom_secret: SecretStr | None = Field(None, description="自建应用的 Secret，在应用页上")
    wecom_token: Annotated[SecretStr, AfterValidator(_callback_token)] | None = Field(
        None, description="自建应用“接收消息”里的 Token，最多 32 个字母和数字"
    )
    wecom_aes_key: Annotated[SecretStr, AfterValidator(_aes_key)] | None = Field(
        None, description="自建应用“接收消息”里的 EncodingAESKey，43 个字母和数字"
    )
    wecom_api_base: Annotated[str, AfterValidator(_bare)] = Field(
        "https://qyapi.weixin.qq.com", description="企业微信接口的网址，以 http:// 或 https:// 开头"
    )
    wecom_replay_window: int = Field(
        600, ge=0, le=86400, description="回调的时间最多差几秒，0 到 86400 的整数；0 是不看时间"
    )
    wecom_plain_text: bool = Field(False, description="0 或 1：只发纯文字，给在微信插件里看消息的老师")
    wecom_menu: bool = Field(True, description="0 或 1：启动时要不要在应用里放上菜单")
    wecom_bot_id: Annotated[str, AfterValidator(_bot)] | None = Field(
        None, description="智能机器人的 BotID，在机器人的“API 模式 → 长连接”页上"
    )
    wecom_bot_secret: SecretStr | None = Field(None, description="智能机器人的 Secret，和 BotID 在同一页")
    wecom_ws_url: Annotated[str, AfterValidator(_socket_address)] = Field(
        "wss://openws.work.weixin.qq.com", description="智能机器人长连接的网址，以 wss:// 或 ws:// 开头"
    )
    wecom_group_key: SecretStr | None = Field(
        None, description="群里“消息推送”机器人网址里 key= 后面的那一串；只用来发不含个人内容的汇总"
    )
    weekly_budget: int = Field(3, ge=0, le=21, description="每周最多主动找一位老师几次，0 到 21 的整数")
    holidays: Literal["china", "none"] = Field(
        "china", description="法定节假日和调休：china（随国务院每年的安排）或 none（不跟，只看自己的校历）"
    )
    exam_weeks: Literal["quiet", "usual"] = Field(
        "quiet", description="考试的日子：quiet（不主动找老师）或 usual（照常）"
    )
    backup_keep: int = Field(14, ge=1, le=365, description="保留几份每日备份，1 到 365 的整数")
    backup_at: Annotated[str, AfterValidator(_wall_time)] = Field("02:30", description="每日备份的时刻，形如 02:30")
    log_level: Level = Field("INFO", description="日志写多细：DEBUG、INFO、WARNING 或 ERROR")

    @property
    def store_url(self) -> str:
        """Give the database's address: the setting, or the SQLite file in the data folder."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{(self.data_dir / 'zhixing.db').as_posix()}"

    @property
    def files_dir(self) -> Path:
        """Name the folder of the attachments."""
        return self.data_dir / "files"

    @property
    def backup_dir(self) -> Path:
        """Name the folder of the backups."""
        return self.data_dir / "backups"


def load_settings(env_file: Path | None = ENV_FILE, **given: Any) -> Settings:
    """Read the settings; raise ConfigError, which names the setting, when a value cannot be used."""
    try:
        settings = Settings(_env_file=env_file, **given)  # type: ignore[call-arg]
    except UnicodeDecodeError as error:
        raise ConfigError(str(env_file), "这个文件不是 UTF-8 编码，请用记事本另存为 UTF-8") from error
    except ValidationError as error:
        name = str(error.errors()[0]["loc"][0])
        raise ConfigError(env_name(name), f"这个值用不了。应当是：{description_of(name)}") from None
    _check_together(settings)
    return settings


def _check_together(settings: Settings) -> None:
    """Refuse what each setting alone allows and both together do not."""
    _check_app(settings)
    _check_bot(settings)
    if settings.telegram_mode != "webhook" or settings.telegram_token is None:
        return
    if settings.public_url is None or not settings.public_url.startswith("https://"):
        raise ConfigError(env_name("public_url"), "webhook 方式要有一个 https:// 开头的网址；没有的话请用 polling")
    if settings.telegram_webhook_secret is None:
        raise ConfigError(env_name("telegram_webhook_secret"), "webhook 方式要有这一项；没有的话请用 polling")


def _check_app(settings: Settings) -> None:
    """Refuse a WeCom app that is set half; the CorpID alone is no app yet."""
    door = ("wecom_token", "wecom_aes_key")
    for group, asks in ((("wecom_corp_id", "wecom_agent_id", "wecom_secret"), ("wecom_agent_id", "wecom_secret", *door)),
                        (door, door)):  # fmt: skip
        missing = [name for name in group if getattr(settings, name) is None]
        if missing and any(getattr(settings, name) is not None for name in asks):
            raise ConfigError(env_name(missing[0]), f"自建应用还缺这一项。应当是：{description_of(missing[0])}")


def _check_bot(settings: Settings) -> None:
    """Refuse an AI bot that is set half."""
    for name, other in (("wecom_bot_id", "wecom_bot_secret"), ("wecom_bot_secret", "wecom_bot_id")):
        if getattr(settings, name) is None and getattr(settings, other) is not None:
            raise ConfigError(env_name(name), f"智能机器人还缺这一项。应当是：{description_of(name)}")


def env_name(field: str) -> str:
    """Name a setting as it stands in the environment."""
    return PREFIX + field.upper()


def description_of(field: str) -> str:
    """Say what a good value of a setting looks like."""
    return Settings.model_fields[field].description or ""


def unknown_settings(environ: Mapping[str, str], env_file: Path | None = ENV_FILE) -> list[tuple[str, str | None]]:
    """List variables with our prefix that are no setting, each with the nearest name that is one."""
    known = [field.upper() for field in Settings.model_fields]
    in_file = dotenv_values(env_file, encoding=ENV_ENCODING) if env_file is not None and env_file.is_file() else {}
    ours = {name.upper().removeprefix(PREFIX) for name in (*environ, *in_file) if name.upper().startswith(PREFIX)}
    nearest = {name: difflib.get_close_matches(name, known, n=1) for name in sorted(ours - set(known))}
    return [(PREFIX + name, PREFIX + found[0] if found else None) for name, found in nearest.items()]


def make_data_dir(settings: Settings) -> None:
    """Make the data folder, which only we may read; raise ConfigError when it cannot be used."""
    try:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(env_name("data_dir"), f"用不了 {settings.data_dir}：{error.strerror}") from None
    if not os.access(settings.data_dir, os.W_OK):
        raise ConfigError(env_name("data_dir"), f"写不进 {settings.data_dir}，请看看这个文件夹的权限")


def secret_key(settings: Settings) -> bytes:
    """Give the key that signs buttons and links: the setting, or one made once and kept in the data folder."""
    if settings.secret_key is not None:
        return settings.secret_key.get_secret_value().encode()
    path = settings.data_dir / "secret.key"
    if not path.exists():
        _make_key(path)
    key = path.read_text(encoding="utf-8").strip()
    if len(key) < SHORTEST_KEY:
        raise ConfigError(str(path), "密钥文件坏了或是空的，请从备份里取回；实在没有，删掉它会重新生成，旧按钮会失效")
    return key.encode()


def _make_key(path: Path) -> None:
    """Write a new key that only we may read; when another process was faster, its key stays."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(secrets.token_hex(32) + "\n")
