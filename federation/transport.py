"""This module opens every outgoing socket, and decides beforehand whether it may.

A request runs through `GuardedTransport` from the name to the last byte: the name is resolved here,
every address it has is judged, and the connection is made to the very address that was judged, so
that nothing can be resolved a second time to something else (DNS rebinding).
"""

from __future__ import annotations

import asyncio
import ipaddress
import resource
import socket
import ssl
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import cast

import httpx

from federation import limits
from federation.addresses import literal, may_connect, private_name
from federation.config import FederationConfig
from federation.connection import Connection, Head
from federation.errors import Forbidden, Unreachable

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
_Key = tuple[bytes, bytes, int | None]

# Deliveries and as many fetches again: one slow host must not be handed every socket.
_CONNECTIONS_PER_HOST = 2 * limits.DELIVERIES_PER_HOST
_ADDRESSES_TRIED = 4
_RESOLVING_AT_ONCE = 32
_FILES_SHARE = 4
_PORTS = {"https": 443, "http": 80}


@dataclass(slots=True)
class _Place:
    """Where connections lead: what is open to one scheme, host and port, and who waits for it."""

    key: _Key
    scheme: str
    host: str
    port: int
    slots: asyncio.Semaphore = field(
        default_factory=lambda: asyncio.Semaphore(_CONNECTIONS_PER_HOST)
    )
    idle: list[Connection] = field(default_factory=list)
    users: int = 0


