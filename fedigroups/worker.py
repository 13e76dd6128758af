"""This module runs what works in the background: processing, delivering, and housekeeping."""

from __future__ import annotations

import asyncio

import structlog

from federation import clock, storage
from federation.errors import FederationError
from fedigroups.groups.routing import reroute
from fedigroups.instance import Instance
from inbox import record

log = structlog.get_logger("fedigroups.worker")

HOUSEKEEPING_SECONDS = 3_600.0


async def run(instance: Instance) -> None:
    """Work until cancelled; each part restarts what it was doing from the database."""
    with instance.store.context():
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(instance.processor.run(), name="processor")
            tasks.create_task(instance.scheduler.run(), name="scheduler")
            tasks.create_task(_keep_house(instance), name="housekeeping")


async def _keep_house(instance: Instance) -> None:
    while True:
        await asyncio.sleep(HOUSEKEEPING_SECONDS)
        try:
            await keep_house(instance)
        except (FederationError, OSError) as error:
            log.warning("worker.housekeeping_failed", error=str(error))


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
