"""This module works one host's lane: what it is owed goes out in order, a few at a time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from enum import Enum

import structlog

from federation import limits
from federation.wire import Wire
from outbox.batch import Batch, Crew
from outbox.deliver import Courier
from outbox.desk import Desk, Hold, Ready, Result
from outbox.lanes import Claim
from outbox.outcome import Fate, Verdict
from outbox.owed import Parcel
from outbox.pens import Pens
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


class End(Enum):
    """Why a run is over."""

    EMPTY = "empty"
    TURN = "turn"
    """There is more; others come first."""
    FAILED = "failed"
    LOST = "lost"
    """The lease is another's: what was learned was not written."""
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class Room:
    """How many hosts have their turn at once, how many requests, and what signs them."""

    turns: asyncio.Semaphore
    slots: asyncio.Semaphore
    pens: Pens


def room() -> Room:
    """The room of one worker."""
    most = limits.DELIVERIES_AT_ONCE
    return Room(asyncio.Semaphore(most), asyncio.Semaphore(most), Pens())


class Run:
    """One turn of one host: up to `limits.DELIVERIES_PER_HOST` at a time, one at first.

    `gone` are the inboxes that answered 410; `stuck` says that nothing owed can be read.
    """

    def __init__(self, wire: Wire, claim: Claim, desk: Desk, room: Room) -> None:
        self.gone: list[str] = []
        self.stuck = False
        self._claim = claim
        self._desk = desk
        self._room = room
        self._courier = Courier(wire, room.pens)
        self._batch = Batch(())
        self._let_go = False
        self._width = 1
        self._answered = False
        self._took = False
        self._doubt: Settled | None = None
        self._failure: Verdict | None = None

    async def run(self, ready: Ready | None = None) -> End:
        """Send what is owed until nothing is, the host fails, or the turn is over.

        The first load may have been made ready beforehand. When cancelled, what was finished is
        written and the lane released before that is raised. A database error is raised, and leaves
        the lane held until its lease ends.
        """
        try:
            ready = ready or await self._desk.prepare(self._claim)
            async with self._room.turns:
                end = await self._turn(ready, _seconds() + TURN_SECONDS)
            return await self._close(end)
        except asyncio.CancelledError:
            if not self._let_go:
                await self._write(self._parting())
            raise

    async def _turn(self, ready: Ready, until: float) -> End:
        if _seconds() >= ready.at + LOAD_SECONDS:
            if not await self._write(Hold.RENEWED):
                return End.LOST
            ready = await self._desk.prepare(self._claim)
        while not ready.known.blocked:
            self.stuck = ready.load.stuck
            await self._work(ready)
            more = ready.load.more or self._batch.open
            if self._failure or not more or _seconds() >= until:
                return End.TURN if more else End.EMPTY
            if not await self._write(Hold.RENEWED):
                return End.LOST
            ready = await self._desk.prepare(self._claim)
        return End.BLOCKED

    async def _work(self, ready: Ready) -> None:
        self._courier.knows(ready.known.form)
        self._batch = Batch(ready.load.parcels, ready.plan.settled)
        if len(ready.plan.send) == 1:
            (parcel,) = ready.plan.send
            self._learn(parcel, await self._send(parcel))
        elif ready.plan.send:
            await self._work_many(list(ready.plan.send), ready.at + LOAD_SECONDS)
        if self._doubt and not self._failure:
            self._failure = self._doubt.verdict

    async def _work_many(self, waiting: list[Parcel], until: float) -> None:
        crew = Crew(self._send)
        try:
            await self._drive(crew, waiting, until)
        finally:
            await crew.dismiss()

    async def _drive(self, crew: Crew, waiting: list[Parcel], until: float) -> None:
        written = _seconds()
        while True:
            if not self._failure and _seconds() < until:
                crew.hire(waiting, self._width, [self._doubt.parcel.key] if self._doubt else [])
            if not crew.busy:
                return
            for parcel, verdict in await crew.report(WRITE_SECONDS):
                self._learn(parcel, verdict)
            if _seconds() - written >= WRITE_SECONDS:
                written = _seconds()
                if not await self._write(Hold.RENEWED):
                    return

    async def _send(self, parcel: Parcel) -> Verdict:
        async with self._room.slots:
            return await self._courier.deliver(parcel)

    def _learn(self, parcel: Parcel, verdict: Verdict) -> None:
        if verdict.fate is Fate.BACKOFF:
            self._trouble(Settled(parcel, verdict))
        else:
            self._batch.settle(Settled(parcel, verdict))
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
            self._batch.settle(replace(self._doubt, verdict=verdict))
            self._doubt = None

    async def _write(self, hold: Hold) -> bool:
        """Write how far we are, if the lane is still ours; what is not written is sent again."""
        self._let_go = hold is not Hold.RENEWED
        passed = self._batch.passable()
        failure = self._failure if hold is Hold.FAILED else None
        form = self._courier.learned
        held = await self._desk.write(Result(self._claim, hold, tuple(passed), failure, form))
        if held:
            self._batch.passed(passed)
            self._courier.knows(form)
        else:
            self._failure = self._failure or Verdict(Fate.BACKOFF, reason="lease lost")
            log.warning("outbox.lease.lost", peer=self._claim.host)
        return held

    async def _close(self, end: End) -> End:
        if end is End.LOST:
            return end
        if not await self._write(Hold.BLOCKED if end is End.BLOCKED else self._parting()):
            return End.LOST
        if self._failure:
            log.info("outbox.failed", peer=self._claim.host, reason=self._failure.reason)
            return End.FAILED
        return end

    def _parting(self) -> Hold:
        """What becomes of the lane when this run lets go of it."""
        if self._failure:
            return Hold.FAILED
        if self._answered:
            return Hold.TOOK if self._took else Hold.ANSWERED
        return Hold.RELEASED


def _seconds() -> float:
    return asyncio.get_running_loop().time()