class GuardedTransport(httpx.AsyncBaseTransport):
    """HTTP/1.1 to public hosts only, with keep-alive; raises Forbidden and Unreachable.

    `resolver` answers with the addresses of a name (the system's by default); `trust` is the TLS
    context that all connections share (by default the system's trust store, or `SSL_CERT_FILE`).
    Deadlines and the size of answers are the caller's (`federation.http`).
    """

    def __init__(
        self,
        config: FederationConfig,
        *,
        resolver: Resolver | None = None,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self._config = config
        # The default executor would be 6 threads, shared with signing: dead names would fill it.
        self._threads = ThreadPoolExecutor(_RESOLVING_AT_ONCE, thread_name_prefix="resolve")
        self._resolve = resolver or self._ask_system
        self._trust = trust or ssl.create_default_context()
        self._trust.set_alpn_protocols(["http/1.1"])
        self._places: dict[_Key, _Place] = {}
        self._idle: OrderedDict[Connection, tuple[_Place, float]] = OrderedDict()
        self._open: set[Connection] = set()
        self._sweeper: asyncio.TimerHandle | None = None
        self._closed = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer, as soon as its head is there; its stream must be closed by the caller."""
        stream = cast(httpx.AsyncByteStream, request.stream)
        message = _message(request, b"".join([part async for part in stream]))
        place = self._place(request.url)
        place.users += 1
        try:
            await place.slots.acquire()
        except BaseException:
            self._leave(place)
            raise
        try:
            connection, head = await self._exchange(place, message)
        except BaseException:
            place.slots.release()
            self._leave(place)
            raise
        body = _Body(connection, lambda: self._finish(place, connection))
        return httpx.Response(head.status, headers=head.headers, stream=body)

    async def aclose(self) -> None:
        """Close every connection, and open none any more."""
        self._closed = True
        if self._sweeper is not None:
            self._sweeper.cancel()
        for connection in list(self._open):
            connection.abort()
        for _ in range(10):
            if not self._open:
                break
            await asyncio.sleep(0.001)
        self._threads.shutdown(wait=False, cancel_futures=True)

    # One exchange

    async def _exchange(self, place: _Place, message: bytes) -> tuple[Connection, Head]:
        connection = self._rested(place)
        if connection is not None:
            try:
                return connection, await self._ask(connection, message)
            except Unreachable:
                if not connection.silent:
                    raise
        # A kept connection that ends without a byte was stale: its server never read the request.
        connection = await self._connect(place)
        return connection, await self._ask(connection, message)

    async def _ask(self, connection: Connection, message: bytes) -> Head:
        try:
            connection.send(message)
            return await connection.head()
        except BaseException:
            connection.abort()
            raise

    def _finish(self, place: _Place, connection: Connection) -> None:
        if connection.release():
            self._rest(place, connection)
        place.slots.release()
        self._leave(place)

    # Places and their idle connections

    def _place(self, url: httpx.URL) -> _Place:
        key = (url.raw_scheme, url.raw_host, url.port)  # `url.host` would undo punycode
        place = self._places.get(key)
        if place is None:
            scheme, host = url.scheme, url.raw_host.decode("ascii")
            port = url.port or _PORTS.get(scheme, 0)
            check(scheme, host, port, self._config)
            place = self._places[key] = _Place(key, scheme, host, port)
        return place

    def _leave(self, place: _Place) -> None:
        place.users -= 1
        self._forget(place)

    def _forget(self, place: _Place) -> None:
        if not place.users and not place.idle:
            self._places.pop(place.key, None)

    def _rested(self, place: _Place) -> Connection | None:
        while place.idle:
            connection = place.idle.pop()
            del self._idle[connection]
            if connection.alive:
                return connection
        return None

    def _rest(self, place: _Place, connection: Connection) -> None:
        loop = asyncio.get_running_loop()
        place.idle.append(connection)
        self._idle[connection] = (place, loop.time())
        if len(self._idle) > _most_idle():
            self._retire(next(iter(self._idle)))
        if self._sweeper is None:
            self._sweeper = loop.call_later(limits.IDLE_SECONDS, self._sweep)

    def _retire(self, connection: Connection) -> None:
        place, _ = self._idle.pop(connection)
        place.idle.remove(connection)
        connection.abort()
        self._forget(place)

    def _sweep(self) -> None:
        loop = asyncio.get_running_loop()
        self._sweeper = None
        while self._idle:
            connection, (_, since) = next(iter(self._idle.items()))
            if since + limits.IDLE_SECONDS > loop.time():
                self._sweeper = loop.call_at(since + limits.IDLE_SECONDS, self._sweep)
                return
            self._retire(connection)

    def _lost(self, connection: Connection) -> None:
        self._open.discard(connection)
        if connection in self._idle:
            self._retire(connection)

    # Opening

    async def _connect(self, place: _Place) -> Connection:
        if self._closed:
            raise Unreachable(f"{place.host} is not asked: this program is stopping")
        addresses = await self._addresses(place)
        try:
            sock = await _dial(addresses[:_ADDRESSES_TRIED], place.port)
        except OSError as error:
            raise Unreachable(
                f"{place.host} cannot be connected: {error or 'no answer'}"
            ) from error
        try:
            return await self._secure(place, sock)
        except OSError as error:  # also every TLS fault
            raise Unreachable(f"{place.host} cannot be trusted or spoken to: {error}") from error

    async def _secure(self, place: _Place, sock: socket.socket) -> Connection:
        tls = place.scheme == "https"
        try:
            _, connection = await asyncio.get_running_loop().create_connection(
                lambda: Connection(self._lost),
                sock=sock,
                ssl=self._trust if tls else None,
                server_hostname=place.host if tls else None,
            )
        except BaseException:
            sock.close()
            raise
        self._open.add(connection)
        return connection

    async def _addresses(self, place: _Place) -> list[str]:
        """What the host's name resolves to; raises Forbidden when any of it may not be reached."""
        if literal(place.host) is not None:
            found: Sequence[str] = [place.host]
        else:
            found = await self._resolved(place)
        for text in found:
            if not may_connect(ipaddress.ip_address(text), self._config.allow_networks):
                raise Forbidden(f"{place.host} is at {text}, which is not a public address")
        return list(dict.fromkeys(found))

    async def _resolved(self, place: _Place) -> Sequence[str]:
        try:
            found = await self._resolve(place.host, place.port)
        except (OSError, UnicodeError) as error:
            raise Unreachable(f"{place.host} cannot be resolved: {error}") from error
        if not found:
            raise Unreachable(f"{place.host} has no address")
        return found

    async def _ask_system(self, host: str, port: int) -> list[str]:
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(
            self._threads, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        )
        return [str(entry[4][0]) for entry in found]


class _Body(httpx.AsyncByteStream):
    """The body of an answer as it arrives; closing it gives the connection back, or ends it."""

    def __init__(self, connection: Connection, finish: Callable[[], None]) -> None:
        self._connection = connection
        self._finish: Callable[[], None] | None = finish

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while chunk := await self._connection.chunk():
            yield chunk

    async def aclose(self) -> None:
        finish, self._finish = self._finish, None
        if finish is not None:
            finish()


def check(scheme: str, host: str, port: int, config: FederationConfig) -> None:
    """Raise Forbidden unless requests may go to that scheme, host name and port at all.

    Public servers speak https on 443 under a public name; an instance whose own origin is plain
    http on loopback (`allow_http`) may speak to any. Nobody speaks to themself.
    """
    name = f"[{host}]" if ":" in host else host
    netloc = name if port == _PORTS.get(scheme) else f"{name}:{port}"
    if netloc == config.host:
        raise Forbidden(f"{netloc} is this instance itself")
    if scheme not in _PORTS:
        raise Forbidden(f"{scheme} is not spoken here")
    if config.allow_http:
        return
    if (scheme, port) != ("https", 443):
        raise Forbidden(f"{scheme} on port {port} is not spoken here: only https on 443")
    if reason := private_name(host):
        raise Forbidden(f"{host} {reason}")


def _message(request: httpx.Request, body: bytes) -> bytes:
    target = request.extensions.get("target", request.url.raw_path)
    lines = [b"%b %b HTTP/1.1" % (request.method.encode("ascii"), target)]
    lines += [b"%b: %b" % pair for pair in request.headers.raw]
    head = b"\r\n".join(lines)
    if head.count(b"\n") != len(lines) - 1 or head.count(b"\r") != len(lines) - 1 or b"\0" in head:
        raise Forbidden("a request with a line break inside a header is not sent")
    return b"%b\r\n\r\n%b" % (head, body)


async def _dial(addresses: Sequence[str], port: int) -> socket.socket:
    """A socket to the first address that answers; OSError when none does in CONNECT_SECONDS."""
    loop = asyncio.get_running_loop()
    end = loop.time() + limits.CONNECT_SECONDS
    failure = OSError("no address")
    for tried, address in enumerate(addresses):
        share = (end - loop.time()) / (len(addresses) - tried)
        try:
            async with asyncio.timeout(share):
                return await _dial_one(address, port)
        except OSError as error:
            failure = error
    raise failure


async def _dial_one(address: str, port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, (address, port))
    except BaseException:
        sock.close()
        raise
    return sock


def _most_idle() -> int:
    """How many connections may rest: deliveries, visitors and the database need files too."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files == resource.RLIM_INFINITY:
        return limits.IDLE_CONNECTIONS
    return min(limits.IDLE_CONNECTIONS, files // _FILES_SHARE)
