"""This module runs what works in the background: processing, delivering, and housekeeping."""

from __future__ import annotations

import asyncio
import gc
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from time import perf_counter

import structlog

from federation import clock, metrics, storage
from federation.crashpoints import crashpoint
from federation.waiting import woken
from fedigroups import acquaintances, audit, readonly, rounds
from fedigroups.groups import (
    deleting,
    departures,
    indexing,
    inviting,
    once,
    profiles,
    scheduled,
    tallying,
    weekly,
)
from fedigroups.groups.importing import Importer
from fedigroups.instance import Instance
from fedigroups.mails import digests, gathering
from fedigroups.media import sweeping
from fedigroups.moderation import expiring
from fedigroups.notify import telling
from fedigroups.oauth import expiry
from fedigroups.personal import imports, stances
from inbox import record
from outbox import retention

log = structlog.get_logger("fedigroups.worker")

HOUSEKEEPING_SECONDS = 3_600.0
EXPIRING_SECONDS = 60.0
"""How long after its end a ban may last."""
ON_TIME_SECONDS = 5.0
"""How late what is scheduled may be."""
GATHERING_SECONDS = 30.0
RESTART_SECONDS = 5.0
READ_ONLY_SECONDS = 5.0
"""How long work may go on after the operator asked that nothing be changed."""
STOP_SECONDS = 25.0
"""How long what is under way may take to end once the process is asked to stop."""


@asynccontextmanager
async def running(instance: Instance, *, work: bool) -> AsyncIterator[None]:
    """The instance open and on its bus, and with `work` also processing and delivering.

    On leaving, what is under way ends within `STOP_SECONDS`: leases are released, and what is not
    finished waits in the database.
    """
    instance.stopping.clear()
    await instance.open()
    gc.freeze()  # all that every process holds for ever: to search it stops the loop for 50 ms
    background = asyncio.create_task(run(instance, work=work))
    looking = asyncio.create_task(_watch_loop())
    try:
        await instance.bus.open()
        log.info("app.started", origin=instance.wire.config.origin, works=work)
        yield
    finally:
        instance.stopping.set()
        looking.cancel()
        crashpoint("during_stop")
        await _ended(background)
        await instance.close()
        gc.unfreeze()
        log.info("app.stopped")


async def run(instance: Instance, *, work: bool = True) -> None:
    """Serve streams, and with `work` do the work, until the instance is stopping or cancelled.

    What fails is started again, and goes on from the database. While nothing may be changed, no
    work is done.
    """
    with instance.store.context():
        async with asyncio.TaskGroup() as tasks:
            streams = tasks.create_task(_kept_up("streams", instance.hub.run))
            working: list[asyncio.Task[None]] = []
            while not instance.stopping.is_set():
                if not work or await readonly.is_on():
                    working = _stopped(working)
                elif not working:
                    working = _started(instance, tasks)
                await woken(instance.stopping, READ_ONLY_SECONDS)
            _stopped([streams, *working])


def _started(instance: Instance, tasks: asyncio.TaskGroup) -> list[asyncio.Task[None]]:
    parts: dict[str, Callable[[], Awaitable[None]]] = {
        "processor": instance.processor.run,
        "scheduler": instance.scheduler.run,
        "mailer": instance.mailer.run,
        "mails": lambda: _gather_mails(instance),
        "pusher": instance.pusher.run,
        "housekeeping": lambda: _keep_house(instance),
        "expiring": lambda: _keep_lifting(instance),
        "on_time": lambda: _be_on_time(instance),
        "index": lambda: _index(instance),
        "imports": lambda: _import(instance),
    }
    return [tasks.create_task(_kept_up(name, part)) for name, part in parts.items()]


def _stopped(parts: list[asyncio.Task[None]]) -> list[asyncio.Task[None]]:
    for part in parts:
        part.cancel()
    return []


async def _watch_loop() -> None:
    """Measure by how much a task is late that wants to run each second."""
    while True:
        begun = perf_counter()
        await asyncio.sleep(1.0)
        metrics.LOOP_DELAY.observe(max(perf_counter() - begun - 1.0, 0.0))


