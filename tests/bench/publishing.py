"""Benchmarks of what comes before a delivery: publishing a post, and what the queue costs."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
from drafts import ACTOR, announce
from fanout import THREADS, Fan, counted, fan
from home import group, home, settings
from internet import internet, subscribe
from trial import Goal, Measured, Size, Trial, cpu, race
from visitors import acquainted, create

import scenery
from federation import limits, signatures, storage
from federation.strict_json import dumps
from federation.vocabulary import ACTIVITY_JSON
from fedigroups.groups import distribute, lookup
from fedigroups.groups.distribute import Inner
from fedigroups.instance import Instance
from outbox import streams
from outbox.publish import publish


async def broadcast_accept(size: Size) -> Trial:
    """Deciding what a group sends of a new post and publishing it, with 10,000 readers against 10.

    One transaction each, in both dialects, half of the hosts reading either. The post itself is
    stored before, so that nothing else hides what grows.
    """
    many, few, number = size.of(10_000, 100), 10, size.of(100, 5)
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        measured = []
        for hosts in (many, few):
            chosen = settings(folder / str(hosts))
            instance = await stack.enter_async_context(home(chosen))
            await _read_by(instance, hosts)
            measured.append(await published(instance, number))
        trial = Trial("broadcast_accept", "ms CPU/post", Goal(at_most=1.5))
        return await race(trial, size, *measured)


async def _read_by(instance: Instance, hosts: int) -> None:
    found = await group(instance)
    names = [f"r{n}.example" for n in range(hosts)]
    for stream, some in (
        (streams.thread(found.id), names[::2]),
        (streams.microblog(found.id), names[1::2]),
    ):
        await subscribe(stream, {name: f"https://{name}/inbox" for name in some})


async def published(instance: Instance, number: int) -> Measured:
    hosted = await lookup.hosted_named("welders")
    (person,) = await acquainted(instance, 1)
    author = await instance.wire.directory.actor(person.uri)

    async def measured() -> float:
        with instance.store.context():
            posts = [(await scenery.thread(hosted.group, author))[1] for _ in range(number)]
            bodies = [dumps(create(person)) for _ in posts]

            async def tell() -> None:
                for post, body in zip(posts, bodies, strict=True):
                    inner = Inner(f"{post.uri}/create", body, author.host)
                    async with storage.transaction():
                        drafts = await distribute.post(instance.wire, hosted, inner, post, author)
                        await publish(drafts)

            return await cpu(number, tell, 1e3)()

    return measured


async def queue_overhead(size: Size) -> Trial:
    """The share of a warm delivery that is neither signing nor HTTP: the queue's own.

    `ours` is the CPU of the scheduler for each delivery through a transport that answers 202 at
    once, less that of the same signatures and requests made without a scheduler: finding hosts,
    claiming lanes, loading, starting tasks, moving cursors. `floor` is a whole delivery, to real
    hosts. All are of 500 hosts with four activities of four threads, measured in turns.
    """
    hosts, each = size.of(500, 10), 4
    with TemporaryDirectory() as name:
        folder = Path(name)
        async with internet(folder) as crowd, fan(folder / "real", crowd, hosts) as real:
            instant = Instant()
            async with fan(folder / "instant", crowd, hosts, instant) as queued:
                whole, through = real.delivered(each), queued.delivered(each, instant)
                bare = counted(instant, hosts * each, lambda: _sent(queued, each))

                async def own() -> float:
                    return await through() - await bare()

                trial = Trial("queue_overhead", "µs CPU/delivery", Goal(at_most=0.03))
                return await race(trial, size, own, whole)


class Instant(httpx.AsyncBaseTransport):
    """Every host at once: each request is answered 202 on the spot."""

    def __init__(self) -> None:
        self._asked = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._asked += 1
        return httpx.Response(202, stream=httpx.ByteStream(b""))

    async def came(self, count: int) -> Sequence[object]:
        """What was asked since the last time."""
        asked, self._asked = self._asked, 0
        return range(asked)


async def _sent(ours: Fan, each: int) -> None:
    """The same requests as the scheduler makes, by the same floor of the product, in a loop."""
    wire = ours.instance.wire
    with ours.instance.store.context():
        signer = await wire.keyring.signer(ACTOR)
    bodies = [announce(n).activity.body for n in range(each)]
    waiting = iter([(ours.crowd.inbox(host), body) for host in ours.hosts for body in bodies])
    loop = asyncio.get_running_loop()

    async def work(pens: ThreadPoolExecutor) -> None:
        for inbox, body in waiting:
            signed = await loop.run_in_executor(
                pens, signatures.sign, signer, "POST", inbox, body, "cavage"
            )
            await wire.http.send(
                "POST", inbox, {"Content-Type": ACTIVITY_JSON, **signed}, body, cut=True,
                seconds=limits.DELIVERY_SECONDS, max_bytes=limits.DELIVERY_ANSWER_BYTES,
            )  # fmt: skip

    with ThreadPoolExecutor(THREADS) as pens:
        await asyncio.gather(*(work(pens) for _ in range(limits.DELIVERIES_AT_ONCE)))
