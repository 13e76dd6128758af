"""Whatever is done to a post in whatever order: what is held or removed is nowhere to be found."""

from __future__ import annotations

import asyncio
import io
import zipfile
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest

from clients import App, signed_in
from doors import Known, answers, ask
from federation.errors import Malformed
from federation.models import Actor
from fedigroups.accounts.models import Account
from fedigroups.accounts.people import sign_up
from fedigroups.groups import lookup, speaking, takeout
from fedigroups.groups.models import Post, Revision
from fedigroups.groups.polls import Asked
from fedigroups.groups.speaking import Text
from fedigroups.moderation.acts import Act
from fedigroups.moderation.decide import decide
from listening import QUIET_SECONDS, Socket, open_to_all, socket
from outbox.models import Activity
from servers import Server
from world import Town, World

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("kind", ["sqlite"])]

SEQUENCES, STEPS = 6, 10
ACTS = (
    *("edit",) * 4,
    *("accept", "accept", "refuse", "ask", "remove", "restore", "restore"),
    *("lock", "unlock", "unlock", "pin", "delete"),
)
"""What may be done next; what is here more often is done more often."""


@dataclass
class Story:
    """One post of Tom's, each version of which has a word of its own, and what is done to it."""

    town: Town
    number: int
    post: Post | None = None
    words: list[str] = field(default_factory=list)
    shown: set[str] = field(default_factory=set)
    """The words of versions that everybody could read at some time."""
    done: list[str] = field(default_factory=list)

    def word(self) -> str:
        """The word of the next version."""
        self.words.append(f"sesame{self.number}x{len(self.words)}")
        return self.words[-1]

    async def begin(self) -> None:
        """Tom writes it; every other time he asks something, too."""
        asked = Asked(self.options, 3_600) if self.number % 2 else None
        said = Text(f"One {self.word()}", f"Two {self.words[-1]} {self.common}", poll=asked)

        async def write() -> Post:
            group = (await lookup.hosted_named("welders")).group
            return await speaking.write(self.town.wire, await lookup.person("tom"), group, said)

        self.post = await self.town.run(write)
        await self.look()

    @property
    def common(self) -> str:
        """A word that all versions have, by which they are searched for."""
        return f"shibboleth{self.number}"

    @property
    def options(self) -> tuple[str, str]:
        """What one could vote for."""
        return f"barley{self.number}", f"oats{self.number}"

    async def step(self, name: str) -> None:
        """Do it, if it can be done."""
        work: Callable[[], Awaitable[Any]] = {"edit": self.edit, "delete": self.delete}.get(
            name, lambda: self.decide(name)
        )
        try:
            await self.town.run(work)
            self.done.append(name)
        except Malformed:
            self.done.append(f"({name})")
        await self.look()

    async def edit(self) -> None:
        tom = await lookup.person("tom")
        said = Text(f"One {self.word()}", f"Two {self.words[-1]} {self.common}")
        try:
            await speaking.edit(self.town.wire, tom, await self.row(), said)
        except Malformed:
            self.words.pop()
            raise

    async def delete(self) -> None:
        await speaking.delete(self.town.wire, await lookup.person("tom"), await self.row())

    async def decide(self, kind: str) -> None:
        olga, hosted = await lookup.person("olga"), await lookup.hosted_named("welders")
        act = Act(
            kind=kind, hosted=hosted, decider=olga, post=await self.row(), text="So be it.", rule=1
        )
        await decide(self.town.wire, act)

    async def row(self) -> Post:
        assert self.post is not None
        found: Post = await Post.get(id=self.post.id).select_related(
            "author", "thread__group__actor"
        )
        return found

    async def look(self) -> None:
        if (await self.town.run(self.row)).state == "live":
            self.shown.add(self.words[-1])


async def test_no_sequence_of_acts_leaves_what_is_hidden_for_anybody_to_find(world: World) -> None:
    town, random = await world.town(), Random(7)
    home = Server.at(world.network, "m.example", "mastodon")
    threads = Server.at(world.network, "l.example", "lemmy")
    for member in (home.member("ann"), threads.member("bob")):
        await member.send(member.follow())
    await world.settle()
    await town.change(approve="everyone", rules="Be kind.")
    await town.run(lambda: sign_up(town.wire, "eva", email="", password=""))
    async with AsyncExitStack() as stack:
        door = await stack.enter_async_context(open_to_all(town))
        app = await stack.enter_async_context(signed_in(town, "eva"))
        token = app.http.headers["Authorization"].removeprefix("Bearer ")
        ear = await stack.enter_async_context(socket(door, token))
        for stream in ("public", "public:local", "user"):
            await ear.subscribe(stream)
        for number in range(SEQUENCES):
            story = Story(town, number)
            await story.begin()
            for _ in range(STEPS):
                await story.step(random.choice(ACTS))
            await world.settle()
            await check(story, [home, threads], app, ear)


async def found_by_others(story: Story, app: App) -> str:
    """What anybody finds who searches for its words, and what somebody else takes along."""
    said = (await ask(story.town, f"/search?q={story.common}", "text/html")).text
    for word in (*story.words, *story.options, story.common):
        said += str(await app.get("/api/v2/search", q=word, type="statuses"))

    async def taken_along() -> str:
        eva = await Account.get(actor__username="eva").select_related("actor")
        with zipfile.ZipFile(io.BytesIO(await takeout.pack(story.town.wire, eva))) as packed:
            return " ".join(packed.read(name).decode() for name in packed.namelist())

    taken: str = await story.town.run(taken_along)
    return said + taken


async def heard(ear: Socket) -> str:
    """What an app of somebody else was told since it was asked last."""
    said = ""
    while True:
        try:
            async with asyncio.timeout(QUIET_SECONDS):
                said += str(await ear.link.recv())
        except TimeoutError:
            return said


async def check(story: Story, servers: list[Server], app: App, ear: Socket) -> None:
    """Others find the newest version, if it is live, and were told no other, wherever they are."""
    post = await story.town.run(story.row)

    async def known() -> Known:
        made = await Activity.filter(object_uri=post.uri)
        actors = await Actor.filter(username__in=["tom", "olga", "welders"])
        return Known(
            people=("tom",),
            accounts=tuple(actor.id for actor in actors),
            threads=(post.thread_id,),
            posts=(post.id,),
            activities=tuple(one.uri.rsplit("/", 1)[1] for one in made),
        )

    async def history() -> str:
        return " ".join([one.content for one in await Revision.filter(post_id=post.id)])

    earlier = await story.town.run(history)
    assert {word for word in story.words if word in earlier} <= story.shown, story.done
    said = str(await answers(story.town, await story.town.run(known)))
    said += await found_by_others(story, app)
    told = await heard(ear)
    assert {word for word in story.words if word in told} <= story.shown, story.done
    if not story.shown:
        assert not any(option in said + told for option in story.options), story.done
    if post.state != "live":
        assert not any(option in said for option in story.options), story.done
    found = {word for word in story.words if word in said}
    assert found <= story.shown, story.done
    if post.state == "live":
        assert story.words[-1] in found, story.done
    else:
        assert found == set(), story.done
    sent = " ".join(one.body.decode() for server in servers for one in server.inbox)
    assert {word for word in story.words if word in sent} <= story.shown, story.done
