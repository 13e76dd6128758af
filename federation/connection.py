"""This module knows one HTTP/1.1 connection as its client sees it: one exchange at a time, bounded.

It never opens a socket: `federation.transport` does, after checking where it leads.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import httptools

from federation import limits
from federation.errors import Unreachable

_HEADER_COST = 32  # what one header costs beside its bytes, as in RFC 9113, section 6.5.2
_UNREAD_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Head:
    """The status and the headers of an answer, as they were sent."""

    status: int
    headers: list[tuple[bytes, bytes]]


class Connection(asyncio.Protocol):
    """One connection; `on_lost` is called once with it when it is no more."""

    def __init__(self, on_lost: Callable[[Connection], None]) -> None:
        self._on_lost = on_lost
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._parser: httptools.HttpResponseParser | None = httptools.HttpResponseParser(self)
        self._waiter: asyncio.Future[None] | None = None
        self._busy = False
        self._paused = False
        self._reset()

    def _reset(self) -> None:
        self.silent = True
        """No byte of an answer has arrived since the request was sent."""
        self._head: Head | None = None
        self._headers: list[tuple[bytes, bytes]] = []
        self._head_room = self._header_room = limits.HEADER_BYTES
        self._slack = limits.HEADER_BYTES
        self._chunks: list[bytes] = []
        self._unread = 0
        self._done = False
        self._keep = False
        self._failure = ""

    # What the transport calls

    @property
    def alive(self) -> bool:
        """Whether a request can be sent on it now."""
        return self._transport is not None and not self._transport.is_closing()

    def send(self, message: bytes) -> None:
        """Send a whole request; the answer is asked for with `head` and then `chunk`."""
        self._reset()
        self._busy = True
        if self._transport is None:
            self._fail("closed the connection")
        else:
            self._transport.write(message)

    async def head(self) -> Head:
        """The head of the final answer; raises Unreachable when none comes."""
        while self._head is None:
            await self._more()
        return self._head

    async def chunk(self) -> bytes:
        """More of the body, b"" at its end; raises Unreachable when it breaks off."""
        while not self._chunks:
            if self._done:
                return b""
            await self._more()
        body = b"".join(self._chunks)
        self._chunks.clear()
        self._unread = 0
        self._resume()
        return body

    def release(self) -> bool:
        """End the exchange; True when the connection can carry another one."""
        self._busy = False
        if self._done and self._keep and self.alive:
            self._resume()
            return True
        self.abort()
        return False

    def abort(self) -> None:
        """Close it now, whatever it is doing."""
        if self._transport is not None:
            self._transport.abort()

    async def _more(self) -> None:
        if self._failure:
            raise Unreachable(self._failure)
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    # What the event loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is open (and its certificate checked)."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Bytes have come; what was not asked for ends the connection."""
        if not self._busy or self._done or self._parser is None:
            self._keep = False
            self.abort()
            return
        self.silent = False
        try:
            self._feed(self._parser, data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._keep = False
            self._fail(f"broke HTTP: {error}")
        self._throttle()
        self._wake()

    def eof_received(self) -> None:
        """The other side sends no more; that is how a body of undeclared length ends."""
        if self._head is not None and not self._done and _ends_with_connection(self._head):
            self._done = True
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is no more."""
        self._fail(f"closed the connection{f': {exc}' if exc else ''}")
        self._transport = None
        self._parser = None  # it holds our methods: a cycle
        self._wake()
        self._on_lost(self)

    def _feed(self, parser: httptools.HttpResponseParser, data: bytes) -> None:
        if self._head is None:
            first, data = data[: self._head_room], data[self._head_room :]
            self._head_room -= len(first)
            parser.feed_data(first)
            if self._head is None and min(self._head_room, self._header_room) <= 0:
                self._fail(f"sent more than {limits.HEADER_BYTES} bytes of headers")
                return
        if data and self._head is not None:
            self._slack -= len(data)
            parser.feed_data(data)
            if self._slack < 0:
                self._fail("sent more framing than body")

    def _throttle(self) -> None:
        if self._failure:
            self.abort()
        elif self._transport and self._unread > _UNREAD_BYTES and not (self._paused or self._done):
            self._paused = True
            self._transport.pause_reading()

    def _resume(self) -> None:
        if self._paused and self._transport is not None:
            self._paused = False
            self._transport.resume_reading()

    def _fail(self, reason: str) -> None:
        if not self._done and not self._failure:
            self._failure = reason

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    # What the parser calls

    def on_message_begin(self) -> None:
        """Another answer starts: after the final one nobody asked for it."""
        if self._done:
            self._keep = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header, or a trailer, which nobody needs."""
        if self._head is None:
            self._header_room -= _HEADER_COST + len(name) + len(value)
            self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        """A head is complete; an informational one (1xx) is dropped."""
        if self._done or self._parser is None:
            return
        status = self._parser.get_status_code()
        if status == 101:
            self._fail("switched to a protocol that was not asked for")
        elif status < 200:
            self._header_room -= _HEADER_COST
            self._headers = []
        elif self._header_room > 0:
            self._head = Head(status, self._headers)

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        if self._done:
            return
        self._chunks.append(body)
        self._unread += len(body)
        self._slack += 8 * len(body)

    def on_message_complete(self) -> None:
        """The answer is complete, unless it was an informational one."""
        if self._head is None or self._done or self._parser is None:
            return
        self._done = True
        self._keep = self._parser.should_keep_alive()


def _ends_with_connection(head: Head) -> bool:
    names = {name.lower() for name, _ in head.headers}
    return b"content-length" not in names and b"transfer-encoding" not in names
