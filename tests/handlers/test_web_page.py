"""网页: one personal link to the chat page, on every channel but the page itself; used once, or let go by time."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.conversation import Place
from handlers.web_page import not_here
from models import Invite
from models.invites import LINK_FOR
from tests.handlers.test_join import CODE, invite
from tests.world import PAGES, Talk, World


def changed(world: World, pages: str = PAGES, **abilities: Any) -> None:
    """Let the channel of the run be able to do other things, or the page have another address."""
    now = {world.channel: replace(world.phone.abilities, **abilities)}
    world.house = replace(world.house, pages=pages, abilities={**world.house.abilities, **now})
    world.engine.house = world.house


@pytest.fixture
def elsewhere(world: World) -> World:
    """The school, spoken with on anything but the page: the page's own phone shows a link as well as any other."""
    changed(world, is_page=False)
    return world


def links(world: World) -> list[Invite]:
    return [one for one in world.all(Invite, kind="link") if one.expires_at > world.clock.now()]


def test_one_link_of_her_own_for_ten_minutes(elsewhere: World, talk: Talk) -> None:
    heard = talk("/web", says="opens")
    (made,) = links(elsewhere)
    assert heard.link == f"{PAGES}/join/{made.code}"
    assert (made.person_id, made.expires_at) == (elsewhere.id["lin"], elsewhere.clock.now() + timedelta(minutes=10))
    assert f"{PAGES}/chat" in heard.text and made.code in heard.text  # for a computer that the link cannot reach


@pytest.mark.parametrize(
    "words",
    ["网页", "網頁", "网页版？", "电脑", "在电脑上写", "想用电脑写反思", "可以在电脑上写吗？", "怎么发文件", "文件怎么发？",
     "发不了文件", "PDF发不了", "哪里能上传文档", "web page", "How do I send a document?"],
)  # fmt: skip
def test_it_is_asked_for_in_many_words(elsewhere: World, talk: Talk, words: str) -> None:
    talk(words, says="opens")


@pytest.mark.parametrize("words", ["今天用电脑上课，孩子们很专心", "文件发给家长了", "电脑坏了", "怎么发文件给家长"])
def test_a_note_about_computers_is_a_note(elsewhere: World, talk: Talk, words: str) -> None:
    assert "opens" not in talk(words).blocks
    assert links(elsewhere) == []


def test_in_the_middle_of_a_talk_a_computer_is_an_answer_and_the_page_a_request(elsewhere: World, talk: Talk) -> None:
    talk("行动", asks="wish")
    assert "opens" not in talk("电脑").blocks
    talk("取消")
    talk("行动", asks="wish")
    heard = talk("网页", asks="wish", says="opens")
    assert heard.link


def test_a_second_link_ends_the_first_and_a_code_of_bangding(elsewhere: World, talk: Talk) -> None:
    talk("绑定")
    first, second = talk("网页").link, talk("网页").link
    assert first != second
    assert [f"{PAGES}/join/{one.code}" for one in links(elsewhere)] == [second]


@pytest.mark.parametrize("takes_documents", [True, False])
def test_without_a_page_that_is_said_kindly_and_no_code_is_made(
    world: World, talk: Talk, takes_documents: bool
) -> None:
    changed(world, pages="", is_page=False, takes_documents=takes_documents)
    heard = talk("网页", says="no_page")
    assert links(world) == [] and heard.link == ""
    assert ("贴成文字" in heard.text) is not takes_documents


def test_on_the_page_itself_there_is_nothing_to_open(world: World, talk: Talk) -> None:
    changed(world, is_page=True)
    talk("网页", says="here_already")
    assert links(world) == []


@pytest.mark.parametrize(
    ("place", "block"),
    [(Place("https://s.example"), None), (Place(), "no_page"), (Place(is_page=True), "here_already"),
     (Place("https://s.example", is_page=True), "here_already")],
)  # fmt: skip
def test_where_it_is_of_use(place: Place, block: str | None) -> None:
    assert not_here(place) == block


