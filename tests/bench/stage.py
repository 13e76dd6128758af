"""What the benchmarks measure: an instance with the group `welders`, and hosts that follow it."""

from __future__ import annotations

import json
import shutil
import ssl
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from federation import clock, ids, keys, storage, wire
from federation.models import Actor
from federation.transport import GuardedTransport
from federation.wire import Wire
from fedigroups.store import Store
from loopback import at_loopback, loopback_config
from neighbour import bleach, ed25519, rsa
from outbox import streams
from outbox.publish import Draft, Outgoing, Place, publish
from outbox.scheduler import Scheduler

ORIGIN = "http://127.0.0.1:1"
WELDERS = f"{ORIGIN}/groups/welders"
THREAD = streams.thread(1)
TEXT = "Which rod for thin stainless sheet? " * 60


@dataclass(frozen=True)
class Where:
    """The settings that a store needs."""

    origin: str
    database_url: str


@dataclass
class Sender:
    """The sending half of an instance, on a database of its own in a file."""

    store: Store
    wire: Wire
    scheduler: Scheduler
    count: int = 0

    def ambient(self) -> AbstractContextManager[None]:
        """Make this sender's database the ambient one."""
        return self.store.context()

    async def follow(self, hosts: Sequence[str], port: int, scheme: str = "http") -> None:
        """Let a shared inbox at each host read the group's stream."""
        with self.ambient():
            async with storage.transaction():
                for host in hosts:
                    name = f"{host}:{port}"
                    await streams.subscribe(THREAD, f"{scheme}://{name}/inbox", name)

    async def say(self) -> None:
        """Publish a post of 2.8 kB."""
        with self.ambient():
            async with storage.transaction():
                await publish([self.draft()])

    async def broadcast(self) -> None:
        """Publish a post and deliver it to everybody."""
        await self.say()
        with self.ambient():
            await self.scheduler.drain()

    def draft(self) -> Draft:
        """The next post."""
        self.count += 1
        uri = f"{ORIGIN}/activities/{ids.new()}"
        return Draft(
            Outgoing(uri, WELDERS, "Announce", letter(uri)),
            (Place(THREAD, "post", thread=str(self.count), object_uri=f"{uri}#post"),),
        )


def letter(uri: str) -> bytes:
    """An Announce of a Create of a Page, 2.8 kB."""
    page = {"id": f"{uri}#post", "type": "Page", "attributedTo": uri, "content": TEXT}
    create = {"id": f"{uri}#create", "type": "Create", "actor": uri, "object": page}
    return json.dumps({"id": uri, "type": "Announce", "actor": WELDERS, "object": create}).encode()


@asynccontextmanager
async def sender(trust: ssl.SSLContext | None = None) -> AsyncIterator[Sender]:
    """A sender whose names all lead to this machine."""
    folder = Path(tempfile.mkdtemp(prefix="fedigroups-bench-"))
    config = loopback_config(ORIGIN)
    store = Store(Where(ORIGIN, f"sqlite://{folder}/bench.sqlite3"))
    made = wire.build(config, GuardedTransport(config, resolver=at_loopback, trust=trust), bleach)
    try:
        await store.open()
        await store.migrate()
        with store.context():
            await _found(made)
            yield Sender(store, made, Scheduler(made, owner="bench"))
    finally:
        await made.close()
        await store.close()
        shutil.rmtree(folder, ignore_errors=True)


async def _found(made: Wire) -> None:
    actor = await Actor.create(
        id=ids.new(),
        uri=WELDERS,
        kind="Group",
        local=True,
        host=made.config.host,
        username="welders",
        inbox=f"{WELDERS}/inbox",
        published_at=clock.now_ms(),
    )
    await made.keyring.create(actor, keys.Minted(rsa("welders"), ed25519("welders")))
