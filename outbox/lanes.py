"""This module knows the lanes: which states a host goes through, and who may work it now.

A lane is worked under a lease. Whatever a worker learned is written only while it holds the lease;
a worker that was frozen past its lease finds that its result is ignored. Leases, and when a host is
tried again, go by the clock on which all workers agree (`storage.now`), not by a worker's own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from federation import clock, ids, storage
from outbox import retry
from outbox.outcome import Verdict

LEASE = 60 * clock.SECOND

PATIENCE = 5
"""Claims of a lane in a row with no result (the process ended), after which the lane waits."""

PAUSE = clock.MINUTE
"""How much longer it waits each time."""


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
    """A lane that this worker holds; `lease` is the name that it is held under.

    `until` (ms) is when that ends by this worker's own clock.
    """

    host: str
    lease: str
    until: int
    state: State
    failures: int
    failing_since: int
    succeeded_at: int
    last_error: str

    def silent_since(self, now: int) -> int:
        """When the present failure began."""
        return self.failing_since or now


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a claimed lane: `held` on or let go, and not tried for `pause` (ms)."""

    claim: Claim
    state: State
    failures: int
    pause: int
    failing_since: int
    succeeded_at: int
    last_error: str
    held: bool = False


async def claim(hosts: Sequence[str], owner: str) -> list[Claim]:
    """Hold those of the hosts' lanes that are due and that nobody holds.

    Two workers never get the same lane: PostgreSQL skips the rows that another is claiming. An
    attempt is counted before it is made: a host that was claimed `PATIENCE` times with no result is
    tried ever more seldom, for it may be what makes this program end.
    """
    until, lease = clock.now_ms() + LEASE, f"{owner}/{ids.token(6)}"
    now, given = storage.now(), storage.now_given()
    found = await storage.rows(
        f"UPDATE lane SET lease_owner = ?, lease_until = {now} + ?, tries = tries + 1,"  # noqa: S608 - our own SQL
        f" next_try_at = CASE WHEN tries < ? THEN next_try_at ELSE {now} + ? * (tries - ? + 1) END"
        f" WHERE host IN (SELECT host FROM lane WHERE host IN ({_hosts()})"
        f" AND lease_until <= {now} AND next_try_at <= {now}{storage.skip_locked()})"
        " RETURNING host, state, failures, failing_since, succeeded_at, last_error",
        lease,
        given,
        LEASE,
        PATIENCE,
        given,
        PAUSE,
        PATIENCE,
        storage.packed([host] for host in hosts),
        given,
        given,
    )
    return [
        Claim(**row | {"lease": lease, "until": until, "state": State(row["state"])})
        for row in found
    ]


async def write(results: Sequence[Result]) -> set[str]:
    """Write what became of lanes, by one statement; the hosts whose lanes were still ours."""
    now, given = storage.now(), storage.now_given()
    found = await storage.rows(
        "UPDATE lane SET state = w.state, failures = w.failures,"  # noqa: S608 - our own SQL
        f" next_try_at = CASE WHEN w.pause > 0 THEN {now} + w.pause ELSE 0 END,"
        " failing_since = w.failing_since, succeeded_at = w.succeeded_at,"
        " last_error = w.last_error, tries = 0,"
        f" lease_until = CASE WHEN w.hold > 0 THEN {now} + w.hold ELSE 0 END,"
        f" lease_owner = CASE WHEN w.hold > 0 THEN lease_owner ELSE '' END FROM {_rows()}"
        f" WHERE lane.host = w.host AND lane.lease_owner = w.lease AND lane.lease_until > {now}"
        " RETURNING lane.host",
        given,
        given,
        storage.packed(
            (
                one.claim.host,
                one.claim.lease,
                one.state.value,
                one.failures,
                one.pause,
                one.failing_since,
                one.succeeded_at,
                one.last_error,
                LEASE if one.held else 0,
            )
            for one in results
        ),
        given,
    )
    return {row["host"] for row in found}


def _hosts() -> str:
    return f"SELECT host FROM {storage.table('asked', host='text')}"  # noqa: S608 - our own SQL


def _rows() -> str:
    return storage.table(
        "w",
        host="text",
        lease="text",
        state="text",
        failures="bigint",
        pause="bigint",
        failing_since="bigint",
        succeeded_at="bigint",
        last_error="text",
        hold="bigint",
    )


def held(claim: Claim) -> Result:
    """The lane as it was claimed, and held for another `LEASE`."""
    return _unchanged(claim, held=True)


def let_go(claim: Claim) -> Result:
    """The lane as it was claimed, and free."""
    return _unchanged(claim, held=False)


def _unchanged(claim: Claim, *, held: bool) -> Result:
    return Result(
        claim,
        claim.state,
        claim.failures,
        0,
        claim.failing_since,
        claim.succeeded_at,
        claim.last_error,
        held,
    )


def answered(claim: Claim, *, took: bool) -> Result:
    """The host answered, and the lane is free; `took` when it accepted something (2xx)."""
    well = recovered(claim, clock.now_ms(), took=took)
    return Result(claim, well.state, 0, 0, 0, well.succeeded_at, "")


def recovered(claim: Claim, now: int, *, took: bool) -> Claim:
    """The claim of a lane whose host answered since it was made: no failure stands any more."""
    state = MOVES[claim.state, Event.ANSWERED]
    succeeded = now if took else claim.succeeded_at
    return replace(claim, state=state, failures=0, failing_since=0, succeeded_at=succeeded)


def event_of_failure(claim: Claim, now: int) -> Event:
    """What one more failure means: after 14 days of them we give up (and stay so)."""
    overdue = now - claim.silent_since(now) >= retry.GIVE_UP
    return Event.GAVE_UP if overdue or claim.state is State.DORMANT else Event.FAILED


def failed(claim: Claim, event: Event, verdict: Verdict, now: int) -> Result:
    """The host failed once more: when it is tried again; the lane is free."""
    state, failures = MOVES[claim.state, event], claim.failures + 1
    pause = retry.PROBE if state is State.DORMANT else retry.delay(failures)
    return Result(
        claim,
        state,
        failures,
        max(pause, verdict.wait),
        claim.silent_since(now),
        claim.succeeded_at,
        verdict.reason[:500].replace("\0", ""),
    )


async def release_all(owner: str) -> None:
    """Let go of every lane that `owner` claimed."""
    await storage.execute(
        "UPDATE lane SET lease_owner = '', lease_until = 0 WHERE SUBSTR(lease_owner, 1, ?) = ?",
        len(owner) + 1,
        f"{owner}/",
    )


async def release_everything() -> None:
    """Let go of every lane; for a worker that has just started and is alone on its database."""
    await storage.execute("UPDATE lane SET lease_owner = '', lease_until = 0 WHERE lease_until > 0")


async def wake(host: str) -> bool:
    """Let the lane be tried now; its state is judged by the result. False when there is none."""
    return await storage.execute("UPDATE lane SET next_try_at = 0 WHERE host = ?", host) > 0
