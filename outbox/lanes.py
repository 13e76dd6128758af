"""This module knows the lanes: which states a host goes through, and who may work it now.

A lane is worked under a lease. Whatever a worker learned is written only while it holds the lease;
a worker that was frozen past its lease finds that its result is ignored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from federation import clock, ids, storage
from outbox import retry
from outbox.outcome import Verdict

LEASE = 60 * clock.SECOND


class State(Enum):
    """How a host takes what it is sent."""

    OPEN = "open"
    FAILING = "failing"
    DORMANT = "dormant"


class Event(Enum):
    """What can happen to a lane."""

    ANSWERED = "answered"
    FAILED = "failed"
    GAVE_UP = "gave_up"


MOVES: Mapping[tuple[State, Event], State] = {
    (State.OPEN, Event.ANSWERED): State.OPEN,
    (State.OPEN, Event.FAILED): State.FAILING,
    (State.FAILING, Event.ANSWERED): State.OPEN,
    (State.FAILING, Event.FAILED): State.FAILING,
    (State.FAILING, Event.GAVE_UP): State.DORMANT,
    (State.DORMANT, Event.ANSWERED): State.OPEN,
    (State.DORMANT, Event.GAVE_UP): State.DORMANT,
}
"""Every legal move; `check` looks at it when this module is imported."""


def check(moves: Mapping[tuple[State, Event], State], start: State) -> None:
    """Refuse (ValueError) a table with a state that is unreachable or cannot reopen."""
    reached, ahead = {start}, [start]
    while ahead:
        state = ahead.pop()
        nexts = {to for (before, _), to in moves.items() if before is state} - reached
        reached |= nexts
        ahead += nexts
    lost = set(State) - reached
    stuck = {s for s in State if moves.get((s, Event.ANSWERED)) is not start}
    if lost or stuck:
        raise ValueError(f"lane states that cannot be reached {lost} or left {stuck}")


check(MOVES, State.OPEN)


@dataclass(frozen=True, slots=True)
class Claim:
    """A lane that this worker holds; `lease` is the name that it is held under."""

    host: str
    lease: str
    state: State
    failures: int
    failing_since: int

    def silent_since(self, now: int) -> int:
        """When the present failure began."""
        return self.failing_since or now


async def claim(hosts: Sequence[str], owner: str) -> list[Claim]:
    """Hold those of the hosts' lanes that are due and that nobody holds.

    Two workers never get the same lane: PostgreSQL skips the rows that another is claiming.
    """
    now, lease = clock.now_ms(), f"{owner}/{ids.token(6)}"
    found = await storage.rows(
        "UPDATE lane SET lease_owner = ?, lease_until = ? WHERE host IN ("  # noqa: S608 -- question marks only
        f"SELECT host FROM lane WHERE host IN ({storage.marks(len(hosts))})"
        f" AND lease_until <= ? AND next_try_at <= ?{storage.skip_locked()})"
        " RETURNING host, state, failures, failing_since",
        lease,
        now + LEASE,
        *hosts,
        now,
        now,
    )
    return [
        Claim(row["host"], lease, State(row["state"]), row["failures"], row["failing_since"])
        for row in found
    ]


async def renew(claim: Claim) -> bool:
    """Hold the lane for another `LEASE`; False when it is no longer ours."""
    return await _change(claim, "lease_until = ?", clock.now_ms() + LEASE)


async def release(claim: Claim) -> bool:
    """Let go of the lane and change nothing else; False when it was no longer ours."""
    return await _change(claim, "lease_owner = '', lease_until = 0")


async def release_all(owner: str) -> None:
    """Let go of every lane that `owner` claimed."""
    await storage.execute(
        "UPDATE lane SET lease_owner = '', lease_until = 0 WHERE SUBSTR(lease_owner, 1, ?) = ?",
        len(owner) + 1,
        f"{owner}/",
    )


async def answered(claim: Claim, *, took: bool) -> bool:
    """Note that the host answered, and let go; `took` when it accepted something (2xx)."""
    state = MOVES[claim.state, Event.ANSWERED]
    return await _change(
        claim,
        "state = ?, failures = 0, next_try_at = 0, failing_since = 0, last_error = '',"
        " succeeded_at = CASE WHEN ? THEN ? ELSE succeeded_at END,"
        " lease_owner = '', lease_until = 0",
        state.value,
        took,
        clock.now_ms(),
    )


def event_of_failure(claim: Claim, now: int) -> Event:
    """What one more failure means: after 14 days of them we give up (and stay so)."""
    overdue = now - claim.silent_since(now) >= retry.GIVE_UP
    return Event.GAVE_UP if overdue or claim.state is State.DORMANT else Event.FAILED


async def failed(claim: Claim, event: Event, verdict: Verdict, now: int) -> bool:
    """Note a failure and when to try again, and let go; False when the lane was no longer ours."""
    state, failures = MOVES[claim.state, event], claim.failures + 1
    pause = retry.PROBE if state is State.DORMANT else retry.delay(failures)
    return await _change(
        claim,
        "state = ?, failures = ?, next_try_at = ?, failing_since = ?, last_error = ?,"
        " lease_owner = '', lease_until = 0",
        state.value,
        failures,
        now + max(pause, verdict.wait),
        claim.silent_since(now),
        verdict.reason[:500],
    )


async def wake(host: str) -> bool:
    """Let the lane be tried now; its state is judged by the result. False when there is none."""
    return await storage.execute("UPDATE lane SET next_try_at = 0 WHERE host = ?", host) > 0


async def _change(claim: Claim, changes: str, *values: object) -> bool:
    found = await storage.row(
        f"UPDATE lane SET {changes}"  # noqa: S608 -- our own column names
        " WHERE host = ? AND lease_owner = ? AND lease_until > ? RETURNING host",
        *values,
        claim.host,
        claim.lease,
        clock.now_ms(),
    )
    return found is not None
