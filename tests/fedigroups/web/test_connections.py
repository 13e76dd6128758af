"""What one connection may cost, and what is no request at all."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from federation import limits
from served import App, Door, served

pytestmark = pytest.mark.anyio

HOST = b"Host: groups.example\r\n"
CLOSE = b"Connection: close\r\n\r\n"


class Echo:
    """An app that reads the body and answers with what it was asked."""

    def __init__(self, body: bytes = b"") -> None:
        self.asked: list[str] = []
        self.asker = ""
        self.headers: list[tuple[bytes, bytes]] = []
        self.body = body

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked.append(f"{scope['method']} {scope['path']}")
        self.asker = scope["client"][0]
        more = scope["method"] == "POST"
        while more:
            message = await receive()
            more = message.get("more_body", False)
        self.headers = list(scope["headers"])
        answer = self.body or b"yes"
        length = str(len(answer)).encode()
        await send(
            {"type": "http.response.start", "status": 200, "headers": [(b"content-length", length)]}
        )
        await send({"type": "http.response.body", "body": answer})


def get(target: bytes = b"/", *headers: bytes, host: bytes = HOST) -> bytes:
    lines = b"".join(header + b"\r\n" for header in headers)
    return b"GET " + target + b" HTTP/1.1\r\n" + host + lines + CLOSE


async def test_a_proper_request_is_answered() -> None:
    async with served(Echo()) as door:
        for host in (
            b"groups.example",
            b"groups.example:443",
            b"127.0.0.1:8000",
            b"[::1]:8000",
            b"a_b.example",
        ):
            said = await door.say(get(host=b"Host: " + host + b"\r\n"))
            assert (said.status, said.raw[-3:]) == (200, b"yes")
        assert (await door.say(b"GET / HTTP/1.0\r\n\r\n")).status == 200


@pytest.mark.parametrize(
    "host",
    [
        b"",
        b"Host: \r\n",
        b"Host: a b\r\n",
        b"Host: groups.example/admin?x=\r\n",
        b"Host: groups.example#\r\n",
        b"Host: olga@groups.example\r\n",
        b"Host: groups.example\\evil\r\n",
        b"Host: groups.example:port\r\n",
        b"Host: groups.\xc3\xa9xample\r\n",
        b"Host: groups.example\r\nHost: evil.example\r\n",
        b"Host: groups.example\r\nhost: groups.example\r\n",
    ],
)
async def test_a_request_is_for_one_proper_host(host: bytes) -> None:
    app = Echo()
    async with served(app) as door:
        assert (await door.say(get(host=host))).status == 400
    assert app.asked == []


@pytest.mark.parametrize(
    "target",
    [
        b"@google.com",
        b"//evil.example/x",
        b"http://evil.example/",
        b"https://groups.example/",
        b"*",
        b"evil.example:443",
        b"\\evil",
        b"/a b",
        b"/\xff",
        b"?q",
    ],
)
async def test_a_request_is_for_a_path(target: bytes) -> None:
    app = Echo()
    async with served(app) as door:
        assert (await door.say(get(target))).status == 400
    assert app.asked == []


@pytest.mark.parametrize(
    "message",
    [
        b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
        b"Content-Length: 4\r\nContent-Length: 4\r\n\r\nabcd",
        b"Content-Length: 4, 4\r\n\r\nabcd",
        b"Content-Length: +4\r\n\r\nabcd",
        b"Content-Length: -1\r\n\r\nabcd",
        b"Content-Length: 0x4\r\n\r\nabcd",
        b"Content-Length: \r\n\r\nabcd",
        b"Content-Length: 99999999999999999999999\r\n\r\n",
        b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n4\r\nabcdX\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n-4\r\nabcd\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n4 \nabcd\r\n0\r\n\r\n",
        b"Content-Length : 4\r\n\r\nabcd",
        b" folded: yes\r\n\r\n",
        b"X-A: b\nX-C: d\r\n\r\n",
        b"X-A: b\rX-C: d\r\n\r\n",
        b"X-A: b\x00c\r\n\r\n",
        b": empty\r\n\r\n",
    ],
)
async def test_what_two_programs_could_read_in_two_ways_is_refused(message: bytes) -> None:
    smuggled = b"GET /smuggled HTTP/1.1\r\n" + HOST + b"\r\n"
    app = Echo()
    async with served(app) as door:
        said = await door.say(b"POST / HTTP/1.1\r\n" + HOST + message + smuggled)
    assert said.status == 400
    assert b"connection: close" in said.head
    assert "GET /smuggled" not in app.asked


async def test_a_head_has_a_size() -> None:
    app = Echo()
    room = limits.REQUEST_HEAD_BYTES - len("host") - len("groups.example") - len("connectionclose")
    async with served(app) as door:
        value = b"x" * (room - len("a"))
        assert (await door.say(get(b"/", b"a: " + value))).status == 200
        assert (await door.say(get(b"/", b"a: " + value + b"x"))).status == 431
        many = [b"a: b"] * (limits.REQUEST_HEADERS - 2)
        assert (await door.say(get(b"/", *many))).status == 200
        assert (await door.say(get(b"/", *many, b"a: b"))).status == 431
        url = b"/" + b"x" * (limits.REQUEST_URL_BYTES - 1)
        assert (await door.say(get(url))).status == 200
        assert (await door.say(get(url + b"x"))).status == 414
    assert len(app.asked) == 3


async def test_one_header_without_end_is_refused_before_it_fills_the_memory() -> None:
    async with served(Echo()) as door:
        flood = [b"x" * 16_384] * 40
        said = await door.say(b"GET / HTTP/1.1\r\n" + HOST + b"a: ", *flood)
        assert said.status in {431, 0}  # the answer may be lost to what is still on its way
        assert not door.state.connections


CHUNKED = b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n"


async def test_what_is_said_after_the_body_is_no_header_and_names_no_peer() -> None:
    app = Echo()
    async with served(app) as door:
        head = CHUNKED.removesuffix(b"\r\n") + CLOSE
        after = HOST + b"X-Forwarded-For: 192.0.2.6\r\nSignature: s\r\n\r\n"
        said = await door.say(head + b"2\r\nhi\r\n0\r\n" + after)
    assert (said.status, app.asker) == (200, "127.0.0.1")
    assert [name for name, _ in app.headers] == [b"host", b"transfer-encoding", b"connection"]


async def test_what_is_said_after_the_body_has_a_size_and_chunks_have_none() -> None:
    async with served(Echo()) as door:
        flood = [b"x" * 16_384] * 40
        said = await door.say(CHUNKED + b"0\r\na: ", *flood)
        assert said.status in {431, 0}  # the answer may be lost to what is still on its way
        assert not door.state.connections
        size = limits.REQUEST_HEAD_BYTES + 1
        chunk = b"%x\r\n" % size, b"x" * size + b"\r\n"
        said = await door.say(
            CHUNKED + chunk[0], chunk[1] + chunk[0], chunk[1] + b"0\r\n\r\n" + get()
        )
        assert (said.status, said.answers) == (200, 2)


async def test_a_long_body_is_no_long_head() -> None:
    async with served(Echo()) as door:
        body = b"x" * 900_000
        head = b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 900000\r\n\r\n"
        said = await door.say(head + body + get())
        assert (said.status, said.answers) == (200, 2)


async def drip(door: Door, start: bytes, part: bytes, every: float, times: int) -> float:
    """After how many seconds of dripping the server has hung up."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    reader, writer = await door.connect()
    ended = asyncio.create_task(reader.read(-1))
    writer.write(start)
    for _ in range(times):
        await asyncio.wait([ended], timeout=every)
        if ended.done():
            break
        writer.write(part)
    assert ended.done(), "it still listens"
    ended.exception()
    writer.close()
    return loop.time() - begun


