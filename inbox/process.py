"""This module decides when a receipt is processed: one host's in their order, many hosts at once.

What has to wait does not hold up what came later from the same host. Whoever records a receipt
wakes it; a lost wake-up costs a few seconds, because it also looks by itself.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, TypeVar

import structlog

from federation import clock, metrics, storage, tracing
from federation.crashpoints import crashpoint
from federation.pace import Memory
from federation.waiting import woken
from federation.wire import Wire
from inbox.prepare import Due, Prepared, Ready, fault, prepare
from inbox.registry import Registry
from inbox.settle import Verdict, settle

log = structlog.get_logger("fedigroups.inbox")

LANES = 16
"""Hosts whose receipts are processed at the same time."""
CHUNK = 10
"""Receipts of one host that are read, with their bodies, at a time."""
TURN = 10
"""Chunks of one host before another host has its turn."""
HOSTS = 500
"""Hosts that are looked up at a time."""
SWEEP_SECONDS = 5.0
FAULTS_SECONDS = 7 * 86_400.0
"""How long it is remembered that this program failed at a receipt: another may settle it."""
PAUSE_SECONDS = 5.0
"""How long a host's lane rests after the database failed in it."""

T = TypeVar("T")
Heard = Callable[[str], Awaitable[None]]
Synchronize = Callable[[str, str], Awaitable[None]]


class Processor:
    """Processes what was received; `after` is called after each commit that may have made work.

    `heard` is told each host whose receipts have their turn. `synchronize` is told, outside of any
    transaction, the actor of each settled receipt that says who here follows that actor, and the
    header in which it does (FEP-8fcf).

    Several processors may run on one PostgreSQL: each receipt has its effects once, and those of
    one host in their order, because whoever finds a receipt taken waits for what becomes of it.
    """

    def __init__(
        self,
        wire: Wire,
        registry: Registry,
        after: Callable[[], None],
        heard: Heard | None = None,
        synchronize: Synchronize | None = None,
    ) -> None:
        self._heard = heard
        self._synchronize = synchronize
        self._wire = wire
        self._registry = registry
        self._after = after
        self._woken = asyncio.Event()
        self._busy: set[str] = set()
        self._next: deque[str] = deque()
        self._faults: Memory[int] = Memory()

    def wake(self) -> None:
        """Say that there is a new receipt."""
        self._woken.set()

    async def run(self) -> None:
        """Process until cancelled; a transaction that has begun then is ended first."""
        async with asyncio.TaskGroup() as lanes:
            while True:
                self._woken.clear()
                try:
                    await self._start(lanes)
                except Exception:  # the database is away: the next sweep tries again
                    log.exception("inbox.sweep_failed")
                await woken(self._woken, SWEEP_SECONDS)

    async def drain(self) -> None:
        """Process all that is due now, then return; for commands and tests, host after host.

        Hosts that `run` is busy with are left to it. Raises what the database raises.
        """
        while hosts := await self._due_hosts():
            for host in hosts:
                self._busy.add(host)
                try:
                    await self._turn(host)
                finally:
                    self._busy.discard(host)

    async def _start(self, lanes: asyncio.TaskGroup) -> None:
        while len(self._busy) < LANES:
            if not self._next:
                self._next.extend(await self._due_hosts())
            if not self._next:
                return
            host = self._next.popleft()
            if host not in self._busy:
                self._busy.add(host)
                lanes.create_task(self._lane(host))

    async def _lane(self, host: str) -> None:
        try:
            await self._turn(host)
        except Exception:
            log.exception("inbox.lane_failed", peer=host)
            await asyncio.sleep(PAUSE_SECONDS)
        finally:
            self._busy.discard(host)
            self._woken.set()

    async def _turn(self, host: str) -> None:
        await self._wire.peers.heard(host)
        if self._heard is not None:
            await self._heard(host)
        for _ in range(TURN):
            chunk = await _due(host)
            for due in chunk:
                await self._process(due)
            if len(chunk) < CHUNK:
                return

    async def _process(self, due: Due) -> None:
        facts = {"activity": due.activity_uri, "kind": due.kind, "peer": due.host}
        with tracing.span("inbox.process", "consumer", facts) as span:
            verdict = await self._processed(due)
            if verdict is not None:
                span.note({"outcome": verdict.state, "reason": verdict.reason})

    async def _processed(self, due: Due) -> Verdict | None:
        prepared = await prepare(due, self._wire, self._registry)
        crashpoint("after_gather")
        verdict = await _uninterrupted(self._settled(due, prepared))
        crashpoint("processing_after_commit")
        if verdict is None:
            return None
        why = "" if verdict.state == "done" else metrics.told(verdict.reason)
        metrics.RECEIPTS.labels(verdict.state, why).inc()
        _note(due, verdict)
        if any(isinstance(step, Ready) for step in prepared):
            self._after()
        if due.synchronization and verdict.state in {"done", "ignored"}:
            await self._compare_followers(due)
        return verdict

    async def _compare_followers(self, due: Due) -> None:
        if self._synchronize is None:
            return
        try:
            await self._synchronize(due.actor_uri, due.synchronization)
        except Exception:  # the next delivery says it again
            log.exception("inbox.not_synchronized", peer=due.host, actor=due.actor_uri)
        self._after()

    async def _settled(self, due: Due, prepared: Sequence[Prepared]) -> Verdict | None:
        faults = self._faults.get(str(due.id)) or 0
        self._faults.forget(str(due.id))
        try:
            verdict = await settle(due, prepared, faults)
        except Exception as error:
            # When even this cannot be written the database is away, and the receipt not to blame.
            verdict = await settle(due, [fault(due, error)], faults)
        faults += verdict is not None and verdict.faulty
        if faults and verdict is not None and verdict.state == "received":
            self._faults.put(str(due.id), faults, FAULTS_SECONDS)
        return verdict

    async def _due_hosts(self) -> list[str]:
        """The hosts with receipts that are due, the longest waiting first."""
        rows = await storage.rows(
            "SELECT host, MIN(id) AS first FROM receipt WHERE state = 'received'"
            " AND next_try_at <= ? GROUP BY host ORDER BY first LIMIT ?",
            clock.now_ms(),
            HOSTS,
        )
        return [row["host"] for row in rows if row["host"] not in self._busy]


async def _due(host: str) -> list[Due]:
    rows = await storage.rows(
        "SELECT id, activity_uri, actor_uri, kind, host, teller, door, body, attempts, received_at,"
        " synchronization"
        " FROM receipt WHERE host = ? AND state = 'received' AND next_try_at <= ?"
        " ORDER BY id LIMIT ?",
        host,
        clock.now_ms(),
        CHUNK,
    )
    return [Due(**row | {"body": bytes(row["body"] or b"")}) for row in rows]


def _note(due: Due, verdict: Verdict) -> None:
    activity, kind, peer, reason = due.activity_uri, due.kind, due.host, verdict.reason
    match verdict.state:
        case "done":
            log.info("inbox.done", activity=activity, kind=kind, peer=peer, reason=reason)
        case "ignored":
            log.info("inbox.ignored", activity=activity, kind=kind, peer=peer, reason=reason)
        case "received":
            log.info("inbox.waiting", activity=activity, kind=kind, peer=peer, reason=reason)
        case "failed":
            log.error("inbox.failed", activity=activity, kind=kind, peer=peer, reason=reason)


async def _uninterrupted(work: Coroutine[Any, Any, T]) -> T:
    """What `work` answers; when cancelled meanwhile, it ends first.

    So a server that stops keeps the effects that are all but committed.
    """
    task = asyncio.create_task(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        while not task.done():
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait([task])
        raise
