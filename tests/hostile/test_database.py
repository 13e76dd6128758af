"""Whatever is put into an address or a text: it is a value, never a part of a statement."""

from __future__ import annotations

import asyncio
from itertools import product
from urllib.parse import quote

import httpx
import pytest

from federation import limits, storage
from federation.errors import Malformed
from fedigroups.accounts.people import sign_up
from fedigroups.groups import inviting, lookup
from fedigroups.groups.invitation_models import GroupInvitation
from fedigroups.groups.models import Member
from trials import Scene

pytestmark = pytest.mark.anyio

ORIGIN = "https://groups.example"
POISON = [
    "' OR 1=1 --",
    '"',
    "%",
    "_",
    "!",
    "\\",
    "\\'; DROP TABLE post; --",
    "NEAR(",
    "a AND",
    "*",
    "name:x",
    "-1",
    "0",
    "1e9",
    "NaN",
    "9" * 19,
    "9" * 20,
    "99999999999999999999.99999999999999999999",
    str(2**63),
    str(-(2**63) - 1),
    "0x7f",
    "١٢",
    "abc",
    "4f4d5e6a-0000-4000-8000-000000000000",
    "\ud7ff\ufffe\U0010ffff",
    "\u202e\u0301\u0301",
    "?x=?",
    "$1",
    ":name",
    "{}[]",
    "x" * 2_000,
]


async def status_of(scene: Scene, path: str, accept: str) -> int:
    request = httpx.Request("GET", f"{ORIGIN}{path}", headers={"Accept": accept})
    return (await scene.world.network.handle_async_request(request)).status_code


async def test_no_word_in_an_address_breaks_a_page(scene: Scene) -> None:
    # H182, H183, H184: each thing that can be asked, with each thing that should not be
    await scene.post()
    asked = [
        "/groups?q={0}&language={0}&size={0}",
        *("/search?q={}", "/groups?before={}", "/groups/welders?before={}", "/?before={}"),
        *("/groups/welders?sort={}", "/groups/welders/outbox?page={}", "/groups/welders?limit={}"),
        *("/groups/{}", "/groups/{}/outbox", "/groups/welders/threads/{}", "/users/{}"),
        *("/users/olga/posts/{}", "/users/olga/{}", "/@{}", "/@olga/{}", "/activities/{}"),
        *("/groups/welders/followers_synchronization?after={}", "/groups/{}/feed.atom"),
        *("/groups/welders/ledger?before={}", "/search?q=rod&before={}"),
        *("/nodeinfo/{}", "/static/{}", "/{}", "/groups/welders/join?handle={}"),
        *("/.well-known/webfinger?resource={}", "/authorize_interaction?uri={}", "/follow?uri={}"),
        *("/groups/welders?max_id={}", "/groups/welders?min_id={}", "/groups/welders?since_id={}"),
    ]
    for path, poison in product(asked, POISON):
        for accept in ("text/html", "application/activity+json"):
            status = await status_of(scene, path.format(quote(poison, safe="")), accept)
            assert status in {200, 302, 303, 308, 400, 401, 404}, (path, poison, accept)
    with scene.ours.instance.store.context():
        assert await storage.row("SELECT COUNT(*) AS n FROM post") == {"n": 1}


async def test_a_part_of_a_path_is_no_longer_than_what_is_kept(scene: Scene) -> None:
    # H184 and its family: PostgreSQL and the tables' own checks raise for longer ones
    most = limits.SEGMENT_CHARS
    for path in ("/groups/{}", "/groups/{}/outbox", "/users/{}", "/@{}", "/activities/{}"):
        for chars in (most - 1, most, most + 1, 8_000):
            asked = path.replace("@{}", "{}" if chars > most else "@{}").format("x" * chars)
            for accept in ("text/html", "application/activity+json"):
                assert await status_of(scene, asked, accept) == 404, (path, chars)
    for asked in ("/groups/a%00b", "/groups?q=a%00b", "/api/v2/search?q=a%00b"):
        assert await status_of(scene, asked, "text/html") == 400, asked


