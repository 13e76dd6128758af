"""The floor of a fan-out: a bare HTTP/1.1 client, one connection for each host, and a signature."""

from __future__ import annotations

import asyncio
import hashlib
import ssl
from base64 import b64encode
from collections.abc import Sequence
from email.utils import formatdate

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

AT_ONCE = 64


class Line(asyncio.Protocol):
    """One connection: a message out, an answer without a body in."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.waiter: asyncio.Future[int] | None = None
        self.got = b""

    def data_received(self, data: bytes) -> None:
        self.got += data
        if self.got.endswith(b"\r\n\r\n") and self.waiter is not None:
            self.waiter.set_result(int(self.got[9:12]))
            self.got = b""

    async def send(self, message: bytes) -> int:
        self.waiter = asyncio.get_running_loop().create_future()
        self.transport.write(message)  # type: ignore[attr-defined]
        return await self.waiter


class BareClient:
    """Sends one body to every host; connections are kept."""

    def __init__(self, port: int, key: RSAPrivateKey, trust: ssl.SSLContext | None = None) -> None:
        self.port = port
        self.key = key
        self.trust = trust
        self.lines: dict[str, Line] = {}

    async def line(self, host: str) -> Line:
        if host not in self.lines:
            loop = asyncio.get_running_loop()
            _, line = await loop.create_connection(
                Line,
                "127.0.0.1",
                self.port,
                ssl=self.trust,
                server_hostname=host if self.trust else None,
            )
            self.lines[host] = line
        return self.lines[host]

    async def deliver(self, host: str, body: bytes) -> int:
        """One delivery: digest, signature, request, answer."""
        date, name = formatdate(usegmt=True), f"{host}:{self.port}"
        digest = f"SHA-256={b64encode(hashlib.sha256(body).digest()).decode()}"
        text = f"(request-target): post /inbox\nhost: {name}\ndate: {date}\ndigest: {digest}"
        signature = b64encode(self.key.sign(text.encode(), PKCS1v15(), hashes.SHA256())).decode()
        head = (
            f"POST /inbox HTTP/1.1\r\nHost: {name}\r\nDate: {date}\r\nDigest: {digest}\r\n"
            "Content-Type: application/activity+json\r\n"
            f'Signature: keyId="https://groups.example/groups/welders#main-key",'
            f'algorithm="rsa-sha256",headers="(request-target) host date digest",'
            f'signature="{signature}"\r\nContent-Length: {len(body)}\r\n\r\n'
        )
        return await (await self.line(host)).send(head.encode() + body)

    async def fan_out(self, hosts: Sequence[str], body: bytes) -> None:
        """To all hosts, so many at once."""
        left = iter(hosts)

        async def work() -> None:
            for host in left:
                assert await self.deliver(host, body) == 202

        await asyncio.gather(*(work() for _ in range(AT_ONCE)))

    def close(self) -> None:
        """Close every connection."""
        for line in self.lines.values():
            line.transport.abort()  # type: ignore[attr-defined]
        self.lines.clear()
