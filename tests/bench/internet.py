"""Our side of the crowd of hosts in `receive.py`: how they are named, found, trusted and asked."""

from __future__ import annotations

import asyncio
import json
import ssl
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from random import Random

import trustme
from children import HERE, surroundings
from load import is_open
from receive import Spot

from federation import storage
from federation.transport import GuardedTransport
from fedigroups.cli.stage import free_port
from fedigroups.settings import LOOPBACK, Settings, federation_config
from outbox import streams

DOMAIN = "bench.example"
ADDRESS = "127.0.1.1"
LINE_BYTES = 1 << 28


@dataclass(frozen=True)
class Internet:
    """A running crowd: any name under `bench.example` is one of its hosts."""

    process: asyncio.subprocess.Process
    port: int
    authority: Path | None
    """The certificate of whoever vouches for them, when they speak TLS."""

    def hosts(self, count: int, dead: int = 0) -> list[str]:
        """So many hosts, of which `dead` never answer, in no order."""
        names = [f"{'dead' if n < dead else 'h'}{n}.{DOMAIN}:{self.port}" for n in range(count)]
        Random(7).shuffle(names)
        return names

    def inbox(self, host: str) -> str:
        return f"{'https' if self.authority else 'http'}://{host}/inbox"

    @cached_property
    def trust(self) -> ssl.SSLContext | None:
        """What trusts their certificate; None where they speak plain HTTP."""
        return ssl.create_default_context(cafile=str(self.authority)) if self.authority else None

    def transport(self, settings: Settings) -> GuardedTransport:
        """The product's own way out, which here leads to this crowd."""
        return transport_to(settings, self.trust)

    async def came(self, count: int) -> list[tuple[str, float]]:
        """Once `count` more requests came: the host of each, and when (monotonic seconds)."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(b"%d\n" % count)
        found: list[tuple[str, float]] = json.loads(await self.process.stdout.readline())
        return found


def transport_to(settings: Settings, trust: ssl.SSLContext | None) -> GuardedTransport:
    """A way out that may go to this machine, where all names lead."""
    config = replace(federation_config(settings), allow_networks=LOOPBACK, allow_http=True)
    return GuardedTransport(config, resolver=resolve, trust=trust)


async def resolve(host: str, port: int) -> Sequence[str]:
    """A name service that knows one address."""
    return [ADDRESS]


@asynccontextmanager
async def internet(
    folder: Path,
    *,
    tls: bool = True,
    close: bool = False,
    pause: float = 0.0,
    addresses: Sequence[str] = (ADDRESS,),
) -> AsyncIterator[Internet]:
    """The crowd in a process of its own, listening."""
    port, authority, chain = free_port(addresses[0]), None, folder / "chain.pem"
    if tls:
        authority, issuer = folder / "authority.pem", trustme.CA()
        issuer.cert_pem.write_to_path(str(authority))
        issuer.issue_cert(f"*.{DOMAIN}").private_key_and_cert_chain_pem.write_to_path(str(chain))
    spot = Spot(tuple(addresses), str(chain) if tls else "", close, pause)
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(HERE / "receive.py"), json.dumps(asdict(spot)), str(port),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        env=surroundings(), limit=LINE_BYTES,
    )  # fmt: skip
    try:
        while not is_open(port, addresses[0]):
            if process.returncode is not None:
                raise RuntimeError("the crowd of hosts ended at once")
            await asyncio.sleep(0.02)
        yield Internet(process, port, authority)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def subscribe(stream: str, inboxes: dict[str, str]) -> None:
    """Let each host read the stream at its inbox, in one transaction."""
    async with storage.transaction():
        for host, inbox in inboxes.items():
            await streams.subscribe(stream, inbox, host)
