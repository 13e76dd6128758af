"""One node of three of a NATS cluster dies, whichever it is: work goes on, and is still told of."""

from __future__ import annotations

import time

import pytest

from crash.conftest import MakeTrial
from crash.crowd import Crowd
from crash.fleet import until
from crash.load import begun
from crash.trial import Trial
from nats_server import cluster

pytestmark = [pytest.mark.anyio, pytest.mark.processes, pytest.mark.timeout(240)]

TOLD_SECONDS = 5.0


async def test_a_node_of_a_cluster_may_die_under_load(make_trial: MakeTrial) -> None:
    with cluster() as nodes:
        trial = await make_trial("postgres", Crowd(20), nats=[node.url for node in nodes])
        load = await begun(trial, 3)
        async with load.flowing():
            for node in nodes:
                node.stop()
                said, since = await trial.say(f"{node.port}"), time.monotonic()
                await until(lambda: len(trial.crowd.takers(said)) == 20)  # noqa: B023
                assert time.monotonic() - since < TOLD_SECONDS
                node.start()
        assert load.statuses == {202}
        await trial.settle()
        # whoever was cut off dials anew, which takes a moment
        await until(lambda: _connected(trial) == len(trial.fleet.processes) + _lost(trial))


def _connected(trial: Trial) -> int:
    return len(trial.fleet.said("bus.connected"))


def _lost(trial: Trial) -> int:
    return len(trial.fleet.said("bus.lost"))
