"""Names: who is whose, what is asked for, and what nobody may be called."""

from __future__ import annotations

from urllib.parse import quote

import httpx
import pytest

from federation import clock, limits
from federation.errors import FederationError, Malformed
from federation.models import Actor
from federation.vocabulary import ACTIVITY_JSON
from federation.webfinger import JRD_JSON
from fedigroups.accounts.models import Account
from fedigroups.accounts.people import sign_up
from servers import GROUP, Server
from trials import Scene

pytestmark = pytest.mark.anyio

ORIGIN = "https://groups.example"


async def get(scene: Scene, path: str, accept: str = "*/*") -> httpx.Response:
    request = httpx.Request("GET", f"{ORIGIN}{path}", headers={"Accept": accept})
    response = await scene.world.network.handle_async_request(request)
    await response.aread()
    return response


async def finger(scene: Scene, resource: str) -> httpx.Response:
    return await get(scene, f"/.well-known/webfinger?resource={quote(resource, safe='')}")


def says(scene: Scene, host: Server, asked: str, subject: str, actor: str) -> None:
    """`host` answers for a handle with any subject and actor."""
    links = [{"rel": "self", "type": "application/activity+json", "href": actor}]
    path = f"/.well-known/webfinger?resource={quote(f'acct:{asked}', safe='')}"
    host.serve(path, {"subject": f"acct:{subject}", "links": links}, JRD_JSON)


async def found(scene: Scene, handle: str) -> Actor | None:
    async def work() -> Actor:
        actor: Actor = await scene.ours.wire.directory.by_handle(handle)
        return actor

    try:
        return await scene.ours.run(work)  # type: ignore[no-any-return]
    except FederationError:
        return None


async def test_no_host_says_who_anothers_people_are(scene: Scene) -> None:
    # H149
    evil, eve, vic = scene.evil, scene.eve, scene.vic
    says(scene, evil, "x@evil.example", "vic@h.example", eve.uri)
    actor = await found(scene, "x@evil.example")
    assert actor is None or actor.uri == vic.uri
    actor = await found(scene, "vic@h.example")
    assert actor is not None
    assert actor.uri == vic.uri
    says(scene, evil, "y@evil.example", "nobody@h.example", eve.uri)
    assert await found(scene, "y@evil.example") is None
    assert await found(scene, "nobody@h.example") is None


async def test_a_chain_of_subjects_ends_and_an_actor_names_its_handle_back(scene: Scene) -> None:
    # H150
    network = scene.world.network
    chain = [Server.at(network, f"c{number}.example", "") for number in range(5)]
    for number, host in enumerate(chain):
        following = chain[(number + 1) % 5]
        says(scene, host, f"a@{host.host}", f"a@{following.host}", scene.eve.uri)
    before = len(network.requests("GET"))
    assert await found(scene, "a@c0.example") is None
    assert len(network.requests("GET")) - before <= 3
    says(scene, scene.evil, "z@evil.example", "z@evil.example", scene.vic.uri)
    assert await found(scene, "z@evil.example") is None
    says(scene, scene.evil, "w@evil.example", "w@evil.example", f"{ORIGIN}/users/olga")
    assert await found(scene, "w@evil.example") is None


async def test_what_we_are_asked_is_answered_for_ours_alone(scene: Scene) -> None:
    # H151
    for resource, statuses in {
        "acct:olga@other.example": {404},
        "acct:olga@h.example": {404},
        "": {400},
        "acct:" + "x" * 1_500 + "@groups.example": {400, 404},
        "acct:olga@groups.example@evil.example": {400},
        "acct:olga@groups.example\r\nX: y": {400},
        "acct:olga@groups.example\x00": {400},
        "acct:olga%00@groups.example": {400},
        "acct:@groups.example": {400},
        "acct:олга@groups.example": {400, 404},
        "acct:olga@groups.example:8443": {404},
        "acct:olga@groups.example.": {400, 404},
        f"{ORIGIN}/users/olga/../tom": {404},
        f"{ORIGIN}/users/olga?x=1": {404},
        "javascript:alert(1)": {400},
        f"{ORIGIN}/users/olga": {200},
        "acct:OLGA@GROUPS.EXAMPLE": {200},
    }.items():
        response = await finger(scene, resource)
        assert response.status_code in statuses, resource
    assert (await get(scene, "/.well-known/webfinger")).status_code == 400
    twice = "/.well-known/webfinger?resource=acct:olga@groups.example&resource=acct:x@y.example"
    assert (await get(scene, twice)).status_code in {200, 400, 404}
    huge = f"/.well-known/webfinger?resource=acct:{'x' * 60_000}@groups.example"
    assert (await get(scene, huge)).status_code == 414


