"""Benchmarks of what leaves: fan-out, what the queue costs, and that nobody waits for others."""

from __future__ import annotations

import asyncio
import resource
import ssl
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import trustme
from bare import BareClient
from sink import sink
from stage import THREAD, Sender, letter, sender
from trial import Goal, Size, Trial, cpu, race

from federation import limits, storage
from federation.transport import GuardedTransport
from neighbour import rsa
from outbox import desk as desk_module
from outbox import lanes
from outbox.deliver import Courier
from outbox.outcome import Fate, Verdict
from outbox.owed import Parcel


def names(count: int, prefix: str = "h") -> list[str]:
    return [f"{prefix}{number}.bench.example" for number in range(count)]


async def fanout_warm(size: Size) -> Trial:
    """A post to hosts whose connections are open: all that it costs, the database included."""
    hosts = names(size.of(500, 20))
    trial = Trial("fanout_warm", "µs CPU/delivery", Goal(at_least=0.65, floor_first=True))
    with sink() as port:
        bare, body = BareClient(port, rsa("welders")), letter("https://groups.example/activities/1")
        async with sender() as ours:
            await ours.follow(hosts, port)
            await race(trial, size, ours.broadcast, lambda: bare.fan_out(hosts, body), len(hosts))
            await _all_delivered(hosts)
        bare.close()
    return trial


async def fanout_cold(size: Size) -> Trial:
    """The same with a TLS handshake each."""
    hosts = names(size.of(300, 10))
    trial = Trial("fanout_cold", "µs CPU/delivery", Goal(at_least=0.60, floor_first=True))
    with certified() as (certificate, trust, other), sink(certificate) as port:
        bare = BareClient(port, rsa("welders"), trust)
        body = letter("https://groups.example/activities/1")
        async with sender(other) as ours:
            await ours.follow(hosts, port, "https")

            async def ours_cold() -> None:
                _hang_up(ours)
                await asyncio.sleep(0.05)
                await ours.broadcast()

            async def bare_cold() -> None:
                bare.close()
                await asyncio.sleep(0.05)
                await bare.fan_out(hosts, body)

            await race(trial, size, ours_cold, bare_cold, len(hosts))
            await _all_delivered(hosts)
        bare.close()
    return trial


