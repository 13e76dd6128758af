"""F13, F15, F16, F20: clocks that step, hosts and ourselves that are away for days, and frozen
workers. All of that is one thing: time goes by while somebody does nothing."""

from __future__ import annotations

import asyncio
import signal
import time
from collections import Counter
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from crash.conftest import MakeTrial
from crash.crowd import Crowd
from crash.fleet import Clock, until
from crash.trial import Trial
from federation import clock, limits

pytestmark = [pytest.mark.anyio, pytest.mark.processes, pytest.mark.timeout(300)]

HALF_AN_HOUR = 1_800
LONG = [pytest.mark.long, pytest.mark.timeout(1_800)]


def right_now() -> int:
    """The time of everybody else, who have the right clock."""
    return time.time_ns() // 1_000_000


@pytest.mark.parametrize("busy", [False, pytest.param(True, marks=LONG)])
async def test_a_clock_that_steps_by_half_an_hour_refuses_nobody(
    kind: str, busy: bool, make_trial: MakeTrial, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F13: all is taken, and no delivery is repeated more than after a crash.

    In the middle of its deliveries a worker loses its leases by the step; what it leaves behind is
    swept up within a minute.
    """
    trial = await make_trial(kind, Crowd(10, pause=0.05))
    await trial.enroll()
    trial.fleet.start()
    monkeypatch.setattr(clock, "now_ms", right_now)
    ann, bob = trial.person(0), trial.person(1, "bob")
    await trial.join(ann, bob)
    for step in (HALF_AN_HOUR, -HALF_AN_HOUR, -HALF_AN_HOUR, HALF_AN_HOUR):
        for person in (ann, bob):
            create = person.create("Which rod?")
            assert await person.send(create) == 202
            trial.audit.note(create)
        if not busy:
            await trial.idle()
        trial.fleet.clock.forward(step)
        trial.audit.deaths += busy
    await trial.settle()


async def test_a_clock_that_is_thirteen_hours_off_refuses_nobody_for_good(
    make_trial: MakeTrial, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F13: 503 instead of 401, and the operator is told; all is taken when it is right again."""
    trial = await make_trial("sqlite", Crowd(6))
    trial.fleet.start()
    monkeypatch.setattr(clock, "now_ms", right_now)
    people = [trial.person(place) for place in range(4)]
    await trial.join(*people)
    for hours in (13, -13):
        await trial.idle()
        trial.fleet.processes[0].log.write_text("")
        trial.fleet.clock.forward(hours * 3_600)
        creates = [person.create("Which rod?") for person in people]
        statuses = [
            await person.send(create) for person, create in zip(people, creates, strict=True)
        ]
        assert statuses == [401, 503, 503, 503], "one alone may be wrong, several are not"
        assert [line["level"] for line in trial.fleet.said("clock.wrong")] == ["error"]
        trial.fleet.clock.forward(-hours * 3_600)
        for person, create in zip(people, creates, strict=True):
            await trial.insist(person, create)
    await trial.settle()


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=LONG)])
async def test_a_host_that_was_away_for_a_day_gets_all_of_it_in_order(
    kind: str, make_trial: MakeTrial
) -> None:
    """F15: 26 hours; one probe at a time meanwhile, then all of it, signed anew, four at once."""
    trial = await make_trial(kind, Crowd(2, pause=0.02))
    ann = trial.crowd.hosts[0]
    await trial.enroll()
    trial.fleet.start()
    begin, said, tries = trial.fleet.clock.now_ms(), list[str](), [0]
    with trial.crowd.troubled([ann]):
        while trial.fleet.clock.now_ms() < begin + 26 * clock.HOUR:
            for _ in range(3):
                said.append(await trial.say(f"n{len(said):02}", f"t{len(said) % 3}"))
            await until(lambda: trial.crowd.visits[ann] > sum(tries))
            await until(lambda: len(trial.crowd.takers(said[-1])) == 1)
            tries.append(trial.crowd.visits[ann] - sum(tries))
            await _let_the_next_try_come(trial, ann)
    assert max(tries) <= 2, "a failing host is tried once at a time (a kept connection once more)"
    await trial.settle()
    came = [knock for knock in trial.crowd.came if knock.host == ann]
    assert {knock.id for knock in came} == set(said)
    assert trial.crowd.most[ann] <= limits.DELIVERIES_PER_HOST
    for thread in range(3):
        ids = [knock.id for knock in came if knock.id in said[thread::3]]
        assert ids == said[thread::3]
    for knock in came:
        signed = parsedate_to_datetime(knock.headers["date"]).timestamp() * 1_000
        assert abs(signed - trial.fleet.clock.now_ms()) < clock.HOUR


