"""A crowd of hosts that take what they are sent: `receive.py SPOT PORT`, SPOT is JSON of `Spot`.

Each request is answered 202 after `pause` seconds; on `close` the connection ends with it. Hosts
whose names begin with `dead` never answer. For each line on standard input, a number, the requests
that came since the last are printed, as soon as so many have: pairs of host and monotonic time.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import sys
import time
from dataclasses import dataclass
from typing import cast

import uvloop

BACKLOG = 4_096


@dataclass(frozen=True)
class Spot:
    """Where the hosts are and how they behave; `chain` is a certificate with its key, or ""."""

    addresses: tuple[str, ...]
    chain: str = ""
    close: bool = False
    pause: float = 0.0


class Crowd:
    """What all hosts were sent."""

    def __init__(self, spot: Spot) -> None:
        self.spot = spot
        end = b"Connection: close\r\n" if spot.close else b""
        self.answer = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n%b\r\n" % end
        self._came: list[tuple[str, float]] = []
        self._enough = asyncio.Event()
        self._wanted = 0

    def take(self, host: str) -> None:
        self._came.append((host, time.monotonic()))
        if len(self._came) >= self._wanted:
            self._enough.set()

    async def tell(self) -> None:
        """Answer questions until there are no more."""
        loop, questions = asyncio.get_running_loop(), asyncio.StreamReader()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(questions), sys.stdin)
        while line := await questions.readline():
            self._wanted = int(line)
            self._enough.clear()
            if len(self._came) < self._wanted:
                await self._enough.wait()
            found, self._came = self._came, []
            print(json.dumps(found), flush=True)


class Host(asyncio.Protocol):
    """One connection to one of the hosts."""

    def __init__(self, crowd: Crowd) -> None:
        self._crowd = crowd
        self._came = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._came += data
        head, end, body = self._came.partition(b"\r\n\r\n")
        fields = head.lower().split(b"\r\n")
        if end and len(body) >= int(_field(fields, b"content-length")):
            self._came = b""
            self._take(_field(fields, b"host").decode())

    def _take(self, host: str) -> None:
        if host.startswith("dead"):
            return
        self._crowd.take(host)
        pause = self._crowd.spot.pause
        if pause:
            asyncio.get_running_loop().call_later(pause, self._answer)
        else:
            self._answer()

    def _answer(self) -> None:
        self._transport.write(self._crowd.answer)
        if self._crowd.spot.close:
            self._transport.close()


def _field(fields: list[bytes], name: bytes) -> bytes:
    return next(line[len(name) + 1 :].strip() for line in fields if line.startswith(name + b":"))


async def main(spot: Spot, port: int) -> None:
    """Listen until standard input ends."""
    crowd, tls = Crowd(spot), None
    if spot.chain:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(spot.chain)
    loop = asyncio.get_running_loop()
    await loop.create_server(lambda: Host(crowd), spot.addresses, port, ssl=tls, backlog=BACKLOG)
    await crowd.tell()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(Spot(**json.loads(sys.argv[1])), int(sys.argv[2])))
