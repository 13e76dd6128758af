"""One exchange with a server that may be rude: deadlines, sizes, broken HTTP."""

from __future__ import annotations

import asyncio
import gzip
import time
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federation import clock, limits
from federation.errors import Forbidden, NotUsable, Unreachable
from federation.http import Answer, Http, on_wire, retry_after
from federation.transport import GuardedTransport
from loopback import (
    Loopback,
    Script,
    Visitor,
    always,
    answering,
    at_loopback,
    loopback_config,
    ok,
    public_config,
)
from network import Network

pytestmark = pytest.mark.anyio

HEAD = b"HTTP/1.1 200 OK\r\n"
Message = MutableMapping[str, Any]


class Asked:
    """A rude server, and somebody who asks it."""

    def __init__(self, server: Loopback, http: Http) -> None:
        self.server = server
        self.http = http

    async def get(self, *, seconds: float = 5.0, max_bytes: int = 10_000) -> Answer:
        return await self.http.send(
            "GET", self.server.url("/u/vic"), {}, seconds=seconds, max_bytes=max_bytes
        )

    async def deliver(self, *, seconds: float = 5.0, max_bytes: int = 10_000) -> Answer:
        return await self.http.send(
            "POST",
            self.server.url("/inbox"),
            {"Content-Type": "application/activity+json"},
            b"{}",
            seconds=seconds,
            max_bytes=max_bytes,
            cut=True,
        )


@asynccontextmanager
async def asking(script: Script) -> AsyncIterator[Asked]:
    config = loopback_config()
    http = Http(GuardedTransport(config, resolver=at_loopback), config)
    async with Loopback(script) as server:
        try:
            yield Asked(server, http)
        finally:
            await http.close()


async def closed(server: Loopback) -> bool:
    """Whether the client lets go of its connections soon."""
    for _ in range(100):
        if not server.open:
            return True
        await asyncio.sleep(0.01)
    return False


# What is sent


async def test_a_request_carries_our_name_and_nothing_that_was_not_asked_for() -> None:
    heard: list[bytes] = []

    async def listens(visitor: Visitor) -> None:
        while request := await visitor.request():
            heard.append(request)
            await visitor.say(ok(b"{}"))

    async with asking(listens) as eve:
        await eve.get()
        await eve.deliver()
        port = eve.server.port

    agent = loopback_config().agent
    assert heard[0].decode().split("\r\n") == [
        "GET /u/vic HTTP/1.1",
        f"Host: h.example:{port}",
        f"User-Agent: {agent}",
        "Accept-Encoding: gzip",
        "",
        "",
    ]
    assert heard[1].decode().split("\r\n") == [
        "POST /inbox HTTP/1.1",
        f"Host: h.example:{port}",
        f"User-Agent: {agent}",
        "Accept-Encoding: identity",
        "Content-Length: 2",
        "Content-Type: application/activity+json",
        "",
        "{}",
    ]


async def test_a_header_of_the_caller_replaces_ours_in_any_case() -> None:
    heard: list[bytes] = []

    async def listens(visitor: Visitor) -> None:
        heard.append(await visitor.request())
        await visitor.say(ok())

    async with asking(listens) as tom:
        headers = {"host": f"h.example:{tom.server.port}", "user-agent": "other"}
        await tom.http.send("GET", tom.server.url(), headers, seconds=5, max_bytes=1)

    assert heard[0].lower().count(b"host:") == 1
    assert b"User-Agent: other\r\n" in heard[0]


async def test_the_path_is_asked_for_as_it_was_signed() -> None:
    heard: list[bytes] = []

    async def listens(visitor: Visitor) -> None:
        while request := await visitor.request():
            heard.append(request.split(b" ")[1])
            await visitor.say(ok())

    paths = ["/a/../b?c=d&c=%2F", "/{x}|y", "/na\u00efve", "?q=1", "", "/a#b"]
    async with asking(listens) as tom:
        for path in paths:
            await tom.http.send("GET", tom.server.url(path), {}, seconds=5, max_bytes=1)

    assert heard == [b"/a/../b?c=d&c=%2F", b"/{x}|y", b"/na%C3%AFve", b"/?q=1", b"/", b"/a"]