async def fanout_growth(size: Size) -> Trial:
    """Many hosts against few: what one delivery costs must not depend on how many there are."""
    many, few = size.of(2_000, 60), size.of(50, 10)
    trial = Trial("fanout_growth", "µs CPU/delivery", Goal(at_most=1.15))
    trial.note = f"{many} hosts against {few}"
    with sink() as port:
        async with sender() as large, sender() as small:
            await large.follow(names(many), port)
            await small.follow(names(few), port)

            async def often() -> None:
                for _ in range(many // few):
                    await small.broadcast()

            await race(trial, size, large.broadcast, often, many)
    return trial


async def broadcast_accept(size: Size) -> Trial:
    """Publishing to many followers against publishing to few: one insert either way."""
    many, few, count = size.of(10_000, 100), 10, size.of(100, 5)
    trial = Trial("broadcast_accept", "µs CPU/post", Goal(at_most=1.5))
    trial.note = f"{many} followers against {few}"
    async with sender() as large, sender() as small:
        await large.follow(names(many), 80)
        await small.follow(names(few), 80)

        async def say(who: Sender) -> None:
            for _ in range(count):
                await who.say()

        await race(trial, size, lambda: say(large), lambda: say(small), count)
    return trial


async def queue_overhead(size: Size) -> Trial:
    """What a claim and the advance of a cursor and its lane cost, in rounds as the scheduler's.

    The floor is a whole delivery, as `fanout_warm` has it.
    """
    hosts = names(size.of(500, 20))
    trial = Trial("queue_overhead", "µs CPU/delivery", Goal(at_most=0.03))
    with sink() as port:
        async with sender() as ours:
            await ours.follow(hosts, port)
            await ours.broadcast()
            for _ in range(size.rounds + 1):
                whole = await cpu(ours.broadcast, len(hosts))
                trial.ours.append(await _claim_and_advance(ours, [f"{h}:{port}" for h in hosts]))
                trial.floor.append(whole)
    del trial.ours[0], trial.floor[0]
    return trial


async def _claim_and_advance(ours: Sender, hosts: Sequence[str]) -> float:
    """CPU µs for each host, with nothing sent in between."""
    at = limits.DELIVERIES_AT_ONCE
    await ours.say()
    desk = desk_module.Desk(ours.wire.peers, lambda: at)
    spent = 0.0
    for start in range(0, len(hosts), at):
        claims = await lanes.claim(hosts[start : start + at], "bench")
        ready = await desk.prepare_all(claims)
        results = [
            desk_module.Result(
                claim,
                desk_module.Hold.TOOK,
                tuple(desk_module.Settled(p, Verdict(Fate.DONE, 202)) for p in one.plan.send),
            )
            for claim, one in ((claim, ready[claim.host]) for claim in claims)
        ]
        spent += await _rewritten(ours, claims, results)
    return spent / len(hosts) * 1e6


async def _rewritten(
    ours: Sender, claims: Sequence[lanes.Claim], results: Sequence[desk_module.Result]
) -> float:
    """The CPU seconds of a claim and of its results, done for good."""
    hosts = [claim.host for claim in claims]
    await lanes.release(*claims)
    desk = desk_module.Desk(ours.wire.peers, lambda: len(results))
    before = time.process_time()
    again = {claim.host: claim for claim in await lanes.claim(hosts, "bench")}
    mine = [desk_module.Result(again[one.claim.host], one.hold, one.passed) for one in results]
    done = await desk._write(mine)
    spent = time.process_time() - before
    assert all(done)
    return spent


async def isolation(size: Size) -> Trial:
    """When the healthy are served, with and without one dead host in twenty: the median of them."""
    hosts, posts = size.of(300, 20), 3
    dead = names(max(1, hosts // 20), "dead")
    trial = Trial("isolation", "ms wall (p50)", Goal(at_most=1.7))
    trial.note = f"{len(dead)} dead of {hosts}"
    healthy = names(hosts - len(dead))
    with sink() as port:
        async with sender() as mixed, sender() as sound:
            await mixed.follow([*dead, *healthy], port)
            await sound.follow(healthy, port)
            for number in range(size.rounds + 1):
                for who, found in ((mixed, trial.ours), (sound, trial.floor)):
                    median_ms = await _healthy_p50(who, posts)
                    if number:
                        found.append(median_ms)
    return trial


async def _healthy_p50(who: Sender, posts: int) -> float:
    taken: list[float] = []
    deliver = Courier.deliver

    async def watched(courier: Courier, parcel: Parcel) -> Verdict:
        verdict = await deliver(courier, parcel)
        if verdict.fate is Fate.DONE:
            taken.append(time.perf_counter() - began)
        return verdict

    Courier.deliver = watched  # type: ignore[method-assign]
    with who.ambient():
        for _ in range(posts):
            await who.say()
        await storage.execute("UPDATE lane SET state = 'open', next_try_at = 0, failures = 0")
        began = time.perf_counter()
        served = asyncio.create_task(who.scheduler.drain())
        expected = posts * await _healthy()
        while len(taken) < expected and not served.done():  # noqa: ASYNC110 -- no event for it
            await asyncio.sleep(0.01)
        served.cancel()
        await asyncio.gather(served, return_exceptions=True)
    Courier.deliver = deliver  # type: ignore[method-assign]
    return median(taken) * 1e3


async def _healthy() -> int:
    found = await storage.rows("SELECT COUNT(*) AS n FROM lane WHERE host NOT LIKE 'dead%'")
    return int(found[0]["n"])


async def loop_stall(size: Size) -> Trial:
    """The longest that one callback keeps the event loop from all others, during a fan-out."""
    hosts = names(size.of(500, 20))
    trial = Trial("loop_stall", "ms CPU", Goal(at_most=1.0))
    trial.note = "longest callback; the floor is the goal of 10 ms"
    with sink() as port:
        async with sender() as ours:
            await ours.follow(hosts, port)
            await ours.broadcast()
            for _ in range(size.rounds):
                with callbacks() as spent:
                    await ours.broadcast()
                trial.ours.append(max(spent) * 1e3)
                trial.floor.append(10.0)
    return trial


@contextmanager
def callbacks() -> Iterator[list[float]]:
    """The CPU seconds of each callback of the running loop, which must be asyncio's own."""
    spent: list[float] = []
    run = asyncio.Handle._run

    def timed(handle: asyncio.Handle) -> None:
        before = time.thread_time()
        run(handle)
        spent.append(time.thread_time() - before)

    asyncio.Handle._run = timed  # type: ignore[method-assign]
    try:
        yield spent
    finally:
        asyncio.Handle._run = run  # type: ignore[method-assign]


async def rss_10k(size: Size) -> Trial:
    """Memory after a fan-out over TLS to ten thousand hosts, of which the idle limit stay open."""
    hosts = names(size.of(10_000, 50))
    trial = Trial("rss_10k", "MB", Goal(at_most=1.0))
    with certified() as (certificate, _, trust), sink(certificate) as port:
        async with sender(trust) as ours:
            await ours.follow(hosts, port, "https")
            await ours.broadcast()
            await _all_delivered(hosts)
            connections = len(_transport(ours)._open)
            trial.ours.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024)
            trial.floor.append(150 + connections * 60 / 1_024)
    trial.note = f"{connections} connections open; the floor is 150 MB and 60 KiB for each"
    return trial


@contextmanager
def certified() -> Iterator[tuple[str, ssl.SSLContext, ssl.SSLContext]]:
    """A certificate for all hosts in a file, and two contexts that trust it."""
    authority = trustme.CA()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "hosts.pem"
        authority.issue_cert("*.bench.example").private_key_and_cert_chain_pem.write_to_path(
            str(path)
        )
        contexts = [ssl.create_default_context(), ssl.create_default_context()]
        for context in contexts:
            authority.configure_trust(context)
        yield str(path), contexts[0], contexts[1]


def _transport(ours: Sender) -> GuardedTransport:
    transport = ours.wire.http._transport
    assert isinstance(transport, GuardedTransport)
    return transport


def _hang_up(ours: Sender) -> None:
    for connection in list(_transport(ours)._open):
        connection.abort()


async def _all_delivered(hosts: Sequence[str]) -> None:
    lagging = await storage.rows(
        "SELECT COUNT(*) AS n FROM subscription s JOIN stream t ON t.name = s.stream"
        " WHERE s.stream = ? AND s.cursor < t.head",
        THREAD,
    )
    assert lagging == [{"n": 0}], f"of {len(hosts)}, {lagging} were not served"
