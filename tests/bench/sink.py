"""The other servers of the benchmarks: one process that answers 202 to whatever host is asked.

`python sink.py [CERTIFICATE]` prints its port, and serves until its standard input ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import uvloop

ANSWER = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"
DEAD = b"dead"
"""Hosts whose name begins so never answer."""


class Inbox(asyncio.Protocol):
    """One connection: the shortest server that reads requests to their end."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.got = b""

    def data_received(self, data: bytes) -> None:
        self.got += data
        while True:
            end = self.got.find(b"\r\n\r\n")
            if end < 0:
                return
            head = self.got[:end].lower()
            length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0] or b"0")
            if len(self.got) < end + 4 + length:
                return
            self.got = self.got[end + 4 + length :]
            if b"\r\nhost: " + DEAD not in head:
                self.transport.write(ANSWER)  # type: ignore[attr-defined]


async def serve(certificate: str) -> None:
    trust = None
    if certificate:
        trust = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        trust.load_cert_chain(certificate)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Inbox, "127.0.0.1", 0, ssl=trust, backlog=4_096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


@contextlib.contextmanager
def sink(certificate: str = "") -> Iterator[int]:
    """The port of a running sink."""
    command = [sys.executable, str(Path(__file__).resolve()), certificate]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.stdin.close()
            process.wait(10)


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1]))
