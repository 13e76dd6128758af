"""The world of the tests: instances of ours and other servers, on a network without sockets.

`groups.example` hosts the group `welders`, which Olga owns and Tom is a member of; `second.example`
is where Mia lives, `third.example` where Rosa lives. Anybody else is on a server of the test's own.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from conftest import _run
from federation import storage
from federation.models import Actor
from fedigroups.accounts.people import person_named, sign_up
from fedigroups.app import make_app
from fedigroups.groups import founding, joining, lookup, speaking
from fedigroups.groups.founding import Profile
from fedigroups.groups.models import Group, Member, Post
from fedigroups.groups.speaking import Text
from fedigroups.instance import Instance, assemble
from fedigroups.settings import load
from network import Network
from postgres_server import Postgres

HOSTS = {
    "groups.example": ("olga", "tom"),
    "second.example": ("mia",),
    "third.example": ("rosa",),
}
ROUNDS = 30


def settings(host: str, url: str, folder: Path, **more: str) -> Any:
    """The settings of an instance of the tests."""
    return load(
        {
            "FEDIGROUPS_ORIGIN": f"https://{host}",
            "FEDIGROUPS_DATABASE_URL": url,
            "FEDIGROUPS_DATA_DIR": str(folder),
            "FEDIGROUPS_SECRET": "5e" * 32,
        }
        | more
    )


@dataclass
class Town:
    """One instance of ours, and what its people do."""

    instance: Instance
    network: Network

    @property
    def host(self) -> str:
        return self.instance.wire.config.host

    @property
    def wire(self) -> Any:
        return self.instance.wire

    async def run(self, work: Callable[[], Awaitable[Any]]) -> Any:
        """The result of some work, with this instance's database ambient."""
        with self.instance.store.context():
            return await work()

    async def person(self, name: str) -> Actor:
        return await self.run(lambda: person_named(self.wire, name))

    async def group(self, name: str = "welders") -> Group:
        return await self.run(lambda: lookup.any_group(name))

    async def write(self, name: str, text: str, title: str = "", group: str = "welders") -> Post:
        """A person here starts a thread."""

        async def work() -> Post:
            author = await person_named(self.wire, name)
            found = await lookup.any_group(group)
            return await speaking.write(self.wire, author, found, Text(text, title))

        return await self.run(work)

    async def reply(self, name: str, parent_uri: str, text: str) -> Post:
        """A person here answers a post."""

        async def work() -> Post:
            author = await person_named(self.wire, name)
            parent = await Post.get(uri=parent_uri)
            return await speaking.answer(self.wire, author, parent, Text(text))

        return await self.run(work)

    async def join(self, name: str, group: str) -> str:
        """A person here asks to be in a group, by its handle or its name here."""

        async def work() -> str:
            person = await person_named(self.wire, name)
            actor = await lookup.group_actor(self.wire, group)
            return await joining.join(self.wire, person, actor)

        return await self.run(work)

    async def post(self, uri: str) -> Post | None:
        """The post as this instance has it."""
        return await self.run(
            lambda: Post.get_or_none(uri=uri).select_related("author", "thread__group")
        )

    async def members(self, group: str = "welders") -> dict[str, str]:
        """Handle and state of everybody who ever had to do with the group."""

        async def work() -> dict[str, str]:
            found = await lookup.any_group(group)
            rows = await Member.filter(group_id=found.id).select_related("actor")
            return {row.actor.handle: row.state for row in rows}

        return await self.run(work)

    async def outcomes(self) -> list[tuple[str, str, str]]:
        """Kind, state and reason of everything that arrived, in its order."""
        with self.instance.store.context():
            rows = await storage.rows("SELECT kind, state, reason FROM receipt ORDER BY id")
        return [(row["kind"], row["state"], row["reason"]) for row in rows]

    async def change(self, **profile: Any) -> None:
        """Change the profile of `welders` without telling anybody."""

        async def work() -> None:
            await Group.filter(name="welders", hosted=True).update(**profile)

        await self.run(work)


