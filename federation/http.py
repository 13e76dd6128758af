"""This module makes one HTTP exchange with another server, within a deadline and a size.

It is the only client of the program: no redirect is followed here, no cookie is kept, no proxy is
read from the environment, and nothing is sent that the caller or this module did not name.
"""

from __future__ import annotations

import asyncio
import math
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import cast
from urllib.parse import quote

import httpx

from federation import clock, limits, origin
from federation.config import FederationConfig
from federation.errors import Forbidden, Malformed, NotUsable, Unreachable

# What a path may carry as it is: RFC 3986 with the characters that servers put there anyway.
_PATH_SAFE = "!#$%&'()*+,/:;=?@[]^_`{|}~\""


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one request; headers in lower case, repeated ones joined by `, `."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str


class Http:
    """Makes single exchanges over a transport; tasks may share it."""

    def __init__(self, transport: httpx.AsyncBaseTransport, config: FederationConfig) -> None:
        self._transport = transport
        self._agent = config.agent

    async def send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes = b"",
        *,
        seconds: float,
        max_bytes: int,
        cut: bool = False,
    ) -> Answer:
        """The answer to a GET or POST, whatever its status.

        Raises Unreachable (network, DNS, TLS, broken HTTP, `seconds` are over), Forbidden (we do
        not connect there) and NotUsable (a body over `max_bytes`, decoded, or in a coding other
        than gzip). With `cut` the status is what counts, as for a delivery: once it is known, the
        body is whatever arrived in time of its first `max_bytes`, and nothing is raised for it.
        """
        arriving = _Arriving(max_bytes, cut)
        try:
            async with asyncio.timeout(seconds):
                await self._exchange(self._request(method, url, headers, body, cut), arriving)
        except TimeoutError as error:
            if not (cut and arriving.status):
                raise Unreachable(f"{url} took longer than {seconds:g} seconds") from error
        except httpx.TransportError as error:
            raise Unreachable(f"{url}: {error}") from error
        return Answer(arriving.status, arriving.headers, bytes(arriving.body), url)

    async def close(self) -> None:
        """Close all connections."""
        await self._transport.aclose()

    def _request(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, cut: bool
    ) -> httpx.Request:
        target = _target(url)
        own = {
            "Host": target.host,
            "User-Agent": self._agent,
            "Accept-Encoding": "identity" if cut else "gzip",
        }
        if method != "GET":
            own["Content-Length"] = str(len(body))
        named = {name.title(): value for name, value in headers.items()}
        # Bytes and a stream: httpx then adds nothing, and takes a third of the time.
        return httpx.Request(
            method,
            target.url,
            headers=[(k.encode("ascii"), _value(v)) for k, v in {**own, **named}.items()],
            stream=httpx.ByteStream(body),
            extensions={"target": target.path},
        )

    async def _exchange(self, request: httpx.Request, arriving: _Arriving) -> None:
        response = await self._transport.handle_async_request(request)
        stream = cast(httpx.AsyncByteStream, response.stream)
        try:
            arriving.begin(response.status_code, response.headers.raw)
            await _receive(stream, arriving)
        finally:
            await stream.aclose()


def on_wire(url: str) -> str:
    """The spelling in which a URL is requested and signed: canonical, ASCII, without a fragment.

    Raises Forbidden for what is no proper http(s) URL.
    """
    try:
        url = origin.without_fragment(origin.canonical(url))
    except Malformed as error:
        raise Forbidden(str(error)) from error
    start = origin.origin_of(url)
    rest = quote(url[len(start) :], safe=_PATH_SAFE)
    return f"{start}{rest}" if rest.startswith("/") else f"{start}/{rest}"


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds that an answer asks to wait (RFC 9110, section 10.2.3), or None.

    A date in the past, a negative number and infinity are clamped: no peer can silence us for good.
    """
    value = headers.get("retry-after", "").strip()
    if not value:
        return None
    least, most = limits.RETRY_AFTER_SECONDS
    try:
        seconds = float(value)
    except ValueError:
        seconds = _seconds_until(value)
    if math.isnan(seconds):
        return None
    return min(max(seconds, least), most)


@dataclass(slots=True)
class _Arriving:
    """What has arrived of an answer; `room` bytes more are wanted."""

    room: int
    cut: bool
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytearray = field(default_factory=bytearray)

    def begin(self, status: int, raw: list[tuple[bytes, bytes]]) -> None:
        self.status = status
        for name, value in raw:
            key, text = name.decode("latin-1").lower(), value.decode("latin-1")
            self.headers[key] = f"{self.headers[key]}, {text}" if key in self.headers else text

    def take(self, data: bytes) -> bool:
        """Add what there is room for; False when that was not all."""
        self.body += data[: self.room]
        full = len(data) > self.room
        self.room = max(self.room - len(data), 0)
        return not full


@dataclass(frozen=True, slots=True)
class _Target:
    url: httpx.URL
    host: str
    path: bytes


@lru_cache(maxsize=4_096)
def _target(url: str) -> _Target:
    wire = on_wire(url)
    try:
        # httpx would resolve dots in the path; what was signed is what must be asked for.
        path = wire[len(origin.origin_of(wire)) :].encode("ascii")
        return _Target(httpx.URL(wire), origin.host_of(wire), path)
    except httpx.InvalidURL as error:
        raise Forbidden(f"not a usable URL: {error}") from error


async def _receive(stream: httpx.AsyncByteStream, arriving: _Arriving) -> None:
    coding = arriving.headers.get("content-encoding", "").strip().lower()
    try:
        if coding in ("", "identity"):
            await _plain(stream, arriving)
        elif coding in ("gzip", "x-gzip"):
            await _gzipped(stream, arriving)
        else:
            raise NotUsable(f"the answer is coded as {coding[:50]!r}; only gzip is read here")
    except (NotUsable, Unreachable, httpx.TransportError):
        if not arriving.cut:
            raise


async def _plain(stream: httpx.AsyncByteStream, arriving: _Arriving) -> None:
    async for chunk in stream:
        if not arriving.take(chunk):
            raise _too_large()


async def _gzipped(stream: httpx.AsyncByteStream, arriving: _Arriving) -> None:
    """Inflate while it arrives, never further than there is room: a bomb does not go off."""
    inflate = zlib.decompressobj(wbits=31)
    raw_room = arriving.room
    async for chunk in stream:
        raw_room -= len(chunk)
        try:
            fits = arriving.take(inflate.decompress(chunk, arriving.room + 1))
        except zlib.error as error:
            raise NotUsable("the answer says that it is gzip, and is not") from error
        if not fits or raw_room < 0:
            raise _too_large()
    if not inflate.eof:
        raise NotUsable("the gzip of the answer is not complete")


def _value(text: str) -> bytes:
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError as error:
        raise Forbidden(f"a header cannot carry {text[:50]!r}") from error


def _too_large() -> NotUsable:
    return NotUsable("the answer is larger than what is read of one")


def _seconds_until(date: str) -> float:
    try:
        return parsedate_to_datetime(date).timestamp() - clock.now_ms() / 1000
    except (ValueError, OverflowError):
        return float("nan")