def test_a_stranger_gets_no_link(elsewhere: World) -> None:
    Talk(elsewhere, "new")("网页", asks="code", says="please_join")
    assert links(elsewhere) == []


# What the link leads to


def code_of(link: str) -> str:
    return link.rpartition("/")[2]


def test_the_link_leads_to_the_same_person_after_one_question(elsewhere: World, talk: Talk) -> None:
    code = code_of(talk("网页").link)
    page = Talk(elsewhere, "browser")
    assert "林晓" in page(f"/start {code}", asks="is_me").text
    page.tap("yes", says="linked")
    assert elsewhere.address("browser").person_id == elsewhere.id["lin"]


def test_looking_at_the_question_uses_nothing_up(elsewhere: World, talk: Talk) -> None:
    code = code_of(talk("网页").link)
    for preview in ("preview", "another", "a third"):  # a scanner may even run the page's script
        Talk(elsewhere, preview)(f"/start {code}", asks="is_me")
    page = Talk(elsewhere, "browser")
    page(f"/start {code}", asks="is_me")
    page.tap("yes", says="linked")


def test_a_used_link_says_how_to_get_another(elsewhere: World, talk: Talk) -> None:
    code = code_of(talk("网页").link)
    page = Talk(elsewhere, "browser")
    page(f"/start {code}", asks="is_me")
    page.tap("yes", says="linked")
    heard = Talk(elsewhere, "later")(f"/start {code}", asks="code", says="link_over")
    assert "网页" in heard.text and "林晓" not in heard.text


def test_a_link_that_is_over_says_how_to_get_another(elsewhere: World, talk: Talk) -> None:
    code = code_of(talk("网页").link)
    elsewhere.clock.advance(seconds=LINK_FOR.total_seconds())
    Talk(elsewhere, "browser")(f"/start {code}", asks="code", says="link_over")


def test_it_may_run_out_before_the_answer(elsewhere: World, talk: Talk) -> None:
    code = code_of(talk("网页").link)
    page = Talk(elsewhere, "browser")
    page(f"/start {code}", asks="is_me")
    elsewhere.clock.advance(seconds=LINK_FOR.total_seconds())
    page.tap("yes", asks="code", says="link_over")
    assert elsewhere.address("browser").person_id is None


@pytest.mark.parametrize(("is_page", "word"), [(True, "离开这台设备"), (False, "最近用的那一边")])
def test_on_the_page_it_is_said_what_is_different_there(elsewhere: World, talk: Talk, is_page: bool, word: str) -> None:
    code = code_of(talk("网页").link)
    changed(elsewhere, is_page=is_page)
    page = Talk(elsewhere, "browser")
    page(f"/start {code}", asks="is_me")
    assert word in page.tap("yes", says="linked").text


# Where it is spoken of


@pytest.mark.parametrize(
    ("pages", "abilities", "named", "said"),
    [
        (PAGES, {}, True, ""),
        (PAGES, {"is_page": True}, False, ""),
        (PAGES, {"takes_documents": False}, True, "到网页上发"),
        ("", {}, False, ""),
        ("", {"takes_documents": False}, False, "请贴成文字"),
    ],
    ids=["a page", "on the page", "a page, no documents", "no page", "neither page nor documents"],
)
def test_help_names_it_where_it_helps(
    world: World, talk: Talk, pages: str, abilities: dict[str, bool], named: bool, said: str
) -> None:
    changed(world, pages, **{"is_page": False, "takes_documents": True, **abilities})
    text = talk("帮助", says="commands").text
    assert ("：网页" in text) is named
    assert said in text and ("文档在这个聊天里" in text) is bool(said)


@pytest.mark.parametrize("takes_documents", [True, False])
def test_who_joins_hears_at_once_that_documents_do_not_arrive(world: World, takes_documents: bool) -> None:
    changed(world, is_page=False, takes_documents=takes_documents)
    invite(world)
    new = Talk(world, "new")
    new(CODE, asks="is_me")
    new.tap("yes", asks="privacy")
    new.tap("go_on", asks="hours")
    assert ("说「网页」" in new.tap("noon", says="joined").text) is not takes_documents
