"""This module puts the floors together into one running instance."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial

import structlog
from tortoise.exceptions import IntegrityError

from federation import crashpoints, ids
from federation.sealing import Seal
from federation.transport import GuardedTransport
from federation.wire import Transport, Wire, build
from fedigroups import bus as buses
from fedigroups import vapid as vapids
from fedigroups.accounts import mailer
from fedigroups.accounts.mailer import Mailer
from fedigroups.accounts.people import ensure_own_actors
from fedigroups.bus import CHANGED, INBOX, MAIL, NEWS, OUTBOX, Bus
from fedigroups.content.sanitise import clean
from fedigroups.groups import departures, routing, synchronizing
from fedigroups.groups.handlers import register_all
from fedigroups.groups.hearsay import Inquiry
from fedigroups.mails.sending import Mails
from fedigroups.mastodon import pushes
from fedigroups.media import library
from fedigroups.media.library import Library
from fedigroups.models import IDS_ABOVE, Setting
from fedigroups.push.sending import Pusher
from fedigroups.settings import Settings, federation_config
from fedigroups.store import Store
from fedigroups.streaming.hub import Hub
from fedigroups.vapid import Vapid
from inbox.process import Processor
from inbox.record import Recorder
from inbox.registry import Registry
from outbox import lanes
from outbox.revival import Revival
from outbox.scheduler import Scheduler

OWN_ACTORS = 2
"""How many actors of its own an instance has; another process may make each of them first."""

log = structlog.get_logger("fedigroups.instance")


@dataclass(frozen=True, slots=True)
class Instance:
    """All parts of one instance; each was given what it needs and no more.

    `stopping` is set as soon as the process is asked to stop: what works or waits then ends.
    """

    settings: Settings
    store: Store
    wire: Wire
    bus: Bus
    recorder: Recorder
    processor: Processor
    scheduler: Scheduler
    mailer: Mailer
    media: Library
    hub: Hub
    vapid: Vapid
    pusher: Pusher
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    async def open(self) -> None:
        """Open the database, bring it up to date and make the instance's own actors.

        Refuses with Misconfigured a secret other than the one that its keys were sealed under:
        several machines are easily given several, and keys would be sealed under each.
        """
        await self.store.open()
        try:
            await self.store.migrate()
            with self.store.context():
                await _ids_go_on()
                await _own_actors(self.wire)
                await self.wire.keyring.signer(self.wire.uris.instance_actor)
                await self.vapid.open()
                if self.store.exclusive and self.store.kind == "sqlite":
                    await lanes.release_everything()  # of a process that was killed
        except BaseException:
            await self.store.close()
            raise

    async def close(self) -> None:
        """Close bus, connections and database."""
        await self.bus.close()
        await self.media.close()
        await self.wire.close()
        await self.store.close()

    async def settle(self) -> None:
        """Process all that has arrived, deliver and post all that is due, then return."""
        with self.store.context():
            await self.processor.drain()
            await self.scheduler.drain()
            await self.mailer.drain()
            await self.pusher.drain()


async def _ids_go_on() -> None:
    """No id is given out twice, though a backup was restored (`backup/restoring.py`)."""
    if (least := await Setting.get_or_none(key=IDS_ABOVE)) is not None:
        ids.start_above(int(least.value))


async def _own_actors(wire: Wire) -> None:
    for _ in range(OWN_ACTORS):
        try:
            return await ensure_own_actors(wire)
        except IntegrityError:
            log.info("instance.actor_made_elsewhere")  # by a process started at the same time
    return await ensure_own_actors(wire)


def assemble(
    settings: Settings, *, transport: Transport | None = None, exclusive: bool = False
) -> Instance:
    """An instance, not yet open; `exclusive` claims a SQLite file for this process alone."""
    crashpoints.arm(settings.crashpoint)
    config = federation_config(settings)
    wire = build(config, transport or GuardedTransport(config), clean, routing.watch())
    bus = buses.choose(settings)
    media = library.build(settings, wire)
    seal = Seal(settings.secret)
    vapid = Vapid(seal, vapids.subject(settings.contact, config.origin))
    instance = Instance(
        settings=settings,
        store=_store(settings, bus, exclusive=exclusive),
        wire=wire,
        bus=bus,
        recorder=Recorder(after=partial(bus.publish, INBOX)),
        processor=_processor(wire, bus),
        scheduler=_scheduler(wire),
        mailer=_mailer(settings, seal, config.host),
        media=media,
        hub=Hub(media.pictures),
        vapid=vapid,
        pusher=Pusher(wire.http, vapid, pushes.composer(seal, media.pictures)),
    )
    _let_the_bus_wake(instance)
    return instance


def _store(settings: Settings, bus: Bus, *, exclusive: bool) -> Store:
    return Store(
        settings,
        exclusive=exclusive,
        changed=partial(bus.publish, CHANGED),
        said=partial(bus.publish, NEWS),
    )


def _processor(wire: Wire, bus: Bus) -> Processor:
    registry = Registry(Inquiry().attest)
    register_all(registry)
    return Processor(
        wire,
        registry,
        after=partial(bus.publish, OUTBOX),
        heard=Revival().heard,
        synchronize=partial(synchronizing.compare, wire),
    )


def _scheduler(wire: Wire) -> Scheduler:
    owner = f"{socket.gethostname()}:{os.getpid()}:{ids.token(4)}"
    return Scheduler(wire, owner=owner, on_gone=partial(departures.inbox_gone, wire))


def _mailer(settings: Settings, seal: Seal, host: str) -> Mailer:
    """What sends letters: through the mail server, or into the data folder where there is none."""
    send = mailer.into_files(settings.data_dir / "mail")
    if settings.smtp_url:
        send = mailer.by_smtp(settings.smtp_url)
    name = settings.instance_name or host
    sender = mailer.sender_of(name, settings.contact, host)
    return Mailer(seal, host, sender, send, Mails(seal, name, settings.origin, host))


def _let_the_bus_wake(instance: Instance) -> None:
    bus = instance.bus
    bus.listen(INBOX, lambda _: instance.processor.wake())
    bus.listen(OUTBOX, lambda _: instance.scheduler.wake())
    bus.listen(MAIL, lambda _: instance.mailer.wake())
    bus.listen(NEWS, instance.hub.hear)
    bus.listen(NEWS, instance.pusher.hear)


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Instance]:
    """An open instance whose database is ambient, for a command that ends.

    When the block is left well, running servers are told to look for what it committed.
    """
    instance = assemble(settings)
    await instance.open()
    try:
        await instance.bus.open()
        with instance.store.context():
            yield instance
        for topic in (INBOX, OUTBOX, MAIL):
            instance.bus.publish(topic)
    finally:
        await instance.close()
