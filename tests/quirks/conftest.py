"""The stage of the quirks: our instance among judges, who are asked after every story."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx
import pytest

from federation.vocabulary import ACTIVITY_JSON
from judges import Judge, Microblog, Threads
from network import Exchange
from servers import GROUP, Member, Server
from world import Town, World

J = TypeVar("J", bound=Judge)


@dataclass
class Stage:
    """Our instance, and the judges around it."""

    world: World
    ours: Town
    judges: list[Judge] = field(default_factory=list)

    def microblog(
        self, host: str = "m.example", software: str = "mastodon", **more: Any
    ) -> Microblog:
        """A microblog that judges."""
        return self._add(Microblog(host, software=software, **more))

    def threads(self, host: str = "l.example", software: str = "lemmy", **more: Any) -> Threads:
        """A thread server that judges."""
        return self._add(Threads(host, software=software, **more))

    def stranger(self, host: str = "u.example", software: str = "homegrown") -> Judge:
        """A server of which we do not know what it reads."""
        return self._add(Judge(host, software=software))

    def server(self, host: str, software: str = "") -> Server:
        """A server that only records: for groups and people elsewhere."""
        return Server.at(self.world.network, host, software)

    def _add(self, judge: J) -> J:
        judge.network = self.world.network
        if judge.software:
            judge.serve_nodeinfo(judge.software)
        self.world.network.join(judge.host, judge.app)
        self.judges.append(judge)
        return judge

    async def settle(self) -> None:
        """Let all that is due happen; nobody has anything to object to."""
        await self.world.settle()
        self.conclude()

    def conclude(self) -> None:
        """Nobody has anything to object to."""
        verdicts = [verdict for judge in self.judges for verdict in judge.verdicts]
        for judge in self.judges:
            judge.verdicts.clear()
        assert verdicts == []

    async def join(self, *people: Member) -> None:
        """They become members; what was sent until then is forgotten."""
        for person in people:
            assert await person.send(person.follow()) == 202
        await self.settle()
        self.forget()

    async def say(self, person: Member, document: dict[str, Any], **more: Any) -> dict[str, Any]:
        """They deliver the Create of an object, and all that follows happens."""
        activity = person.create(document, **more)
        assert await person.send(activity) == 202
        await self.settle()
        return activity

    async def send(self, person: Member, activity: Any, **more: Any) -> int:
        """They deliver an activity, and all that follows happens."""
        status = await person.send(activity, **more)
        await self.settle()
        return status

    def forget(self) -> None:
        """Empty the inboxes, so that a test sees what comes from now on."""
        for judge in self.judges:
            judge.inbox.clear()

    async def read(self, url: str, accept: str = ACTIVITY_JSON) -> httpx.Response:
        """What we serve to anybody at a URL."""
        request = httpx.Request("GET", url, headers={"Accept": accept})
        response = await self.world.network.handle_async_request(request)
        await response.aread()
        return response

    async def document(self, url: str) -> dict[str, Any]:
        """The document that we serve at a URL."""
        response = await self.read(url)
        assert response.status_code == 200, f"{url}: {response.status_code}"
        document: dict[str, Any] = response.json()
        return document

    def fetched(self, host: str) -> list[Exchange]:
        """What was asked of a host so far."""
        return self.world.network.requests("GET", f"https://{host}/")

    async def last(self) -> str:
        """State and reason of what arrived last."""
        _, state, reason = (await self.ours.outcomes())[-1]
        return f"{state}: {reason}"


@pytest.fixture
async def stage(world: World) -> AsyncIterator[Stage]:
    """A stage of its own for each test; the judges have the last word."""
    made = Stage(world, await world.town())
    yield made
    made.conclude()


@pytest.fixture
def group() -> str:
    """The id of the group of which the quirks are about."""
    return GROUP
