"""Settings: every wrong value names its setting, no secret is ever echoed, and one key is made once."""

import os
import stat

import pytest

from bot.config import Settings, description_of, load_settings, secret_key, unknown_settings
from bot.errors import ConfigError


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch):
    for name in list(os.environ):
        if name.upper().startswith("ZHIXING_"):
            monkeypatch.delenv(name)


def test_without_any_setting_there_are_good_defaults():
    settings = load_settings(None)
    assert settings.store_url == "sqlite:///data/zhixing.db"
    assert (settings.timezone, settings.language, settings.weekly_budget) == ("Asia/Shanghai", "zh_Hans", 3)
    assert settings.telegram_token is None and settings.web_chat is False


def test_every_setting_says_what_a_good_value_is():
    assert [name for name in Settings.model_fields if len(description_of(name)) < 5] == []


WRONG = {
    "TIMEZONE": "Shanghai/Pudong",
    "LANGUAGE": "fr",
    "PUBLIC_URL": "school.example",
    "SECRET_KEY": "short",
    "DATABASE_URL": "mysql://x",
    "HTTP_PORT": "eighty",
    "WEB_CHAT": "perhaps",
    "TELEGRAM_TOKEN": "no-colon",
    "TELEGRAM_BASE_URL": "telegram",
    "TELEGRAM_MODE": "push",
    "TELEGRAM_WEBHOOK_SECRET": "with spaces in it",
    "WECOM_CORP_ID": "ww with blanks",
    "WECOM_AGENT_ID": "first",
    "WECOM_TOKEN": "a-dash-is-none",
    "WECOM_AES_KEY": "x" * 42,
    "WECOM_API_BASE": "wecom",
    "WECOM_REPLAY_WINDOW": "-1",
    "WEEKLY_BUDGET": "-1",
    "BACKUP_KEEP": "0",
    "BACKUP_AT": "2:30",
    "LOG_LEVEL": "LOUD",
}


def test_an_address_too_long_for_a_message_is_none(monkeypatch):
    monkeypatch.setenv("ZHIXING_PUBLIC_URL", "https://school.example/" + "a" * 500)
    with pytest.raises(ConfigError, match="ZHIXING_PUBLIC_URL"):
        load_settings(None)


@pytest.mark.parametrize(("name", "value"), WRONG.items(), ids=WRONG)
def test_a_wrong_value_names_its_setting_and_is_not_echoed(monkeypatch, name, value):
    monkeypatch.setenv(f"ZHIXING_{name}", value)
    with pytest.raises(ConfigError) as error:
        load_settings(None)
    assert error.value.setting == f"ZHIXING_{name}"
    if name not in ("BACKUP_AT", "WEEKLY_BUDGET", "BACKUP_KEEP", "WECOM_REPLAY_WINDOW"):
        assert value not in str(error.value)


@pytest.mark.parametrize("at", ["24:00", "12:60", "noon"])
def test_a_backup_time_must_exist(monkeypatch, at):
    monkeypatch.setenv("ZHIXING_BACKUP_AT", at)
    with pytest.raises(ConfigError):
        load_settings(None)


def test_a_file_saved_by_notepad_with_a_mark_is_read(tmp_path):
    env = tmp_path / ".env"
    env.write_text("ZHIXING_TIMEZONE=Asia/Urumqi\nZHIXING_SCHOOL=青禾小学\nZHIXING_TELEGRAM_TOKEN=\n", "utf-8-sig")
    settings = load_settings(env)
    assert (settings.timezone, settings.school, settings.telegram_token) == ("Asia/Urumqi", "青禾小学", None)


def test_a_file_in_another_encoding_is_refused_with_its_name(tmp_path):
    env = tmp_path / ".env"
    env.write_bytes("ZHIXING_SCHOOL=青禾小学\n".encode("gb18030"))
    with pytest.raises(ConfigError, match="UTF-8"):
        load_settings(env)


