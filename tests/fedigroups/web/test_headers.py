"""What browsers are told, our own files, and the pages for errors."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import product

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

import doors
import scenery
from federation.vocabulary import ACTIVITY_JSON
from fedigroups.app import make_app
from fedigroups.store import Store
from fedigroups.web import errors, static
from fedigroups.web.headers import SecurityHeaders
from scenery import SITE, browser
from world import World

pytestmark = pytest.mark.anyio


def directives(answer: httpx.Response) -> dict[str, str]:
    parts = answer.headers["content-security-policy"].split("; ")
    return {name: value for name, _, value in (part.partition(" ") for part in parts)}


@pytest.mark.parametrize("path", ["/", "/groups", "/about", "/nowhere", "/robots.txt", "/static/x"])
async def test_every_answer_forbids_frames_and_scripts_of_others(
    database: Store, path: str
) -> None:
    async with browser() as client:
        answer = await client.get(path)

    policy = directives(answer)
    assert policy["default-src"] == policy["frame-ancestors"] == "'none'"
    assert policy["script-src"] == policy["connect-src"] == "'self'"
    assert policy["base-uri"] == "'none'"
    assert policy["form-action"] == "'self'"
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert "camera=()" in answer.headers["permissions-policy"]
    is_page = answer.headers["content-type"].startswith("text/html")
    assert answer.headers["vary"] == ("Accept, Accept-Language" if is_page else "Accept")


async def test_only_the_form_for_joining_may_lead_to_another_site(database: Store) -> None:
    await scenery.group()
    async with browser() as client:
        answer = await client.get("/groups/welders")
    async with browser(replace(SITE, origin="http://localhost:8000")) as client:
        local = await client.get("/groups/welders")

    assert directives(answer)["form-action"] == "'self' https:"
    assert directives(local)["form-action"] == "'self' https: http:"
    assert directives(answer)["script-src"] == "'self'"


async def test_pages_have_nothing_inline_that_the_policy_would_block(database: Store) -> None:
    await scenery.group()
    async with browser() as client:
        for path in ("/", "/groups/welders", "/about"):
            text = (await client.get(path)).text
            assert re.findall(r"<script[^>]*>(?!</script>)", text) == []
            assert "<style" not in text
            assert " style=" not in text


async def test_what_a_response_says_for_itself_is_kept() -> None:
    async def own(_request: Request) -> Response:
        headers = {
            "Referrer-Policy": "no-referrer",
            "Vary": "Signature",
            "Cache-Control": "no-store",
        }
        return JSONResponse({}, headers=headers)

    transport = httpx.ASGITransport(
        SecurityHeaders(Starlette(routes=[Route("/", own)]), https=True)
    )
    async with httpx.AsyncClient(transport=transport, base_url=SITE.origin) as client:
        answer = await client.get("/")
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["vary"] == "Signature, Accept"
    assert answer.headers["cache-control"] == "no-store"


async def test_a_style_sheet_is_served_for_ever_under_its_hash(database: Store) -> None:
    async with browser() as client:
        page = await client.get("/")
        answer = await client.get(static.url("style.css"))

    assert f'href="{static.url("style.css")}"' in page.text
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-security-policy"]
    assert "vary" not in answer.headers


async def test_the_icon_is_where_browsers_look_for_it() -> None:
    async with browser() as client:
        answer = await client.get("/favicon.ico")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/svg+xml")


@pytest.mark.parametrize(
    "path",
    [
        "/static/style.css",
        "/static/..%2f..%2fpages.py",
        "/static/%2e%2e/pages.py",
        "/static//etc/passwd",
        "/static/%00",
        "/static/style.000000000000.css",
        "/static",
    ],
)
async def test_no_other_path_below_static_leads_to_a_file(database: Store, path: str) -> None:
    async with browser() as client:
        answer = await client.get(path)
    assert answer.status_code == 404


async def test_pages_load_nothing_from_elsewhere(database: Store) -> None:
    """Style sheets and icons are ours, and ask for nothing themselves."""
    for file in static.FILES.values():
        if file.served_as.startswith("member."):
            continue  # htmx, which asks for what our pages say alone (`selfRequestsOnly`)
        text = file.content.decode()
        assert "url(" not in text
        assert "@import" not in text
        assert "http" not in text.replace("http://www.w3.org/2000/svg", "").replace('"http"', "")


@pytest.mark.parametrize(("method", "status"), [("POST", 405), ("DELETE", 405), ("HEAD", 200)])
async def test_pages_are_for_reading(database: Store, method: str, status: int) -> None:
    async with browser() as client:
        answer = await client.request(method, "/groups")
    assert answer.status_code == status


async def broken(_request: Request) -> Response:
    raise RuntimeError("secret detail")


@pytest.mark.parametrize("has_site", [True, False])
async def test_a_crash_is_told_in_plain_words_without_details(has_site: bool) -> None:
    app = Starlette(
        routes=[Route("/", broken)],
        exception_handlers=dict(errors.handlers()),
    )
    if has_site:
        app.state.site = SITE
    transport = httpx.ASGITransport(SecurityHeaders(app, https=True), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=SITE.origin) as client:
        answer = await client.get("/")
    assert answer.status_code == 500
    assert "Something broke on our side" in answer.text
    assert "secret" not in answer.text
    assert "content-security-policy" in answer.headers


SAID = {
    "x-content-type-options": "nosniff",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "strict-transport-security": "max-age=31536000",
}
POLICY = {
    **dict.fromkeys(("default-src", "base-uri", "frame-ancestors"), "'none'"),
    **dict.fromkeys(
        ("style-src", "script-src", "img-src", "manifest-src", "connect-src"), "'self'"
    ),
}
FEATURES = (
    *("autoplay", "browsing-topics", "camera", "display-capture", "geolocation", "microphone"),
    *("payment", "usb"),
)
OTHERS = [
    ("GET", "/nowhere", {}, 404),
    ("GET", "/users/nobody", {"Accept": ACTIVITY_JSON}, 404),
    ("POST", "/groups", {}, 405),
    ("HEAD", "/groups/welders", {"Accept": ACTIVITY_JSON}, 200),
    ("GET", "/groups/welders", {"If-None-Match": "*"}, 304),
    ("GET", "/groups?q=%00", {}, 400),
    ("GET", "/groups?q=" + "x" * 9_000, {}, 414),
    ("GET", "/groups/Welders", {}, 308),
    ("POST", "/inbox", {"Content-Type": ACTIVITY_JSON}, 400),
    ("POST", "/groups/nobody/inbox", {"Content-Type": ACTIVITY_JSON}, 404),
    ("GET", "/groups/welders/followers_synchronization", {"Accept": ACTIVITY_JSON}, 401),
]


IN_A_WINDOW = ("/login", "/login/second", "/oauth/authorize")
"""Apps open these in a window of their own, and wait there for the answer."""


def assert_guarded(answer: httpx.Response, what: str) -> None:
    opener = "unsafe-none" if what in IN_A_WINDOW and answer.is_success else "same-origin"
    said = SAID | {"cross-origin-opener-policy": opener}
    assert {name: answer.headers.get(name) for name in SAID} == said, what
    policy = directives(answer)
    assert policy | POLICY == policy, what
    assert set(policy) - set(POLICY) == {"form-action"}, what
    assert set(policy["form-action"].split()) <= {"'self'", "https:"}, what
    assert answer.headers["referrer-policy"] in {"same-origin", "no-referrer"}, what
    features = answer.headers["permissions-policy"].split(", ")
    assert sorted(features) == sorted(f"{name}=()" for name in FEATURES), what
    assert len(answer.headers.get_list("content-security-policy")) == 1, what
    for cookie in answer.headers.get_list("set-cookie"):
        said_of_it = {word.strip() for word in cookie.split(";")[1:]}
        assert {"Secure", "HttpOnly", "SameSite=lax", "Path=/"} <= said_of_it, what
        assert cookie.startswith("__Host-"), what


async def test_every_kind_of_answer_tells_browsers_what_it_may_do(world: World) -> None:
    # H169; and who sets a cookie says Secure, HttpOnly and SameSite
    town = await world.town()
    root = await town.write("tom", "Which rod for thin sheet?")
    known = doors.Known(threads=(root.thread_id,), posts=(root.id,), activities=("1",))
    kinds: set[str] = set()
    for path, accept in product(doors.addresses(make_app(town.instance), known), doors.KINDS):
        answer = await doors.ask(town, path, accept)
        kinds.add(answer.headers.get("content-type", "").partition(";")[0])
        assert_guarded(answer, path)
    assert kinds >= {"text/html", ACTIVITY_JSON, "application/atom+xml", "text/css"}
    assert kinds >= {"image/svg+xml", "application/jrd+json", "application/problem+json"}
    for method, path, headers, status in OTHERS:
        request = httpx.Request(method, f"{SITE.origin}{path}", headers=headers)
        answer = await town.network.handle_async_request(request)
        assert answer.status_code == status, path
        assert_guarded(answer, path)


async def test_who_comes_by_http_is_not_told_to_come_by_https(database: Store) -> None:
    async with browser(replace(SITE, origin="http://localhost:8000")) as client:
        answer = await client.get("/")
    assert "strict-transport-security" not in answer.headers
