"""The floor of delivery: a bare HTTP/1.1 client with a connection to each host, that signs.

It builds Date, Digest and signature for each request and signs in a pool of threads as large as
ours, as many requests under way as ours allows; it knows no database, no retry and no limits.
"""

from __future__ import annotations

import asyncio
import hashlib
import ssl
from base64 import b64encode
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate
from typing import cast

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

KEY_ID = "https://groups.example/groups/welders#main-key"


class _Line(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self) -> None:
        self._answer: asyncio.Future[bytes] | None = None
        self._came = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._came += data
        if self._came.endswith(b"\r\n\r\n") and self._answer is not None:
            answer, self._answer = self._answer, None
            answer.set_result(self._came)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None:
            self._answer.set_exception(ConnectionError("the host hung up"))

    def ask(self, request: bytes) -> asyncio.Future[bytes]:
        self._came = b""
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._answer

    def close(self) -> None:
        self._transport.abort()


class Sender:
    """Delivers to hosts that all have one address; `keep` keeps the connections open."""

    def __init__(
        self,
        key: RSAPrivateKey,
        address: str,
        trust: ssl.SSLContext | None,
        *,
        threads: int,
        at_once: int,
        keep: bool = True,
    ) -> None:
        self._key = key
        self._address = address
        self._trust = trust
        self._pens = ThreadPoolExecutor(threads)
        self._at_once = at_once
        self._keep = keep
        self._lines: dict[str, _Line] = {}

    async def deliver(self, hosts: Sequence[str], bodies: Sequence[bytes]) -> None:
        """Every body to every host, to each of them one after another."""
        waiting = iter(hosts)

        async def work() -> None:
            for host in waiting:
                for body in bodies:
                    await self._post(host, body)

        await asyncio.gather(*(work() for _ in range(self._at_once)))

    def close(self) -> None:
        """Close all connections."""
        for line in self._lines.values():
            line.close()
        self._pens.shutdown()

    async def _post(self, host: str, body: bytes) -> None:
        request = await self._signed(host, body)
        line = self._lines.get(host) or await self._connect(host)
        answer = await line.ask(request)
        assert answer.startswith(b"HTTP/1.1 202"), answer
        if not self._keep:
            self._lines.pop(host).close()

    async def _signed(self, host: str, body: bytes) -> bytes:
        date = formatdate(usegmt=True)
        digest = "SHA-256=" + b64encode(hashlib.sha256(body).digest()).decode()
        text = f"(request-target): post /inbox\nhost: {host}\ndate: {date}\ndigest: {digest}"
        loop = asyncio.get_running_loop()
        made = await loop.run_in_executor(
            self._pens, self._key.sign, text.encode(), PKCS1v15(), hashes.SHA256()
        )
        signature = (
            f'keyId="{KEY_ID}",algorithm="rsa-sha256",'
            f'headers="(request-target) host date digest",signature="{b64encode(made).decode()}"'
        )
        head = (
            f"POST /inbox HTTP/1.1\r\nHost: {host}\r\nUser-Agent: floor\r\n"
            f"Content-Type: application/activity+json\r\nContent-Length: {len(body)}\r\n"
            f"Date: {date}\r\nDigest: {digest}\r\nSignature: {signature}\r\n\r\n"
        )
        return head.encode() + body

    async def _connect(self, host: str) -> _Line:
        name, _, port = host.partition(":")
        _, line = await asyncio.get_running_loop().create_connection(
            _Line, self._address, int(port), ssl=self._trust,
            server_hostname=name if self._trust else None,
        )  # fmt: skip
        self._lines[host] = line
        return line
