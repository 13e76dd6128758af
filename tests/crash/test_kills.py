"""F01, F03: processes that die at any time, while people talk and moderators act."""

from __future__ import annotations

import asyncio
import json
import os
import random
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import pytest

from crash.conftest import MakeTrial
from crash.crowd import Crowd, Knock, Person
from crash.fleet import Process, until
from crash.trial import Trial
from federation.origin import host_of
from outbox.scheduler import CLAIMED

pytestmark = [pytest.mark.anyio, pytest.mark.processes]

SPEAKERS = 6
DONE_BEFORE = (b"is gone already", b"cannot become banned")
"""What a command says that was killed when its work was committed."""


def a_seed() -> int:
    """Where chance begins: `CRASH_SEED=...` plays a run again."""
    seed = int(os.environ.get("CRASH_SEED") or random.getrandbits(32))
    print(f"to play this again: CRASH_SEED={seed}")
    return seed


@dataclass(repr=False)
class Town:
    """People who talk, and Olga, who removes posts and bans: each act until it is done."""

    trial: Trial
    people: list[Person]
    newcomers: list[Person]
    chance: Random
    pause: float
    """Seconds from one post to the next, of all people together: each goes to every host."""
    posts: list[tuple[Person, dict[str, Any]]] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    banned: list[Person] = field(default_factory=list)
    command: subprocess.Popen[bytes] | None = None
    over: bool = False

    async def talk(self) -> None:
        while not self.over:
            person = self.chance.choice(self.people)
            create = person.create("How do you weld thin sheet?")
            await self.trial.insist(person, create)
            self.posts.append((person, create))
            await self._sleep(self.pause)

    async def react(self) -> None:
        while not self.over:
            await self._sleep(0.5)
            if not self.posts:
                continue
            person = self.chance.choice(self.people)
            author, create = self.chance.choice(self.posts)
            like = person.act("Like", create["object"]["id"])
            await self.trial.insist(person, like)
            if self.chance.random() < 0.3:
                await self.trial.insist(person, person.undo(like))
            if self.chance.random() < 0.1:
                await self.trial.insist(author, author.delete(create))

    async def moderate(self) -> None:
        """Newcomers join and speak; their post is removed, or they are banned."""
        for eve in self.newcomers:
            if self.over:
                break
            create = eve.create("Buy my rods")
            await self.trial.insist(eve, eve.follow(), create)
            post = create["object"]["id"]
            if self.chance.random() < 0.5:
                await self._do("post", "remove", post, "--as", "olga", "--reason", "spam")
                self.removed.append(post)
            else:
                handle = f"eve@{eve.host}"
                await self._do("group", "remove", "welders", handle, "--ban", "--reason", "spam")
                self.banned.append(eve)

    async def _do(self, *words: str) -> None:
        """A command, typed again while it does not end well: it was killed, or too early."""
        for _ in range(60):
            self.command = self.trial.fleet.command(*words)
            said, _ = await asyncio.to_thread(self.command.communicate)
            if self.command.returncode == 0 or any(words in said for words in DONE_BEFORE):
                return
            await self._sleep(0.5)
        raise AssertionError(f"{' '.join(words)}: {said.decode()}")

    async def _sleep(self, seconds: float) -> None:
        await asyncio.sleep(self.chance.uniform(0.5, 1.5) * seconds)


@pytest.mark.parametrize(
    ("kills", "hosts", "pause"),
    [
        pytest.param(6, 100, 2.0, marks=[pytest.mark.long, pytest.mark.timeout(240)]),
        pytest.param(200, 300, 4.0, marks=[pytest.mark.long, pytest.mark.timeout(6_000)]),
    ],
)
async def test_nothing_is_lost_or_done_twice_whenever_it_dies(
    kind: str, kills: int, hosts: int, pause: float, make_trial: MakeTrial
) -> None:
    chance = Random(a_seed())

    def mostly_well(knock: Knock) -> int:
        return 503 if chance.random() < 0.01 else 202

    trial = await make_trial(kind, Crowd(hosts + kills, answer=mostly_well, pause=0.01))
    await trial.enroll(trial.crowd.hosts[:hosts])
    people = [trial.person(place) for place in range(SPEAKERS)]
    newcomers = [trial.person(place, "eve") for place in range(hosts, hosts + kills)]
    trial.fleet.start()
    await trial.join(*people)
    town = Town(trial, people, newcomers, chance, pause)
    life = [asyncio.create_task(part()) for part in (town.talk, town.react, town.moderate)]
    for _ in range(kills):
        await asyncio.sleep(chance.uniform(0.1, 2.5))
        for task in life:
            if task.done():
                task.result()
        await _kill_one(trial, town, chance)
    town.over = True
    for process in trial.fleet.processes:
        process.ready()
    await asyncio.gather(*life)
    await trial.settle()
    await _check_moderation(trial, town)


@pytest.mark.long
@pytest.mark.timeout(900)
async def test_a_fan_out_that_is_killed_again_and_again_reaches_every_host(
    kind: str, make_trial: MakeTrial, tmp_path: Path
) -> None:
    """F03: 3,000 hosts; what is sent twice is what was under way when its worker died."""
    zone, hosts = tmp_path / "zone", 3_000
    zone.write_text(json.dumps({"*.test": [Crowd.NAMED]}))
    crowd = Crowd(hosts, named=True, pause=0.02)
    trial = await make_trial(kind, crowd, steer={"STEER_NAMES": str(zone)})
    await trial.enroll()
    trial.fleet.start()
    said = await trial.say("one")
    for part in range(1, 5):
        await until(lambda: len(crowd.taken) >= part * hosts / 5)  # noqa: B023 - awaited here
        await trial.kill(*trial.fleet.workers)
        trial.fleet.start()
    await trial.settle()
    assert len(crowd.takers(said)) == hosts
    repeated = crowd.taken.total() - hosts
    print(f"{repeated} of {hosts} deliveries were repeated after {trial.audit.deaths} deaths")
    assert repeated <= trial.audit.deaths * CLAIMED


async def _kill_one(trial: Trial, town: Town, chance: Random) -> None:
    command = town.command
    if command is not None and command.poll() is None and chance.random() < 0.3:
        command.kill()
        await trial.audit.hold()
        return
    victim: Process = chance.choice(trial.fleet.processes)
    await trial.kill(victim)
    victim.start()
    if chance.random() < 0.8:  # else the next death may be before it is up
        await asyncio.to_thread(victim.ready)


async def _check_moderation(trial: Trial, town: Town) -> None:
    """What Olga did is done, and whoever had heard of a removed post heard of its removal.

    Not the host of somebody who was banned meanwhile: from then on it is told nothing.
    """
    assert town.removed or town.banned
    states = {row["uri"]: row["state"] for row in await trial.fleet.rows("SELECT * FROM post")}
    assert {states[uri] for uri in town.removed} <= {"removed"}
    undone = {(k.inbox, k.document["object"]["id"]) for k in trial.crowd.came if k.kind == "Undo"}
    banned = {eve.host for eve in town.banned}
    for knock in trial.crowd.came:
        if host_of(knock.inbox) in banned:
            continue
        if knock.kind == "Announce" and knock.document["object"] in town.removed:
            assert (knock.inbox, knock.id) in undone, f"{knock.inbox} still shows {knock.about}"
    for eve in town.banned:
        assert await trial.standing(eve) == "banned"
        assert await trial.reads(eve.host) == []
        assert "Reject" in trial.crowd.received(eve.host)
