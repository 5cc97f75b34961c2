"""A migrated store and settings of a made-up school, for the clerk's commands."""

import os
import shutil
from datetime import UTC, datetime

import pytest

from bot.config import load_settings
from models.migrate import upgrade
from models.store import Store
from tests.world import quickened

NOW = datetime(2026, 9, 30, 4, 0, tzinfo=UTC)  # Wednesday noon in Shanghai


@pytest.fixture(scope="session")
def migrated(tmp_path_factory):
    """Make one migrated file, to be copied: making it costs more than most tests."""
    folder = tmp_path_factory.mktemp("migrated")
    upgrade(f"sqlite:///{(folder / 'zhixing.db').as_posix()}", folder, NOW)
    return folder / "zhixing.db"


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.upper().startswith("ZHIXING_")]:
        monkeypatch.delenv(name)
    return load_settings(None, data_dir=tmp_path / "data", school="青禾小学", timezone="Asia/Shanghai")


@pytest.fixture
def store(settings, migrated):
    settings.data_dir.mkdir()
    shutil.copy(migrated, settings.data_dir / "zhixing.db")
    store = quickened(Store(settings.store_url))
    yield store
    store.close()


@pytest.fixture
def saved(tmp_path):
    """Save rows as a CSV file and give its path."""

    def save(text, name="rows.csv"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return save