async def _let_the_next_try_come(trial: Trial, host: str) -> None:
    """Time goes by until the host is tried again."""
    row = "SELECT next_try_at FROM lane WHERE host = ? AND lease_until = 0 AND failures > 0"
    await until(lambda: trial.fleet.rows(row, host))
    wait = (await trial.fleet.rows(row, host))[0]["next_try_at"] - trial.fleet.clock.now_ms()
    trial.fleet.clock.forward(max(wait / 1_000, 0) + 1)


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=LONG)])
@pytest.mark.parametrize(("hosts", "posts"), [(40, 25), pytest.param(1_000, 100, marks=LONG)])
async def test_after_two_days_away_ourselves_no_host_is_stormed(
    kind: str, hosts: int, posts: int, make_trial: MakeTrial
) -> None:
    """F16: a backlog for every host; each gets it all, in order, never more than four at once."""
    trial = await make_trial(kind, Crowd(hosts, pause=0.01))
    await trial.enroll()
    said = [await trial.say(f"n{number:03}", f"t{number % 3}") for number in range(posts)]
    trial.fleet.clock.forward(48 * 3_600)
    trial.fleet.start()
    await trial.settle(90 + hosts * posts / 100)  # a hundred a second, beside other work
    assert max(trial.crowd.most.values()) <= limits.DELIVERIES_PER_HOST
    for host in trial.crowd.hosts:
        ids = [knock.id for knock in trial.crowd.came if knock.host == host]
        for thread in range(3):
            assert [uri for uri in ids if uri in said[thread::3]] == said[thread::3]


async def test_the_result_of_a_worker_that_was_frozen_past_its_lease_is_ignored(
    make_trial: MakeTrial,
) -> None:
    """F20: SIGSTOP in the middle of a delivery. At most one duplicate for each, and no regress."""
    crowd = Crowd(12, pause=0.5)
    crowd.answer = lambda knock: 404 if len(crowd.received(knock.host)) == 1 else 202
    trial = await make_trial("postgres", crowd, roles=("worker",) * 2)
    frozen, other = trial.fleet.workers
    await trial.enroll()
    said = [await trial.say("one")]
    frozen.start()
    frozen.ready()
    await until(lambda: len(crowd.came) == 12)
    frozen.send(signal.SIGSTOP)
    trial.fleet.clock.forward(61)
    other.start()
    other.ready()
    said += [await trial.say(f"more-{number}") for number in range(3)]
    await until(lambda: all(len(crowd.takers(uri)) == 12 for uri in said))
    cursors = await _cursors(trial)
    frozen.send(signal.SIGCONT)
    await until(lambda: frozen.said("outbox.lease.lost"))
    after = await _cursors(trial)
    assert all(after[name] >= cursor for name, cursor in cursors.items())
    trial.audit.deaths += 1
    await trial.settle()
    assert await trial.fleet.rows("SELECT reason FROM ended") == []
    assert max(Counter((knock.inbox, knock.id) for knock in crowd.came).values()) <= 2


async def _cursors(trial: Trial) -> dict[int, int]:
    rows = await trial.fleet.rows("SELECT id, cursor FROM subscription")
    return {row["id"]: row["cursor"] for row in rows}


async def test_a_worker_whose_clock_is_ahead_repeats_nothing(
    make_trial: MakeTrial, tmp_path: Path
) -> None:
    """F13: two machines half an hour apart. Leases go by the clock of the database, not by theirs.

    The one ahead is past each lease of the other by its own clock, and finds it held.
    """
    trial = await make_trial("postgres", Crowd(12, pause=0.3), roles=("worker",) * 2)
    await trial.enroll()
    ahead = Clock(tmp_path / "ahead")
    ahead.forward(HALF_AN_HOUR)
    right, wrong = trial.fleet.workers
    right.start(STEER_AGREED="")
    wrong.start(STEER_AGREED="", STEER_CLOCK=str(ahead.path))
    for worker in (right, wrong):
        worker.ready()
    for number in range(12):
        await trial.say(f"n{number}")
        await asyncio.sleep(0.2)
    await trial.settle()
    assert trial.crowd.taken.total() == 12 * 12
