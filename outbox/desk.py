"""This module reads for many lanes with one read, and writes for many lanes with one commit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Literal

import structlog

from federation import clock, storage
from federation.peers import Form, Known, Peers
from outbox import lanes, owed, settle
from outbox.lanes import Claim, Event
from outbox.ledger import Ledger
from outbox.outcome import Verdict
from outbox.owed import Load
from outbox.settle import Ask, Plan, Settled

log = structlog.get_logger("fedigroups.outbox")


@dataclass(frozen=True, slots=True)
class Ready:
    """A host's next load: decided on, and written down as what may have been sent.

    `at` is when it was read, in seconds of the event loop. Of a blocked host nothing is read.
    """

    known: Known
    load: Load
    plan: Plan
    at: float


class Hold(Enum):
    """What becomes of a lane when a result is written."""

    RENEWED = "renewed"
    RELEASED = "released"
    ANSWERED = "answered"
    TOOK = "took"
    FAILED = "failed"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class Result:
    """What a run has learned: how far the cursors go, and what becomes of the lane.

    `failure` belongs to `Hold.FAILED`; `form` is the signature that the host takes, when it is new.
    """

    claim: Claim
    hold: Hold
    passed: tuple[Settled, ...] = ()
    failure: Verdict | None = None
    form: Form | Literal[""] = ""


NOTHING = Plan((), ())


class Desk:
    """Where the runs of one worker read and write; `runs` counts those that are at work."""

    def __init__(self, peers: Peers, runs: Callable[[], int]) -> None:
        self._peers = peers
        self._loads = Ledger(self._prepare)
        self._results = Ledger(self._write, runs)

    async def prepare(self, claim: Claim) -> Ready:
        """The host's next load, ready to be sent."""
        return await self._loads.write(claim)

    async def prepare_all(self, claims: Sequence[Claim]) -> Mapping[str, Ready]:
        """By host, the next loads of those that were claimed together; none when that fails.

        Then each is to be prepared alone, so that one that cannot be read spoils no other.
        """
        try:
            made = await self._prepare(claims)
            return {claim.host: ready for claim, ready in zip(claims, made, strict=True)}
        except Exception:
            log.exception("outbox.prepare.failed", hosts=len(claims))
            return {}

    async def write(self, result: Result) -> bool:
        """Write the result, if the lane is still ours; whether it was."""
        return await self._results.write(result)

    async def _prepare(self, claims: Sequence[Claim]) -> list[Ready]:
        now = asyncio.get_running_loop().time()
        known = await self._peers.known([claim.host for claim in claims])
        free = [claim for claim in claims if not known[claim.host].blocked]
        loads = await owed.load_all([claim.host for claim in free])
        plans = await _plans(
            [
                Ask(c, loads[c.host].parcels, votes=known[c.host].family == "thread")
                for c in free
                if loads[c.host].parcels
            ]
        )
        return [
            Ready(known[h], loads.get(h, owed.NOTHING), plans.get(h, NOTHING), now)
            for h in (claim.host for claim in claims)
        ]

    async def _write(self, results: Sequence[Result]) -> list[bool]:
        async with storage.transaction():
            now = clock.now_ms()
            held = await _hold(results, now)
            kept = [result for result in results if result.claim.host in held]
            await settle.advance([one for result in kept for one in result.passed])
            for result in kept:
                await _give_up(result, now)
            forms: dict[str, Form] = {r.claim.host: r.form for r in kept if r.form}
            await self._peers.learn_forms(forms)
        return [result.claim.host in held for result in results]


async def _plans(asks: Sequence[Ask]) -> dict[str, Plan]:
    """What is sent of each host's load; committed when this returns."""
    if not asks:
        return {}
    async with storage.transaction():
        made = await settle.plan(asks)
    return {ask.claim.host: plan for ask, plan in zip(asks, made, strict=True)}


async def _hold(results: Sequence[Result], now: int) -> set[str]:
    """Write what becomes of the lanes; the hosts of those that are still ours."""

    def those(*holds: Hold) -> list[Claim]:
        return [result.claim for result in results if result.hold in holds]

    held = await lanes.renew(*those(Hold.RENEWED))
    held |= await lanes.release(*those(Hold.RELEASED, Hold.BLOCKED))
    held |= await lanes.answered(*those(Hold.ANSWERED), took=False)
    held |= await lanes.answered(*those(Hold.TOOK), took=True)
    for result in results:
        if result.failure is not None:
            event = lanes.event_of_failure(result.claim, now)
            held |= await lanes.failed(result.claim, event, result.failure, now)
    return held


async def _give_up(result: Result, now: int) -> None:
    if result.hold is Hold.BLOCKED:
        await settle.abandon(result.claim, settle.BLOCKED)
        return
    failure = result.failure
    if failure and lanes.event_of_failure(result.claim, now) is Event.GAVE_UP:
        reason = f"no success for 14 days ({failure.reason})"
        count = await settle.abandon(result.claim, reason)
        log.warning("outbox.dormant", peer=result.claim.host, subscriptions=count)
