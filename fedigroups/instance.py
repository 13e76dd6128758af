"""This module puts the floors together into one running instance."""

from __future__ import annotations

import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from federation import ids
from federation.transport import GuardedTransport
from federation.wire import Transport, Wire, build
from fedigroups.accounts.people import ensure_own_actors
from fedigroups.content.sanitise import clean
from fedigroups.groups.handlers import register_all
from fedigroups.settings import Settings, federation_config
from fedigroups.store import Store
from inbox.process import Processor
from inbox.record import Recorder
from inbox.registry import Registry
from outbox.scheduler import Scheduler


@dataclass(frozen=True, slots=True)
class Instance:
    """All parts of one instance; each was given what it needs and no more."""

    settings: Settings
    store: Store
    wire: Wire
    recorder: Recorder
    processor: Processor
    scheduler: Scheduler

    async def open(self) -> None:
        """Open the database, bring it up to date and make the instance's own actors."""
        await self.store.open()
        try:
            await self.store.migrate()
            with self.store.context():
                await ensure_own_actors(self.wire)
        except BaseException:
            await self.store.close()
            raise

    async def close(self) -> None:
        """Close connections and database."""
        await self.wire.close()
        await self.store.close()

    async def settle(self) -> None:
        """Process all that has arrived and deliver all that is due, then return."""
        with self.store.context():
            await self.processor.drain()
            await self.scheduler.drain()


def assemble(
    settings: Settings, *, transport: Transport | None = None, exclusive: bool = False
) -> Instance:
    """An instance, not yet open; `exclusive` claims a SQLite file for this process alone."""
    config = federation_config(settings)
    wire = build(config, transport or GuardedTransport(config), clean)
    scheduler = Scheduler(wire, owner=f"{socket.gethostname()}:{os.getpid()}:{ids.token(4)}")
    registry = Registry()
    register_all(registry)
    processor = Processor(wire, registry, after=scheduler.wake)
    recorder = Recorder(after=processor.wake)
    store = Store(settings, exclusive=exclusive)
    return Instance(settings, store, wire, recorder, processor, scheduler)


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Instance]:
    """An open instance whose database is ambient, for a command that ends."""
    instance = assemble(settings)
    await instance.open()
    try:
        with instance.store.context():
            yield instance
    finally:
        await instance.close()
