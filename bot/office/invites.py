"""Invite codes for everyone who has not joined: on the screen, as a table, and as a sheet to print per group."""

import csv
import io
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.config import Settings
from bot.office.report import Report, few, said
from models import AuditEvent
from models.enrolment import Standing, standings
from models.invites import new_invite
from models.store import Store

Render = Callable[..., str]
"""(language, template, **facts) -> a whole page, as `bot.render.Words.file`."""
TEMPLATE = "invites.html.j2"
HEADINGS = ("姓名", "教研组", "邀请码", "链接")


@dataclass(frozen=True)
class Card:
    """One person's invitation; `link` is empty when there is no address to open."""

    name: str
    group: str
    code: str
    link: str
    until: datetime


@dataclass(frozen=True)
class Reader:
    """Whom a sheet is printed for: dates are shown in the school's zone."""

    zone: str


def invite(
    store: Store, settings: Settings, now: datetime, render: Render, bot_name: str | None = None, table: bool = False
) -> Report:
    """Give a code to everyone who has not joined and has none, and write the sheets; `bot_name` is Telegram's.

    Codes that still work stay as they are, so sheets that were handed out keep their worth.
    """
    cards = _cards(store, settings, now, bot_name)
    if not cards:
        return said("名单上的人都加入了，没有要邀请的。")
    folder = settings.data_dir / "invites"
    written = _write_sheets(folder, cards, settings, render)
    if table:
        written.append(_write(folder / "invites.csv", _table(cards), "utf-8-sig"))
    until = min(card.until for card in cards).astimezone(ZoneInfo(settings.timezone))
    lines = [f"{len(cards)} 个人还没加入。每个邀请码只能用一次，至少到 {until:%Y-%m-%d} 有效："]
    lines += few(f"  {card.name}  {card.group}  {card.code}  {card.link}".rstrip() for card in cards)
    lines += ["打印用的邀请单（每组一页，发完请收好）：", *(f"  {path}" for path in written)]
    if not any(card.link for card in cards):
        lines.append("还没有可以点开的链接：接通 Telegram，或设置 ZHIXING_PUBLIC_URL 并打开网页聊天后会有。")
    return Report(tuple(lines), facts={"invited": len(cards)})


def link_of(code: str, settings: Settings, bot_name: str | None) -> str:
    """Give the address that opens the chat with the code in it, or nothing."""
    if bot_name:
        return f"https://t.me/{bot_name.removeprefix('@')}?start={code}"
    return f"{settings.public_url}/join/{code}" if settings.public_url and settings.web_chat else ""


def _cards(store: Store, settings: Settings, now: datetime, bot_name: str | None) -> list[Card]:
    with store.writing() as session:
        outside = [one for one in standings(session, now) if one.joined_at is None or not one.channels]
        fresh = {one.id: new_invite(session, one.id, now) for one in outside if one.code is None}
        session.add_all(fresh.values())
        if fresh:
            session.add(AuditEvent(at=now, what="invited", facts={"new": len(fresh)}))
        found = [
            (one, fresh[one.id].code, fresh[one.id].expires_at) if one.id in fresh else (one, one.code, one.code_until)
            for one in outside
        ]
    return [
        Card(one.name, _group(one, settings), code, link_of(code, settings, bot_name), until)
        for one, code, until in found
        if code is not None and until is not None
    ]


def _group(one: Standing, settings: Settings) -> str:
    return one.groups[0] if one.groups else settings.school


def _write_sheets(folder: Path, cards: list[Card], settings: Settings, render: Render) -> list[Path]:
    """Write one page per group; pages of an earlier time go, for their codes may be used."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in (*folder.glob("*.html"), folder / "invites.csv"):
        old.unlink(missing_ok=True)
    written = []
    for group, members in groupby(sorted(cards, key=lambda card: (card.group, card.name)), key=lambda card: card.group):
        page = render(
            settings.language, TEMPLATE, school=settings.school, group=group, cards=list(members),
            person=Reader(settings.timezone),
        )  # fmt: skip
        written.append(_write(folder / f"{_file_name(group)}.html", page, "utf-8"))
    return written


def _file_name(group: str) -> str:
    return re.sub(r'[\s\\/:*?"<>|.]+', "_", group).strip("_") or "invites"


def _table(cards: list[Card]) -> str:
    file = io.StringIO()
    rows = ((card.name, card.group, card.code, card.link) for card in cards)
    csv.writer(file).writerows([HEADINGS, *([_as_text(cell) for cell in row] for row in rows)])
    return file.getvalue()


def _as_text(cell: str) -> str:
    """Keep a spreadsheet from taking a cell for a formula."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def _write(path: Path, text: str, encoding: str) -> Path:
    """Write a file that only we may read: whoever holds a code can join with it."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding=encoding, newline="") as file:
        file.write(text)
    return path
