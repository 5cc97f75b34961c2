"""The demo's three minutes in a real browser: what a visitor does, and what each phone shows."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, build_opener

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ROOT = Path(__file__).resolve().parents[2]
NAMED = "zhixing.test"  # no https and not this machine, as a school's own address: browsers then hold things back
SWITCHES = [f"--host-resolver-rules=MAP {NAMED} 127.0.0.1", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
            "--disable-sync", "--no-first-run"]  # fmt: skip
PATIENCE = 30_000  # milliseconds for a busy machine; nothing here waits that long otherwise
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000080000000808020000004b6d29dc0000001149444154789c63706848c08a18869604001a"
    "6c4801c1dea3c60000000049454e44ae426082"  # eight by eight green points
)
pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]


@contextmanager
def demo(port: str = "0") -> Iterator[str]:
    """A demo as a visitor starts it; ended when the test is over."""
    command = [sys.executable, "-m", "bot", "demo", "--port", port, "--no-browser"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, encoding="utf-8")
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+/", line)
        assert found, line
        yield found[0]
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """One demo for all the small tests."""
    with demo() as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        yield opened
        opened.close()


class Visitor:
    """Somebody who looks at the page: says, taps and moves the clock, by names and not by wording."""

    def __init__(self, context: BrowserContext, site: str) -> None:
        context.set_default_timeout(PATIENCE)
        expect.set_options(timeout=PATIENCE)
        self.site = site
        self.page: Page = context.new_page()
        self.faults: list[str] = []
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", lambda said: said.type == "error" and self.faults.append(said.text))
        self.page.goto(site)
        expect(self.said("teacher")).not_to_have_count(0)

    def phone(self, name: str) -> Locator:
        return self.page.locator(f"[data-phone={name}]")

    def said(self, phone: str) -> Locator:
        """All that the bot has said on a phone."""
        return self.phone(phone).locator(".line.ours")

    def says(self, phone: str, text: str) -> None:
        """Write something, send it with Enter, and wait for an answer."""
        before = self.said(phone).count()
        box = self.phone(phone).get_by_role("textbox")
        box.fill(text)
        box.press("Enter")
        expect(self.said(phone)).not_to_have_count(before)

    def taps(self, phone: str, option: str) -> None:
        """Tap a button of the newest card that has it, and wait for an answer."""
        before = self.said(phone).count()
        self.phone(phone).locator(f".line:not(.past) [data-option='{option}']").last.click()
        expect(self.said(phone)).not_to_have_count(before)

    def moves_clock(self, to: str) -> None:
        button = self.page.locator(f"[data-clock={to}]")
        button.click()
        expect(button).to_be_enabled()

    def sees(self, phone: str, option: str) -> Locator:
        """Wait until the newest card of a phone offers an option."""
        found = self.phone(phone).locator(f".line:not(.past) [data-option='{option}']").last
        expect(found).to_be_visible()
        return found

    def state(self) -> dict:
        with build_opener(ProxyHandler({})).open(f"{self.site}demo/state") as answer:
            return json.load(answer)


@contextmanager
def visit(browser: Browser, site: str, **look: Any) -> Iterator[Visitor]:
    """Open the page, and see at the end that nothing went wrong in it."""
    context = browser.new_context(**{"viewport": {"width": 1440, "height": 900}, "locale": "zh-CN"} | look)
    visitor = Visitor(context, site)
    yield visitor
    assert visitor.faults == []
    context.close()


@pytest.fixture
def visitor(browser: Browser, site: str) -> Iterator[Visitor]:
    with visit(browser, site) as came:
        yield came


def test_three_minutes(browser: Browser):
    with demo() as fresh, visit(browser, fresh) as visitor:
        play_three_minutes(visitor)


def play_three_minutes(visitor: Visitor) -> None:
    rows = visitor.state()["rows"]

    # A note, captured at once.
    visitor.page.locator("[data-step=note]").click()
    words = visitor.phone("teacher").get_by_role("textbox").input_value()
    visitor.says("teacher", words)
    expect(visitor.phone("teacher").locator(".line.mine").last).to_contain_text(words)
    visitor.sees("teacher", "delete")

    # A reflection, by tapping and by typing, shared with nobody.
    visitor.says("teacher", "/reflect")
    visitor.taps("teacher", "training0")
    visitor.says("teacher", "小组讨论前等了三秒，两个平时不说话的孩子都开口了。")
    for _ in range(4):
        visitor.taps("teacher", "_skip")
    visitor.taps("teacher", "self")
    visitor.sees("teacher", "read")

    # An if-then action.
    visitor.says("teacher", "/act")
    visitor.says("teacher", "提问后先等三秒")
    visitor.taps("teacher", "c1")
    visitor.taps("teacher", "ask")
    visitor.taps("teacher", "same")
    visitor.taps("teacher", "_skip")
    visitor.taps("teacher", "week2")
    visitor.taps("teacher", "_skip")
    visitor.taps("teacher", "ok")
    assert "follow_up" in [wait["kind"] for wait in visitor.state()["people"][0]["waiting"]]

    # The follow-up of an action two weeks old, and the row of the record form that comes of it.
    visitor.moves_clock("next")
    visitor.sees("teacher", "partly")
    visitor.taps("teacher", "partly")
    visitor.says("teacher", "后面的讨论也跟着热闹了")
    visitor.taps("teacher", "_skip")
    visitor.taps("teacher", "more")
    assert visitor.state()["rows"] == rows + 1
    visitor.says("teacher", "/record")
    expect(visitor.said("teacher").last).to_contain_text("后面的讨论也跟着热闹了")

    # The mentor is reminded of tomorrow's lesson, and of what to watch.
    visitor.moves_clock("next")
    expect(visitor.said("mentor").last).to_contain_text("我提问以后等了几秒")

    # The Friday digest, and a reply that reaches the teacher.
    visitor.moves_clock("friday")
    visitor.taps("leader", "items")
    visitor.taps("leader", "ask")
    visitor.says("leader", "当时学生最卡的是哪一步？")
    visitor.taps("leader", "send")
    visitor.moves_clock("next")
    expect(visitor.said("teacher").filter(has_text="当时学生最卡的是哪一步？")).to_have_count(1)


def test_the_panel_tells_what_is_waited_for_and_why(visitor: Visitor):
    people = {person["phone"]: person["waiting"] for person in visitor.state()["people"]}
    feedback = next(wait for wait in people["mentor"] if wait["kind"] == "observation_feedback")
    assert feedback["reason"] == "quiet_hours"
    expect(visitor.page.locator("#panel")).to_contain_text(feedback["text"])


def test_a_reload_shows_the_history_once(visitor: Visitor):
    visitor.says("teacher", "/open")
    shown = visitor.phone("teacher").locator(".line").count()
    visitor.page.reload()
    expect(visitor.phone("teacher").locator(".line")).to_have_count(shown)


def test_words_that_look_like_html_stay_words(visitor: Visitor):
    visitor.says("teacher", "<img src=x onerror=alert(1)><b>粗</b> &amp; &lt;i&gt;")
    line = visitor.phone("teacher").locator(".line.mine .bubble").last
    expect(line).to_have_text("<img src=x onerror=alert(1)><b>粗</b> &amp; &lt;i&gt;")
    assert visitor.page.locator(".bubble img").count() == 0


def test_a_photo_is_shown_and_answered(visitor: Visitor):
    before = visitor.said("teacher").count()
    files = visitor.phone("teacher").locator("input[type=file]")
    files.set_input_files({"name": "黑板.png", "mimeType": "image/png", "buffer": PNG})
    expect(visitor.phone("teacher").locator(".picture img")).to_be_visible()
    expect(visitor.said("teacher")).not_to_have_count(before)


def test_a_file_that_is_not_taken_is_told_kindly(visitor: Visitor):
    files = visitor.phone("teacher").locator("input[type=file]")
    files.set_input_files({"name": "tool.jpg", "mimeType": "image/jpeg", "buffer": b"MZ\x90"})
    expect(visitor.phone("teacher").get_by_role("alert")).not_to_be_empty()
    visitor.faults.clear()  # the browser itself writes the refusal into its console


def test_the_language_changes_for_page_and_people(visitor: Visitor):
    for language, shown in (("en", "en-GB"), ("zh_Hant", "zh-TW"), ("zh_Hans", "zh-CN")):
        visitor.page.locator(f"[data-language={language}]").click()
        expect(visitor.page.locator("html")).to_have_attribute("lang", shown)
        expect(visitor.page.locator(f"[data-language={language}]")).to_have_attribute("aria-pressed", "true")
        visitor.says("mentor", "/help")


NAMELESS = """all => all
    .filter(one => !(one.ariaLabel || one.textContent.trim() || one.querySelector("img[alt]")))
    .map(one => one.outerHTML)"""


def test_everything_can_be_reached_and_named_without_a_mouse(visitor: Visitor):
    page = visitor.page
    nameless = page.locator("button, a, textarea, input:not([hidden])").evaluate_all(NAMELESS)
    assert nameless == []
    mine = visitor.phone("teacher").locator(".line.mine").count()
    page.locator("[data-phone=teacher] .answer").last.focus()
    page.keyboard.press("Enter")
    expect(visitor.phone("teacher").locator(".line.mine")).not_to_have_count(mine)
    for log in page.locator("[role=log]").all():
        assert log.get_attribute("aria-live") == "polite"


def test_on_a_phone_one_chat_is_shown_at_a_time(browser: Browser, site: str):
    with visit(browser, site, viewport={"width": 390, "height": 844}, has_touch=True) as visitor:
        expect(visitor.phone("teacher")).to_be_visible()
        expect(visitor.phone("mentor")).to_be_hidden()
        visitor.page.locator("[data-tab=mentor]").click()
        expect(visitor.phone("mentor")).to_be_visible()
        expect(visitor.phone("teacher")).to_be_hidden()
        visitor.moves_clock("next")
        expect(visitor.page.locator("[data-tab=teacher] .dot")).to_be_visible()
        assert visitor.page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("width", [320, 390, 640, 1366])
def test_nothing_hangs_out_at_any_width(browser: Browser, site: str, width: int):
    with visit(browser, site, viewport={"width": width, "height": 700}) as visitor:
        visitor.says("teacher", "/settings")
        assert visitor.page.evaluate("document.documentElement.scrollWidth") <= width
        for phone in ("teacher", "mentor", "leader"):
            assert visitor.phone(phone).locator(".log").evaluate("log => log.scrollWidth - log.clientWidth") == 0


def test_a_page_opened_by_plain_http_sends_all_the_same(browser: Browser, site: str):
    with visit(browser, site.replace("127.0.0.1", NAMED)) as visitor:
        assert not visitor.page.evaluate("isSecureContext")
        visitor.says("leader", "/help")
        expect(visitor.phone("leader").locator(".line.mine:not(.pending)").last).to_contain_text("/help")
        # The browser only remarks that one header counts for nothing without https.
        assert [fault for fault in visitor.faults if "Cross-Origin-Opener-Policy" not in fault] == []
        visitor.faults.clear()


def test_words_too_long_for_one_post_are_given_back(visitor: Visitor):
    words = "课" * 200_000
    box = visitor.phone("teacher").get_by_role("textbox")
    box.fill(words)
    box.press("Enter")
    expect(visitor.phone("teacher").get_by_role("alert")).not_to_be_empty()
    assert box.input_value() == words
    box.fill("")
    visitor.faults.clear()  # the browser itself writes the refusal into its console


def test_a_page_left_open_begins_anew_with_the_next_demo(browser: Browser):
    with ExitStack() as left_open:
        with demo() as first:
            visitor = left_open.enter_context(visit(browser, first))
            visitor.says("teacher", "上一次演示里说的")
        with demo(str(urlsplit(first).port)):
            expect(visitor.phone("teacher").locator(".line.mine")).to_have_count(0)
            visitor.says("teacher", "/open")
            visitor.faults.clear()  # while there was no demo, the browser said so in its console
