"""This module bounds what one connection may cost before, between and after its requests.

Uvicorn waits for ever for the rest of a request, and for somebody to read an answer; it takes heads
of any size and hosts of any spelling. What is refused here never reaches the app.
"""

from __future__ import annotations

import asyncio
import re

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from federation import limits
from fedigroups import open_files

_HOST = re.compile(rb"[A-Za-z0-9._~-]+(?::[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\](?::[0-9]{1,5})?")
_REASONS = {
    400: "That is not a request that this server can read.\n",
    414: "That address is too long.\n",
    431: "The headers of that request are too large.\n",
}


def _most() -> int:
    """How many connections may be open: half of the files are for what else the server does."""
    return min(limits.CONNECTIONS, open_files.allowed() // 2)


class Bounded(HttpToolsProtocol):
    """Uvicorn's protocol with a deadline, a size for heads, and room for others.

    The other side has `limits.REQUEST_SECONDS` to send a whole request, from its first moment or
    from the end of the last answer, and as long again to take an answer that does not fit into the
    system's buffers. Where `limits.CONNECTIONS` are open, one that waits makes room.
    """

    _deadline: asyncio.TimerHandle | None = None
    _lines: object | None = None
    """What is being read of lines: one head, or what follows one chunk."""
    _headed = False
    _room = 0
    _whole = False
    _stalled = False
    _status = 400

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Somebody connected; one who waits may have to leave for them."""
        super().connection_made(transport)
        self._await_them()
        if len(self.connections) > _most():
            self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        """They are gone."""
        self._set_deadline(None)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes have come; those of one header count before it is whole."""
        before = self._lines
        super().data_received(data)
        if before and before is self._lines and not self.transport.is_closing():
            self._room -= len(data)
            if self._room < 0:
                self._refuse(431)

    # What the parser calls

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._headed = self._whole = False
        self._begin_lines()

    def on_url(self, url: bytes) -> None:
        """A part of the address."""
        super().on_url(url)
        if len(self.url) > limits.REQUEST_URL_BYTES:
            self._stop(414)

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header more. After the body none counts: no proxy looked at it (RFC 9110 6.5.1)."""
        if self._headed:
            return
        super().on_header(name, value)
        if len(self.headers) > limits.REQUEST_HEADERS:
            self._stop(431)

    def on_headers_complete(self) -> None:
        """The head is whole; what is addressed to nobody, or in two ways, goes no further."""
        self._lines, self._headed = None, True
        if sum(len(name) + len(value) for name, value in self.headers) > limits.REQUEST_HEAD_BYTES:
            self._stop(431)
        hosts = [value for name, value in self.headers if name == b"host"]
        if len(hosts) != 1 and (hosts or self.parser.get_http_version() != "1.0"):
            self._stop(400)
        if not self.url.startswith(b"/") or self.url.startswith(b"//"):
            self._stop(400)
        if any(not _HOST.fullmatch(host) for host in hosts):
            self._stop(400)
        # the parser looks at the last coding alone; a proxy may look at the first
        codings = [value.lower() for name, value in self.headers if name == b"transfer-encoding"]
        if codings not in ([], [b"chunked"]):
            self._stop(400)
        super().on_headers_complete()

    def handle_websocket_upgrade(self) -> None:
        """What they say from now on is bounded by `web/sockets.py`."""
        self._set_deadline(None)
        super().handle_websocket_upgrade()

    def on_chunk_header(self) -> None:
        """A chunk begins; what comes after the last one has the size of a head."""
        self._begin_lines()

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        self._lines = None
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is whole: the next word is ours."""
        super().on_message_complete()
        self._lines, self._whole = None, True
        if self.parser.should_upgrade() and self._should_upgrade():
            return
        if not (self._stalled or self.cycle.response_complete):
            self._set_deadline(None)

    # What the app's answers cause

    def on_response_complete(self) -> None:
        """An answer is written: the next word is theirs, unless they said it already."""
        super().on_response_complete()
        if self.cycle.response_complete:
            self._await_them()

    def pause_writing(self) -> None:
        """They do not take what they asked for."""
        super().pause_writing()
        self._stalled = True
        self._await_them()

    def resume_writing(self) -> None:
        """They do again."""
        super().resume_writing()
        self._stalled = False
        if self._whole and not self.cycle.response_complete:
            self._set_deadline(None)

    # Refusals

    def send_400_response(self, msg: str) -> None:
        """Say what was wrong with the request, and close."""
        self._refuse(self._status)

    def _stop(self, status: int) -> None:
        """End the parsing: what the parser's caller is told is always 400."""
        self._status = status
        raise ValueError(_REASONS[status])

    @property
    def waits(self) -> bool:
        """Whether it is the other side's turn."""
        return self._deadline is not None

    def _refuse(self, status: int) -> None:
        text = _REASONS[status].encode()
        head = (
            b"content-type: text/plain; charset=utf-8\r\ncontent-length: %d\r\n"
            b"connection: close\r\n\r\n" % len(text)
        )
        self.transport.write(STATUS_LINE[status] + head + text)
        self.transport.close()

    def _begin_lines(self) -> None:
        self._lines, self._room = object(), limits.REQUEST_HEAD_BYTES

    def _make_room(self) -> None:
        for other in self.connections:
            if isinstance(other, Bounded) and other.waits and other is not self:
                other.transport.abort()
                return
        self.transport.abort()

    def _await_them(self) -> None:
        self._set_deadline(limits.REQUEST_SECONDS)

    def _set_deadline(self, seconds: float | None) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = self.loop.call_later(seconds, self.transport.abort) if seconds else None
