"""网页 in a real browser: from the textcard in WeCom's app to a document in her chat, by the real process."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from bot.channels.wecom_app import CALLBACK_PATH
from models.accounts import list_account
from models.chat_lines import keep_line
from tests.browser.test_demo import CHROMIUM, PATIENCE, browser  # noqa: F401  (fixtures)
from tests.fakes.wecom_caller import callback, message, post
from tests.fakes.wecom_http import FakeWecom
from tests.service.inside import free_port
from tests.service.running import House, Run, wait_until
from tests.service.test_wecom import LIN, ZHANG, app_of, now

pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]
PDF = b"%PDF-1.7\n" + b"% a worksheet\n" * 9


class School:
    """The real process with WeCom's app and the chat page, and one teacher whom the office's list names."""

    def __init__(self, house: House, wecom: FakeWecom) -> None:
        self.house, self.wecom = house, wecom
        with house.writing() as session:
            list_account(session, house.people[LIN], ["wecom_app"], ZHANG)
        wecom.world.members.add(ZHANG)
        port = free_port()
        self.site = f"http://127.0.0.1:{port}"
        given = {**app_of(wecom), "WEB_CHAT": "1", "HTTP_PORT": str(port), "PUBLIC_URL": self.site}
        self.settings = {f"ZHIXING_{name}": value for name, value in given.items()}

    def link(self) -> str:
        """Say 网页 in the app, and give the address on the card that comes."""
        before = len(self.wecom.world.to(ZHANG))
        query, content = callback(message(ZHANG, "text", now(), Content="网页"), now())
        assert post(f"{self.site}{CALLBACK_PATH}", query, content) == [200]
        self.wecom.world.wait_for(lambda: len(self.wecom.world.to(ZHANG)) > before, PATIENCE / 1000)
        return str(self.wecom.world.to(ZHANG)[-1].body["url"])


@pytest.fixture
def school(tmp_path: Path) -> Iterator[School]:
    with FakeWecom() as wecom:
        school = School(House(tmp_path / "house").found(), wecom)
        with Run(school.house, None, **school.settings) as run:
            run.ready()
            yield school


@pytest.fixture
def context(browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1180, "height": 860}, locale="zh-CN")
    context.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    yield context
    context.close()


def opened(context: BrowserContext, address: str) -> Page:
    """Open an address; whatever goes wrong in the page fails the test."""
    page = context.new_page()
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    page.goto(address)
    return page


def test_from_the_card_to_a_document_and_back_again(school: School, context: BrowserContext, tmp_path: Path) -> None:
    page = opened(context, school.link())
    page.locator("[data-option=yes]").click()
    expect(page.locator(".line.ours").last).to_contain_text("绑好了")
    expect(page).to_have_url(f"{school.site}/chat")  # the code stays neither in the address nor in the history
    sheet = tmp_path / "学习单.pdf"
    sheet.write_bytes(PDF)
    page.locator(".files").set_input_files(sheet)
    expect(page.locator(".line.mine .document").last).to_contain_text("学习单.pdf")
    expect(page.locator(".line.ours").last).to_contain_text("1 个文件")
    kept = "SELECT count(*) FROM attachment WHERE state = 'kept' AND channel = 'web' AND kind = 'file'"
    wait_until(lambda: school.house.count(kept), 10, "the document")
    # Her next link leads to the chat where she is; nothing is asked again.
    again = opened(context, school.link())
    expect(again).to_have_url(f"{school.site}/chat")
    expect(again.locator(".line.mine .document")).to_have_count(1)
    assert school.house.count("SELECT count(*) FROM conversation WHERE name = 'join' AND state = 'open'") == 0


def test_reloading_before_the_answer_asks_the_same_and_uses_nothing_up(school: School, context: BrowserContext) -> None:
    link = school.link()
    page = opened(context, link)
    expect(page.locator("[data-option=yes]")).to_be_visible()
    page.reload()
    page.goto(link)
    page.locator(".line:not(.past) [data-option=yes]").last.click()
    expect(page.locator(".line.ours").last).to_contain_text("绑好了")


def test_a_link_that_the_bot_says_opens_beside_the_chat(school: School, context: BrowserContext) -> None:
    page = opened(context, school.link())
    page.locator("[data-option=yes]").click()
    expect(page.locator(".line.ours").last).to_contain_text("绑好了")
    chat = school.house.ask("SELECT external_id FROM address WHERE channel = 'web' AND person_id IS NOT NULL")[0][0]
    for label, url in (("打开", f"{school.site}/healthz"), ("不打开", "javascript:alert(1)")):
        with school.house.writing() as session:
            body = {"html": "看看", "link": [label, url]}
            keep_line(session, chat, f"out:{label}", True, body, school.house.now())
    page.reload()
    link = page.get_by_role("link", name="打开", exact=True)
    with context.expect_page() as beside:
        link.click()
    expect(beside.value).to_have_url(f"{school.site}/healthz")
    assert page.locator("a.answer", has_text="不打开").get_attribute("href") is None