@dataclass
class World:
    """Everything that a story needs; `settle` lets all that is due happen."""

    kind: str
    network: Network
    copy: Callable[[str], Awaitable[str]]
    folder: Path
    stack: AsyncExitStack
    towns: dict[str, Town] = field(default_factory=dict)

    async def town(self, host: str = "groups.example", **more: str) -> Town:
        """The instance of ours at this host, opened when it is first asked for."""
        if host in self.towns:
            return self.towns[host]
        url = await self.copy(host)
        instance = assemble(settings(host, url, self.folder / host, **more), transport=self.network)
        await instance.open()
        self.stack.push_async_callback(instance.close)
        self.network.join(host, make_app(instance))
        self.towns[host] = Town(instance, self.network)
        return self.towns[host]

    async def settle(self) -> None:
        """Process and deliver until nothing is due anywhere."""
        for _ in range(ROUNDS):
            before = len(self.network.log)
            for town in self.towns.values():
                await town.instance.settle()
            if len(self.network.log) == before and not await self._waiting():
                return
        raise AssertionError("the world does not come to rest: something goes round in circles")

    async def _waiting(self) -> bool:
        for town in self.towns.values():
            with town.instance.store.context():
                if await storage.row(
                    "SELECT id FROM receipt WHERE state = 'received' AND next_try_at = 0 LIMIT 1"
                ):
                    return True
        return False


async def _populate(host: str, url: str, folder: Path) -> None:
    instance = assemble(settings(host, url, folder), transport=Network())
    await instance.open()
    try:
        with instance.store.context():
            for name in HOSTS[host]:
                await sign_up(instance.wire, name, email="", password="")
            if host == "groups.example":
                await _found(instance)
    finally:
        await instance.close()


async def _found(instance: Instance) -> None:
    olga, tom = [await person_named(instance.wire, name) for name in HOSTS["groups.example"]]
    profile = Profile(title="Welders", summary="How we join metal.", rules="Be kind.")
    hosted = await founding.found(instance.wire, "welders", olga, profile)
    await joining.join(instance.wire, tom, hosted.actor)


@pytest.fixture(scope="session")
def populated(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str, str], str]:
    """Makes each instance once for each kind of database: a file or a database to copy."""
    made: dict[tuple[str, str], str] = {}
    folder = tmp_path_factory.mktemp("populated")

    def template(kind: str, host: str) -> str:
        if (kind, host) not in made:
            made[kind, host] = _make(request, kind, host, folder)
        return made[kind, host]

    return template


def _make(request: pytest.FixtureRequest, kind: str, host: str, folder: Path) -> str:
    if kind == "sqlite":
        path = folder / f"{host}.sqlite3"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        _run(_populate(host, f"sqlite://{path}", folder / host))
        return str(path)
    server: Postgres = request.getfixturevalue("postgres")
    name = "world_" + host.split(".", maxsplit=1)[0]
    empty = request.getfixturevalue("postgres_template")
    _run(server.execute(f"CREATE DATABASE {name} TEMPLATE {empty}"))
    _run(_populate(host, server.url(name), folder / host))
    return name


@pytest.fixture
async def world(
    kind: str,
    populated: Callable[[str, str], str],
    request: pytest.FixtureRequest,
    tmp_path: Path,
) -> AsyncIterator[World]:
    """A world of its own for each test, on each kind of database."""
    async with AsyncExitStack() as stack:

        async def copy(host: str) -> str:
            template = populated(kind, host)
            if kind == "sqlite":
                path = tmp_path / f"{host}.sqlite3"
                await asyncio.to_thread(shutil.copyfile, template, path)
                return f"sqlite://{path}"
            server: Postgres = request.getfixturevalue("postgres")
            return await stack.enter_async_context(server.database(template))

        yield World(kind, Network(), copy, tmp_path, stack)
