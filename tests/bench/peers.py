"""Other ways to do the same: what a careful or a usual program pays for one update, measured beside ours."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, Column, Integer, MetaData, String, Table, bindparam, insert, select
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import registry
from sqlmodel import Field, Session, SQLModel
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.ext import Application, ApplicationBuilder, ConversationHandler, MessageHandler, filters
from telegram.request import BaseRequest

from models.store import Store

_LABELS = ("跳过", "返回", "先放着")
REPLY = {
    "html": "<b>3/5</b> 如果明天重上这节课，会留下什么、换掉什么？",
    "plain": "3/5 如果明天重上这节课，会留下什么、换掉什么？",
    "buttons": [[{"label": label, "data": "1.a." + "x" * 48} for label in _LABELS]],
}


def raw(number: int, update: int, words: str) -> dict[str, Any]:
    """Write an update as a platform brings it."""
    chat = {"id": number, "type": "private", "first_name": "晓"}
    sender = {"id": number, "is_bot": False, "first_name": "晓"}
    message = {"message_id": update, "date": 1_790_000_000, "chat": chat, "from": sender, "text": words}
    return {"update_id": update, "message": message}


def _answered(state: dict[str, Any], words: str, steps: int) -> dict[str, Any]:
    """Put one more answer into a state; a conversation of so many steps begins anew when it is full."""
    answers = state["answers"] if len(state["answers"]) < steps else {}
    return {"answers": {**answers, str(len(answers)): words}}


# One transaction an update, written by hand on SQLAlchemy Core

_METADATA = MetaData()
_INBOX = Table(
    "inbox", _METADATA, Column("id", Integer, primary_key=True), Column("platform_id", String, unique=True),
    Column("body", JSON), Column("state", String),
)  # fmt: skip
_STATE = Table("state", _METADATA, Column("chat", Integer, primary_key=True), Column("body", JSON))
_OUTBOX = Table(
    "outbox", _METADATA, Column("id", Integer, primary_key=True), Column("chat", Integer, index=True),
    Column("body", JSON), Column("state", String, index=True),
)  # fmt: skip
_KEEP, _SAY = insert(_INBOX), insert(_OUTBOX)
_READ = select(_STATE.c.body).where(_STATE.c.chat == bindparam("of"))
_NEW = sqlite.insert(_STATE)
_WRITE = _NEW.on_conflict_do_update(index_elements=["chat"], set_={"body": _NEW.excluded.body})


class CorePeer:
    """Inserts into an inbox, reads and writes one state, inserts into an outbox, commits; nothing else."""

    def __init__(self, folder: Path, talks: int, steps: int) -> None:
        self.store = Store(f"sqlite:///{(folder / 'core.db').as_posix()}")
        self.steps = steps
        _METADATA.create_all(self.store.writer)
        with self.store.writer.begin() as connection:
            state = {"answers": {"0": "一句话", "1": "又一句话"}}
            if talks:
                connection.execute(insert(_STATE), [{"chat": number, "body": state} for number in range(1, talks + 1)])

    def turn(self, number: int, update: int, words: str) -> None:
        """Take one update."""
        with self.store.writer.begin() as connection:
            connection.execute(_KEEP, {"platform_id": str(update), "body": raw(number, update, words), "state": "done"})
            state = connection.execute(_READ, {"of": number}).scalar_one_or_none() or {"answers": {}}
            connection.execute(_WRITE, {"chat": number, "body": _answered(state, words, self.steps)})
            connection.execute(_SAY, {"chat": number, "body": REPLY, "state": "waiting"})

    def say(self, number: int) -> None:
        """Put one message into the outbox."""
        with self.store.writer.begin() as connection:
            connection.execute(_SAY, {"chat": number, "body": REPLY, "state": "waiting"})

    def close(self) -> None:
        """Close the store."""
        self.store.close()


# One transaction an update, with SQLModel's session and objects


class _PeerModel(SQLModel, registry=registry()):
    """The root of the peer's tables, apart from the bot's own."""


class InboxRow(_PeerModel, table=True):
    """One update."""

    __tablename__ = "inbox"
    id: int | None = Field(default=None, primary_key=True)
    platform_id: str = Field(unique=True)
    body: dict[str, Any] = Field(sa_type=JSON)
    state: str


class StateRow(_PeerModel, table=True):
    """Where a conversation stands."""

    __tablename__ = "state"
    chat: int = Field(primary_key=True)
    body: dict[str, Any] = Field(sa_type=JSON)


class OutboxRow(_PeerModel, table=True):
    """One reply."""

    __tablename__ = "outbox"
    id: int | None = Field(default=None, primary_key=True)
    chat: int = Field(index=True)
    body: dict[str, Any] = Field(sa_type=JSON)
    state: str = Field(index=True)


class OrmPeer(CorePeer):
    """The same with objects: the way most programs are written first."""

    def turn(self, number: int, update: int, words: str) -> None:
        """Take one update."""
        with Session(self.store.writer) as session:
            session.add(InboxRow(platform_id=str(update), body=raw(number, update, words), state="done"))
            row = session.get(StateRow, number) or StateRow(chat=number, body={"answers": {}})
            row.body = _answered(row.body, words, self.steps)
            session.add(row)
            session.add(OutboxRow(chat=number, body=REPLY, state="waiting"))
            session.commit()


# python-telegram-bot's ConversationHandler, everything in memory


class _Nowhere(BaseRequest):
    """A network that answers at once that all is well."""

    read_timeout = None

    async def initialize(self) -> None:
        """Open nothing."""

    async def shutdown(self) -> None:
        """Close nothing."""

    async def do_request(self, url: str, method: str, *_: Any, **__: Any) -> tuple[int, bytes]:
        """Answer as Telegram would."""
        return 200, _ME if url.endswith("getMe") else _SENT


_ME = json.dumps({"ok": True, "result": {"id": 1, "is_bot": True, "first_name": "z", "username": "z_bot"}}).encode()
_SENT = json.dumps(
    {"ok": True, "result": {"message_id": 1, "date": 1, "chat": {"id": 1, "type": "private"}, "text": "好"}}
).encode()


_BUTTONS = InlineKeyboardMarkup.from_row([InlineKeyboardButton(label, callback_data=label) for label in _LABELS])


class MemoryPeer:
    """A conversation of as many steps in python-telegram-bot; a restart would lose it."""

    def __init__(self, talks: int, steps: int) -> None:
        self.steps = steps
        self.loop = asyncio.new_event_loop()
        request = _Nowhere()
        builder: ApplicationBuilder[Any, Any, Any, Any, Any, Any] = Application.builder()
        self.app = builder.token("1:x").request(request).get_updates_request(request).updater(None).build()
        self.app.add_handler(self._conversation())
        self.loop.run_until_complete(self.app.initialize())
        for number in range(1, talks + 1):
            self.turn(number, number, "写反思")

    def _conversation(self) -> ConversationHandler[Any]:
        words = filters.TEXT & ~filters.COMMAND
        states: dict[object, list[Any]] = {
            step: [MessageHandler(words, self._answer(step))] for step in range(1, self.steps)
        }
        return ConversationHandler([MessageHandler(words, self._answer(0))], states, [])

    def _answer(self, step: int) -> Any:
        following = step + 1 if step + 1 < self.steps else ConversationHandler.END

        async def answer(update: Update, context: Any) -> int:
            context.user_data[step] = update.message.text
            await update.message.reply_text(f"{step + 1}/{self.steps} {REPLY['plain']}", reply_markup=_BUTTONS)
            return following

        return answer

    def turn(self, number: int, update: int, words: str) -> None:
        """Take one update."""
        self.take([(number, update, words)])

    def take(self, sent: Sequence[tuple[int, int, str]]) -> None:
        """Take updates one after the other, as its own loop does."""

        async def each() -> None:
            for one in sent:
                await self.app.process_update(Update.de_json(raw(*one), self.app.bot))

        self.loop.run_until_complete(each())

    def close(self) -> None:
        """End the loop."""
        self.loop.run_until_complete(self.app.shutdown())
        self.loop.close()
