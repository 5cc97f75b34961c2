"""Logs carry ids, never words, tokens or names: a whole day at DEBUG, also when turns fail."""

import io
import logging
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import structlog

from bot import prompts
from bot.channels import File, Message
from bot.logs import LOUD, set_up_logs
from models import Entry
from tests.world import PEOPLE, World

CANARY = "没人该在日志里读到这句"
TOKEN = "123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw1"
NAMES = [name for name, *_ in PEOPLE.values()]


@pytest.fixture(params=[True, False], ids=["plain", "json"])
def written(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """Everything that goes to standard error and to standard output, with our logs at DEBUG."""
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(sys, "stdout", stream)
    root, levels = logging.getLogger(), {name: logging.getLogger(name).level for name in LOUD}
    handlers, level, configured = root.handlers[:], root.level, structlog.get_config()
    configure = structlog.configure

    def without_memory(**options: Any) -> None:
        configure(**{**options, "cache_logger_on_first_use": False})  # or later tests would keep these loggers

    monkeypatch.setattr(structlog, "configure", without_memory)
    set_up_logs("DEBUG", request.param)
    monkeypatch.setattr(structlog, "configure", configure)
    yield stream
    root.handlers[:], root.level = handlers, level
    structlog.configure(**configured)
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)


def clean(stream: io.StringIO) -> str:
    """Return what was written, after making sure that nobody's words, name or token is in it."""
    text = stream.getvalue()
    for secret in (CANARY, CANARY[:6], TOKEN, TOKEN[10:30], *NAMES):
        assert secret not in text, text[:3000]
    return text


def play_a_day(world: World) -> None:
    """Write, reflect, share, search, fail to be understood, edit, send files, and read a digest."""
    for words in (
        CANARY,
        "写反思",
        CANARY,
        CANARY,
        "上一步",
        "先放着",
        f"我的记录 {CANARY}",
        f"/nothing {CANARY}",
        f"/mine {TOKEN}",
        TOKEN,
    ):
        world.clock.advance(seconds=30)
        world.says("lin", words)
    world.sends("lin", Message("edit", "lin", message_id="1", text=f"{CANARY}，改过"))
    world.sends("lin", Message("files", "lin", text=CANARY, files=(File("file", "f1", name=f"{CANARY}.pdf", size=9),)))
    world.sends("lin", Message("button", "lin", button=f"1.a.{CANARY}"))
    world.sends("room", Message("text", "room", text=f"/mine {CANARY}", is_group=True))
    world.says("stranger", CANARY)
    entry = world.all(Entry)[0]
    entry.share_with(["supervisor"])
    entry.shared_at = world.clock.now()
    world.add(entry)
    for who, words in (
        ("wang", "周报"),
        ("wang", "问询"),
        ("wang", CANARY),
        ("chen", "听林晓的课"),
        ("he", "谁能看到"),
    ):
        world.says(who, words)
    world.advance(days=7)


def test_a_whole_day_leaves_no_word_in_the_logs(world: World, written: io.StringIO) -> None:
    play_a_day(world)
    clean(written)


def test_a_failing_turn_is_logged_without_what_was_said(
    world: World, written: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_args: object, **_more: object) -> None:
        raise ValueError(f"{CANARY} {TOKEN} 林晓")

    world.engine.faults_expected = True
    monkeypatch.setattr("bot.turn.Turn.play", fails)
    heard = world.says("lin", CANARY)
    assert "our_fault" in heard.blocks
    text = clean(written)
    assert "turn_failed" in text and "ValueError" in text, "the fault itself is told"


def test_a_failing_prompt_is_logged_without_its_words(
    world: World, written: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_args: object, **_more: object) -> None:
        raise KeyError(f"{CANARY} {TOKEN} 林晓")

    monkeypatch.setattr(prompts, "queue_one", fails)
    world.change("lin")
    with world.store.writing() as session:
        person = session.get_one(type(world.person("lin")), world.id["lin"])
        person.next_contact_at = world.clock.now()
        session.add(person)
        session.flush()
        prompts.queue_due(session, world.house, world.clock.now())
    assert "prompt_failed" in clean(written)


def test_what_cannot_be_parsed_is_set_aside_without_its_words(world: World, written: io.StringIO) -> None:
    world.engine.faults_expected = True
    world.sends("lin", Message("poison", "lin", text=CANARY))
    assert "turn_failed" in clean(written)


@pytest.mark.parametrize(
    "name", ["httpx", "httpcore.http11", "telegram.ext", "apscheduler.scheduler", "uvicorn.access", "sqlalchemy.engine"]
)
def test_a_librarys_lines_below_warning_are_left_out(written: io.StringIO, name: str) -> None:
    logging.getLogger(name).info("said %s with %s", CANARY, TOKEN)
    logging.getLogger(name).debug("said %s", CANARY)
    clean(written)


def test_a_librarys_traceback_and_arguments_are_told_without_words(written: io.StringIO) -> None:
    try:
        httpx.Request("GET", f"https://example.invalid/bot{TOKEN}/getMe").read()
        raise RuntimeError(f"{CANARY} {TOKEN}")
    except RuntimeError:
        logging.getLogger("telegram").exception("a request to bot%s failed", TOKEN)
    text = clean(written)
    assert "failed" in text and "RuntimeError" in text
