"""This module is load: people who send all the time, and what they were answered."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from crash.crowd import Person
from crash.trial import Trial


@dataclass(repr=False)
class Load:
    """People who write posts all the time; each is sent until it is taken."""

    trial: Trial
    people: list[Person]
    answers: list[tuple[int, float]] = field(default_factory=list)
    """The status, 0 for none, and when it came."""

    @asynccontextmanager
    async def flowing(self) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(self._talk(person)) for person in self.people]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _talk(self, person: Person) -> None:
        webs, turn = self.trial.fleet.webs, 0
        while True:
            create = person.create("Which rod for thin sheet?")
            while True:
                status = await asyncio.shield(person.send(create, webs[turn % len(webs)]))
                self.answers.append((status, time.monotonic()))
                if status:
                    break
                turn += 1
                await asyncio.sleep(0.05)
            if status == 202:
                self.trial.audit.note(create)
            await asyncio.sleep(0.2)

    @property
    def statuses(self) -> set[int]:
        return {status for status, _ in self.answers}


async def begun(trial: Trial, people: int, *, strangers: int = 0) -> Load:
    """The instance at work, and people on as many hosts who are members of the group.

    Every host reads the group, but for the last ones, the `strangers`.
    """
    await trial.enroll(trial.crowd.hosts[: trial.crowd.count - strangers])
    trial.fleet.start()
    talkers = [trial.person(place) for place in range(people)]
    await trial.join(*talkers)
    return Load(trial, talkers)
