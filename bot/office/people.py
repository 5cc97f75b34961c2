"""Who has joined, who has not, who cannot be reached; a new code, a lost phone, a colleague who left."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import groupby
from uuid import UUID
from zoneinfo import ZoneInfo

from bot.config import Settings
from bot.office.invites import link_of
from bot.office.report import WRONG, Report, said
from bot.office.sheets import tidy
from bot.planning import replan
from models import AuditEvent
from models.enrolment import Standing, leave, standings, unbind
from models.invites import new_invite
from models.reach import BLOCKED, LEFT, NEVER, UNLICENSED, reach
from models.store import Store

CHANNELS = {"telegram": "Telegram", "web": "网页", "wecom_app": "企业微信应用", "wecom_aibot": "企业微信智能机器人"}
# Whom the office may greet, and with what.
GREETINGS = {
    NEVER: "在名单上、还没在聊天里说过话的 {count} 人：{names}。见到时请打开知行，说一声“你好”就行。",
    BLOCKED: "把知行屏蔽或删掉了的 {count} 人：{names}。不用催；想回来的时候，再发一句话就行。",
    LEFT: "平台上找不到了的 {count} 人：{names}。可能离校了，或者不在可见范围里，请核对一下。",
    UNLICENSED: "在平台上没有许可的 {count} 人：{names}。请在管理后台分配许可。",
}


def people(store: Store, settings: Settings, now: datetime) -> Report:
    """List everybody by group; nothing of what anybody wrote is read."""
    with store.reading() as session:
        everybody = standings(session, now)
        unreached = reach(session)
    if not everybody:
        return said("知行里还没有人。请先导入名单：python -m bot import roster 名单.xlsx --apply")
    joined = [one for one in everybody if one.joined_at is not None]
    silent = [one for one in joined if one.unreachable_since is not None or not one.channels]
    lines = [f"共 {len(everybody)} 人，已加入 {len(joined)} 人，其中联系不上 {len(silent)} 人。"]
    lines += _to_greet(everybody, unreached)
    for groups, members in groupby(everybody, key=lambda one: one.groups):
        lines += ["", f"{'、'.join(groups) or '没有教研组'}", *(_line(one, settings) for one in members)]
    facts = {"all": len(everybody), "joined": len(joined), "unreachable": len(silent)}
    return Report(
        tuple(lines), facts={**facts, **Counter(unreached[one.id] for one in everybody if one.id in unreached)}
    )


def _to_greet(everybody: list[Standing], unreached: Mapping[UUID, str]) -> Iterable[str]:
    """Count and name those whom a word of the office may help."""
    for why, words in GREETINGS.items():
        names = [one.name for one in everybody if unreached.get(one.id) == why]
        if names:
            yield words.format(count=len(names), names="、".join(names))


def reissue(store: Store, settings: Settings, who: str, now: datetime, bot_name: str | None = None) -> Report:
    """Give one person a new code; her older one stops working."""
    with store.writing() as session:
        found = _one(standings(session, now), who)
        if isinstance(found, Report):
            return found
        invite = new_invite(session, found.id, now)
        session.add_all([invite, AuditEvent(at=now, what="reissued", person_id=found.id)])
        code, until = invite.code, invite.expires_at
    link = link_of(code, settings, bot_name)
    return said(
        f"{found.name} 的新邀请码：{code}（到 {_day(until, settings)} 为止，只能用一次，旧码已失效）",
        *([f"链接：{link}"] if link else []),
    )


def unbind_from(store: Store, settings: Settings, who: str, channel: str, now: datetime) -> Report:
    """Take a lost or changed phone away from a person; what she wrote stays hers."""
    with store.writing() as session:
        found = _one(standings(session, now), who)
        if isinstance(found, Report):
            return found
        if channel not in found.channels:
            bound = "、".join(f"{_title(one)}（{one}）" for one in found.channels) or "没有绑定任何聊天"
            return said(
                f"{found.name} 没有绑定“{channel}”。现在绑定的是：{bound}；用 --channel 写括号里的名字。", code=WRONG
            )
        unbind(session, found.id, channel, now)
        session.add(AuditEvent(at=now, what="unbound", person_id=found.id, facts={"channel": channel}))
    return said(
        f"{found.name} 和 {_title(channel)} 已解除绑定，还没发出的消息也撤下了。写过的内容都在。",
        f"要重新加入，用新的邀请码：python -m bot people --reissue {found.name}",
    )


def left(store: Store, settings: Settings, who: str, now: datetime) -> Report:
    """Note that a colleague left the school: she reads nobody's writing any more and is left in peace."""
    with store.writing() as session:
        found = _one(standings(session, now), who)
        if isinstance(found, Report):
            return found
        others = leave(session, found.id, now, now.astimezone(ZoneInfo(settings.timezone)).date())
        session.add(AuditEvent(at=now, what="left", person_id=found.id))
        replan(session, others, now)
    return said(f"{found.name} 已记为离校：师徒关系结束，不再看到别人分享的内容，也不再收到提醒。自己写的都在。")


def _one(everybody: list[Standing], who: str) -> Standing | Report:
    """Find the one person who is meant by a name, a staff number or 姓名（教研组）; else ask which."""
    meant = [one for one in everybody if _is_meant(tidy(who), one)]
    if len(meant) == 1:
        return meant[0]
    if not meant:
        return said(f"名单里没有“{who}”。可以写姓名、工号，或者“姓名（教研组）”。", code=WRONG)
    return said(
        f"“{who}”有 {len(meant)} 位，请写工号，或者“姓名（教研组）”：",
        *(f"  {one.name}（{'、'.join(one.groups) or '没有教研组'}）工号 {one.staff_no or '没有'}" for one in meant),
        code=WRONG,
    )


def _is_meant(who: str, one: Standing) -> bool:
    found = re.fullmatch(r"(.+?)\((.+)\)", who)
    if found is not None and found[1] == one.name:
        return found[2] in one.groups
    return who in (one.name, one.staff_no)


def _line(one: Standing, settings: Settings) -> str:
    number = f"（{one.staff_no}）" if one.staff_no else ""
    return f"  {one.name}{number}：{'；'.join(_stands(one, settings))}"


def _stands(one: Standing, settings: Settings) -> Iterable[str]:
    if one.joined_at is None:
        yield "还没加入"
        yield f"邀请码到 {_day(one.code_until, settings)} 为止" if one.code_until else "没有有效的邀请码"
        return
    yield f"{_day(one.joined_at, settings)} 加入"
    if one.unreachable_since is not None:
        yield f"从 {_day(one.unreachable_since, settings)} 起联系不上"
    yield "、".join(_title(channel) for channel in one.channels) or "没有绑定任何聊天，需要新的邀请码"


def _title(channel: str) -> str:
    return CHANNELS.get(channel, channel)


def _day(at: datetime, settings: Settings) -> str:
    return f"{at.astimezone(ZoneInfo(settings.timezone)):%Y-%m-%d}"