@pytest.mark.parametrize(
    ("start", "part"),
    [
        (b"", b""),
        (b"", b"\r\n"),
        (b"GET / HT", b""),
        (b"GET / HTTP/1.1\r\nHost: groups.example\r\n", b"a: b\r\n"),
        (b"GET / HTTP/1.1\r\nHost: groups.example\r\na: ", b"b"),
        (b"POST / HTTP/1.1\r\nHost: groups.example\r\nContent-Length: 900\r\n\r\n", b"b"),
        (b"GET / HTTP/1.1\r\nHost: groups.example\r\nContent-Length: 900\r\n\r\n", b"b"),
        (b"GET / HTTP/1.1\r\nHost: groups.example\r\n\r\n", b"\r\n"),
    ],
)
async def test_a_request_that_drips_is_ended_by_the_deadline_of_the_whole(
    monkeypatch: pytest.MonkeyPatch, start: bytes, part: bytes
) -> None:
    monkeypatch.setattr(limits, "REQUEST_SECONDS", 0.4)
    async with served(Echo()) as door:
        took = await drip(door, start, part, every=0.05, times=60)
        assert 0.3 < took < 2.5
        await asyncio.sleep(0.05)
        assert not door.state.connections


async def test_an_app_may_take_longer_than_its_visitors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "REQUEST_SECONDS", 0.2)

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(0.5)
        await Echo()(scope, receive, send)

    async with served(slow) as door:
        assert (await door.say(get())).status == 200


