"""What comes over the socket before anything is an activity: nothing odd reaches a rule."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from urllib.parse import quote

import httpx
import pytest

from clients import signed_in
from doors import Known, addresses
from federation import limits
from federation.vocabulary import ACTIVITY_JSON
from fedigroups.app import INBOXES, make_app
from served import Door, served
from servers import GROUP
from trials import Scene

pytestmark = pytest.mark.anyio

HOST = b"Host: groups.example\r\n"
CLOSE = b"Connection: close\r\n\r\n"
INBOX = b"/groups/welders/inbox"


@pytest.fixture
async def door(scene: Scene) -> AsyncIterator[Door]:
    """Our instance at a socket, with nothing in front of it."""
    async with served(make_app(scene.ours.instance)) as listening:
        yield listening


def asked(target: bytes, *headers: bytes, method: bytes = b"GET", host: bytes = HOST) -> bytes:
    lines = b"".join(header + b"\r\n" for header in headers)
    return method + b" " + target + b" HTTP/1.1\r\n" + host + lines + CLOSE


async def test_no_answer_is_built_from_the_host_that_was_said(scene: Scene, door: Door) -> None:
    # H244, H198, H218; each spelling in tests/fedigroups/web/test_connections.py
    for bad in (b"groups.example/admin?x=", b"a b", b"evil.example\r\nHost: groups.example"):
        said = await door.say(asked(b"/groups/welders", host=b"Host: " + bad + b"\r\n"))
        assert said.status == 400
    paths = [
        *(b"/", b"/groups", b"/groups/", b"/groups/welders", b"/groups/welders/", b"/about"),
        *(b"/groups/welders/outbox", b"/groups/welders/feed.atom", b"/users/olga", b"/actor"),
        *(b"/.well-known/nodeinfo", b"/.well-known/host-meta", b"/nowhere", b"/robots.txt"),
        b"/.well-known/webfinger?resource=acct:welders@groups.example",
    ]
    for path in paths:
        for accept in (b"Accept: text/html", b"Accept: application/activity+json"):
            lies = [b"X-Forwarded-Host: evil.example", b"Forwarded: host=evil.example", accept]
            said = await door.say(asked(path, *lies, host=b"Host: evil.example\r\n"))
            assert said.status in {200, 302, 404}, path
            assert b"evil.example" not in said.raw, path


async def test_an_address_is_a_path_and_nothing_else(scene: Scene, door: Door) -> None:
    # H245; each spelling in tests/fedigroups/web/test_connections.py
    for target in (b"@google.com", b"//evil.example/x", b"http://evil.example/", b"*"):
        assert (await door.say(asked(target))).status == 400


async def test_a_request_has_one_end(scene: Scene, door: Door) -> None:
    # H246; each framing in tests/fedigroups/web/test_connections.py
    follow = json.dumps(scene.eve.follow()).encode()
    signed = b"".join(
        f"{name}: {value}\r\n".encode()
        for name, value in scene.signed(follow).items()
        if name.lower() != "host"
    )
    hidden = b"POST " + INBOX + b" HTTP/1.1\r\n" + HOST + signed
    hidden += b"Content-Length: %d\r\n\r\n" % len(follow) + follow
    before = await scene.receipts()
    for framing in (
        b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"Content-Length: 0\r\nContent-Length: %d\r\n\r\n" % len(hidden),
        b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n0\r\nX\r\n\r\n",
    ):
        said = await door.say(b"POST " + INBOX + b" HTTP/1.1\r\n" + HOST + framing + hidden)
        assert b"202 Accepted" not in said.raw
    assert await scene.receipts() == before
    alone = hidden.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1)
    assert (await door.say(alone)).status == 202, "or else nothing was hidden"
    assert await scene.receipts() == before + 1


async def test_who_drips_is_sent_away_and_the_honest_are_served(
    scene: Scene, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    # H247; each place to drip in tests/fedigroups/web/test_connections.py
    monkeypatch.setattr(limits, "REQUEST_SECONDS", 1.0)
    dripping = [await door.connect() for _ in range(200)]
    starts = (
        b"",
        b"GET / HTTP/1.1\r\nX: ",
        b"POST /inbox HTTP/1.1\r\n" + HOST + b"Content-Length: 99\r\n\r\n{",
    )
    for number, (_, writer) in enumerate(dripping):
        writer.write(starts[number % 3])
    begun = time.perf_counter()
    assert (await door.say(asked(b"/groups/welders"))).status == 200
    assert time.perf_counter() - begun < 1.0
    await asyncio.sleep(1.6)
    assert not door.state.connections
    for _, writer in dripping:
        writer.close()


async def test_no_path_leads_to_a_file_of_the_machine(scene: Scene, door: Door) -> None:
    # H248
    for path in (
        b"/static/..%2f..%2f..%2fetc/passwd",
        b"/static/../../../../etc/passwd",
        b"/static/%2e%2e/%2e%2e/etc/passwd",
        b"/static/..%5c..%5cetc%5cpasswd",
        b"/static//etc/passwd",
        b"/static%2f..%2fpages.py",
        b"/static/style.css",
        b"/staticky/style.css",
        b"/static/",
        b"/etc/passwd",
        b"/.env",
        b"/.git/config",
    ):
        said = await door.say(asked(path))
        assert said.status == 404, path
        assert b"root:" not in said.raw


async def test_no_line_of_ours_is_broken_by_what_is_sent(
    scene: Scene, door: Door, capfd: pytest.CaptureFixture[str]
) -> None:
    # H249: no answer has a header that a visitor wrote, and no log a line
    for target in (
        b"/users/x%0d%0aSet-Cookie:%20a=b",
        b"/groups/welders?sort=%0d%0aX-Evil:%201",
        b"/follow?uri=https://h.example/%0d%0aX-Evil:%201",
        b"/follow?handle=ann@h.example%0d%0aX-Evil:%201",
        b"/.well-known/webfinger?resource=acct:a%0d%0aX-Evil:%201@groups.example",
        b"/%1b[2J%1b[1;31mred",
    ):
        said = await door.say(asked(target, b"User-Agent: a\x1b[2Jb"))
        assert said.status in {200, 400, 404}, target
        assert b"x-evil" not in said.head
        assert b"set-cookie" not in said.head
        assert b"\x1b" not in said.raw
    out, err = capfd.readouterr()
    assert "\x1b[2J" not in out + err
    assert "X-Evil: 1\n" not in out + err


async def test_no_content_type_and_no_length_costs_time(scene: Scene, door: Door) -> None:
    # H250: what an inbox does with odd types and lengths; forms are below
    post = b"POST " + INBOX + b" HTTP/1.1\r\n" + HOST
    parts = b"--b\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n" * 5_000
    tries = [
        (b"multipart/form-data; boundary=b", parts),
        (b"multipart/form-data; boundary=" + b"b" * 40_000, b"x"),
        (b"application/x-www-form-urlencoded", b"a=1&" * 100_000),
        (b'application/x-www-form-urlencoded; !="' + b"\\" * 5_000, b"a=1"),
        (b"application/activity+json" + b";a" * 20_000, b"{}"),
        (b'application/activity+json; charset="' + b'\\"' * 10_000, b"{}"),
        (b"text/" + b"x" * 50_000, b"{}"),
    ]
    for media, body in tries:
        begun = time.perf_counter()
        head = b"Content-Type: " + media + b"\r\nContent-Length: %d\r\n" % len(body)
        said = await door.say(post + head + CLOSE + body)
        assert said.status in {400, 401, 413, 431}, media[:50]
        assert time.perf_counter() - begun < 1.5, media[:50]
    for length in (b"-1", b"+5", b"1e3", b"99999999999999999999"):
        said = await door.say(post + b"Content-Length: " + length + b"\r\n" + CLOSE)
        assert said.status == 400, length
    said = await door.say(post + b"Content-Length: 9999999\r\n" + CLOSE)
    assert said.status == 413


FORMS = ("/login", "/signup", "/oauth/token", "/api/v1/apps", "/api/v1/statuses", "/api/v2/media")
FIELD = b"--b\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n"
FILE = b'--b\r\nContent-Disposition: form-data; name=a; filename="x"\r\n\r\n1\r\n'


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize("path", FORMS)
async def test_no_form_costs_time_or_memory(scene: Scene, door: Door, path: str) -> None:
    # H250, H174: fields, files, what stands before and after them, boundaries, types, lengths
    form, parts = b"application/x-www-form-urlencoded", b"multipart/form-data; boundary=b"
    tries = [
        (form, b"a=1&" * 60_000),
        (form, b"a=1&" * 100_000),
        (form, b"a[" * 50_000),
        (form, b"&" * 200_000),
        (form, b"%" * 200_000),
        (form, b"a=" + b"\xff" * 1_000),
        (parts, FIELD * 4_000),
        (parts, FILE * 1_000),
        (parts + b"; charset=punycode", FIELD.replace(b"1", b"a" * 60_000 + b"-" + b"ab" * 60_000)),
        (parts + b"; charset=undefined", FIELD + b"--b--"),
        (parts + b"; charset=unicode_escape", FIELD.replace(b"1", b"\\ud800") + b"--b--"),
        (parts, b"x" * 200_000 + FIELD + b"--b--"),
        (parts, FIELD + b"--b--" + b"x" * 200_000),
        (parts, b"x" * 10_000_000 + FIELD + b"--b--"),
        (parts, FIELD.replace(b"name=a", b"name=" + b"a" * 200_000)),
        (parts, FIELD.replace(b"form-data;", b"form-data;" + b"a=b;" * 40_000)),
        (b"multipart/form-data; boundary=" + b"b" * 40_000, b"x"),
        (b"multipart/form-data", FIELD),
        (form + b'; !="' + b"\\" * 5_000, b"a=1"),
        (b"application/json", b"[" * 100_000),
        (b"application/json", b'{"a":' * 40_000),
        (b"application/json" + b";a" * 20_000, b"{}"),
    ]
    for media, body in tries:
        begun = time.process_time()
        head = b"Content-Type: " + media + b"\r\nContent-Length: %d\r\n" % len(body)
        said = await door.say(asked(path.encode(), head.strip(), method=b"POST") + body)
        assert said.status in {0, 400, 401, 403, 413, 422, 431}, (media[:40], body[:40], said.raw)
        assert time.process_time() - begun < 1.0, (media[:40], body[:40])
    said = await door.say(asked(path.encode(), b"Content-Length: -1", method=b"POST"))
    assert said.status == 400
    assert (await door.say(asked(b"/about"))).status == 200


async def test_one_address_is_a_page_for_people_and_a_document_for_programs(scene: Scene) -> None:
    # H251
    for path in (GROUP, "https://groups.example/users/olga"):
        for accept, media in (
            ("text/html", "text/html"),
            (ACTIVITY_JSON, ACTIVITY_JSON),
            ("text/html", "text/html"),
        ):
            request = httpx.Request("GET", path, headers={"Accept": accept})
            response = await scene.world.network.handle_async_request(request)
            assert response.headers["content-type"].startswith(media)
            spoken = ", Accept-Language" if media == "text/html" else ""
            assert response.headers["vary"] == f"Accept, Signature{spoken}"


async def test_an_inbox_has_one_spelling(scene: Scene, door: Door) -> None:
    # H252
    follow = json.dumps(scene.eve.follow()).encode()
    before = await scene.receipts()
    for path in (
        "/groups/welders/inbox/",
        "/groups/welders%2Finbox",
        "/groups/olga/../welders/inbox",
        "/groups/welders/./inbox",
        "/groups/welders/inbox;x",
        "/groups/welders;x/inbox",
        "/groups/WELDERS/inbox",
        "/groups/%77elders/inbox",
        "/groups/welders/%69nbox",
        "/groups//welders/inbox",
        "/groups/welders/inbox%00",
        "/GROUPS/welders/inbox",
        "/inbox/",
        "/groups/nobody/inbox",
        f"/users/{quote('оlga')}/inbox",
    ):
        headers = scene.signed(follow, url=f"https://groups.example{path}")
        lines = [f"{k}: {v}".encode() for k, v in headers.items() if k.lower() != "host"]
        lines.append(b"Content-Length: %d" % len(follow))
        said = await door.say(asked(path.encode(), *lines, method=b"POST") + follow)
        assert said.status in {400, 404}, path
    assert await scene.receipts() == before
    assert "eve@evil.example" not in await scene.ours.members()


async def test_an_inbox_takes_posts_and_an_outbox_none(scene: Scene, door: Door) -> None:
    # H253: there is no client-to-server side of ActivityPub here
    for inbox in INBOXES:
        path = inbox.format(name="welders" if "groups" in inbox else "olga").encode()
        for method in (b"GET", b"PUT", b"DELETE", b"PATCH", b"OPTIONS", b"TRACE"):
            said = await door.say(asked(path, method=method))
            assert said.status in {404, 405}, (method, path)
    for path in (b"/groups/welders/outbox", b"/users/olga/outbox", b"/groups/welders", b"/actor"):
        for method in (b"POST", b"PUT", b"DELETE"):
            assert (await door.say(asked(path, method=method))).status == 405, (method, path)
    for method in (b"CONNECT", b"BREW", b"get", b"GET\x00"):
        said = await door.say(asked(b"/", method=method), seconds=1.0)
        assert said.status in {400, 405}, method


LIES = {
    **dict.fromkeys(("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"), "DELETE"),
    **dict.fromkeys(("X-Original-URL", "X-Rewrite-URL", "X-Original-URI"), "/about"),
    **dict.fromkeys(("X-Forwarded-Uri", "X-Forwarded-Path", "X-Forwarded-Prefix"), "/about"),
}


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_the_first_line_says_the_method_and_the_path(scene: Scene) -> None:
    # H253, H252, H220, H200: no header and no field does, at any door, and no method is an echo
    town = scene.ours
    post = await town.write("tom", "Which rod?")
    there = Known(threads=(post.thread_id,), posts=(post.id,))
    async with signed_in(town, "tom") as app:
        for number, path in enumerate(addresses(make_app(town.instance), there)):
            if "/streaming" in path or path == "/live":
                continue  # those have no end
            method = ("TRACE", "TRACK", "CONNECT", "PROPFIND")[number % 4]
            refused = await app.http.request(method, path, headers={"X-Mine": "sesame"})
            assert refused.status_code in {404, 405}, (method, path)
            assert "sesame" not in refused.text or "sesame" in path, (method, path)
            plain, lied = [
                await app.http.get(path, headers={"Accept": "text/html"} | lies)
                for lies in ({}, LIES)
            ]
            assert lied.status_code == plain.status_code, path
            assert len(lied.text) == len(plain.text), path
        mine = f"/api/v1/statuses/{post.id}"
        for path in (mine, f"{mine}?_method=DELETE"):
            asked_ = await app.http.post(path, data={"_method": "DELETE"}, headers=LIES)
            assert asked_.status_code == 405
        assert (await app.http.get(mine)).status_code == 200


async def test_a_head_that_is_too_large_is_refused(scene: Scene, door: Door) -> None:
    # H254; at, below and above each number in tests/fedigroups/web/test_connections.py
    big = b"X: " + b"x" * 65_000
    assert (await door.say(asked(b"/", big))).status == 431
    assert (await door.say(asked(b"/", *([b"a: b"] * 1_000)))).status == 431
    assert (await door.say(asked(b"/" + b"x" * 16_384))).status == 414
    assert (await door.say(asked(b"/groups?q=" + b"x" * 16_384))).status == 414
    assert (await door.say(asked(b"/groups?q=" + b"x" * 4_000))).status == 200
    await scene.still_serves()