async def test_no_cookie_comes_back() -> None:
    heard: list[bytes] = []

    async def sticky(visitor: Visitor) -> None:
        while request := await visitor.request():
            heard.append(request)
            await visitor.say(ok(b"", Set_Cookie="track=me", Set_cookie="and=me"))

    async with asking(sticky) as tom:
        await tom.get()
        await tom.get()

    assert not any(b"cookie" in request.lower() for request in heard)


async def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Loopback(answering()) as proxy, asking(always(ok(b"{}"))) as tom:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
            monkeypatch.setenv(name, proxy.url(host="127.0.0.1"))
        assert (await tom.get()).body == b"{}"

    assert proxy.visits == 0


async def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    moved = ok(b"", "307 Temporary Redirect", Location="http://v.example/")
    async with asking(always(moved)) as tom:
        answer = await tom.deliver()

    assert (answer.status, answer.headers["location"]) == (307, "http://v.example/")
    assert tom.server.visits == 1


# What is read


async def test_an_answer_is_read_whole() -> None:
    async with asking(always(ok(b'{"id": 1}', "418 I'm a teapot", X_A="1", x_a="2"))) as tom:
        answer = await tom.get()

    assert answer.status == 418
    assert answer.body == b'{"id": 1}'
    assert answer.headers["x-a"] == "1, 2"
    assert answer.url == tom.server.url("/u/vic")


@pytest.mark.parametrize(
    "answer",
    [
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\n{}a\r\n2;x=y\r\nbc\r\n0\r\nT: u\r\n\r\n",
        HEAD + b"Content-Length: 5\r\n\r\n{}abc",
        HEAD + b"Upgrade: h2,h2c\r\nConnection: Upgrade\r\nContent-Length: 5\r\n\r\n{}abc",
        b"HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"
        + ok(b"{}abc"),
        b"HTTP/1.1 200\r\nContent-Length: 5\r\n\r\n{}abc",
    ],
)
async def test_every_proper_form_of_a_body_is_read_however_it_is_cut(answer: bytes) -> None:
    async def byte_by_byte(visitor: Visitor) -> None:
        await visitor.request()
        for at in range(len(answer)):
            await visitor.say(answer[at : at + 1])
            await asyncio.sleep(0)
        await visitor.request()
        await visitor.say(answer)

    async with asking(byte_by_byte) as tom:
        assert (await tom.get()).body == b"{}abc"
        assert (await tom.get()).body == b"{}abc"

    assert tom.server.visits == 1


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
async def test_an_answer_that_has_no_body_is_complete_with_its_head(status: str) -> None:
    async with asking(always(f"HTTP/1.1 {status}\r\n\r\n".encode())) as tom:
        assert (await tom.get()).body == b""
        assert (await tom.get()).body == b""

    assert tom.server.visits == 1


async def test_a_body_without_a_length_ends_with_the_connection() -> None:
    async with asking(answering(HEAD + b"\r\n{}abc")) as tom:
        assert (await tom.get()).body == b"{}abc"
        assert (await tom.get()).body == b"{}abc"

    assert tom.server.visits == 2


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.2p1\r\n",
        b"220 mail.evil.example ESMTP\r\n",
        b"\0\1\2\3" * 100,
        b"HTTP/1.1 999999 OK\r\n\r\n",
        b"HTTP/1.1 OK\r\n\r\n",
        b"HTTP/9.9 200 OK\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nabc",
        HEAD + b"Content-Length: -1\r\n\r\n",
        HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        HEAD + b"Content-Length: 99999999999999999999999\r\n\r\n",
        HEAD + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nab",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab",
        HEAD + b"Content-Length: 100\r\n\r\n{}",
        HEAD + b"A\0B: c\r\n\r\n",
        HEAD + b"A : c\r\n\r\n",
    ],
)
async def test_broken_http_is_unreachable_and_the_connection_is_dropped(answer: bytes) -> None:
    async with asking(answering(answer)) as tom:
        with pytest.raises(Unreachable):
            await tom.get()
        assert await closed(tom.server)