async def test_who_is_closed_or_suspended_looks_like_nobody_to_webfinger(scene: Scene) -> None:
    # H152: there are no hidden groups yet; one is closed or suspended, and so is whoever left
    nobody = await finger(scene, "acct:nobody@groups.example")
    counted = (await get(scene, "/nodeinfo/2.1")).json()["usage"]["users"]["total"]
    for uri, name in ((GROUP, "welders"), (f"{ORIGIN}/users/olga", "olga")):
        for state in ("gone", "suspended"):
            await scene.ours.run(lambda: Actor.filter(uri=uri).update(state=state))  # noqa: B023
            shut = await finger(scene, f"acct:{name}@groups.example")
            assert (shut.status_code, shut.content) == (nobody.status_code, nobody.content), state
            document = (await get(scene, uri.removeprefix(ORIGIN), ACTIVITY_JSON)).text
            assert "Olga" not in document, state
        await scene.ours.run(lambda: Actor.filter(uri=uri).update(state="live"))  # noqa: B023
        assert (await finger(scene, f"acct:{name}@groups.example")).status_code == 200
    await scene.ours.run(lambda: Actor.filter(username="olga").update(state="suspended"))
    with clock.held(clock.now_ms() + limits.ANSWERS_FRESH_MS):
        usage = (await get(scene, "/nodeinfo/2.1")).json()["usage"]
    assert usage["users"]["total"] == counted - 1


async def test_a_handles_domain_is_a_host_and_nothing_is_cut_out_of_it(scene: Scene) -> None:
    # H153
    before = len(scene.world.network.log)
    for domain in (
        "exa/mple.org",
        "example.org\\",
        "example.org evil",
        "exam\tple.org",
        "example.org?x",
        "example.org#x",
        "user@example.org",
        "example.org:x",
        "exämple.org",
        "example..org",
        ".example.org",
        "example.org.",
        "",
        "x" * 300,
    ):
        assert await found(scene, f"ann@{domain}") is None, domain
        page = await get(scene, f"/groups/welders/join?handle={quote(f'ann@{domain}', safe='')}")
        assert page.status_code in {200, 400}, domain
    made = [one.url for one in scene.world.network.log[before:] if one.host != "groups.example"]
    assert made == []


async def test_no_account_takes_a_name_that_means_something_or_looks_alike(scene: Scene) -> None:
    # H154
    wire = scene.ours.wire
    for name in (
        *("admin", "inbox", "api", ".well-known", "well-known", "..", ".", "root", "moderation"),
        *("аnn", "ann\u200b", "ann ", " ann", "ANN", "Olga", "olga", "welders", "ann\x00", "ａnn"),
        *("ann/x", "ann@x", "ann%2f", "ann\n", "", "x" * 64, "_ann", "ann_", "-", "xn--ann"),
    ):
        with pytest.raises(Malformed):
            await scene.ours.run(lambda n=name: sign_up(wire, n, email="", password=""))


async def test_what_anybody_may_read_of_the_server_has_no_secrets(scene: Scene) -> None:
    # H155
    await scene.ours.run(lambda: scene.ours.wire.peers.block("blocked.example", "a private reason"))
    await scene.ours.run(lambda: Account.all().update(email="olga@mail.example"))
    for path in (
        *("/nodeinfo/2.0", "/nodeinfo/2.1", "/.well-known/nodeinfo", "/livez", "/readyz"),
        *("/about", "/", "/nowhere", "/groups/nobody", "/.well-known/host-meta", "/robots.txt"),
        *("/api/v1/instance", "/api/v1/instance/peers", "/api/v2/instance", "/metrics", "/debug"),
        *("/api/v1/instance/domain_blocks", "/api/v1/instance/activity", "/api/v1/directory"),
    ):
        for accept in ("text/html", "application/json", "application/activity+json"):
            text = (await get(scene, path, accept)).text.lower()
            for secret in (
                *(
                    "mail.example",
                    "blocked.example",
                    "private reason",
                    "traceback",
                    "starlette",
                    "uvicorn",
                ),
                *("python/", "sqlite", "postgres", "asyncpg", "evil.example", "5e5e5e"),
            ):
                assert secret not in text, (path, secret)


async def test_no_xml_of_others_is_read(scene: Scene) -> None:
    # H156
    bomb = (
        b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><XRD>&a;</XRD>'
    )
    pages = scene.evil.pages
    for path in (
        "/.well-known/webfinger?resource=acct%3Ax%40evil.example",
        "/.well-known/host-meta",
        "/.well-known/nodeinfo",
    ):
        scene.evil.serve(path, {}, "application/xrd+xml")
        pages[path].body = bomb
    assert await found(scene, "x@evil.example") is None
    await scene.ours.run(lambda: scene.ours.wire.peers.ask_again("evil.example"))
    asked = [one.url for one in scene.world.network.requests("GET", "https://evil.example/")]
    assert not [url for url in asked if "host-meta" in url]
    await scene.still_serves()
