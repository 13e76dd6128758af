"""This module gives a receipt its effects and its final state, both in one transaction or neither.

The receipt's row is taken first: of several processes that came upon it, one gets it and the others
find it settled. A batch has a savepoint for each of its steps; when some of them must come again,
all of them do, because every effect is idempotent by its own key.

    received -> done | ignored    it had an effect, or none on purpose
    received -> received          it comes again: a host did not answer, something failed here, or
                                  what it is about has not come
    received -> failed            given up; `inbox.report` shows it, and makes it received again
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from federation import clock, limits, storage
from federation.crashpoints import crashpoint
from federation.errors import FederationError, Unreachable
from federation.faults import is_conflict, through_conflicts
from inbox import awaited
from inbox.prepare import Due, Fault, Later, Prepared, Ready, fault
from inbox.registry import Outcome, ignored

WAITS = tuple(seconds * clock.SECOND for seconds in (10, 60, 300, 1_800, 7_200, 21_600, 21_600))
"""Milliseconds between two attempts at a receipt that waits for another host."""
ATTEMPTS = len(WAITS) + 1
FAULTS = 3
"""How often a receipt may make this program fail before it is put aside."""
REASON_CHARS = 2_000

_TAKE = (
    "UPDATE receipt SET state = 'done', reason = '', attempts = ?, next_try_at = 0, settled_at = ?"
    " WHERE id = ? AND state = 'received' AND attempts = ? RETURNING 1 AS one"
)
_AMEND = (
    "UPDATE receipt SET state = ?, reason = ?, attempts = ?, next_try_at = ?, settled_at = ?"
    " WHERE id = ?"
)

Result = Outcome | Later | Fault


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a receipt; `next_try_at` in milliseconds when it is to come again, else 0."""

    state: Literal["received", "done", "ignored", "failed"]
    reason: str = ""
    next_try_at: int = 0
    faulty: bool = False
    """Whether this program failed at one of its steps."""
    awaits: tuple[str, ...] = ()
    """The objects whose arrival lets it come again at once."""


_DONE = Verdict("done")


async def settle(due: Due, prepared: Sequence[Prepared], faults: int) -> Verdict | None:
    """Apply what is ready, and write what became of the receipt; None when others settled it.

    `faults` is how often it made this program fail before. Faults of handlers are results; those
    of the database are raised, except a conflict with another transaction: after that, once more.
    """
    try:
        return await through_conflicts(lambda: _settle(due, prepared, faults))
    except Exception as error:
        if not is_conflict(error):
            raise
        return await _settle(due, [fault(due, error)], faults)


async def _settle(due: Due, prepared: Sequence[Prepared], faults: int) -> Verdict | None:
    if len(prepared) > 1:
        return await _settle_many(due, prepared, faults)
    (only,) = prepared
    if isinstance(only, Ready):
        try:
            return await _settle_ready(due, only, faults)
        except Exception as error:  # its effects are undone; what remains is to say so
            only = _judged(due, error)
    return await _settle_many(due, [only], faults)


async def _settle_ready(due: Due, ready: Ready, faults: int) -> Verdict | None:
    async with storage.transaction():
        if not await _take(due):
            return None
        outcome = await ready.handler.apply(ready.received)
        return await _amend(due, [outcome], faults)


async def _settle_many(due: Due, prepared: Sequence[Prepared], faults: int) -> Verdict | None:
    async with storage.transaction():
        if not await _take(due):
            return None
        results = [await _result(due, step) for step in prepared]
        return await _amend(due, results, faults)


async def _result(due: Due, step: Prepared) -> Result:
    if not isinstance(step, Ready):
        return step
    try:
        async with storage.transaction():
            return await step.handler.apply(step.received)
    except Exception as error:
        return _judged(due, error)


def _judged(due: Due, error: Exception) -> Result:
    if is_conflict(error):
        raise error
    if isinstance(error, Unreachable):
        return Later(str(error), error.retry_after or 0.0)
    if isinstance(error, FederationError):
        return ignored(str(error))
    return fault(due, error)


async def _take(due: Due) -> bool:
    values = (due.attempts + 1, clock.now_ms(), due.id, due.attempts)
    return bool(await storage.at_once(_TAKE, *values))


async def _amend(due: Due, results: Sequence[Result], faults: int) -> Verdict:
    verdict = judge(due, results, faults)
    if verdict != _DONE:
        await storage.at_once(
            _AMEND,
            verdict.state,
            verdict.reason,
            due.attempts + 1,
            verdict.next_try_at,
            0 if verdict.state == "received" else clock.now_ms(),
            due.id,
        )
    if due.attempts or verdict.awaits:
        await awaited.put(due.id, due.host, verdict.awaits)
    crashpoint("processing_before_commit")
    return verdict


def judge(due: Due, results: Sequence[Result], faults: int) -> Verdict:
    """What follows for a receipt from the results of its steps.

    It comes again while a step waits for a host and `ATTEMPTS` are not used up, while a step
    failed here and it has not failed `FAULTS` times, or while a step awaits an object and the
    receipt is younger than `limits.AWAITED_SECONDS`. It is done when a step had an effect.
    """
    waits = [_wait(due, result, faults + 1) for result in results]
    soonest = min((wait for wait in waits if wait), default=0)
    open_ = [result for result in results if not isinstance(result, Outcome)]
    reason = _reasons(open_ or results)
    faulty = any(isinstance(result, Fault) for result in results)
    if soonest:
        awaits = {result.awaits for result in results if isinstance(result, Outcome)} - {""}
        return Verdict("received", reason, clock.now_ms() + soonest, faulty, tuple(sorted(awaits)))
    if open_:
        return Verdict("failed", reason, faulty=faulty)
    effective = any(isinstance(result, Outcome) and result.state == "done" for result in results)
    return Verdict("done" if effective else "ignored", reason)


def _wait(due: Due, result: Result, faults: int) -> int:
    """Milliseconds until a step comes again, 0 for never."""
    attempt = due.attempts + 1
    if isinstance(result, Outcome):
        return _patience(due) if result.awaits else 0
    if isinstance(result, Later) and attempt < ATTEMPTS:
        wish = min(int(result.seconds * clock.SECOND), WAITS[-1])
        return max(WAITS[attempt - 1], wish)
    if isinstance(result, Fault) and faults < FAULTS and attempt < ATTEMPTS:
        return WAITS[faults - 1]
    return 0


def _patience(due: Due) -> int:
    """Milliseconds that a receipt still awaits an object: until it comes, or its time is up.

    It looks once more soon after the first time: the object may have been stored by a transaction
    that could not see it waiting.
    """
    left = due.received_at + limits.AWAITED_SECONDS * clock.SECOND - clock.now_ms()
    return max(min(left, WAITS[0]) if due.attempts == 0 else left, 0)


def _reasons(results: Sequence[Result]) -> str:
    said = dict.fromkeys(result.reason for result in results if result.reason)
    return "; ".join(said)[:REASON_CHARS]