@settings(deadline=None, max_examples=40)
@given(
    st.lists(
        st.sampled_from(
            [
                HEAD,
                b"\r\n",
                b"Content-Length: 3\r\n",
                b"Transfer-Encoding: chunked\r\n",
                b"HTTP/1.1 100 C\r\n",
                b"3\r\nabc\r\n",
                b"0\r\n\r\n",
                b"abc",
                b"\xff",
                b"X:",
                b"Connection: close\r\n",
            ]
        ),
        max_size=8,
    )
)
def test_whatever_a_server_says_is_an_answer_or_a_refusal(parts: list[bytes]) -> None:
    async def ask() -> None:
        async with asking(answering(b"".join(parts))) as tom:
            try:
                answer = await tom.get(seconds=2)
            except (Unreachable, NotUsable):
                return
            assert 200 <= answer.status < 1000

    asyncio.run(ask())


# Too much


@pytest.mark.parametrize(
    "start",
    [
        HEAD + b"\r\n",
        HEAD + b"Content-Length: 10000000000\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n40000000\r\n",
    ],
)
async def test_an_endless_body_is_refused_when_it_is_too_large(start: bytes) -> None:
    async def endless(visitor: Visitor) -> None:
        await visitor.request()
        await visitor.say(start)
        await visitor.flood(b"x" * 50_000)

    async with asking(endless) as tom:
        with pytest.raises(NotUsable, match="larger"):
            await tom.get(max_bytes=1_000_000)
        assert await closed(tom.server)


async def test_a_body_may_be_as_large_as_the_limit_and_not_a_byte_more() -> None:
    async with asking(answering(ok(b"x" * 1000), ok(b"x" * 1001))) as tom:
        assert len((await tom.get(max_bytes=1000)).body) == 1000
        with pytest.raises(NotUsable):
            await tom.get(max_bytes=1000)


async def test_bytes_after_the_declared_length_are_not_part_of_the_answer() -> None:
    async def more(visitor: Visitor) -> None:
        await visitor.request()
        await visitor.say(HEAD + b"Content-Length: 5\r\n\r\nhello")
        await visitor.flood(b"x" * 50_000)

    async with asking(more) as tom:
        assert (await tom.get()).body == b"hello"
        assert await closed(tom.server)


async def test_a_body_nobody_reads_is_not_taken_into_memory() -> None:
    sent = 0

    async def fast(visitor: Visitor) -> None:
        nonlocal sent
        await visitor.request()
        await visitor.say(HEAD + b"Content-Length: 100000000\r\n\r\n")
        while True:
            await visitor.say(b"x" * 100_000)
            sent += 100_000

    config = loopback_config()
    transport = GuardedTransport(config, resolver=at_loopback)
    async with Loopback(fast) as server:
        response = await transport.handle_async_request(httpx.Request("GET", server.url()))
        await asyncio.sleep(0.3)
        await response.aclose()
        await transport.aclose()

    assert sent < 20_000_000


async def test_a_delivery_reads_the_status_and_a_little_of_the_body() -> None:
    async def endless(visitor: Visitor) -> None:
        await visitor.request()
        await visitor.say(b"HTTP/1.1 202 Accepted\r\n\r\n")
        await visitor.flood(b"x" * 50_000)

    async with asking(endless) as tom:
        answer = await tom.deliver(max_bytes=64_000)
        assert await closed(tom.server)

    assert (answer.status, len(answer.body)) == (202, 64_000)


