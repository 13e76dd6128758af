"""This module works one host's lane: what it is owed goes out in order, a few at a time."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from enum import Enum

import structlog

from federation import clock, limits, metrics
from federation.crashpoints import crashpoint
from outbox import lanes, settle, streams
from outbox.batch import Batch, Crew
from outbox.deliver import Courier
from outbox.desk import Desk, Order, Report
from outbox.lanes import Event
from outbox.outcome import Fate, Verdict
from outbox.owed import Parcel
from outbox.settle import Settled
from outbox.slots import Slots

log = structlog.get_logger("fedigroups.outbox")

WRITE_SECONDS = 1.0
"""The longest that a finished delivery waits for its cursor to be written."""

LOAD_SECONDS = 5.0
"""After this time a load is read anew: what was withdrawn or unsubscribed meanwhile is left out."""

TURN_SECONDS = 30.0
"""After this time the lane goes to the end of the queue."""

DOUBTS = 2
"""After so many failures of a host, a 5xx may be the fault of one activity, a 3xx of one inbox."""

SAFE_MS = 30 * clock.SECOND
"""A lane whose lease ends sooner, because it waited for its place, is renewed before it is worked:
a delivery, with a second knock, takes 20 seconds at most."""


class End(Enum):
    """Why a run is over."""

    EMPTY = "empty"
    MORE = "more"
    """It is owed more; others come first."""
    FAILED = "failed"
    LOST = "lost"
    """The lease is another's: what was learned was not written."""
    BLOCKED = "blocked"


class Run:
    """One turn of one host: up to `limits.DELIVERIES_PER_HOST` at a time, one at first.

    `gone` are the inboxes that answered 410; `stuck` says that nothing owed can be read.
    """

    def __init__(self, order: Order, desk: Desk, courier: Courier, slots: Slots) -> None:
        self.gone: list[str] = []
        self.stuck = False
        self._order = order
        self._desk = desk
        self._courier = courier
        self._slots = slots
        self._batch = Batch(())
        self._let_go = False
        self._width = 1
        self._answered = False
        self._took = False
        self._doubt: Settled | None = None
        self._failure: Verdict | None = None
        self._last_words = ""

    @property
    def host(self) -> str:
        """Whose lane it is."""
        return self._order.claim.host

    async def run(self) -> End:
        """Send what is owed until nothing is, the host fails, or the turn is over.

        When cancelled, what was finished is written and the lane released before that is raised.
        A database error is raised, and leaves the lane held until its lease ends.
        """
        try:
            return await self._turn(_seconds() + TURN_SECONDS)
        except asyncio.CancelledError:
            if not self._let_go:
                await self._write(self._released())
            raise

    async def _turn(self, until: float) -> End:
        if self._order.claim.until - clock.now_ms() < SAFE_MS and not await self._renew():
            return End.LOST
        while True:
            if self._order.standing.blocked:
                self._last_words = settle.BLOCKED
                return await self._close(End.BLOCKED)
            load = self._order.plan.load
            self.stuck = load.stuck
            await self._work()
            more = load.more or self._batch.open
            if self._failure or not more or self._slots.closing or _seconds() >= until:
                return await self._close(End.FAILED if self._failure else End.EMPTY)
            if not await self._write(lanes.held(self._order.claim)) or not await self._renew():
                return End.LOST

    async def _renew(self) -> bool:
        order = await self._desk.renew(self._order.claim)
        if order is None:
            self._lose()
            return False
        self._order = order
        return True

    async def _work(self) -> None:
        plan = self._order.plan
        self._batch = Batch(plan.load.parcels)
        self._batch.settle(plan.settled)
        if self._slots.closing:
            return
        if len(plan.send) == 1:
            self._learn(plan.send[0], await self._send(plan.send[0]))
        elif plan.send:
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
            if not self._failure and not self._slots.closing:
                # When time is up, what others overtook goes out yet: they would be sent again.
                may = self._batch.is_near if _seconds() < until else self._batch.is_overtaken
                closed = [self._doubt.parcel.key] if self._doubt else []
                crew.hire(waiting, self._width, closed, may)
            if not crew.busy:
                return
            for parcel, verdict in await crew.report(WRITE_SECONDS):
                self._learn(parcel, verdict)
            if _seconds() - written >= WRITE_SECONDS:
                written = _seconds()
                if not await self._write(lanes.held(self._order.claim)):
                    return

    async def _send(self, parcel: Parcel) -> Verdict:
        urgent = streams.is_direct(parcel.lag.stream)
        with metrics.timed(metrics.DELIVERY_SECONDS):
            verdict = await self._slots.run(lambda: self._courier.deliver(parcel), urgent=urgent)
        metrics.DELIVERIES.labels(verdict.fate.value).inc()
        return verdict

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
        doubtful = verdict.status // 100 in {3, 5} and verdict.status != 503
        if doubtful and self._order.claim.failures >= DOUBTS and not self._doubt:
            self._doubt = settled
        else:
            self._failure = verdict

    def _dispel(self) -> None:
        """When the host takes other activities, the one it failed on is put aside."""
        if self._doubt and self._doubt.verdict and self._answered:
            verdict = replace(self._doubt.verdict, fate=Fate.AGAIN)
            self._batch.settle([replace(self._doubt, verdict=verdict)])
            self._doubt = None

    async def _write(self, lane: lanes.Result) -> bool:
        """Write how far we are, if the lane is still ours; what is not written is sent again."""
        return await self._report(lane) is not None

    async def _report(self, lane: lanes.Result) -> bool | None:
        """Whether the host is owed more; None when the lane is no longer ours."""
        passed = self._batch.passable()
        crashpoint("after_result")
        report = Report(lane, tuple(passed), self._courier.news, self._last_words)
        written = await self._desk.report(report)
        if not written.held:
            self._lose()
            return None
        self._batch.passed(passed)
        return written.more

    def _lose(self) -> None:
        self._failure = self._failure or Verdict(Fate.BACKOFF, reason="lease lost")
        log.warning("outbox.lease.lost", peer=self.host)

    async def _close(self, end: End) -> End:
        more = await self._report(self._released())
        if more is None:
            return End.LOST
        if self._failure:
            log.info("outbox.failed", peer=self.host, reason=self._failure.reason)
        return End.MORE if more and end is End.EMPTY else end

    def _released(self) -> lanes.Result:
        self._let_go = True
        if self._failure:
            return self._failed(self._failure)
        if self._answered:
            return lanes.answered(self._order.claim, took=self._took)
        return lanes.let_go(self._order.claim)

    def _failed(self, verdict: Verdict) -> lanes.Result:
        now, claim = clock.now_ms(), self._order.claim
        if self._answered:  # what failed before that is over: this is a first failure
            claim = lanes.recovered(claim, now, took=self._took)
        event = lanes.event_of_failure(claim, now)
        if event is Event.GAVE_UP:
            self._last_words = f"no success for 14 days ({verdict.reason})"
        return lanes.failed(claim, event, verdict, now)


def _seconds() -> float:
    return asyncio.get_running_loop().time()
