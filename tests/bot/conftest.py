"""Toy words and a chat with the toy conversation."""

from pathlib import Path

import pytest

from bot.render import Words
from tests.bot.toy import Chat, toy_words


@pytest.fixture(scope="session")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Words:
    """The words of the toy house."""
    folder: Path = tmp_path_factory.mktemp("templates")
    return toy_words(folder)


@pytest.fixture
def chat(toy: Words) -> Chat:
    """A chat at the first question of the toy conversation."""
    return Chat(toy)