async def test_a_delivery_that_was_taken_is_taken_though_the_body_hangs_or_breaks() -> None:
    async def hangs(visitor: Visitor) -> None:
        await visitor.request()
        await visitor.say(b"HTTP/1.1 202 Accepted\r\nContent-Length: 10\r\n\r\n{}")
        await visitor.reader.read()

    broken = b"HTTP/1.1 202 Accepted\r\nContent-Length: 10\r\n\r\n{}"
    coded = ok(b"\x1b", "202 Accepted", Content_Encoding="br")
    for script in (hangs, answering(broken), always(coded)):
        async with asking(script) as tom:
            answer = await tom.deliver(seconds=0.3)
            assert answer.status == 202
            assert await closed(tom.server) or script is not hangs


@pytest.mark.parametrize(
    "headers",
    [
        b"X-A: " + b"a" * 1_000_000,
        b"\r\n".join(b"X-%d: a" % number for number in range(10_000)),
        b"X-A: " + b"\r\n".join([b"a" * 1000] * 1000),
        b"A" * 1_000_000,
        b"a:\r\n" * 10_000,
    ],
)
async def test_an_answer_of_headers_only_is_refused(headers: bytes) -> None:
    async with asking(answering(HEAD + headers + b"\r\n\r\n")) as tom:
        with pytest.raises(Unreachable, match=r"bytes of headers|broke HTTP"):
            await tom.get()
        assert await closed(tom.server)


async def test_the_headers_of_an_answer_may_be_so_large() -> None:
    each = 32  # what a header costs beside its bytes
    room = limits.HEADER_BYTES - 2 * each - len("Content-Length") - len("0") - len("X-A")

    async def answered(more: int) -> int:
        value = b"a" * (room + more)
        answer = HEAD + b"Content-Length: 0\r\nX-A: " + value + b"\r\n\r\n"
        async with asking(always(answer)) as tom:
            return (await tom.get()).status

    assert await answered(-1) == 200
    for more in (0, 1):
        with pytest.raises(Unreachable, match="headers"):
            await answered(more)


async def test_many_but_not_too_many_headers_are_read() -> None:
    headers = b"".join(b"X-%d: %s\r\n" % (number, b"a" * 300) for number in range(150))
    async with asking(always(HEAD + headers + b"Content-Length: 0\r\n\r\n")) as tom:
        assert (await tom.get()).headers["x-149"] == "a" * 300


