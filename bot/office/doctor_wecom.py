"""Look at WeCom's app from where the service stands: secret, trusted IP, AgentId, and our own door from outside."""

from collections.abc import Awaitable, Callable, Iterator

from bot.channels.wecom_look import Look
from bot.config import Settings
from bot.office.asking import asked

GOOD, MIND, BAD = "✓", "!", "✗"
LookAtApp = Callable[[Settings], Awaitable[Look]]
"""Asks WeCom and our own callback; raises what it likes."""
PATIENCE = 30.0  # seconds for all of it
TROUBLES = {
    "secret_refused": "企业微信不认这个企业ID或 Secret，请到管理后台的应用页核对。",
    "agent_refused": "AgentId 不对，或者应用停用了，请到管理后台的应用页看一看。",
    "busy": "企业微信说现在太忙，过几分钟再看一次。",
    "unreachable": "连不上企业微信，请检查网络和 ZHIXING_WECOM_API_BASE。",
}
DOORS = {
    "silent": "没有人应门。服务在运行吗？域名、证书和反向代理都指到这里了吗？",
    "wrong": "应门的不是知行，或者 Token、EncodingAESKey 和正在运行的不一样。",
    "slow": "答对了，但超过 1 秒，企业微信保存网址时会嫌慢。",
}


def app_findings(settings: Settings, look_at: LookAtApp) -> Iterator[tuple[str, str]]:
    """Say how the app stands, and whether the console can reach us."""
    try:
        look = asked(look_at, settings, PATIENCE)
    except Exception as error:  # noqa: BLE001 - its words may hold a secret: only its kind is named
        yield BAD, f"企业微信应用：没能查看（{type(error).__name__}），过几分钟再试一次。"
        return
    yield _app(settings, look)
    if look.is_closed:
        yield MIND, "企业微信应用：在管理后台里是停用的，老师看不到它。"
    yield _door(settings, look)
    if settings.wecom_plain_text:
        yield GOOD, "企业微信应用：只发纯文字，按钮写成数字。"


def _app(settings: Settings, look: Look) -> tuple[str, str]:
    kind, _, address = look.trouble.partition(" ")
    if not kind:
        return GOOD, f"企业微信应用：接通了「{look.name}」（AgentId {settings.wecom_agent_id}）"
    if kind == "trusted_ip":
        return BAD, f"企业微信应用：这台服务器的地址 {address or '（没有说明）'} 不在“企业可信IP”里，请到应用页添加。"
    why = TROUBLES.get(kind, f"企业微信回了错误码 {kind.removeprefix('declined_')}。")
    return BAD, f"企业微信应用：{why}"


def _door(settings: Settings, look: Look) -> tuple[str, str]:
    if settings.wecom_token is None:
        return MIND, "企业微信回调：没有填 Token 和 EncodingAESKey，听不到老师说话，所以也不会从应用里找人。"
    if look.door == "unknown":
        return MIND, "企业微信回调：没有 ZHIXING_PUBLIC_URL，没法自己敲门看一看。"
    if look.door == "open":
        return GOOD, f"企业微信回调：{look.url} 答对了自己出的题"
    mark = MIND if look.door == "slow" else BAD
    return mark, f"企业微信回调：{look.url} {DOORS[look.door]}"
