"""This module is a server on 127.0.0.0/8 that does what a script says, however rude."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import ip_network
from types import TracebackType

from federation.config import FederationConfig, Network

SECRET = b"s" * 32
LOOPBACK: tuple[Network, ...] = (ip_network("127.0.0.0/8"),)


def loopback_config(origin: str = "http://127.0.0.1:1") -> FederationConfig:
    """What an instance on loopback is configured with: plain http, any port, 127.0.0.0/8."""
    return FederationConfig(origin=origin, secret=SECRET, allow_networks=LOOPBACK, allow_http=True)


def public_config() -> FederationConfig:
    """What a public instance is configured with."""
    return FederationConfig(origin="https://groups.example", secret=SECRET)


async def at_loopback(host: str, port: int) -> Sequence[str]:
    """A name service in which every name is on this machine."""
    return ["127.0.0.1"]


class Visitor:
    """One connection as the script sees it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def request(self) -> bytes:
        """A whole request, head and body; b"" when the client has gone."""
        try:
            head = await self.reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            return b""
        length = 0
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        return head + await self.reader.readexactly(length)

    async def say(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.writer.write(data)
        await self.writer.drain()

    async def flood(self, data: bytes) -> None:
        """Send the same bytes until the client has enough."""
        while True:
            await self.say(data)


Script = Callable[[Visitor], Awaitable[None]]


class Loopback:
    """`async with Loopback(script) as server:` listens; a connection ends with its script."""

    def __init__(
        self, script: Script, *, tls: ssl.SSLContext | None = None, address: str = "127.0.0.1"
    ) -> None:
        self._script = script
        self._tls = tls
        self._address = address
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0
        self.visits = 0
        self.open = 0

    def url(self, path: str = "/", host: str = "h.example") -> str:
        return f"{'https' if self._tls else 'http'}://{host}:{self.port}{path}"

    async def __aenter__(self) -> Loopback:
        self._server = await asyncio.start_server(
            self._visit, self._address, self.port, ssl=self._tls, limit=1 << 22
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _visit(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self.visits += 1
        self.open += 1
        try:
            await self._script(Visitor(reader, writer))
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError, ssl.SSLError):
            pass
        finally:
            self.open -= 1
            if writer.transport.get_write_buffer_size():
                writer.transport.abort()
            else:
                writer.close()


def answering(*answers: bytes) -> Script:
    """A script that answers the requests of a connection one by one, then closes it."""

    async def script(visitor: Visitor) -> None:
        for answer in answers:
            if not await visitor.request():
                return
            await visitor.say(answer)

    return script


def always(answer: bytes) -> Script:
    """A script that answers every request alike, on a connection that stays open."""

    async def script(visitor: Visitor) -> None:
        while await visitor.request():
            await visitor.say(answer)

    return script


def ok(body: bytes = b"", status: str = "200 OK", **headers: str) -> bytes:
    """A proper answer."""
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    lines.append(f"Content-Length: {len(body)}")
    head = "\r\n".join([f"HTTP/1.1 {status}", *lines, "", ""])
    return head.encode() + body