@pytest.mark.parametrize(
    "hint", [b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n"]
)
async def test_a_flood_of_informational_answers_is_refused(hint: bytes) -> None:
    async def flood(visitor: Visitor) -> None:
        await visitor.request()
        await visitor.flood(hint * 100)

    async with asking(flood) as tom:
        with pytest.raises(Unreachable, match="headers"):
            await tom.get()
        assert await closed(tom.server)


@pytest.mark.parametrize("start", [b"1;" + b"x" * 1000, b"0\r\nX-Trailer: " + b"x" * 1000])
async def test_endless_framing_is_refused(start: bytes) -> None:
    async def framing(visitor: Visitor) -> None:
        await visitor.request()
        await visitor.say(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + start)
        await visitor.flood(b"x" * 10_000)

    async with asking(framing) as tom:
        with pytest.raises(Unreachable):
            await tom.get(seconds=3)
        assert await closed(tom.server)


async def test_a_body_in_small_chunks_is_read() -> None:
    chunks = b"1\r\nx\r\n" * 50_000
    answer = HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n"
    async with asking(always(answer)) as tom:
        assert (await tom.get(max_bytes=50_000)).body == b"x" * 50_000


# Codings


async def test_gzip_is_inflated() -> None:
    body = gzip.compress(b'{"a": 1}' * 500, mtime=0)
    for name in ("gzip", "GZIP", "x-gzip"):
        async with asking(always(ok(body, Content_Encoding=name))) as tom:
            assert (await tom.get()).body == b'{"a": 1}' * 500


async def test_a_gzip_bomb_is_counted_as_it_would_be_inflated() -> None:
    bomb = gzip.compress(b"\0" * 50_000_000, mtime=0)
    assert len(bomb) < 100_000
    async with asking(always(ok(bomb, Content_Encoding="gzip"))) as tom:
        tracemalloc.start()
        with pytest.raises(NotUsable, match="larger"):
            await tom.get(max_bytes=1_000_000)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert most < 10_000_000


async def test_a_gzip_that_never_grows_is_counted_as_it_is_sent() -> None:
    async def empty_blocks(visitor: Visitor) -> None:
        await visitor.request()
        squeeze = zlib.compressobj(wbits=31)
        head = squeeze.compress(b"") + squeeze.flush(zlib.Z_FULL_FLUSH)
        await visitor.say(HEAD + b"Content-Encoding: gzip\r\n\r\n" + head)
        await visitor.flood(b"\0\0\0\xff\xff" * 1000)

    async with asking(empty_blocks) as tom:
        with pytest.raises(NotUsable, match="larger"):
            await tom.get()


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", b"plain text"),
        ("gzip", gzip.compress(b"x" * 1000, mtime=0)[:-10]),
        ("gzip", b""),
        ("gzip, gzip", gzip.compress(gzip.compress(b"{}", mtime=0), mtime=0)),
        ("gzip, identity", gzip.compress(b"{}", mtime=0)),
        ("br", b"\x0b\x02\x80{}\x03"),
        ("zstd", b"\x28\xb5\x2f\xfd"),
        ("deflate", zlib.compress(b"{}")),
        ("x" * 1000, b"{}"),
    ],
)
async def test_another_coding_or_a_broken_one_is_not_usable(coding: str, body: bytes) -> None:
    async with asking(always(ok(body, Content_Encoding=coding))) as tom:
        with pytest.raises(NotUsable):
            await tom.get()


# Too slow


@pytest.mark.parametrize("start", [b"", HEAD, HEAD + b"Content-Length: 1000\r\n\r\n"])
async def test_a_dripping_answer_is_ended_by_the_deadline_of_the_whole(start: bytes) -> None:
    async def drips(visitor: Visitor) -> None:
        await visitor.request()
        await visitor.say(start)
        while True:
            await visitor.say(b"x")
            await asyncio.sleep(0.05)

    drip = drips if start else answering_nothing
    async with asking(drip) as tom:
        began = time.monotonic()
        with pytest.raises(Unreachable, match=r"longer than 0\.4 seconds"):
            await tom.get(seconds=0.4)
        assert time.monotonic() - began < 2
        assert await closed(tom.server)


async def answering_nothing(visitor: Visitor) -> None:
    await visitor.reader.read()


async def test_a_server_that_never_reads_is_ended_by_the_deadline() -> None:
    async def deaf(visitor: Visitor) -> None:
        await asyncio.sleep(60)

    async with asking(deaf) as tom:
        with pytest.raises(Unreachable):
            await tom.http.send(
                "POST", tom.server.url(), {}, b"x" * 10_000_000, seconds=0.4, max_bytes=1
            )


async def test_a_caller_who_is_cancelled_takes_the_connection_with_them() -> None:
    async with asking(answering_nothing) as tom:
        going = asyncio.create_task(tom.get(seconds=30))
        await asyncio.sleep(0.05)
        going.cancel()
        with pytest.raises(asyncio.CancelledError):
            await going
        assert await closed(tom.server)


async def test_hanging_hosts_do_not_slow_down_the_others() -> None:
    async with asking(answering_nothing) as dead, Loopback(always(ok())) as live:
        hanging = [
            asyncio.create_task(
                dead.http.send(
                    "POST",
                    dead.server.url(host=f"d{number}.example"),
                    {},
                    b"{}",
                    seconds=2,
                    max_bytes=1,
                )
            )
            for number in range(50)
        ]
        await asyncio.sleep(0.05)
        began = time.monotonic()
        for _ in range(20):
            await dead.http.send("POST", live.url(), {}, b"{}", seconds=2, max_bytes=1)
        assert time.monotonic() - began < 1
        for task in hanging:
            task.cancel()
        await asyncio.gather(*hanging, return_exceptions=True)


