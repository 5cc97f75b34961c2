"""Tencent's own SDK takes the platform of our tests for WeCom; needs Node and ZHIXING_TEST_NODE_MODULES."""

import json
import os
import queue
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.wecom_bot_world import BOT, SECRET
from tests.fakes.wecom_socket import FakeAibot

# A folder with @wecom/aibot-node-sdk 1.0.7 in it; it is no dependency of ours.
MODULES = os.environ.get("ZHIXING_TEST_NODE_MODULES", "")
JUDGE = Path(__file__).with_name("aibot_judge.cjs")
ZHANG = "ZhangLaoshi"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not MODULES or shutil.which("node") is None, reason="no Node, or no SDK to judge by"),
]


class Judge:
    """The SDK in a process of its own; it tells what it lives through, line by line."""

    def __init__(self, url: str) -> None:
        env = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
        self.process = subprocess.Popen(
            ["node", str(JUDGE), url, BOT, SECRET], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            env=env | {"NODE_PATH": MODULES}, text=True, encoding="utf-8",
        )  # fmt: skip
        self._lines: queue.Queue[dict[str, Any]] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(json.loads(line))

    def tells(self, what: str) -> dict[str, Any]:
        """Give the next line; it must be about this."""
        line = self._lines.get(timeout=20)
        assert line.pop("what") == what, line
        return line

    def leave(self) -> None:
        """Let it go."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(10)
        if self.process.stdout is not None:
            self.process.stdout.close()


@pytest.fixture
def server() -> Iterator[FakeAibot]:
    with FakeAibot() as server:
        yield server


@pytest.fixture
def judge(server: FakeAibot) -> Iterator[Judge]:
    judge = Judge(server.url)
    yield judge
    judge.leave()


def test_the_sdk_lives_with_our_platform(server: FakeAibot, judge: Judge) -> None:
    judge.tells("authenticated")
    server.says(ZHANG, "你好\x01😀")
    heard = judge.tells("text")
    assert (heard["from"], heard["words"].replace("\x01", "")) == (ZHANG, "你好😀")
    assert [judge.tells("stream")["code"] for _ in range(2)] == [0, 0]
    assert judge.tells("push")["code"] == 0
    assert judge.tells("stranger")["code"] == 93006
    assert judge.tells("card")["code"] == 0
    media_id = judge.tells("upload")["media_id"]
    assert server.world.media[media_id][:2] == ("听课记录（三年级）.docx", b"\x07" * 700 * 1024)
    assert judge.tells("file")["code"] == 0
    judge.tells("ready")
    stream, markdown, card, file = server.world.to(ZHANG)
    assert (stream.words, markdown.words, file.kind) == ("一二", "**三**", "file")
    server.taps(ZHANG, card, "想")
    assert judge.tells("update")["code"] == 0 and list(card.buttons) == ["想 ✓"]
    server.enters(ZHANG)
    assert judge.tells("welcome")["code"] == 0
    server.sends(ZHANG, {"msgtype": "image", "image": server.medium(b"\x89PNG\r\n")})
    assert judge.tells("image")["bytes"] == b"\x89PNG\r\n".hex()
    server.world.wait_for(lambda: any(cmd == "ping" for cmd, _, _ in server.frames))


def test_a_second_sdk_replaces_the_first(server: FakeAibot, judge: Judge) -> None:
    judge.tells("authenticated")
    second = Judge(server.url)
    second.tells("authenticated")
    judge.tells("replaced")
    second.leave()
