"""This module decides which hosts are served next; the truth of what is owed is in the database."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence

import structlog

from federation import ids, limits, storage
from federation.crashpoints import crashpoint
from federation.waiting import woken
from federation.wire import Wire
from outbox import due, lanes
from outbox.deliver import Courier
from outbox.desk import Desk, Order
from outbox.due import Due
from outbox.lane import End, Run
from outbox.queue import Queue
from outbox.slots import Slots

log = structlog.get_logger("fedigroups.outbox")

POLL_SECONDS = 2.0
"""How often the end of the log is looked at when nobody calls `wake`."""

SWEEP_SECONDS = 60.0
"""How often all subscriptions are compared with their streams."""

FINISH_SECONDS = 5.0
"""How long deliveries under way may take to end once the worker is asked to stop."""

RELEASES = 3
"""How often letting go of all leases is tried; what stays leased waits a minute for others."""

BUSY = 1_000
"""While so many hosts wait, only direct answers are looked for; then everything is."""

CLAIMED = 512
"""Lanes that a worker holds at a time: those that it works, and some that wait or are written."""

CLAIMS = 128
"""Lanes that are claimed together."""

OnGone = Callable[[str], Awaitable[None]]


class Scheduler:
    """Serves the hosts that are owed something, a lane each; one in a process.

    `owner` names this worker in the leases. `on_gone` is told each inbox that answered 410, after
    that was written down and outside of any transaction: it re-reads the actor and decides.
    """

    def __init__(self, wire: Wire, *, owner: str, on_gone: OnGone | None = None) -> None:
        self._wire = wire
        self._owner = f"{owner[:40]}/{ids.token(6)}"
        self._on_gone = on_gone
        self._slots = Slots(limits.DELIVERIES_AT_ONCE, limits.DELIVERIES_SLOW)
        self._desk = Desk(wire.peers, self._owner, lambda: self._slots.idle)
        self._running: dict[str, asyncio.Task[None]] = {}
        self._queue = Queue()
        self._stuck: set[str] = set()
        self._signal = asyncio.Event()
        self._look = True
        self._looks = 0
        self._swept: float | None = None

    def wake(self) -> None:
        """Say that something was published; call it after the commit. Lost calls cost seconds."""
        self._look = True
        self._signal.set()

    async def run(self) -> None:
        """Serve until cancelled; then what is under way is ended, and all leases are released.

        What a host has not answered within `FINISH_SECONDS` another worker sends to it again.
        Nothing that fails in here ends it: a lane that fails is left alone until its lease ends,
        and a database that is away is asked again.
        """
        try:
            while True:
                await self._round()
                await self._pause()
        finally:
            await self._stop()

    async def drain(self) -> None:
        """Serve all that is due now, and return (for commands and tests)."""
        self._stuck.clear()
        try:
            while True:
                self._expect(await due.all_hosts())
                await self._fill()
                if not self._running:
                    return
                while self._running:
                    await asyncio.wait(self._running.values(), return_when=asyncio.FIRST_COMPLETED)
                    await self._fill()
        finally:
            await self._stop()

    async def _round(self) -> None:
        try:
            if self._look:
                self._look = False
                await self._find()
            await self._fill()
        except Exception:
            log.exception("outbox.round.failed")
            self._look = True
            await asyncio.sleep(1)

    async def _find(self) -> None:
        now = asyncio.get_running_loop().time()
        self._looks += 1
        if len(self._queue) >= BUSY:
            self._expect(await due.recent_hosts(direct_only=True))
            self._swept = None
        elif self._swept is None or now - self._swept >= SWEEP_SECONDS:
            self._stuck.clear()
            self._expect(await due.all_hosts())
            self._swept = now
        else:
            self._expect(await due.recent_hosts())
            self._expect(await due.retried_hosts())

    async def _pause(self) -> None:
        if not await woken(self._signal, POLL_SECONDS):
            self._look = True
        self._signal.clear()

    def _expect(self, hosts: Iterable[Due]) -> None:
        for one in hosts:
            if one.host not in self._running and one.host not in self._stuck:
                self._queue.put(one)

    async def _fill(self) -> None:
        while hosts := self._queue.take(min(CLAIMS, CLAIMED - len(self._running))):
            orders: list[Order] = []
            try:
                orders = await self._claim(hosts)
            finally:  # also when the database is away: else failing hosts wait for ever
                for host in set(hosts) - {order.claim.host for order in orders}:
                    self._queue.ended(host)
            for order in orders:
                crashpoint("after_claim")
                self._running[order.claim.host] = asyncio.create_task(self._serve(order))

    async def _claim(self, hosts: Sequence[str]) -> list[Order]:
        """What to send to those that can be claimed; one that cannot be read spoils no other."""
        try:
            return await self._desk.claim(hosts)
        except Exception:
            await storage.row("SELECT 1 AS one")  # raises when the database is away
            if len(hosts) == 1:
                log.exception("outbox.unreadable", peer=hosts[0])
                self._stuck.update(hosts)
                return []
        return [order for host in hosts for order in await self._claim([host])]

    async def _serve(self, order: Order) -> None:
        host = order.claim.host
        run = Run(order, self._desk, Courier(self._wire, order.standing.form), self._slots)
        end, looks = End.LOST, self._looks
        try:
            end = await run.run()
        except Exception:
            log.exception("outbox.lane.failed", peer=host)
        finally:
            del self._running[host]
            self._queue.ended(host)
            if self._looks != looks:  # it may have been passed over while its lane was held
                self._look = True
            self._signal.set()
        if run.stuck:
            self._stuck.add(host)
        elif end is End.MORE:
            self._queue.put(Due(host, direct=False))
        await self._tell(run.gone)

    async def _tell(self, gone: Iterable[str]) -> None:
        for inbox in dict.fromkeys(gone):
            log.warning("outbox.gone", inbox=inbox)
            if self._on_gone is not None:
                try:
                    await self._on_gone(inbox)
                except Exception:
                    log.exception("outbox.gone.failed", inbox=inbox)

    async def _stop(self) -> None:
        tasks = list(self._running.values())
        try:
            with self._slots.closed():
                if tasks:
                    await asyncio.wait(tasks, timeout=FINISH_SECONDS)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._release()

    async def _release(self) -> None:
        for tries in range(RELEASES, 0, -1):
            try:
                await asyncio.shield(lanes.release_all(self._owner))
                break
            except Exception:  # another process may have been in its way: once more
                if tries == 1:
                    log.exception("outbox.release.failed")
