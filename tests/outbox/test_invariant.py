"""The invariant: whatever fails, what is delivered, owed and ended is together the audience."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tortoise.context import TortoiseContext

from federation import clock, storage
from fedigroups.store import MODELS
from outbox import lane as lane_module
from outbox import streams
from outbox.publish import publish
from receivers import THREAD, Got, Receiver, Scene, draft, scene, until

START = 1_790_000_000_000
HOSTS = ("l.example", "m.example", "h.example")
THREADS = ("t", "u", "v")
CRASH_DUPLICATES = 20

Step = tuple[str, int, int]
steps = st.lists(
    st.tuples(
        st.sampled_from(["post", "post", "delete", "deliver", "crash", "down", "up", "wait"]),
        st.integers(0, 30),
        st.integers(0, 2**31),
    ),
    min_size=5,
    max_size=30,
)


@asynccontextmanager
async def memory() -> AsyncIterator[None]:
    """A database of this example's own."""
    async with TortoiseContext() as context:
        await context.init(
            config={
                "connections": {
                    "sqlite": {
                        "engine": "fedigroups.sqlite_engine",
                        "credentials": {"file_path": ":memory:"},
                    }
                },
                "apps": {"fedigroups": {"models": list(MODELS), "default_connection": "sqlite"}},
            }
        )
        await context.generate_schemas()
        try:
            yield
        finally:
            await context.close_connections()


@dataclass
class World:
    """What was said, and who should hear of it."""

    scene: Scene
    receivers: dict[str, Receiver] = field(default_factory=dict)
    now: int = START
    posts: list[str] = field(default_factory=list)
    undone: dict[str, str] = field(default_factory=dict)
    crashes: int = 0

    async def begin(self) -> None:
        for name in HOSTS:
            self.receivers[name] = await self.scene.host(name)

    async def step(self, kind: str, number: int, seed: int) -> None:
        with clock.held(self.now):
            if kind == "post":
                await self.post(number)
            elif kind == "delete" and self.posts:
                await self.delete(self.posts[number % len(self.posts)])
            elif kind == "deliver":
                self.script(seed)
                await self.scene.another("w").drain()
            elif kind == "crash":
                await self.crash(number, seed)
            elif kind == "down":
                self.scene.network.fail(HOSTS[number % 3], 503)
            elif kind == "up":
                self.scene.network.heal(HOSTS[number % 3])
        if kind == "wait":
            self.now += (number + 1) * 20 * clock.MINUTE

    async def post(self, number: int) -> None:
        name = f"p{len(self.posts)}"
        self.posts.append(name)
        await self.scene.say(name, thread=THREADS[number % 3])

    async def delete(self, post: str) -> None:
        if post not in self.undone:
            self.undone[post] = f"undo-{post}"
            thread = await storage.rows(
                "SELECT thread FROM log_entry WHERE object_uri = ?", f"o:{post}"
            )
            await self.scene.delete(post, f"undo-{post}", thread=thread[0]["thread"])

    def script(self, seed: int) -> None:
        """Hosts that take most, refuse some, and lose an answer now and then."""
        random = Random(seed)
        weights = {202: 20, 404: 2, 424: 2, 429: 1, 500: 1}

        def answer(got: Got) -> int:
            return random.choices(list(weights), list(weights.values()))[0]

        for receiver in self.receivers.values():
            receiver.answer = answer

    async def crash(self, after: int, seed: int) -> None:
        """A worker dies without a last word, after so many requests."""
        self.crashes += 1
        self.script(seed)
        for receiver in self.receivers.values():
            receiver.pause = 0.0005
        seen = len(self.scene.network.log)
        write = lane_module.Run._write
        dead = False

        async def unless_dead(run: lane_module.Run, hold: lane_module.Hold) -> bool:
            return False if dead else await write(run, hold)

        lane_module.Run._write = unless_dead  # type: ignore[method-assign]
        try:
            task = asyncio.create_task(self.scene.another("c").drain())
            await until(lambda: task.done() or len(self.scene.network.log) - seen >= after % 12)
            dead = True
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        finally:
            lane_module.Run._write = write  # type: ignore[method-assign]
        for receiver in self.receivers.values():
            receiver.pause = 0.0

    async def owed(self, host: str) -> set[str]:
        """Above the cursor of the stream, or waiting for another attempt."""
        found = await storage.rows(
            "SELECT a.uri FROM subscription s JOIN log_entry e ON e.stream = s.stream"
            " AND e.seq > s.cursor JOIN activity a ON a.id = e.activity_id WHERE s.host = ?",
            host,
        )
        return {row["uri"].rsplit("/", 1)[1] for row in found}

    async def check(self) -> None:
        audience = set(self.posts) | set(self.undone.values())
        for host, receiver in self.receivers.items():
            ended = {name for name, _ in await self.scene.ended(host)}
            assert audience == set(receiver.taken) | await self.owed(host) | ended
            await self.check_withdrawn(host, receiver)

    async def check_withdrawn(self, host: str, receiver: Receiver) -> None:
        """What never left is not undone, and what left is."""
        never = {name for name, reason in await self.scene.ended(host) if reason == "cancelled"}
        assert not never & set(receiver.names)
        ended = {name for name, _ in await self.scene.ended(host)}
        owed = await self.owed(host)
        for post, undo in self.undone.items():
            if post in receiver.taken:
                assert undo in set(receiver.taken) | owed | (ended - never)

    async def settle(self) -> None:
        """All is well again, for long enough."""
        for host, receiver in self.receivers.items():
            self.scene.network.heal(host)
            receiver.answer = lambda got: 202
        for _ in range(6):
            self.now += 2 * clock.DAY
            with clock.held(self.now):
                await self.scene.another("last").drain()
        for host, receiver in self.receivers.items():
            assert await self.owed(host) == set()
            self.check_order(receiver)

    def check_order(self, receiver: Receiver) -> None:
        """An undo never comes before the first time that its post was taken."""
        for post, undo in self.undone.items():
            if post in receiver.taken and undo in receiver.taken:
                assert receiver.taken.index(post) < receiver.taken.index(undo)


