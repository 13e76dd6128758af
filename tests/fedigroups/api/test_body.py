"""Bodies in every form that clients send, read alike."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from federation import limits
from fedigroups.api import answers
from fedigroups.api import body as bodies
from fedigroups.api.body import Body

pytestmark = pytest.mark.anyio


async def sent(query: str = "", method: str = "POST", **how: Any) -> Body | httpx.Response:
    """What an endpoint reads of a request; the answer when it is refused."""
    found: list[Body] = []

    async def endpoint(request: Request) -> Response:
        try:
            found.append(await bodies.read(request))
        except Exception as error:
            return answers.refusal(error)
        return Response(status_code=204)

    app = Starlette(routes=[Route("/", endpoint, methods=["GET", "POST"])])
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="https://groups.example") as client:
        answer = await client.request(method, f"/?{query}" if query else "/", **how)
    return found[0] if found else answer


async def status(**how: Any) -> int:
    """With what a request is answered: 204 when it was read."""
    read = await sent(**how)
    return read.status_code if isinstance(read, httpx.Response) else 204


PART = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n%b\r\n--x--\r\n'
FORMS: list[dict[str, Any]] = [
    {"json": {"status": "Hello", "media_ids": ["1", "2"], "poll": {"options": ["a", "b"]}}},
    {"json": {"status": "Hello", "media_ids[]": [1, 2], "poll[options][]": ["a", "b"]}},
    {"content": "status=Hello&media_ids[]=1&media_ids[]=2&poll[options][]=a&poll[options][]=b",
     "headers": {"Content-Type": "application/x-www-form-urlencoded"}},
    {"content": "status=Hello&media_ids=1&media_ids=2&poll[options][0]=a&poll[options][1]=b",
     "headers": {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}},
    {"files": [("status", (None, "Hello")), ("media_ids[]", (None, "1")),
               ("media_ids[]", (None, "2")), ("poll[options][]", (None, "a")),
               ("poll[options][]", (None, "b"))]},
    {"params": [("status", "Hello"), ("media_ids[]", "1"), ("media_ids[]", "2"),
                ("poll[options][]", "a"), ("poll[options][]", "b")]},
]  # fmt: skip


@pytest.mark.parametrize("form", FORMS, ids=["json", "json[]", "form[]", "form", "parts", "query"])
async def test_every_form_reads_alike(form: dict[str, Any]) -> None:
    body = await sent(**form)
    assert isinstance(body, Body)
    assert body.text("status") == "Hello"
    assert body.texts("media_ids") == ["1", "2"]
    assert body.part("poll").texts("options") == ["a", "b"]


async def test_lists_of_what_is_nested_are_read_by_number_and_by_order() -> None:
    by_number = "fields_attributes[1][name]=b&fields_attributes[0][name]=a"
    by_order = (
        "fields_attributes[][name]=a&fields_attributes[][value]=x&fields_attributes[][name]=b"
    )
    for query in (by_number, by_order):
        body = await sent(query)
        assert isinstance(body, Body)
        assert [one.text("name") for one in body.parts("fields_attributes")] == ["a", "b"]
    body = await sent(json={"fields_attributes": [{"name": "a", "value": "x"}, {"name": "b"}]})
    assert isinstance(body, Body)
    assert body.parts("fields_attributes")[0].text("value") == "x"


@pytest.mark.parametrize(
    ("word", "means"),
    [("true", True), ("1", True), ("on", True), ("false", False), ("0", False), ("", False)],
)
async def test_true_and_false_have_many_words(word: str, means: bool) -> None:
    body = await sent(f"locked={word}")
    assert isinstance(body, Body)
    assert body.flag("locked") is means
    assert body.flag("bot", default=True) is True


async def test_json_keeps_true_false_and_nothing_apart() -> None:
    body = await sent(json={"a": True, "b": False, "c": None, "d": 3})
    assert isinstance(body, Body)
    assert (body.flag("a"), body.flag("b"), "c" in body, body.number("d")) == (
        True,
        False,
        False,
        3,
    )


async def test_the_body_wins_over_the_query_whatever_the_method() -> None:
    body = await sent("a=query&b=query", json={"a": "body"})
    assert isinstance(body, Body)
    assert (body.text("a"), body.text("b")) == ("body", "query")
    body = await sent("a=query", method="GET", json={"a": "body"})
    assert isinstance(body, Body)
    assert body.text("a") == "body"  # as Mastodon has it: Mastodon.py sends a GET with JSON


async def test_numbers_are_brought_within_their_bounds() -> None:
    body = await sent("limit=500&below=-4&none=")
    assert isinstance(body, Body)
    assert body.number("limit", 20, most=80) == 80
    assert body.number("below", 20) == 0
    assert body.number("none", 20) == 20


@pytest.mark.parametrize(
    "how",
    [
        {"content": b"{", "headers": {"Content-Type": "application/json"}},
        {"content": b"[1]", "headers": {"Content-Type": "application/json"}},
        {"content": b'{"a":1,"a":2}', "headers": {"Content-Type": "application/json"}},
        {"json": {"a": "x\0y"}},
        {"json": {"a": {"b": {"c": {"d": {"e": {"f": {"g": 1}}}}}}}},
        {"query": "a[b][c][d][e][f][g]=1"},
        {"query": "a=%00"},
        {"files": {"picture": b"GIF"}},
        {"content": b"nonsense", "headers": {"Content-Type": "multipart/form-data; boundary=x"}},
    ],
)
async def test_what_cannot_be_read_is_refused_in_json(how: dict[str, Any]) -> None:
    answer = await sent(**how)
    assert isinstance(answer, httpx.Response)
    assert answer.status_code == 422, answer.text
    assert answer.json()["error"]


@pytest.mark.parametrize("declared", [True, False])
async def test_a_body_that_is_too_long_is_not_read_to_its_end(declared: bool) -> None:
    async def dripping() -> Any:
        for _ in range(40):
            yield b"a=" + b"x" * 10_000

    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = await sent(content=b"a=" + b"x" * 400_000 if declared else dripping(), headers=kind)
    assert isinstance(answer, httpx.Response)
    assert answer.status_code == 413


async def test_a_body_has_so_many_bytes_whatever_it_is_and_whether_or_not_it_says() -> None:
    most = limits.FORM_BYTES
    assert most == 256_000

    async def dripping(raw: bytes) -> Any:
        for start in range(0, len(raw), 10_000):
            yield raw[start : start + 10_000]

    for kind, frame in (
        ("application/x-www-form-urlencoded", b"a=%b"),
        ("application/json", b'{"a":"%b"}'),
        ("multipart/form-data; boundary=x", PART),
    ):
        headers = {"Content-Type": kind}
        raws = [frame % (b"x" * (size - len(frame % b""))) for size in (most - 1, most, most + 1)]
        for raw, expected in zip(raws, (204, 204, 413), strict=True):
            assert await status(content=raw, headers=headers) == expected, kind
            assert await status(content=dripping(raw), headers=headers) == expected, kind


async def test_a_body_has_so_many_values_and_a_query_as_many() -> None:
    most = limits.FORM_FIELDS
    assert most == 500
    for number, taken in ((most - 1, True), (most, True), (most + 1, False)):
        pairs = {f"a{n}": "1" for n in range(number)}
        parts = [(name, (None, value)) for name, value in pairs.items()]
        for way in ({"json": pairs}, {"params": pairs}, {"data": pairs}, {"files": parts}):
            assert await status(**way) == (204 if taken else 413), way.keys()


async def test_names_are_so_deep_inside_of_each_other_however_they_are_written() -> None:
    assert limits.FORM_DEPTH == 6
    for depth, expected in ((5, 204), (6, 204), (7, 422), (20, 422)):
        inner: Any = "1"
        for written in range(depth):
            name = "a" + "[a]" * (depth - written - 1)
            assert await status(json={name: inner}) == expected, name
            inner = {"a": inner}


async def test_a_body_of_another_type_says_nothing() -> None:
    body = await sent(content=json.dumps({"a": "b"}), headers={"Content-Type": "text/plain"})
    assert isinstance(body, Body)
    assert "a" not in body


@settings(deadline=None, max_examples=60)
@given(st.dictionaries(st.text(max_size=20), st.text(max_size=10), max_size=8))
async def test_no_name_of_a_value_breaks_anything(pairs: dict[str, str]) -> None:
    read = await sent(params=pairs)
    assert isinstance(read, Body) or read.status_code == 422
