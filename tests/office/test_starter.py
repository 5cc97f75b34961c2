"""A new installation: files that work as they are, and nothing of the clerk's ever written over."""

from pathlib import Path

from dotenv import dotenv_values

from bot.config import Settings, env_name, load_settings
from bot.office.calendar import calendar
from bot.office.enrol import roster
from bot.office.starter import env_text, init
from bot.office.timetable import timetable
from bot.office.trainings import trainings
from tests.office.conftest import NOW


def test_the_sample_files_can_be_imported_as_they_are(tmp_path, store, settings):
    assert init(tmp_path).code == 0
    assert roster(store, settings, tmp_path / "roster.csv", NOW, True).facts["new"] == 5
    assert trainings(store, settings, tmp_path / "trainings.csv", NOW, True).facts["new"] == 2
    assert calendar(store, settings, tmp_path / "校历.csv", NOW, True).facts["terms"] == 2
    assert timetable(store, settings, tmp_path / "作息.csv", NOW, True).facts["bells"] == 1
    assert timetable(store, settings, tmp_path / "课表.csv", NOW, True).facts["added"] == 6
    assert (tmp_path / "roster.csv").read_bytes().startswith(b"\xef\xbb\xbf")


def test_the_settings_file_holds_every_setting_with_its_default(tmp_path):
    init(tmp_path)
    text = (tmp_path / ".env").read_text(encoding="utf-8")
    assert dotenv_values(tmp_path / ".env") == {}
    (tmp_path / ".env").write_text(text.replace("# ZHIXING_", "ZHIXING_"), encoding="utf-8")
    assert set(dotenv_values(tmp_path / ".env")) == {env_name(name) for name in Settings.model_fields}
    assert load_settings(tmp_path / ".env") == load_settings(None)


def test_the_example_beside_the_readme_is_the_same():
    example = Path(__file__).resolve().parents[2] / ".env.example"
    assert example.read_text(encoding="utf-8") == env_text(), "write it again with bot.office.starter.env_text()"


def test_nothing_is_written_over(tmp_path):
    (tmp_path / ".env").write_text("mine", encoding="utf-8")
    report = init(tmp_path)
    assert (tmp_path / ".env").read_text(encoding="utf-8") == "mine"
    assert "已经有 .env" in report.lines()[0] and "写好了 roster.csv" in report.lines()[1]
    assert all("已经有" in line for line in init(tmp_path).lines()[:3])


def test_a_folder_that_is_not_there_is_named(tmp_path):
    assert init(tmp_path / "no" / "where").code == 1
