"""This module runs what works in the background: processing, delivering, and housekeeping."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from federation import clock, storage
from fedigroups.groups.routing import reroute
from fedigroups.instance import Instance
from inbox import record

log = structlog.get_logger("fedigroups.worker")

HOUSEKEEPING_SECONDS = 3_600.0
RESTART_SECONDS = 5.0


async def run(instance: Instance) -> None:
    """Work until cancelled; what fails is started again, and goes on from the database."""
    with instance.store.context():
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_kept_up("processor", instance.processor.run))
            tasks.create_task(_kept_up("scheduler", instance.scheduler.run))
            tasks.create_task(_kept_up("housekeeping", lambda: _keep_house(instance)))


async def _kept_up(name: str, work: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await work()
        except Exception:
            log.exception("worker.failed", part=name)
        await asyncio.sleep(RESTART_SECONDS)


async def _keep_house(instance: Instance) -> None:
    while True:
        await asyncio.sleep(HOUSEKEEPING_SECONDS)
        await keep_house(instance)


async def keep_house(instance: Instance) -> None:
    """Forget what may be forgotten, and learn the software of hosts that are sent both dialects."""
    await record.retire()
    await storage.execute("DELETE FROM tombstone WHERE until < ?", clock.now_ms())
    for row in await storage.rows(
        "SELECT DISTINCT subscription.host AS host FROM subscription "
        "LEFT JOIN peer ON peer.host = subscription.host "
        "WHERE peer.family IS NULL OR peer.family = 'unknown'"
    ):
        family = await instance.wire.peers.family(row["host"])
        if family != "unknown":
            async with storage.transaction():
                await reroute(row["host"], family)
