"""Everything that asks another server goes through one door, and that leads to no private place."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import httpx
import pytest
from starlette.responses import HTMLResponse, RedirectResponse

import doors
from clients import signed_in
from federation import clock, limits
from federation.errors import FederationError, Forbidden
from federation.transport import GuardedTransport, check
from fedigroups import settings as known_settings
from fedigroups.accounts import sessions
from fedigroups.accounts.models import Account
from fedigroups.app import make_app
from fedigroups.instance import Instance, assemble
from fedigroups.media.pictures import Asked
from servers import GROUP
from trials import Scene
from world import Town, World

pytestmark = pytest.mark.anyio

VIC = "https://h.example/users/vic"
INSIDE = [
    "127.0.0.1",
    "10.1.2.3",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "::1",
    "fd00::1",
    "fe80::1%1",
    "::ffff:127.0.0.1",
    "::ffff:a9fe:a9fe",
    "64:ff9b::a00:1",
    "2002:7f00:1::",
    "::ffff:0:7f00:1",
    "::127.0.0.1",
]
"""A few of each kind and each spelling; all of them in `tests/federation/test_addresses.py`."""

_heard: list[tuple[str, Any]] = []
_listening = False


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    if _listening and event in {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname"}:
        _heard.append((event, arguments))


sys.addaudithook(_hear)


@contextmanager
def no_other_way_out() -> Iterator[None]:
    """Inside the block nothing in this process opens a connection or asks for a name by itself."""
    global _listening  # noqa: PLW0603 - the hook of an interpreter cannot be taken back
    _heard.clear()
    _listening = True
    try:
        yield
    finally:
        _listening = False
    made = [one for one in _heard if not isinstance(one[1][-1], str)]  # not PostgreSQL's file
    assert made == []


class Names:
    """A name service that says the same address of everybody, and remembers who was asked for."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        return [self.address]


class Trap:
    """Our instance with its own transport, on an internet where every name leads inside."""

    def __init__(self, instance: Instance, names: Names, vics: str) -> None:
        self.instance = instance
        self.wire = instance.wire
        self.names = names
        self.note = vics
        self.app = make_app(instance)

    async def page(self, path: str) -> int:
        inner = httpx.ASGITransport(app=self.app, raise_app_exceptions=True)
        async with httpx.AsyncClient(transport=inner, base_url="https://groups.example") as client:
            return (await client.get(path, headers={"Accept": "text/html"})).status_code


FEATURES: dict[str, Callable[[Trap], Awaitable[Any]]] = {
    "a document": lambda trap: trap.wire.fetcher.get(f"{VIC}/statuses/9"),
    "an answer of any type": lambda trap: trap.wire.fetcher.raw("https://h.example/x"),
    "an actor": lambda trap: trap.wire.directory.actor("https://h.example/users/new"),
    "an actor again": lambda trap: trap.wire.directory.refresh(VIC),
    "a key": lambda trap: trap.wire.directory.key("https://h.example/users/new#main-key"),
    "a key again": lambda trap: trap.wire.directory.rekey(f"{VIC}#main-key"),
    "a handle": lambda trap: trap.wire.directory.by_handle("new@h.example"),
    "what a host runs": lambda trap: trap.wire.peers.ask_again("h.example"),
    "a picture": lambda trap: trap.instance.media.copies.find(
        Asked("icon", "https://h.example/vic.png")
    ),
    "where to follow": lambda trap: trap.page("/groups/welders/join?handle=ann@h.example"),
    "a delivery": lambda trap: trap.instance.scheduler.drain(),
}
"""Everything that asks another server, or sends it something."""


@pytest.fixture
async def owed(scene: Scene) -> tuple[World, str]:
    """A database in which Vic is a member who is owed a delivery, and follows somebody here."""
    note = await scene.post()
    scene.world.network.fail("h.example", 503)
    await scene.ours.write("tom", "Owed to Vic.")
    return scene.world, note["id"]


async def trapped(world: World, note: str, address: str) -> Trap:
    """The same instance, but with the transport of production."""
    town: Town = world.towns["groups.example"]
    names = Names(address)
    config = known_settings.federation_config(town.instance.settings)
    instance = assemble(town.instance.settings, transport=GuardedTransport(config, resolver=names))
    await instance.store.open()
    world.stack.push_async_callback(instance.close)
    return Trap(instance, names, note)


async def test_every_feature_asks_through_the_one_door_that_leads_nowhere_inside(
    owed: tuple[World, str],
) -> None:
    # H140, with H125
    world, note = owed
    trap = await trapped(world, note, "127.0.0.1")
    for feature, ask in FEATURES.items():
        trap.names.asked.clear()
        with trap.instance.store.context(), no_other_way_out(), suppress(FederationError):
            await ask(trap)
        assert "h.example" in trap.names.asked, feature


async def test_no_fetch_and_no_delivery_reaches_a_private_address(owed: tuple[World, str]) -> None:
    # H125, H126, H127, H130, H131
    world, note = owed
    for address in INSIDE:
        trap = await trapped(world, note, address)
        for feature in ("a document", "a delivery"):
            trap.names.asked.clear()
            with trap.instance.store.context(), no_other_way_out(), suppress(FederationError):
                await FEATURES[feature](trap)
            assert trap.names.asked or feature == "a delivery", feature