def test_the_environment_wins_over_the_file(tmp_path, monkeypatch):
    env = tmp_path / ".env"
    env.write_text("ZHIXING_HTTP_PORT=1\n", "utf-8")
    monkeypatch.setenv("ZHIXING_HTTP_PORT", "2")
    assert load_settings(env).http_port == 2


def test_plain_postgres_addresses_get_our_driver(monkeypatch):
    monkeypatch.setenv("ZHIXING_DATABASE_URL", "postgres://u:p@db/zhixing")
    settings = load_settings(None)
    assert settings.store_url == "postgresql+psycopg://u:p@db/zhixing"
    assert "u:p" not in repr(settings)


def test_languages_may_be_written_with_a_hyphen(monkeypatch):
    monkeypatch.setenv("ZHIXING_LANGUAGE", "zh-Hant")
    assert load_settings(None).language == "zh_Hant"


def test_settings_do_not_change(monkeypatch):
    with pytest.raises(ValueError, match="frozen"):
        load_settings(None).http_port = 9  # type: ignore[misc]


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({}, "ZHIXING_PUBLIC_URL"),
        ({"public_url": "http://school.example"}, "ZHIXING_PUBLIC_URL"),
        ({"public_url": "https://school.example/"}, "ZHIXING_TELEGRAM_WEBHOOK_SECRET"),
    ],
    ids=["no address", "an address without TLS", "no secret"],
)
def test_webhook_mode_asks_for_what_it_needs(given, missing):
    with pytest.raises(ConfigError) as error:
        load_settings(None, telegram_token="1:abc", telegram_mode="webhook", **given)
    assert error.value.setting == missing


def test_a_misspelt_setting_is_found_with_the_nearest_name(tmp_path):
    env = tmp_path / ".env"
    env.write_text("ZHIXING_TIMZONE=Asia/Shanghai\nOTHER=1\n", "utf-8")
    found = unknown_settings({"ZHIXING_XYZZY": "1", "ZHIXING_LANGUAGE": "en", "PATH": "x"}, env)
    assert found == [("ZHIXING_TIMZONE", "ZHIXING_TIMEZONE"), ("ZHIXING_XYZZY", None)]


def test_the_key_is_made_once_and_only_we_may_read_it(tmp_path):
    settings = load_settings(None, data_dir=tmp_path / "data")
    first = secret_key(settings)
    assert len(first) == 64 and secret_key(settings) == first
    if os.name == "posix":
        assert stat.S_IMODE((tmp_path / "data" / "secret.key").stat().st_mode) == 0o600


def test_a_key_from_the_settings_makes_no_file(tmp_path):
    settings = load_settings(None, data_dir=tmp_path, secret_key="k" * 40)
    assert secret_key(settings) == b"k" * 40 and list(tmp_path.iterdir()) == []


def test_an_empty_key_file_is_never_replaced_silently(tmp_path):
    (tmp_path / "secret.key").touch()
    with pytest.raises(ConfigError, match="备份"):
        secret_key(load_settings(None, data_dir=tmp_path))


APP = {"wecom_corp_id": "wwabcdef0123456789", "wecom_agent_id": 1000002, "wecom_secret": "s"}
DOOR = {"wecom_token": "TokenOfTheTests01", "wecom_aes_key": "x" * 43}


def test_an_app_is_set_whole_or_not_at_all():
    for given in (APP, APP | DOOR, {"wecom_corp_id": APP["wecom_corp_id"]}):
        assert load_settings(None, **given).wecom_corp_id == APP["wecom_corp_id"]


@pytest.mark.parametrize("missing", [*APP, *DOOR])
def test_an_app_that_is_set_half_names_what_is_missing(missing):
    given = {name: value for name, value in (APP | DOOR).items() if name != missing}
    with pytest.raises(ConfigError) as error:
        load_settings(None, **given)
    assert error.value.setting == f"ZHIXING_{missing.upper()}"
