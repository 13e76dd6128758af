"""Which answers of other servers are believed, and how often they are asked."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, MutableMapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from conftest import MakeStore
from federation import clock, ids, keys, limits, signatures
from federation.errors import Forbidden, Gone, Misconfigured, NotUsable, OverBudget, Unreachable
from federation.fetch import ACCEPT, Budget, Fetcher
from federation.http import Http
from federation.keys import Keyring
from federation.models import Actor
from federation.signatures import SignedRequest
from federation.transport import GuardedTransport
from federation.uris import Uris
from loopback import SECRET, Loopback, Visitor, at_loopback, loopback_config, ok, public_config
from network import Network

pytestmark = pytest.mark.anyio

VIC = "https://h.example/u/vic"
ACTIVITY = "application/activity+json"
Message = MutableMapping[str, Any]


@dataclass
class Site:
    """A server of fixed answers: by path, its status, headers and body."""

    pages: dict[str, tuple[int, list[tuple[str, str]], bytes]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def put(self, path: str, document: object, media: str = ACTIVITY, status: int = 200) -> None:
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        headers = [("Content-Type", media)] if media else []
        self.pages[path] = (status, headers, body)

    def send_on(self, path: str, to: str, status: int = 302) -> None:
        self.pages[path] = (status, [("Location", to)], b"")

    async def __call__(self, scope: Message, receive: Any, send: Any) -> None:
        target = scope["raw_path"].decode()
        if scope["query_string"]:
            target += f"?{scope['query_string'].decode()}"
        self.asked.append(target)
        status, headers, body = self.pages.get(target, (404, [], b""))
        raw = [(name.encode(), value.encode("latin-1")) for name, value in headers]
        await send({"type": "http.response.start", "status": status, "headers": raw})
        await send({"type": "http.response.body", "body": body})


@dataclass
class World:
    """Our fetcher, an honest host and an evil one."""

    network: Network
    fetcher: Fetcher
    honest: Site
    evil: Site

    @property
    def asked(self) -> list[str]:
        return [one.url for one in self.network.log]


@pytest.fixture(scope="module")
async def minted() -> keys.Minted:
    return await keys.mint()


@pytest.fixture
async def keyring(make_store: MakeStore, minted: keys.Minted) -> AsyncIterator[Keyring]:
    store = await make_store("sqlite")
    with store.context():
        ring = Keyring(SECRET)
        uri = Uris("https://groups.example").instance_actor
        await ring.create(await _instance_actor(uri), minted)
        yield ring


async def _instance_actor(uri: str) -> Actor:
    return await Actor.create(
        id=ids.new(),
        uri=uri,
        kind="Application",
        local=True,
        host="groups.example",
        username="groups.example",
    )


@pytest.fixture
def world(keyring: Keyring) -> World:
    network = Network()
    config = public_config()
    fetcher = Fetcher(Http(network, config), keyring, config, Uris(config.origin))
    made = World(network, fetcher, Site(), Site())
    network.join("h.example", made.honest)
    network.join("evil.example", made.evil)
    made.honest.put("/u/vic", {"id": VIC, "type": "Person"})
    return made


# What is believed


async def test_a_document_at_its_own_id_is_believed(world: World) -> None:
    fetched = await world.fetcher.get(VIC)

    assert fetched.url == VIC
    assert fetched.document == {"id": VIC, "type": "Person"}
    assert json.loads(fetched.body) == fetched.document


async def test_a_fragment_is_not_part_of_what_is_asked_for(world: World) -> None:
    assert (await world.fetcher.get(f"{VIC}#main-key")).url == VIC
    world.honest.put("/key", {"id": "https://h.example/key#it", "type": "Key"})
    assert (await world.fetcher.get("https://h.example/key#other")).url == "https://h.example/key"

    assert world.asked == [VIC, "https://h.example/key"]


async def test_every_spelling_of_a_host_is_the_same_document(world: World) -> None:
    for spelling in ("https://H.EXAMPLE/u/vic", "HTTPS://h.example:443/u/vic"):
        assert (await world.fetcher.get(spelling)).url == VIC
    for spelling in ("https://h.example./u/vic", "https://\uff48.example/u/vic"):
        with pytest.raises(Forbidden):
            await world.fetcher.get(spelling)


async def test_an_evil_page_with_an_honest_id_behind_a_redirect_is_not_believed(
    world: World,
) -> None:
    world.honest.send_on("/u/vic", "https://evil.example/vic")
    world.evil.put("/vic", {"id": VIC, "type": "Person"})
    with pytest.raises(NotUsable):
        await world.fetcher.get(VIC)


async def test_an_evil_page_that_claims_an_honest_id_is_not_believed(world: World) -> None:
    world.evil.put("/x", {"id": VIC, "type": "Person", "inbox": "https://evil.example/inbox"})
    with pytest.raises(NotUsable):
        await world.fetcher.get("https://evil.example/x")

    assert world.asked == ["https://evil.example/x"]


@pytest.mark.parametrize(
    "id",
    [
        "http://h.example/u/vic",
        "https://h.example:8443/u/vic",
        "https://h.example@evil.example/u/vic",
        "https://sub.h.example/u/vic",
        "",
        None,
        1,
        ["https://h.example/u/vic"],
        {"id": "https://h.example/u/vic"},
        "u/vic",
    ],
)
async def test_an_id_of_another_origin_or_none_is_not_believed(world: World, id: object) -> None:
    world.honest.put("/x", {"id": id, "type": "Person"})
    with pytest.raises(NotUsable):
        await world.fetcher.get("https://h.example/x")

    assert world.asked == ["https://h.example/x"]


async def test_another_path_of_the_same_origin_is_asked_once_more_at_its_id(world: World) -> None:
    world.honest.put("/users/vic", {"id": VIC, "type": "Person", "name": "not looked at"})

    fetched = await world.fetcher.get("https://h.example/users/vic")

    assert fetched.url == VIC
    assert fetched.document == {"id": VIC, "type": "Person"}
    assert world.asked == ["https://h.example/users/vic", VIC]


async def test_a_third_id_is_not_followed(world: World) -> None:
    world.honest.put("/a", {"id": "https://h.example/b"})
    world.honest.put("/b", {"id": "https://h.example/c"})
    world.honest.put("/c", {"id": "https://h.example/c"})
    with pytest.raises(NotUsable):
        await world.fetcher.get("https://h.example/a")

    assert len(world.asked) == 2


async def test_a_document_whose_id_leads_to_nothing_is_not_called_gone(world: World) -> None:
    world.honest.put("/a", {"id": "https://h.example/nothing"})
    with pytest.raises(NotUsable):
        await world.fetcher.get("https://h.example/a")


@pytest.mark.parametrize(
    "media",
    [
        "application/activity+json",
        "application/activity+json; charset=utf-8",
        "Application/Activity+JSON",
        'application/ld+json; profile="https://www.w3.org/ns/activitystreams"',
        'application/ld+json; profile="http://a.example https://www.w3.org/ns/activitystreams"',
    ],
)
async def test_an_activity_media_type_is_believed(world: World, media: str) -> None:
    world.honest.put("/u/vic", {"id": VIC}, media)
    assert (await world.fetcher.get(VIC)).url == VIC


@pytest.mark.parametrize(
    "media",
    [
        "",
        "image/png",
        "text/plain",
        "text/html",
        "application/json",
        "application/ld+json",
        'application/ld+json; profile="https://www.w3.org/ns/activitystreams-evil"',
        "text/html, application/activity+json",
    ],
)
async def test_another_media_type_is_not_believed(world: World, media: str) -> None:
    world.honest.put("/u/vic", {"id": VIC}, media)
    with pytest.raises(NotUsable):
        await world.fetcher.get(VIC)


async def test_two_media_types_are_not_believed(world: World) -> None:
    for place in (0, 1):
        world.honest.put("/u/vic", {"id": VIC})
        world.honest.pages["/u/vic"][1].insert(place, ("content-type", "text/html"))
        with pytest.raises(NotUsable):
            await world.fetcher.get(VIC)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b'"x"',
        b'{"id": "https://h.example/u/vic"',
        b'{"id": "https://h.example/u/vic", "id": "https://h.example/u/vic"}',
        b'{"id": "https://h.example/u/vic", "n": NaN}',
        b'{"id": "https://h.example/u/vic", "n": ' + b"[" * 100 + b"]" * 100 + b"}",
        b"\xff\xfe{}",
    ],
)
async def test_broken_json_is_not_usable(world: World, body: bytes) -> None:
    world.honest.put("/u/vic", body)
    with pytest.raises(NotUsable):
        await world.fetcher.get(VIC)


async def test_a_document_over_the_limit_is_not_usable(world: World) -> None:
    world.honest.put("/u/vic", {"id": VIC, "content": "x" * limits.ANSWER_BYTES})
    with pytest.raises(NotUsable):
        await world.fetcher.get(VIC)


# What is gone, and what is not there now


@pytest.mark.parametrize("status", [404, 410])
async def test_what_its_origin_calls_gone_is_gone(world: World, status: int) -> None:
    world.honest.put("/u/vic", b"", status=status)
    with pytest.raises(Gone) as caught:
        await world.fetcher.get(VIC)

    assert caught.value.status == status


@pytest.mark.parametrize("kind", ["Tombstone", ["Tombstone"]])
async def test_a_tombstone_is_gone(world: World, kind: object) -> None:
    world.honest.put("/u/vic", {"id": VIC, "type": kind})
    with pytest.raises(Gone) as caught:
        await world.fetcher.get(VIC)

    assert caught.value.status == 410


async def test_another_origin_cannot_call_it_gone(world: World) -> None:
    world.honest.send_on("/u/vic", "https://evil.example/gone")
    world.evil.put("/gone", b"", status=410)
    with pytest.raises(NotUsable):
        await world.fetcher.get(VIC)

    world.evil.put("/gone", {"id": VIC, "type": "Tombstone"})
    with pytest.raises(NotUsable):
        await world.fetcher.get(VIC)


async def test_what_is_gone_is_not_asked_for_again_within_the_hour(world: World) -> None:
    world.honest.put("/u/vic", b"", status=410)
    now = clock.now_ms()
    with clock.held(now), pytest.raises(Gone):
        await world.fetcher.get(VIC)
    world.honest.put("/u/vic", {"id": VIC})
    with clock.held(now + 59 * clock.MINUTE), pytest.raises(Gone) as caught:
        await world.fetcher.get(VIC)
    assert caught.value.status == 410
    assert len(world.asked) == 1
    with clock.held(now + 61 * clock.MINUTE):
        assert (await world.fetcher.get(VIC)).url == VIC


async def test_the_memory_of_what_is_gone_is_bounded(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(world.fetcher._gone, "entries", 3)
    for number in (1, 2, 3, 4, 1):
        with pytest.raises(Gone):
            await world.fetcher.get(f"https://evil.example/{number}")

    assert world.evil.asked == ["/1", "/2", "/3", "/4", "/1"]


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 520])
async def test_trouble_that_passes_is_unreachable(world: World, status: int) -> None:
    world.honest.pages["/u/vic"] = (status, [("Retry-After", "90")], b"")
    with pytest.raises(Unreachable) as caught:
        await world.fetcher.get(VIC)
    assert caught.value.retry_after == 90
    world.honest.put("/u/vic", {"id": VIC})
    assert (await world.fetcher.get(VIC)).url == VIC


@pytest.mark.parametrize("status", [201, 204, 206, 300, 304, 400, 401, 403, 406, 451])
async def test_any_other_status_is_not_usable(world: World, status: int) -> None:
    world.honest.put("/u/vic", {"id": VIC}, status=status)
    with pytest.raises(NotUsable):
        await world.fetcher.get(VIC)


async def test_a_host_that_is_down_is_unreachable(world: World) -> None:
    with pytest.raises(Unreachable):
        await world.fetcher.get("https://nowhere.example/u/vic")
    world.network.fail("h.example", httpx.ConnectTimeout("slow"))
    with pytest.raises(Unreachable):
        await world.fetcher.get(VIC)


# Redirects


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_three_redirects_are_followed_and_a_fourth_is_not(world: World, status: int) -> None:
    world.honest.send_on("/3", "https://h.example/2", status)
    world.honest.send_on("/2", "/1", status)
    world.honest.send_on("/1", "u/vic#there", status)
    assert (await world.fetcher.get("https://h.example/3")).url == VIC

    world.honest.send_on("/4", "/3", status)
    with pytest.raises(NotUsable, match="more than 3 times"):
        await world.fetcher.get("https://h.example/4")
    assert len(world.asked) == 8


async def test_a_circle_is_left_at_once(world: World) -> None:
    world.honest.send_on("/self", "/self")
    world.honest.send_on("/a", "https://evil.example/b")
    world.evil.send_on("/b", "https://h.example/a#again")
    for start in ("https://h.example/self", "https://h.example/a"):
        with pytest.raises(NotUsable, match="circle"):
            await world.fetcher.get(start)

    assert len(world.asked) == 3


@pytest.mark.parametrize(
    "place",
    [
        "http://h.example/u/vic",
        "http://127.0.0.1/",
        "file:///etc/passwd",
        "data:application/activity+json,{}",
        "ftp://h.example/x",
        "https://vic@h.example/",
        "https://h.example\\@evil.example/",
        "https://[::1/",
        "https://ev\til.example/",
        "https://evil.example\\.h.example/",
        "https://evil.example/na\u00efve",
        "https://groups.example/users/olga",
        "https://h.example/\tx y",
    ],
)
async def test_a_redirect_to_where_we_do_not_go_is_refused(world: World, place: str) -> None:
    world.honest.send_on("/x", place)
    with pytest.raises(Forbidden):
        await world.fetcher.get("https://h.example/x")

    assert world.asked == ["https://h.example/x"]


async def test_even_where_http_is_spoken_nothing_leads_from_https_to_it(keyring: Keyring) -> None:
    config = loopback_config("https://groups.example")
    network, site = Network(), Site()
    site.send_on("/x", "http://h.example/u/vic")
    network.join("h.example", site)
    fetcher = Fetcher(Http(network, config), keyring, config, Uris(config.origin))
    with pytest.raises(Forbidden, match="from https to http"):
        await fetcher.get("https://h.example/x")


async def test_a_redirect_to_nowhere_is_not_usable(world: World) -> None:
    world.honest.put("/x", b"", status=302)
    with pytest.raises(NotUsable):
        await world.fetcher.get("https://h.example/x")


async def test_a_redirect_inside_is_stopped_at_the_socket(keyring: Keyring) -> None:
    async def sends_inside(visitor: Visitor) -> None:
        while await visitor.request():
            await visitor.say(ok(b"", "302 Found", Location="http://inside.example:1/"))

    async def names(host: str, port: int) -> list[str]:
        return ["169.254.169.254"] if host == "inside.example" else ["127.0.0.1"]

    config = loopback_config("http://groups.example")
    http = Http(GuardedTransport(config, resolver=names), config)
    fetcher = Fetcher(http, keyring, config, Uris(config.origin))
    async with Loopback(sends_inside) as server:
        with pytest.raises(Forbidden, match=r"169\.254\.169\.254"):
            await fetcher.get(server.url("/x"), signed=False)
        await http.close()


# Signatures


async def test_each_hop_is_signed_by_the_instance_actor_for_its_own_host(
    world: World, keyring: Keyring
) -> None:
    world.honest.send_on("/x?q=1", "https://evil.example/y")
    world.evil.put("/y", {"id": "https://evil.example/y"})
    await world.fetcher.get("https://h.example/x?q=1")

    first, second = world.network.log
    for one, origin, target in (
        (first, "https://h.example", "/x?q=1"),
        (second, "https://evil.example", "/y"),
    ):
        assert one.headers["accept"] == ACCEPT
        assert one.headers["host"] == origin.removeprefix("https://")
        assert 'headers="(request-target) host date"' in one.headers["signature"]
        await _check(keyring, one.headers, origin, target)
    assert first.headers["signature"] != second.headers["signature"]


async def test_a_path_beyond_ascii_is_signed_as_it_is_asked_for(
    world: World, keyring: Keyring
) -> None:
    uri = "https://h.example/m/na\u00efve"
    world.honest.put("/m/na%C3%AFve", {"id": uri})

    assert (await world.fetcher.get(uri)).url == uri
    headers = world.network.log[0].headers
    await _check(keyring, headers, "https://h.example", "/m/na%C3%AFve")


async def _check(keyring: Keyring, headers: dict[str, str], origin: str, target: str) -> None:
    request = SignedRequest("GET", target, list(headers.items()), b"", origin)
    (claim,) = signatures.read(request)
    actor = "https://groups.example/actor"
    assert claim.key_id == f"{actor}#main-key"
    material = (await keyring.public(actor))["rsa"]
    claim.check(request, keys.load_public(claim.key_id, actor, "rsa", material))


async def test_an_unsigned_fetch_says_nothing_about_us_but_the_agent(world: World) -> None:
    await world.fetcher.get(VIC, signed=False)

    assert "signature" not in world.network.log[0].headers
    assert "groups.example" in world.network.log[0].headers["user-agent"]


async def test_an_instance_without_its_actor_is_told_to_its_operator(make_store: MakeStore) -> None:
    store = await make_store("sqlite")
    config = public_config()
    with store.context():
        fetcher = Fetcher(Http(Network(), config), Keyring(SECRET), config, Uris(config.origin))
        with pytest.raises(Misconfigured):
            await fetcher.get(VIC)


# What is never asked for, and how much


@pytest.mark.parametrize(
    "uri",
    [
        "https://groups.example/users/olga",
        "https://GROUPS.example:443/actor#main-key",
        "http://h.example/u/vic",
        "https://g.example@evil.example/",
        "acct:vic@h.example",
        "urn:uuid:1",
        "vic",
        "",
        "https://h.example/" + "x" * 3000,
    ],
)
async def test_nobody_is_asked_for_such_a_uri(world: World, uri: str) -> None:
    with pytest.raises(Forbidden):
        await world.fetcher.get(uri)
    with pytest.raises(Forbidden):
        await world.fetcher.raw(uri)

    assert world.asked == []


async def test_every_request_is_paid_from_the_budget(world: World) -> None:
    world.honest.send_on("/x", "/users/vic")
    world.honest.put("/users/vic", {"id": VIC})
    budget = Budget(4)

    await world.fetcher.get("https://h.example/x", budget)
    assert budget.left == 1
    with pytest.raises(OverBudget):
        await world.fetcher.get("https://h.example/x", budget)

    assert len(world.asked) == 4
    with pytest.raises(OverBudget):
        await world.fetcher.raw(VIC, budget)


def test_an_activity_may_cause_as_many_fetches_as_the_limit_says() -> None:
    budget = Budget()
    for _ in range(limits.FETCHES_PER_ACTIVITY):
        budget.spend()
    with pytest.raises(OverBudget):
        budget.spend()


async def test_the_deadline_is_that_of_all_hops_together(
    keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "FETCH_SECONDS", 0.5)
    hops = 0

    async def slow(visitor: Visitor) -> None:
        nonlocal hops
        while await visitor.request():
            hops += 1
            await asyncio.sleep(0.3)
            await visitor.say(ok(b"", "302 Found", Location=f"/{hops}"))

    config = loopback_config()
    http = Http(GuardedTransport(config, resolver=at_loopback), config)
    fetcher = Fetcher(http, keyring, config, Uris(config.origin))
    async with Loopback(slow) as server:
        with pytest.raises(Unreachable, match="longer than"):
            await fetcher.get(server.url("/0"), signed=False)
        await http.close()

    assert hops < 4


# Other documents


async def test_a_raw_answer_is_given_in_any_media_type_over_redirects(world: World) -> None:
    world.honest.send_on("/.well-known/nodeinfo", "https://evil.example/info")
    world.evil.put("/info", b"not even json", "text/plain")

    answer = await world.fetcher.raw("https://h.example/.well-known/nodeinfo")

    assert (answer.url, answer.body) == ("https://evil.example/info", b"not even json")
    assert all(one.headers["accept"] == "application/json" for one in world.network.log)
    assert not any("signature" in one.headers for one in world.network.log)


async def test_a_raw_question_has_the_same_refusals(world: World) -> None:
    with pytest.raises(Gone):
        await world.fetcher.raw("https://h.example/none")
    world.honest.put("/down", b"", status=503)
    with pytest.raises(Unreachable):
        await world.fetcher.raw("https://h.example/down")
    world.honest.put("/no", b"", status=403)
    with pytest.raises(NotUsable):
        await world.fetcher.raw("https://h.example/no")
