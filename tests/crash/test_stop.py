"""F04: a server that is asked to stop ends soon and well, and a rolling restart loses nothing."""

from __future__ import annotations

import asyncio
import signal
import socket
import time

import pytest

from crash.conftest import MakeTrial
from crash.crowd import Crowd
from crash.fleet import Process, until
from crash.load import begun
from crash.trial import Trial

LONG = [pytest.mark.long, pytest.mark.timeout(600)]
pytestmark = [pytest.mark.anyio, pytest.mark.processes, pytest.mark.timeout(240)]

STOP_SECONDS = 30.0


def accepts(process: Process) -> bool:
    """Whether it takes connections."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", process.port)) == 0


async def leases(trial: Trial) -> list[str]:
    """The hosts whose lanes somebody holds."""
    rows = await trial.fleet.rows(
        "SELECT host FROM lane WHERE lease_owner <> '' AND lease_until > ?",
        trial.fleet.clock.now_ms(),
    )
    return [row["host"] for row in rows]


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=LONG)])
async def test_a_server_that_is_asked_to_stop_under_load_ends_soon_and_well(
    kind: str, make_trial: MakeTrial
) -> None:
    trial = await make_trial(kind, Crowd(40, pause=0.3))
    load = await begun(trial, 4)
    async with load.flowing():
        await until(lambda: len(trial.crowd.taken) > 40)
        asked = time.monotonic()
        stopping = [asyncio.create_task(trial.stop(process)) for process in trial.fleet.processes]
        await until(lambda: not any(map(accepts, trial.fleet.webs)), 5)
        closed = time.monotonic() - asked
        ends = await asyncio.gather(*stopping)
    assert closed <= 1.0
    assert [status for status, _ in ends] == [0] * len(ends)
    assert max(seconds for _, seconds in ends) < STOP_SECONDS
    assert load.statuses <= {202, 0}
    assert await leases(trial) == []
    await trial.audit.hold()
    trial.fleet.start()
    await trial.settle()


async def test_a_rolling_restart_under_load_loses_nothing_and_repeats_nothing(
    make_trial: MakeTrial,
) -> None:
    trial = await make_trial("postgres", Crowd(40, pause=0.2))
    load = await begun(trial, 4)
    async with load.flowing():
        for process in trial.fleet.processes:
            before = len(load.answers)
            await until(lambda: len(load.answers) > before + 4)  # noqa: B023 - awaited here
            status, seconds = await trial.stop(process)
            assert (status, seconds < STOP_SECONDS) == (0, True)
            await trial.audit.hold()
            process.start()
            process.ready()
    assert load.statuses <= {202, 0}
    await trial.settle()
    assert set(trial.crowd.taken.values()) == {1}
    for person in load.people:
        said = [one for one in trial.audit.sent.values() if one["actor"] == person.uri]
        posts = [one["object"]["id"] for one in said if one["type"] == "Create"]
        told = await trial.announced(person)
        assert told[: len(posts)] == posts, "in the order in which they were accepted"
        assert len(told) <= len(posts) + 1, "the last may be taken after its sender has left"


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=LONG)])
async def test_a_crash_while_it_stops_loses_nothing(kind: str, make_trial: MakeTrial) -> None:
    trial = await make_trial(kind, Crowd(30, pause=0.2))
    await trial.enroll()
    for process in trial.fleet.processes:
        process.start(FEDIGROUPS_CRASHPOINT="during_stop")
    for process in trial.fleet.processes:
        process.ready()
    ann = trial.person(0)
    await trial.join(ann)
    await trial.insist(ann, ann.create("How do you weld thin sheet?"))
    await until(lambda: len(trial.crowd.taken) > 10)
    for process in trial.fleet.processes:
        process.send(signal.SIGTERM)
    for process in trial.fleet.processes:
        assert await process.died()
    await trial.kill(*trial.fleet.processes)
    trial.fleet.start()
    await trial.settle()


async def test_after_a_crash_the_one_server_on_sqlite_goes_on_at_once(
    make_trial: MakeTrial,
) -> None:
    """No lease of the dead is waited for."""
    trial = await make_trial("sqlite", Crowd(40, pause=0.3))
    (server,) = trial.fleet.processes
    await trial.enroll()
    trial.fleet.start()
    await trial.write("Thin sheet", "Thick plate")
    await until(lambda: trial.crowd.came)
    server.kill()
    assert await leases(trial)
    trial.audit.deaths += 1
    server.start()
    server.ready()
    await until(lambda: len(trial.crowd.taken) == 80, 10)
    await trial.settle()