def play(story: list[Step], check: Callable[[World], None] = lambda world: None) -> None:
    """Live through the steps, and hold the invariant against the world after each."""

    async def live() -> None:
        async with memory():
            world = World(await scene())
            await world.begin()
            for step in story:
                await world.step(*step)
                await world.check()
            await world.settle()
            await world.check()
            check(world)
            await world.scene.wire.close()

    asyncio.run(live())


@settings(max_examples=40, deadline=None)
@given(steps)
def test_what_is_delivered_owed_and_ended_is_the_audience(story: list[Step]) -> None:
    play(story)


def test_the_invariant_holds_through_a_long_life() -> None:
    random = Random(7)
    kinds = ["post", "post", "post", "delete", "deliver", "deliver", "crash", "down", "up", "wait"]
    play(
        [(random.choice(kinds), random.randrange(31), random.randrange(2**31)) for _ in range(150)]
    )


def test_a_worker_that_dies_sends_little_twice() -> None:
    story: list[Step] = [("post", n, 0) for n in range(30)]
    story += [("crash", 11, 1), ("wait", 3, 0), ("crash", 11, 2), ("wait", 3, 0)]

    def few(world: World) -> None:
        for receiver in world.receivers.values():
            twice = len(receiver.taken) - len(set(receiver.taken))
            assert twice <= world.crashes * CRASH_DUPLICATES

    play(story, few)


@pytest.mark.anyio
@pytest.mark.usefixtures("database")
async def test_three_hundred_hosts_are_each_served_once() -> None:
    """A fan-out that is interrupted goes on where it was."""
    world = await scene()
    receiver = Receiver("all.example")
    hosts = [f"h{n}.example" for n in range(300)]
    for host in hosts:
        world.network.join(host, receiver.app)
        await streams.subscribe(THREAD, f"https://{host}/inbox", host)
    async with storage.transaction():
        await publish([draft("one")])
    task = asyncio.create_task(world.scheduler.drain())
    await until(lambda: len(receiver.taken) > 100)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await world.another().drain()
    reached = [dict(got.headers)["host"] for got in receiver.got]
    assert set(reached) == set(hosts)
    assert len(reached) <= 300 + 64
    assert (await storage.rows("SELECT COUNT(*) AS n FROM ended"))[0]["n"] == 0
    await world.wire.close()
