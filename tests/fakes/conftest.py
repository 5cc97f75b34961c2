"""One fake Telegram and python-telegram-bot talking to it."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup
from telegram.request import HTTPXRequest

from tests.fakes.telegram_server import FakeTelegram

TEACHER, GROUP = 501, -1001


@pytest.fixture
def server() -> Iterator[FakeTelegram]:
    with FakeTelegram(longest_poll=0.3) as server:
        server.knows(TEACHER)
        yield server


def bot_of(server: FakeTelegram, token: str | None = None) -> Bot:
    """Return python-telegram-bot's client, free of any proxy of the environment."""
    request = HTTPXRequest(httpx_kwargs={"trust_env": False})
    return Bot(token or server.token, server.base_url, server.base_file_url, request, request)


@pytest_asyncio.fixture
async def bot(server: FakeTelegram) -> AsyncIterator[Bot]:
    async with bot_of(server) as bot:
        yield bot


def choices(*pairs: tuple[str, str]) -> InlineKeyboardMarkup:
    """Return one button a row."""
    return InlineKeyboardMarkup([[InlineKeyboardButton(text, callback_data=data)] for text, data in pairs])