# Values


def test_a_url_has_one_spelling_on_the_wire() -> None:
    assert on_wire("HTTPS://H.Example:443") == "https://h.example/"
    assert on_wire("https://h.example?a=b#c") == "https://h.example/?a=b"
    assert on_wire("https://h.example/na\u00efve/%C3%A9?\u00fc") == (
        "https://h.example/na%C3%AFve/%C3%A9?%C3%BC"
    )
    with pytest.raises(Forbidden):
        on_wire("https://vic@h.example/")


def test_a_wish_to_wait_is_clamped() -> None:
    with clock.held(1_767_225_600_000):  # 2026-01-01
        wishes = {
            "120": 120.0,
            "0": 1.0,
            "-5": 1.0,
            "99999999": 21_600.0,
            "inf": 21_600.0,
            "nan": None,
            "soon": None,
            "": None,
            "Thu, 01 Jan 2026 00:10:00 GMT": 600.0,
            "Thu, 01 Jan 1970 00:00:00 GMT": 1.0,
            "Fri, 31 Dec 9999 23:59:59 GMT": 21_600.0,
            "Fri, 31 Dec 99999 23:59:59 GMT": None,
        }
        for text, seconds in wishes.items():
            assert retry_after({"retry-after": text}) == seconds, text
    assert retry_after({}) is None


async def test_a_header_beyond_latin_1_is_not_sent() -> None:
    http = Http(Network(), public_config())
    with pytest.raises(Forbidden):
        await http.send("GET", "https://h.example/", {"X-A": "\u20ac"}, seconds=1, max_bytes=1)


# The network of the tests

_ambient: ContextVar[str] = ContextVar("_ambient", default="nothing")


def app_saying(text: Callable[[], str]) -> Callable[..., Awaitable[None]]:
    async def app(scope: Message, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"x-a", b"b")]})
        await send({"type": "http.response.body", "body": text().encode()})

    return app


async def test_the_network_of_the_tests_answers_for_who_joined_and_nobody_else() -> None:
    network = Network()
    http = Http(network, public_config())
    network.join("h.example", app_saying(lambda: "hello"))

    async def ask() -> Answer:
        url = "https://h.example/inbox"
        return await http.send("POST", url, {"X-Q": "1"}, b"{}", seconds=5, max_bytes=100)

    assert (await ask()).body == b"hello"
    network.fail("h.example", 503)
    assert (await ask()).status == 503
    network.fail("h.example", httpx.ReadTimeout("slow"))
    with pytest.raises(Unreachable, match="slow"):
        await ask()
    network.heal("h.example")
    network.leave("h.example")
    with pytest.raises(Unreachable, match="nothing listens"):
        await ask()

    assert [one.status for one in network.log] == [200, 503, 0, 0]
    assert network.log[0].host == "h.example"
    assert network.log[0].headers["x-q"] == "1"
    assert network.requests("POST", "https://h.example/inbox")[0].body == b"{}"
    assert network.requests("GET") == []


async def test_an_app_on_the_network_sees_nothing_ambient_of_its_caller() -> None:
    network = Network()
    network.join("h.example:8443", app_saying(_ambient.get))
    http = Http(network, loopback_config())
    _ambient.set("a transaction of the caller")

    answer = await http.send("GET", "https://h.example:8443/", {}, seconds=5, max_bytes=100)

    assert answer.body == b"nothing"


async def test_a_fault_of_an_app_on_the_network_is_seen_by_the_test() -> None:
    def bug() -> str:
        raise ZeroDivisionError

    network = Network()
    network.join("h.example", app_saying(bug))
    with pytest.raises(ZeroDivisionError):
        await Http(network, public_config()).send(
            "GET", "https://h.example/", {}, seconds=5, max_bytes=100
        )