async def test_no_url_in_a_document_makes_us_ask_a_private_place(scene: Scene) -> None:
    # H019, H129, H136, H137, H138: wherever a stranger may put a URL
    bad = [
        "https://127.0.0.1/x",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://127.1/",
        "https://[::1]/",
        "https://h.example:6379/",
        "https://groups.example@evil.example/",
        "https://evil.example\\@h.example/",
        "https://ev\til.example/",
        "https://localhost/",
        "https://x.internal/",
        "https://abc.onion/",
        "https://intranet/",
        "http://evil.example/",
        "file:///etc/passwd",
        "data:text/plain,x",
        "ftp://evil.example/",
        "//evil.example/",
        "https://groups.example/actor",
    ]
    note = await scene.post()
    for url in bad:
        eve = scene.eve
        for activity in (
            eve.act("Like", url),
            eve.act("Announce", url),
            eve.create(eve.note("Hm", reply_to=url)),
            eve.create(eve.note("Hm") | {"id": url}),
            eve.act("Undo", url),
            eve.act("Accept", url),
            eve.act("Flag", [url, note["id"]]),
            eve.act("Move", eve.uri, target=url),
            eve.act("Add", note["id"], target=url),
            eve.act("Create", url),
            eve.act("Update", url),
        ):
            status = await scene.send(activity)
            assert status in {202, 400, 401}, (url, activity["type"])
    # The network of the tests has no doors: what was asked of it more, the real one refuses.
    config = scene.ours.wire.config
    by_us = [
        one for one in scene.world.network.log if one.headers.get("user-agent") == config.agent
    ]
    for url in {httpx.URL(one.url) for one in by_us}:
        assert url.host != "groups.example"
        if url.host not in {"h.example", "evil.example"} or url.port or url.scheme != "https":
            with pytest.raises(Forbidden):
                check(url.scheme, url.host, url.port or 443, config)
    await scene.still_serves()


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_no_redirect_leads_to_a_host_that_is_blocked(scene: Scene) -> None:
    # H133, with H237: a host that nobody blocked sends us on
    wire, network = scene.ours.wire, scene.world.network
    network.join("sly.example", RedirectResponse(scene.eve.uri))
    await scene.ours.run(lambda: wire.peers.block("evil.example"))
    before = len(network.requests("GET", "https://evil.example/"))
    for ask in (wire.fetcher.get, wire.fetcher.raw, wire.directory.actor):
        with pytest.raises(Forbidden, match="blocked"):
            await scene.ours.run(lambda ask=ask: ask("https://sly.example/users/sly"))
    assert len(network.requests("GET", "https://evil.example/")) == before


async def test_visitors_cannot_make_us_flood_another_server(scene: Scene) -> None:
    # H140 and its family: whoever visits a page makes us ask a host
    async def visit(handle: str) -> int:
        url = f"{GROUP}/join?handle={handle}"
        request = httpx.Request("GET", url, headers={"Accept": "text/html"})
        return (await scene.world.network.handle_async_request(request)).status_code

    def asked() -> int:
        return len(scene.world.network.requests("GET", "https://h.example/.well-known/webfinger"))

    before = asked()
    with clock.held(clock.now_ms()):
        for _ in range(5):
            assert await visit("ann@h.example") == 200
        assert asked() == before + 1
        for number in range(limits.LOOKUPS_PER_HOST + 20):
            assert await visit(f"ann{number}@h.example") == 200
    assert asked() == before + limits.LOOKUPS_PER_HOST
    await scene.still_serves()


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_nor_can_who_is_signed_in(scene: Scene) -> None:
    # the same family: addresses that are typed into a page, or into the search of an app
    def asked(way: str) -> int:
        return len(scene.world.network.requests("GET", f"https://h.example/{way}/"))

    async def begin() -> str:
        return await sessions.begin(await Account.get(actor__username="tom"))

    cookie = {"Cookie": f"__Host-fedigroups={await scene.ours.run(begin)}"}
    codes = set()
    async with signed_in(scene.ours, "tom") as tom:
        with clock.held(clock.now_ms()):
            for number in range(limits.LOOKUPS_PER_HOST + 5):
                typed = f"/follow?uri=https://h.example/page/{number}"
                codes.add((await doors.ask(scene.ours, typed, "text/html", **cookie)).status_code)
                uri = f"https://h.example/app/{number}"
                await tom.get("/api/v1/accounts/search", q=uri, resolve="true")
    assert codes == {200, 429}
    assert (asked("page"), asked("app")) == (limits.LOOKUPS_PER_HOST, limits.LOOKUPS_PER_HOST)


async def test_what_a_post_links_to_is_not_asked_for(scene: Scene) -> None:
    # H124, H148: there are no previews, and no page of others is looked into for what it links to
    asked: list[str] = []

    async def page(scope: Any, receive: Any, send: Any) -> None:
        asked.append(scope["path"])
        link = '<link rel="alternate" type="application/activity+json" href="/note">'
        await HTMLResponse(link * 20_000)(scope, receive, send)

    scene.world.network.join("news.example", page)
    url = "https://news.example/article"
    note = scene.vic.note(f'<p><a href="{url}">{url}</a></p>')
    await scene.send(scene.vic.create(note), scene.vic)
    post = await scene.ours.post(note["id"])
    assert post is not None
    for path in (f"/groups/welders/threads/{post.thread_id}", f"/api/v1/statuses/{post.id}"):
        answer = await doors.ask(scene.ours, path, "text/html")
        assert url in answer.text
    assert asked == []
    async with signed_in(scene.ours, "tom") as tom:
        found = await tom.get("/api/v2/search", q=url, resolve="true")
    assert (found["statuses"], found["accounts"]) == ([], [])
    assert set(asked) == {"/article"}, "asked once as a document, and what it links to is not"
