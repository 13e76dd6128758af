"""This module works one host's lane: what it is owed goes out in order, a few at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from enum import Enum

import structlog

from federation import clock, limits
from federation.wire import Wire
from outbox import lanes, owed, settle
from outbox.batch import Batch, Crew
from outbox.deliver import Courier
from outbox.lanes import Claim, Event
from outbox.ledger import Ledger
from outbox.outcome import Fate, Verdict
from outbox.owed import Parcel
from outbox.settle import Settled

log = structlog.get_logger("fedigroups.outbox")

WRITE_SECONDS = 1.0
"""The longest that a finished delivery waits for its cursor to be written."""

LOAD_SECONDS = 5.0
"""After so long a load is read anew: what was withdrawn or unsubscribed meanwhile is left out."""

TURN_SECONDS = 30.0
"""After so long the lane goes to the end of the queue."""

DOUBTS = 2
"""After so many failures of a host, a 5xx may be the fault of one activity."""

Hold = Callable[[], Awaitable[bool]]


class End(Enum):
    """Why a run is over."""

    EMPTY = "empty"
    TURN = "turn"
    """There is more; others come first."""
    FAILED = "failed"
    LOST = "lost"
    """The lease is another's: what was learned was not written."""
    BLOCKED = "blocked"


class Run:
    """One turn of one host: up to `limits.DELIVERIES_PER_HOST` at a time, one at first.

    `gone` are the inboxes that answered 410; `stuck` says that nothing owed can be read.
    """

    def __init__(self, wire: Wire, claim: Claim, slots: asyncio.Semaphore, ledger: Ledger) -> None:
        self.gone: list[str] = []
        self.stuck = False
        self._wire = wire
        self._claim = claim
        self._slots = slots
        self._ledger = ledger
        self._courier = Courier(wire, claim.host)
        self._batch = Batch(())
        self._let_go = False
        self._width = 1
        self._answered = False
        self._took = False
        self._doubt: Settled | None = None
        self._failure: Verdict | None = None
        self._last_words = ""

    async def run(self) -> End:
        """Send what is owed until nothing is, the host fails, or the turn is over.

        When cancelled, what was finished is written and the lane released before that is raised.
        A database error is raised, and leaves the lane held until its lease ends.
        """
        try:
            if await self._wire.peers.is_blocked(self._claim.host):
                return await self._drop_all()
            return await self._turn(_seconds() + TURN_SECONDS)
        except asyncio.CancelledError:
            if not self._let_go:
                await self._write(self._release)
            raise

    async def _turn(self, until: float) -> End:
        while True:
            load = await owed.load(self._claim.host)
            self._batch = Batch(load.parcels)
            self.stuck = load.stuck
            await self._work(load.parcels)
            more = load.more or self._batch.open
            if self._failure or not more or _seconds() >= until:
                return await self._close(more=more)
            if not await self._write(self._renew):
                return End.LOST

    async def _work(self, parcels: Sequence[Parcel]) -> None:
        votes = await self._takes_votes(parcels)
        plan = await self._ledger.write(lambda: settle.plan(self._claim, parcels, votes=votes))
        self._batch.settle(plan.settled)
        crew = Crew(self._send)
        try:
            await self._drive(crew, list(plan.send))
        finally:
            await crew.dismiss()
        if self._doubt and not self._failure:
            self._failure = self._doubt.verdict

    async def _drive(self, crew: Crew, waiting: list[Parcel]) -> None:
        written = _seconds()
        until = written + LOAD_SECONDS
        while True:
            if not self._failure and _seconds() < until:
                crew.hire(waiting, self._width, [self._doubt.parcel.key] if self._doubt else [])
            if not crew.busy:
                return
            for parcel, verdict in await crew.report(WRITE_SECONDS):
                self._learn(parcel, verdict)
            if _seconds() - written >= WRITE_SECONDS:
                written = _seconds()
                if not await self._write(self._renew):
                    return

    async def _send(self, parcel: Parcel) -> Verdict:
        async with self._slots:
            return await self._courier.deliver(parcel)

    async def _takes_votes(self, parcels: Sequence[Parcel]) -> bool:
        if not any(parcel.kind == "vote" for parcel in parcels):
            return False
        return await self._wire.peers.known_family(self._claim.host) == "thread"

    def _learn(self, parcel: Parcel, verdict: Verdict) -> None:
        if verdict.fate is Fate.BACKOFF:
            self._trouble(Settled(parcel, verdict))
        else:
            self._batch.settle([Settled(parcel, verdict)])
        if verdict.answered:
            self._answered = True
            self._width = min(self._width + 1, limits.DELIVERIES_PER_HOST)
        if verdict.gone:
            self.gone.append(parcel.lag.inbox)
        self._took = self._took or verdict.fate is Fate.DONE
        self._dispel()

    def _trouble(self, settled: Settled) -> None:
        verdict = settled.verdict
        if verdict is None or self._failure:
            return
        doubtful = verdict.status >= 500 and verdict.status != 503
        if doubtful and self._claim.failures >= DOUBTS and not self._doubt:
            self._doubt = settled
        else:
            self._failure = verdict

    def _dispel(self) -> None:
        """When the host takes other activities, the one it failed on is put aside."""
        if self._doubt and self._doubt.verdict and self._answered:
            verdict = replace(self._doubt.verdict, fate=Fate.AGAIN)
            self._batch.settle([replace(self._doubt, verdict=verdict)])
            self._doubt = None

    async def _write(self, hold: Hold) -> bool:
        """Write how far we are, if the lane is still ours; what is not written is sent again."""
        passed = self._batch.passable()

        async def work() -> bool:
            held = await hold()
            if held:
                await settle.advance(passed)
                await self._give_up()
            return held

        held = await self._ledger.write(work)
        if held:
            self._batch.passed(passed)
        else:
            self._failure = self._failure or Verdict(Fate.BACKOFF, reason="lease lost")
            log.warning("outbox.lease.lost", peer=self._claim.host)
        return held

    async def _close(self, *, more: bool) -> End:
        if not await self._write(self._release):
            return End.LOST
        if self._failure:
            log.info("outbox.failed", peer=self._claim.host, reason=self._failure.reason)
            return End.FAILED
        return End.TURN if more else End.EMPTY

    async def _renew(self) -> bool:
        return await lanes.renew(self._claim)

    async def _release(self) -> bool:
        self._let_go = True
        if self._failure:
            return await self._fail(self._failure)
        if self._answered:
            return await lanes.answered(self._claim, took=self._took)
        return await lanes.release(self._claim)

    async def _fail(self, verdict: Verdict) -> bool:
        now = clock.now_ms()
        event = lanes.event_of_failure(self._claim, now)
        held = await lanes.failed(self._claim, event, verdict, now)
        if event is Event.GAVE_UP:
            self._last_words = f"no success for 14 days ({verdict.reason})"
        return held

    async def _give_up(self) -> None:
        if self._last_words:
            count = await settle.abandon(self._claim, self._last_words)
            if self._last_words != settle.BLOCKED:
                log.warning("outbox.dormant", peer=self._claim.host, subscriptions=count)

    async def _drop_all(self) -> End:
        self._last_words = settle.BLOCKED
        return End.BLOCKED if await self._write(self._release) else End.LOST


def _seconds() -> float:
    return asyncio.get_running_loop().time()