async def long(scope: Any, receive: Any, send: Any) -> None:
    """An app whose answer has many parts, each sent once there is room for it."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for _ in range(40):
        part = {"type": "http.response.body", "body": b"x" * 1_000_000, "more_body": True}
        await send(part)
    await send({"type": "http.response.body", "body": b""})


@pytest.mark.parametrize("app", [Echo(b"x" * 30_000_000), long])
async def test_an_answer_that_nobody_takes_is_given_up(
    monkeypatch: pytest.MonkeyPatch, app: App
) -> None:
    monkeypatch.setattr(limits, "REQUEST_SECONDS", 0.4)
    async with served(app) as door:
        reader, writer = await door.connect()
        writer.write(get())
        reader._transport.pause_reading()  # type: ignore[attr-defined]
        await asyncio.sleep(0.2)
        assert door.state.connections
        await asyncio.sleep(0.8)
        assert not door.state.connections
        writer.close()


async def test_who_waits_makes_room_and_who_is_served_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "CONNECTIONS", 5)
    going = asyncio.Event()

    async def held(scope: Any, receive: Any, send: Any) -> None:
        await going.wait()
        await Echo()(scope, receive, send)

    async with served(held) as door:
        at_work = asyncio.create_task(door.say(get()))
        await asyncio.sleep(0.05)
        idle = [await door.connect() for _ in range(12)]
        await asyncio.sleep(0.05)
        assert len(door.state.connections) == 5
        new = asyncio.create_task(door.say(get()))
        await asyncio.sleep(0.05)
        going.set()
        assert ((await at_work).status, (await new).status) == (200, 200)
        for _, writer in idle:
            writer.close()


async def test_a_crowd_of_idle_connections_delays_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    async with served(Echo()) as door:
        idle = [await door.connect() for _ in range(300)]
        for _, writer in idle:
            writer.write(b"GET / HTTP/1.1\r\n")
        loop = asyncio.get_running_loop()
        begun = loop.time()
        for _ in range(20):
            assert (await door.say(get())).status == 200
        assert loop.time() - begun < 2
        for _, writer in idle:
            writer.close()


async def test_an_upgrade_to_anything_but_a_websocket_is_not_taken() -> None:
    async with served(Echo()) as door:
        asked = get(b"/", b"Upgrade: h2c", b"Connection: Upgrade", b"HTTP2-Settings: AAMAAABk")
        assert (await door.say(asked.replace(CLOSE, b"\r\n"), seconds=1)).status == 200
