"""Requests that were built beforehand, poured over connections that are kept open."""

from __future__ import annotations

import asyncio
import re
import socket
import time
from collections.abc import Iterator, Sequence
from typing import cast

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class _Line(asyncio.Protocol):
    """One connection: the next request goes out when the answer to the last one is whole."""

    def __init__(self, requests: Iterator[bytes], wanted: bytes) -> None:
        self._requests = requests
        self._wanted = wanted
        self._came = b""
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._next()

    def data_received(self, data: bytes) -> None:
        self._came += data
        head, end, body = self._came.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if not end or length is None or len(body) < int(length[1]):
            return
        if not head.startswith(self._wanted):
            self._end(RuntimeError(f"wanted {self._wanted!r}, was answered {self._came[:500]!r}"))
            return
        self._came = b""
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(RuntimeError(f"the server hung up after {self._came[:500]!r}"))

    def _next(self) -> None:
        request = next(self._requests, None)
        if request is None:
            self._end(None)
        else:
            self._transport.write(request)

    def _end(self, error: RuntimeError | None) -> None:
        if not self.done.done():
            self.done.set_exception(error) if error else self.done.set_result(None)
        self._transport.close()


async def pour(
    port: int, requests: Sequence[bytes], connections: int = 64, status: int = 202
) -> float:
    """The seconds until all were answered. RuntimeError when one is not answered `status`."""
    loop, left = asyncio.get_running_loop(), iter(requests)
    wanted = b"HTTP/1.1 %d " % status
    start = time.monotonic()
    lines = [
        (await loop.create_connection(lambda: _Line(left, wanted), "127.0.0.1", port))[1].done
        for _ in range(min(connections, len(requests)))
    ]
    await asyncio.gather(*lines)
    return time.monotonic() - start


def is_open(port: int, address: str = "127.0.0.1") -> bool:
    """Whether something listens there."""
    with socket.socket() as probe:
        return probe.connect_ex((address, port)) == 0
