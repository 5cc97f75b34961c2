"""A link to the chat page: looking at it uses nothing up, and it speaks only where its owner is, or nobody."""

import httpx
import pytest

from bot.chat_pages import COOKIE, Visitors
from models.chat_lines import WEB
from models.invites import new_invite
from models.people import Address, Invite
from tests.bot.test_http import KEY, app_of, browser, kept, visitor, web, words  # noqa: F401  (fixtures)
from tests.world import World


def link_of(world: World, who: str) -> Invite:
    """Give somebody a link to the page, as 网页 does."""
    with world.store.writing() as session:
        invite = new_invite(session, world.id[who], world.clock.now(), kind="link")
        session.add(invite)
    return invite


def sits_at(world: World, client: httpx.AsyncClient, who: str) -> None:
    """Let somebody be the one who is known in this browser."""
    chat = client.cookies[COOKIE].partition(".")[0]
    world.add(Address(channel=WEB, external_id=chat, person_id=world.id[who], made_at=world.clock.now()))


async def test_a_link_hands_its_payload_to_the_page_and_uses_nothing_up(web, words, kept):
    async with visitor(web, words, "/join/QH7K2X") as client:
        page = await client.get("/join/QH7K2X")
    assert 'data-start="QH7K2X"' in page.text
    assert kept == []


async def test_a_link_does_not_speak_in_the_chat_of_whoever_sat_here_before(web, words, world: World):
    async with visitor(web, words) as client:
        chat = client.cookies[COOKIE].partition(".")[0]
        world.add(Address(channel=WEB, external_id=chat, person_id=world.id["lin"], made_at=world.clock.now()))
        page = await client.get("/join/QH7K2X")
    assert 'data-start=""' in page.text


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_whoever_only_looks_at_a_link_uses_nothing_up(web, words, kept, world: World, method):
    """A messenger fetches the addresses that it shows; only what the page itself posts counts."""
    invite = link_of(world, "lin")
    async with browser(app_of(Visitors(web, words, KEY, "zh_Hans", True).routes())) as preview:
        for _ in range(3):
            page = await preview.request(method, f"/join/{invite.code}")
            assert (page.status_code, page.headers["cache-control"]) == (200, "no-store")
            assert page.headers["referrer-policy"] == "no-referrer"
    after = world.all(Invite, kind="link")[0]
    assert kept == [] and (after.used_at, after.tries) == (None, 0)
    assert world.all(Address, channel=WEB) == []


async def test_her_own_link_leads_her_to_the_chat_where_she_is_already(web, words, kept, world: World):
    invite = link_of(world, "lin")
    async with visitor(web, words) as client:
        sits_at(world, client, "lin")
        found = await client.get(f"/join/{invite.code.lower()}")
        assert (found.status_code, found.headers["location"]) == (303, "/chat")
        page = await client.get("/chat")
        assert "已经有人在用了" not in page.text and 'data-start=""' in page.text
    assert kept == [] and world.all(Invite, kind="link")[0].used_at is None


@pytest.mark.parametrize("code", ["of a colleague", "QH7K2X", "nothing like a code", "用过"])
async def test_where_a_colleague_sits_no_other_link_speaks(web, words, kept, world: World, code):
    token = link_of(world, "chen").code if code == "of a colleague" else code
    async with visitor(web, words) as client:
        sits_at(world, client, "lin")
        page = await client.get(f"/join/{token}")
    assert page.status_code == 200 and 'data-start=""' in page.text
    assert "已经有人在用了" in page.text and token not in page.text
    assert kept == []


async def test_after_the_colleague_has_left_the_link_works(web, words, kept, world: World):
    invite = link_of(world, "chen")
    async with visitor(web, words) as client:
        sits_at(world, client, "lin")
        await client.get(f"/join/{invite.code}")
        await client.post("/chat/leave", json={})
        page = await client.get(f"/join/{invite.code}")
    assert f'data-start="{invite.code}"' in page.text and "已经有人在用了" not in page.text