async def test_words_are_cut_where_the_limits_say(scene: Scene) -> None:
    # H182 and its family: titles, reports and searches, at the number, below and above it
    vic = scene.vic
    for number, most in enumerate((199, 200, 201)):
        page = vic.page(f"{number}" + "t" * (most - 1), "Text.")
        await scene.send(vic.create(page), vic)
        post = await scene.ours.post(page["id"])
        assert post is not None
        assert len(post.title) == min(most, limits.TITLE_CHARS)
        for chars in (limits.REPORT_CHARS - 1, limits.REPORT_CHARS, limits.REPORT_CHARS + 1):
            about = [page["id"], f"https://h.example/{chars}"]
            await scene.send(vic.act("Flag", about, content="r" * chars), vic)
    with scene.ours.instance.store.context():
        reports = await storage.rows("SELECT text FROM report ORDER BY id")
    assert [len(row["text"]) for row in reports] == [4_999, 5_000, 5_000] * 3
    await scene.ours.change(description="q" * limits.QUERY_CHARS)
    for chars in (limits.QUERY_CHARS - 1, limits.QUERY_CHARS, limits.QUERY_CHARS + 1):
        request = httpx.Request("GET", f"{ORIGIN}/groups?q={'q' * chars}")
        response = await scene.world.network.handle_async_request(request)
        await response.aread()
        found = "/groups/welders" in response.text
        assert (response.status_code, found) == (200, chars <= limits.QUERY_CHARS)


async def test_of_two_at_once_one_wins_and_the_other_is_told_so(scene: Scene) -> None:
    # H189
    wire = scene.ours.wire

    async def both() -> list[object]:
        tries = (sign_up(wire, "zoe", email="", password="") for _ in range(2))
        return await asyncio.gather(*tries, return_exceptions=True)

    first, second = await scene.ours.run(both)
    failed = [one for one in (first, second) if isinstance(one, BaseException)]
    assert len(failed) == 1
    assert isinstance(failed[0], Malformed), failed
    note = await scene.post()
    likes = [scene.vic.act("Like", note["id"]) for _ in range(4)]
    follows = [scene.eve.follow() for _ in range(4)]
    sent = [scene.vic.send(like) for like in likes] + [scene.eve.send(one) for one in follows]
    assert set(await asyncio.gather(*sent)) == {202}
    await scene.settle()
    post = await scene.ours.post(note["id"])
    assert post is not None
    assert post.likes_count == 1
    with scene.ours.instance.store.context():
        assert await Member.filter(actor__uri=scene.eve.uri).count() == 1


async def test_of_two_with_the_last_use_of_a_link_into_a_group_one_comes_in(scene: Scene) -> None:
    # H189: and whoever clicks twice takes one use
    group = await scene.ours.group()

    async def race(uses: int, *people: str) -> tuple[int, int]:
        """How many were refused, and how many uses are left."""
        _, code = await inviting.make(group, group.actor, uses=uses)
        coming = [await lookup.person(name) for name in people]
        tries = (inviting.accept(group, code, one) for one in coming)
        ended = await asyncio.gather(*tries, return_exceptions=True)
        refused = [one for one in ended if one is not None]
        assert all(isinstance(one, Malformed) for one in refused), refused
        left = await GroupInvitation.all().order_by("-id").first()
        assert left is not None
        return len(refused), left.uses_left

    vic, eve = scene.vic.uri, scene.eve.uri

    async def work() -> None:
        await Member.filter(actor__uri__in=[vic, eve]).delete()
        assert await race(1, vic, eve) == (1, 0)
        assert await Member.filter(state="invited").count() == 1
        await Member.filter(state="invited").delete()
        assert await race(2, eve, eve) == (0, 1)

    await scene.ours.run(work)
