"""What is taken back leaves a page that stands open, and does not come again with a reload."""

from playwright.sync_api import expect

from tests.browser.test_demo import Visitor, browser, pytestmark, site, visitor  # noqa: F401  (fixtures)

WORDS = "候答三秒，今天六个人举手"


def test_a_page_that_stands_open_lets_go_of_it(visitor: Visitor) -> None:
    visitor.says("teacher", WORDS)
    visitor.taps("teacher", "read")
    before = visitor.said("teacher").count()
    visitor.phone("teacher").locator(".line:not(.past)").get_by_role("button", name="改给谁看").click()
    expect(visitor.said("teacher")).not_to_have_count(before)
    visitor.taps("teacher", "supervisor")
    name = next(one["name"] for one in visitor.state()["people"] if one["phone"] == "teacher")
    visitor.says("leader", f"周报 {name}")
    visitor.phone("leader").locator(".line:not(.past) [data-option=whole]").first.click()
    shown = visitor.phone("leader").locator(".line", has_text=WORDS)
    expect(shown.last).to_be_visible()
    visitor.taps("teacher", "open")
    visitor.taps("teacher", "self")
    expect(shown).to_have_count(0)
    expect(visitor.said("teacher").filter(has_text="一并收回")).to_have_count(1)
    visitor.page.reload()
    expect(visitor.said("leader")).not_to_have_count(0)
    expect(shown).to_have_count(0)
