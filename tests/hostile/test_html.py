"""What strangers write runs nothing, asks nobody and stays in its place, in a real browser too."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import fromstring

import httpx
import pytest

import browser
from browser import Answer, Site
from doors import KINDS, ORIGIN, ask
from federation import limits
from federation.models import Actor
from fedigroups.content import sanitise
from fedigroups.content.markdown import render
from fedigroups.groups.models import Group, Post
from servers import Member
from trials import Scene
from vectors import assert_harmless, vectors
from world import Town

pytestmark = pytest.mark.anyio
real = pytest.mark.skipif(
    not browser.PROGRAM, reason="no Chromium here: .ci/browser installs it on Debian"
)
once = pytest.mark.parametrize("kind", ["sqlite"])
"""What a browser makes of a page does not depend on the database."""

HOST = "groups.example"
BREAKOUT = (
    "\"'><img src=https://v{0}.evil.example/x onerror=\"pwned('v{0}')\"><b style=position:fixed>"
)
NAMES = (
    *(BREAKOUT.format(number) for number in (90, 91)),
    "\u202e\u2066" + "wide" * 200,
    "a" + "\u0301" * 400 + "\u200b\u200d" * 50,
    "</title></textarea><script>pwned('v92')</script>",
    "{{ 7*7 }} {% raw %} ${7*7} <!-- ]]> &lt;b&gt;",
)


# The sanitiser, vector by vector


@pytest.mark.parametrize("name", vectors())
def test_nothing_active_is_left_of(name: str) -> None:
    # H157, H158, H159, H161, H163, H164, H170
    out = sanitise.clean(vectors()[name])
    assert sanitise.clean(out) == out
    assert_harmless(out)


@pytest.mark.parametrize("name", vectors())
def test_markdown_is_no_way_around_it(name: str) -> None:
    # H165: HTML in Markdown is text
    out = render(f"{vectors()[name]}\n\n[x](javascript:RUN) ![a](b 'onerror=RUN')", {})
    assert sanitise.clean(out) == out
    assert_harmless(out)


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JaVa\tScRiPt:alert(1)",
        "data:image/svg+xml,<svg onload=alert(1)>",
        "blob:https://h.example/1",
        "https://h.example@evil.example/",
        'https://h.example/"onerror="x',
        "//evil.example/",
        "file:///etc/passwd",
    ],
)
async def test_no_field_with_an_address_carries_another_scheme(scene: Scene, url: str) -> None:
    # H160: url of a post, attachments, icon, banner, profile, the group's own page
    den = scene.evil.member("den", "Group", **profile(url))
    two = scene.evil.member("two", **profile(url))
    await scene.ours.join("tom", den.uri)
    await scene.settle()
    await scene.send(two.follow(), two)
    note = two.note("Look.", url=url, attachment=[attachment(url)])
    await scene.send(two.create(note), two)
    post = await scene.ours.post(note["id"])
    assert post is not None
    assert (post.page_url, post.attachments) == (note["id"], "[]")
    thread = f"/groups/welders/threads/{post.thread_id}"
    for path in (thread, f"{thread}/feed.atom", "/groups/welders", "/groups/den@evil.example"):
        answer = await ask(scene.ours, path, KINDS[0])
        assert answer.status_code == 200, path
        for link in re.findall(r'(?:href|src|action)="([^"]*)"', answer.text):
            assert re.match(r"(https?|mailto):|/(?!/)|[#?]", unescape(link)), (path, link)
            assert not re.match(r"https?://[^/]*@", link), (path, link)


def profile(url: str) -> dict[str, Any]:
    """The fields of an actor that may hold an address."""
    field = {"type": "PropertyValue", "name": "Site", "value": f'<a href="{url}">x</a>'}
    icon = {"type": "Image", "mediaType": "image/png", "url": url}
    return {
        "url": url,
        "icon": icon,
        "image": icon,
        "attachment": [field],
        "summary": field["value"],
    }


def attachment(url: str) -> dict[str, Any]:
    return {"type": "Document", "mediaType": "image/png", "url": url, "name": "a picture"}


@pytest.mark.parametrize("name", NAMES)
async def test_a_name_is_text_wherever_it_stands(scene: Scene, name: str) -> None:
    # H162, H168: body, attributes, title, OpenGraph, JSON, feed; of people, groups, posts, files
    post = await hostile_names(scene, name)
    thread = f"/groups/welders/threads/{post.thread_id}"
    for path in (thread, "/groups/welders", "/", "/groups", "/@tom", "/groups/den@evil.example"):
        text = (await ask(scene.ours, path, KINDS[0])).text
        assert not re.search(r"<(img|script|/textarea|b style)", text), path
        assert "{{" not in name or path == "/groups" or "{{ 7*7 }}" in text, path
        for sign in "\u202e\u2066\u200b\u200d":
            assert sign not in text, path
        assert "\u0301" * (limits.LABEL_MARKS + 2) not in text, path
    for feed in (f"{thread}/feed.atom", "/groups/welders/feed.atom"):
        fromstring((await ask(scene.ours, feed, KINDS[0])).content)
    for path in (thread, "/groups/welders", "/users/tom"):
        json.loads((await ask(scene.ours, path, KINDS[1])).content)


async def hostile_names(scene: Scene, name: str) -> Post:
    """A post by somebody, in a group, both with that name, and all else that is called like it."""
    den = Member(scene.evil, "den", "Group", {"name": name})
    two = Member(scene.evil, "two", "Person", {"name": name, "summary": name})
    await scene.ours.join("tom", den.uri)
    await scene.settle()
    await scene.send(two.follow(), two)
    await call_ours(scene.ours, name)
    page = two.page(
        name,
        "See.",
        summary=name,
        language={"identifier": name},
        attachment=[attachment("https://h.example/a.png") | {"name": name, "mediaType": name}],
    )
    await scene.send(two.create(page), two)
    post = await scene.ours.post(page["id"])
    assert post is not None
    removed = await scene.ours.write("tom", "Soon gone.", "Gone")
    await scene.ours.reply("olga", removed.uri, "Why?")
    await scene.ours.run(lambda: Post.filter(id=removed.id).update(state="removed", reason=name))
    return post


async def call_ours(town: Town, name: str) -> None:
    async def work() -> None:
        await Group.filter(name="welders").update(title=name, description=name, rules=name)
        await Actor.filter(username="tom").update(name=name)

    await town.run(work)


async def test_a_link_that_shows_another_host_says_where_it_leads(scene: Scene) -> None:
    # H167
    lie = '<a href="https://evil.example/x" class="mention u-url">@vic@h.example</a>'
    note = scene.vic.note(lie)
    await scene.send(scene.vic.create(note), scene.vic)
    post = await scene.ours.post(note["id"])
    assert post is not None
    text = (await ask(scene.ours, f"/groups/welders/threads/{post.thread_id}", KINDS[0])).text
    assert "@vic@h.example (evil.example)</a>" in text


async def test_shortcodes_and_pictures_of_strangers_are_not_put_into_pages(scene: Scene) -> None:
    # H166: no emoji is fetched or shown, no picture of another host is on any page
    emoji = {
        "type": "Emoji",
        "name": ':x"onerror=y:',
        "icon": {"url": "https://evil.example/e.svg"},
    }
    note = scene.vic.note(
        'Hi :x"onerror=y: :blob:',
        tag=[emoji] * 500,
        attachment=[attachment("https://evil.example/a.png")],
    )
    asked = len(scene.world.network.log)
    await scene.send(scene.vic.create(note), scene.vic)
    post = await scene.ours.post(note["id"])
    if post is not None:
        thread = f"/groups/welders/threads/{post.thread_id}"
        assert "<img" not in (await ask(scene.ours, thread, KINDS[0])).text
    assert not [one for one in scene.world.network.log[asked:] if one.host == "evil.example"]


# In a browser


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


async def say_it_all(scene: Scene) -> list[str]:
    """Everything hostile, said in every place where a stranger says something; all the pages."""
    post = await hostile_names(scene, NAMES[0])
    everything = sanitise.clean("".join(vectors().values()))
    await scene.ours.change(summary_html=everything)
    for html in vectors().values():
        answer = scene.vic.note("", reply_to=post.uri, group="", content=html)
        await scene.vic.send(scene.vic.create(answer))
    await scene.settle()

    async def bio() -> None:
        await Actor.filter(username="tom").update(
            summary=sanitise.clean("".join(vectors().values()))
        )

    await scene.ours.run(bio)
    for text in (
        *list(vectors().values())[:5],
        "[x](javascript:pwned(1)) ![a](https://evil.example/)",
    ):
        await scene.ours.reply("tom", post.uri, text)
    started = [await scene.ours.write("tom", html, NAMES[0]) for html in (*NAMES, "<b>x")]
    assert started
    thread = f"/groups/welders/threads/{post.thread_id}"
    pages = ["/", "/groups", "/groups/welders", "/groups/welders?sort=new", thread, "/@tom"]
    return [*pages, "/groups/den@evil.example", "/groups/welders/join?handle=" + "x" * 90]


@real
@once
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


@real
@once
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


@real
@once
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


@real
@once
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
