"""The page of the search, as somebody without and with an account meets it."""

from __future__ import annotations

import pytest

import scenery
from fedigroups.groups import indexing
from fedigroups.groups.models import Group, Post
from fedigroups.store import Store
from scenery import browser

pytestmark = pytest.mark.anyio

HOSTILE = '"><script>alert(1)</script>'


@pytest.fixture
async def welders(database: Store) -> Group:
    """A group with thirty posts that have the word `thin`."""
    ann = await scenery.person("ann@m.example", name="Ann")
    group = await scenery.group()
    thread, root = await scenery.thread(group, ann, "MIG or TIG?")
    for number in range(30):
        await scenery.post(thread, ann, root, content=f"<p>thin {number}</p>")
    await scenery.thread(await scenery.group("bakers", "Bakers"), ann, "Bread")
    await indexing.start_over()
    await indexing.catch_up()
    return group


async def get(path: str, status: int = 200) -> str:
    async with browser() as client:
        answer = await client.get(path)
    assert answer.status_code == status
    return answer.text


async def test_groups_and_posts_are_found_and_older_ones_on_the_next_page(welders: Group) -> None:
    page = await get("/search?q=thin")
    assert ">thin 29<" in page
    assert ">thin 9<" not in page
    assert "noindex" in page
    later = page.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    assert ">thin 9<" in await get(later)
    assert "Bakers" in await get("/search?q=bakers")
    assert await Post.all().count() == 32


async def test_a_search_may_stay_within_a_group(welders: Group) -> None:
    assert 'name="in" value="welders"' in await get("/groups/welders")
    assert ">thin 29<" in await get("/search?q=29&in=welders")
    nothing = await get("/search?q=29&in=bakers")
    assert "No post has that" in nothing
    await get("/search?q=thin&in=nobody", 404)


@pytest.mark.parametrize("query", ["", HOSTILE, "%00", "%22", "x&before=abc", "x&before=-1"])
async def test_whatever_is_typed_is_answered_with_a_page(welders: Group, query: str) -> None:
    assert "<script>" not in await get(f"/search?q={query}")
