"""F30: a row that cannot be read or sent is put aside with an alarm, and all else goes on."""

from __future__ import annotations

import pytest

from crash.conftest import MakeTrial
from crash.crowd import Crowd
from crash.fleet import GROUP, until

LONG = [pytest.mark.long, pytest.mark.timeout(600)]
pytestmark = [pytest.mark.anyio, pytest.mark.processes, pytest.mark.timeout(240)]

ATTEMPTS = 3


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=LONG)])
async def test_an_activity_that_cannot_be_sent_ends_after_three_tries(
    kind: str, make_trial: MakeTrial
) -> None:
    trial = await make_trial(kind, Crowd(3))
    await trial.enroll()
    said = [await trial.say(name, name) for name in ("before", "poison", "after")]
    broken = "UPDATE activity SET actor_uri = ? WHERE uri = ?"
    await trial.fleet.change(broken, f"{GROUP}x", said[1])
    trial.fleet.start()
    await until(lambda: all(len(trial.crowd.takers(said[place])) == 3 for place in (0, 2)))
    for attempt in range(2, ATTEMPTS + 1):
        await trial.put_aside(attempt)
        trial.fleet.clock.forward(3 * 3_600)
        await trial.begin_anew()
    await trial.settle()
    ended = await trial.fleet.rows("SELECT activity_uri, reason FROM ended")
    assert {row["activity_uri"] for row in ended} == {said[1]}
    assert len(ended) == 3
    assert all("could not be sent" in row["reason"] for row in ended)
    assert len([one for one in trial.fleet.errors() if said[1] in str(one)]) >= ATTEMPTS
    assert trial.crowd.takers(said[1]) == set()


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=LONG)])
async def test_a_host_whose_row_is_broken_spoils_no_other(kind: str, make_trial: MakeTrial) -> None:
    trial = await make_trial(kind, Crowd(5))
    await trial.enroll()
    sick = trial.crowd.hosts[2]
    await trial.fleet.change("UPDATE lane SET state = 'broken' WHERE host = ?", sick)
    said = await trial.say("one")
    trial.fleet.start()
    await until(lambda: len(trial.crowd.takers(said)) == 4)
    await until(lambda: [one for one in trial.fleet.errors() if sick in str(one)])
    await trial.audit.hold()
    await trial.fleet.change("UPDATE lane SET state = 'open' WHERE host = ?", sick)
    await trial.begin_anew()
    await trial.settle()
    assert len(trial.crowd.takers(said)) == 5


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=LONG)])
async def test_what_arrived_and_cannot_be_read_is_given_up_alone(
    kind: str, make_trial: MakeTrial
) -> None:
    trial = await make_trial(kind, Crowd(3))
    await trial.enroll()
    ann, bob = trial.person(0), trial.person(0, "bob")
    trial.fleet.start()
    await trial.join(ann, bob)
    worker = trial.fleet.workers[0]
    await trial.kill(*trial.fleet.workers)
    if worker in trial.fleet.webs:
        worker.start(FEDIGROUPS_CRASHPOINT="after_gather")
        worker.ready()
    poison, good = ann.create("Poison"), bob.create("Good")
    for person, create in ((ann, poison), (bob, good)):
        await person.send(create)
    if worker in trial.fleet.webs:
        assert await worker.died()
    broken = "UPDATE receipt SET body = ? WHERE activity_uri = ? AND state = 'received'"
    assert await trial.fleet.change(broken, b"\xff{", poison["id"]) == 1
    trial.fleet.start()
    await trial.insist(bob, good)
    await trial.idle()
    rows = await trial.fleet.rows("SELECT activity_uri, state, reason FROM receipt")
    found = {row["activity_uri"]: row for row in rows}
    assert found[good["id"]]["state"] == "done"
    assert found[poison["id"]]["state"] in {"ignored", "failed"}
    assert found[poison["id"]]["reason"]
