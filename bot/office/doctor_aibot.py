"""Look at WeCom's AI bot from where the service stands: does the line open, does WeCom take us, who gets answers."""

from collections.abc import Awaitable, Callable, Iterator

from bot.channels.wecom_bot_look import BotLook
from bot.config import Settings
from bot.office.asking import asked

GOOD, MIND, BAD = "✓", "!", "✗"
LookAtBot = Callable[[Settings], Awaitable[BotLook]]
"""Opens the line once; raises what it likes."""
PATIENCE = 40.0  # seconds for all of it
TROUBLES = {
    "unreachable": "连不上，请检查网络（只需要能访问外网，不需要公网地址）和 ZHIXING_WECOM_WS_URL。",
    "silent": "连上了，但企业微信没有回话，过几分钟再看一次。",
}
# Bots with more data permissions than the base one have been seen to answer their creator only.
SECOND = "智能机器人：请让建机器人以外的一位老师也发一句“帮助”。只有创建人收得到回答的话，在机器人的权限里去掉多余的数据权限，并看看“可使用的成员”。"


def bot_findings(settings: Settings, look_at: LookAtBot) -> Iterator[tuple[str, str]]:
    """Say whether the line opens and takes us, and what only people can try."""
    try:
        look = asked(look_at, settings, PATIENCE)
    except Exception as error:  # noqa: BLE001 - its words may hold a secret: only its kind is named
        yield BAD, f"智能机器人：没能查看（{type(error).__name__}），过几分钟再试一次。"
        return
    yield _line(look)
    if not look.trouble:
        yield GOOD, SECOND


def _line(look: BotLook) -> tuple[str, str]:
    if look.trouble == "refused":
        return (
            BAD,
            f"智能机器人：企业微信没有接受连接（错误码 {look.code}）。请核对 BotID 和 Secret，看看长连接是不是还开着。",
        )
    if look.trouble:
        return BAD, f"智能机器人：{TROUBLES[look.trouble]}"
    if look.is_taken:
        return GOOD, "智能机器人：接通了"
    return GOOD, "智能机器人：连得上；服务正在运行，占着唯一的连接，它好不好请看 /readyz"
