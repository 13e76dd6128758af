"""F01, F02: a process that dies at any named point loses nothing and does nothing twice."""

from __future__ import annotations

import asyncio

import pytest

from crash.conftest import MakeTrial
from crash.crowd import Crowd

AN_HOUR = 3_600
"""What a crash interrupted is not tried again at once."""

LONG = [pytest.mark.long, pytest.mark.timeout(600)]
pytestmark = [pytest.mark.anyio, pytest.mark.processes, pytest.mark.timeout(240)]

WEB = ("receipt_before_commit", "receipt_after_commit", "before_202")
WORK = (
    "after_gather",
    "processing_before_commit",
    "publish_before_commit",
    "processing_after_commit",
    "after_claim",
    "before_send",
    "after_send",
    "after_send:7",
    "after_result",
)


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=LONG)])
async def test_a_crash_at_any_point_of_the_work_loses_nothing(
    kind: str, make_trial: MakeTrial
) -> None:
    """Whoever dies is followed by one that finds what it left, and dies at the next point."""
    trial = await make_trial(kind, Crowd(12))
    await trial.enroll()
    ann, bob = trial.person(0), trial.person(1, "bob")
    web, worker = trial.fleet.webs[0], trial.fleet.workers[0]
    trial.fleet.start()
    await trial.join(ann, bob)
    await trial.kill(*trial.fleet.workers)  # so that nobody else comes by the point first
    creates = []
    for point in (*WEB, *WORK):
        victim = web if point in WEB else worker
        await trial.kill(victim)
        trial.fleet.clock.forward(AN_HOUR)
        victim.start(FEDIGROUPS_CRASHPOINT=point)
        creates.append(ann.create(f"Weld {point}"))
        trial.audit.expect(creates[-1])
        async with asyncio.timeout(30):
            while victim.lives:
                if await ann.send(creates[-1], victim if point in WEB else web) == 202:
                    trial.audit.note(creates[-1])
                await asyncio.sleep(0.1)
        assert await victim.died(), point
        await trial.kill(victim)
        if victim is not worker:
            victim.start()
    trial.fleet.start()
    for create in creates:
        await trial.insist(ann, create)
        await trial.insist(bob, bob.act("Like", create["object"]["id"]))
    await trial.settle()
