"""F29: two instances do not reach each other while a moderator acts; afterwards both agree."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from crash.crowd import Crowd
from crash.fleet import Fleet, fleet, until
from crash.proxy import Proxy
from crash.trial import Trial
from federation import clock
from fedigroups.accounts.people import person_named, sign_up
from fedigroups.cli.stage import free_port
from fedigroups.groups import founding, joining, lookup, speaking
from fedigroups.groups.founding import Profile
from fedigroups.groups.speaking import Text

pytestmark = [pytest.mark.anyio, pytest.mark.processes, pytest.mark.timeout(240)]


@dataclass
class Island:
    """An instance whose only way out and in is a wire."""

    fleet: Fleet
    wire: Proxy

    async def add(self, *names: str) -> None:
        """People who live here."""
        async with self.fleet.hand() as instance:
            for name in names:
                await sign_up(instance.wire, name, email="", password="")

    async def found(self, owner: str) -> None:
        """The group of the welders lives here."""
        async with self.fleet.hand() as instance:
            person = await person_named(instance.wire, owner)
            await founding.found(instance.wire, "welders", person, Profile(title="Welders"))

    async def join(self, name: str, group: str) -> None:
        """Somebody here joins a group elsewhere."""
        async with self.fleet.hand() as instance:
            person = await person_named(instance.wire, name)
            await joining.join(
                instance.wire, person, await lookup.group_actor(instance.wire, group)
            )

    async def write(self, name: str, group: str, title: str) -> str:
        """Somebody here starts a thread in a group elsewhere; the post's id."""
        async with self.fleet.hand() as instance:
            person = await person_named(instance.wire, name)
            found = await lookup.any_group(group)
            text = Text("Buy my rods", title)
            return (await speaking.write(instance.wire, person, found, text)).uri

    async def standing(self, name: str) -> str:
        """How somebody of that name stands in the group, as this instance has it."""
        rows = await self.fleet.rows(
            "SELECT m.state FROM member m JOIN actor a ON a.id = m.actor_id WHERE a.username = ?",
            name,
        )
        return str(rows[0]["state"]) if rows else ""

    async def posts(self) -> dict[str, str]:
        """The state of each post that this instance has."""
        return {row["uri"]: row["state"] for row in await self.fleet.rows("SELECT * FROM post")}


async def island(stack: AsyncExitStack, folder: Path, address: str) -> Island:
    port = free_port()
    wire = await stack.enter_async_context(Proxy(("127.0.0.1", port), address).listening())
    made = stack.enter_context(
        fleet(f"sqlite://{folder}/db", folder, ("all",), steer={}, origin=f"http://{wire.host}")
    )
    made.processes[0].port = port
    made.processes[0].start()
    await asyncio.to_thread(made.processes[0].ready)
    return Island(made, wire)


async def test_a_ban_during_a_partition_holds_on_both_sides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mia is removed and banned at home while her instance, where Rosa is a member too, is away."""
    for name in ("home", "away"):
        (tmp_path / name).mkdir()
    async with AsyncExitStack() as stack:
        home = await island(stack, tmp_path / "home", "127.0.9.1")
        away = await island(stack, tmp_path / "away", "127.0.9.2")
        monkeypatch.setattr(clock, "now_ms", home.fleet.clock.now_ms)
        group, mia = f"@welders@{home.wire.host}", f"http://{away.wire.host}/users/mia"
        await home.add("olga")
        await home.found("olga")
        await away.add("mia", "rosa")
        for name in ("mia", "rosa"):
            await away.join(name, group)
            await until(lambda: _are(home.standing(name), away.standing(name), "member"))  # noqa: B023
        first = await away.write("mia", group, "One")
        await until(lambda: _has(home, first, "live"))

        home.wire.partition()
        away.wire.partition()
        client = await stack.enter_async_context(httpx.AsyncClient())
        trial = Trial(home.fleet, Crowd(0), client)
        await trial.remove(first)
        await trial.ban(mia)
        second = await away.write("mia", group, "Two")
        await until(lambda: _has_failed(home))
        await until(lambda: _has_failed(away))
        assert (await away.standing("mia"), (await away.posts())[first]) == ("member", "live")
        for side in (home, away):
            side.wire.heal()
            side.fleet.clock.forward(3_600)

        await until(lambda: _has(away, first, "removed"))
        await until(lambda: _is_no_member(away, "mia"))
        await until(lambda: _has_settled(home))
        await until(lambda: _has_settled(away))
        assert await home.standing("mia") == "banned"
        assert second not in await home.posts()
        await away.join("mia", group)
        await until(lambda: _has_settled(home))
        await until(lambda: _has_settled(away))
        assert await home.standing("mia") == "banned"
        assert await away.standing("mia") != "member"
        assert await away.standing("rosa") == "member"


async def _are(one: Any, other: Any, state: str) -> bool:
    return {await one, await other} == {state}


async def _has(side: Island, post: str, state: str) -> bool:
    return (await side.posts()).get(post) == state


async def _is_no_member(side: Island, name: str) -> bool:
    return await side.standing(name) != "member"


async def _has_failed(side: Island) -> bool:
    return bool(await side.fleet.rows("SELECT host FROM lane WHERE failures > 0"))


async def _has_settled(side: Island) -> bool:
    receipts = await side.fleet.rows("SELECT id FROM receipt WHERE state = 'received'")
    owed = await side.fleet.rows(
        "SELECT s.id FROM subscription s JOIN stream t ON t.name = s.stream WHERE s.cursor < t.head"
    )
    return not receipts and not owed