async def _ended(background: asyncio.Task[None]) -> None:
    await asyncio.wait([background], timeout=STOP_SECONDS)
    if not background.done():
        log.error("app.worker_cut_off", seconds=STOP_SECONDS)
        background.cancel()
        await asyncio.wait([background], timeout=RESTART_SECONDS)
    elif not background.cancelled() and (error := background.exception()) is not None:
        log.error("app.worker_failed", error=repr(error))


async def _kept_up(name: str, work: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await work()
        except Exception as error:
            log.exception("worker.failed", part=name)
            await rounds.failed(name, error)
        task = asyncio.current_task()
        if task is not None and task.cancelling():  # it failed while it was asked to end
            return
        await asyncio.sleep(RESTART_SECONDS)


async def _index(instance: Instance) -> None:
    """Enter the posts that the search does not know yet, which an upgrade left to us."""
    progress = await indexing.catch_up()
    if progress.posts:
        log.info("search.caught_up", posts=progress.posts)
    await instance.stopping.wait()


async def _be_on_time(instance: Instance) -> None:
    """Do what somebody wanted at a time, soon after it."""
    written_at = 0
    while True:
        await scheduled.say_due(instance.wire)
        await deleting.delete_due(instance.wire)
        await tallying.tell_due(instance.wire)
        await stances.end_mutes()
        await profiles.tell_due(instance.wire)
        if clock.now_ms() - written_at >= clock.MINUTE:
            written_at = clock.now_ms()
            await rounds.ran("on_time")
        await asyncio.sleep(ON_TIME_SECONDS)


async def _import(instance: Instance) -> None:
    """Work off what people brought from elsewhere, a few rows at a time."""
    importer = Importer(instance.wire)
    while True:
        await importer.step()
        await asyncio.sleep(ON_TIME_SECONDS)


async def _gather_mails(instance: Instance) -> None:
    while True:
        await gather_mails(instance)
        await asyncio.sleep(GATHERING_SECONDS)


async def gather_mails(instance: Instance) -> None:
    """Queue mail about what happened and the digests that are due; without a mail server none."""
    if not instance.settings.smtp_url:
        await gathering.let_go()
    elif await gathering.gather() + await digests.queue_due():
        instance.mailer.wake()


async def _keep_house(instance: Instance) -> None:
    while True:
        # Otherwise several workers would sweep the same rows at the same time.
        await asyncio.sleep(HOUSEKEEPING_SECONDS * random.uniform(0.5, 1.5))  # noqa: S311
        await keep_house(instance)
        await rounds.ran("housekeeping")


async def _keep_lifting(instance: Instance) -> None:
    while True:
        await expiring.lift(instance.wire)
        await weekly.open_due(instance.wire)
        await rounds.ran("expiring")
        await asyncio.sleep(EXPIRING_SECONDS * random.uniform(0.5, 1.5))  # noqa: S311


async def keep_house(instance: Instance) -> None:
    """Forget what may be forgotten, and learn what we need to know of hosts.

    Of what fails, the first is raised when all else is done.
    """
    failures = []
    for part in (
        record.retire,
        retention.retire,
        acquaintances.retire,
        departures.forget,
        expiry.retire,
        once.retire,
        inviting.retire,
        imports.retire,
        telling.retire,
        audit.retire,
        _unbury,
        lambda: sweeping.sweep(instance.media),
        lambda: _learn_software(instance),
    ):
        try:
            await part()
        except Exception as error:
            log.exception("worker.failed", part="housekeeping")
            failures.append(error)
    if failures:
        raise failures[0]


async def _unbury() -> None:
    await storage.execute("DELETE FROM tombstone WHERE until < ?", clock.now_ms())


async def _learn_software(instance: Instance) -> None:
    """Ask hosts what they run that are sent both dialects, because that is not known."""
    for row in await storage.rows(
        "SELECT DISTINCT subscription.host AS host FROM subscription "
        "LEFT JOIN peer ON peer.host = subscription.host "
        "WHERE peer.family IS NULL OR peer.family = 'unknown'"
    ):
        await instance.wire.peers.family(row["host"])
