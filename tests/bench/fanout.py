"""Benchmarks of what leaves: a group's activities to many hosts, on open and on new connections."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from drafts import announce
from floors.delivery import Sender
from home import group, home, settings
from internet import ADDRESS, Internet, internet, subscribe
from trial import Goal, Measured, Size, Trial, Work, cpu, race

from federation import limits, storage
from federation.wire import Transport
from fedigroups.instance import Instance
from neighbour import rsa
from outbox import streams
from outbox.publish import publish

THREADS = 2
"""Threads that sign, in ours and in the floor."""


async def fanout_warm(size: Size) -> Trial:
    """Deliveries over TLS connections that are open, against a bare client that signs.

    500 hosts get four activities of four threads each time; the hosts are one other process. What
    is counted is the CPU of this one for each delivery, all of ours included: finding, claiming,
    loading, signing, sending, and moving the cursors. The note has the ratio when one activity at
    a time is delivered, as after a single post, where a host's turn costs what it costs.
    """
    hosts = size.of(500, 10)
    with TemporaryDirectory() as name:
        folder = Path(name)
        async with internet(folder) as crowd, fan(folder, crowd, hosts) as ours:
            trial = await _against_floor("fanout_warm", size, 0.65, ours, each=4)
            single = await _against_floor("alone", size, 0.65, ours, each=1)
            trial.note = f"one activity at a time: {single.ratio:.3f}"
            return trial


async def fanout_cold(size: Size) -> Trial:
    """The same when every host hangs up after each answer, so that each delivery connects anew."""
    hosts = size.of(500, 10)
    with TemporaryDirectory() as name:
        folder = Path(name)
        async with internet(folder, close=True) as crowd, fan(folder, crowd, hosts) as ours:
            return await _against_floor("fanout_cold", size, 0.60, ours, each=2, keep=False)


async def _against_floor(
    name: str, size: Size, goal: float, ours: Fan, *, each: int, keep: bool = True
) -> Trial:
    sender = Sender(
        rsa("welders"), ADDRESS, ours.crowd.trust, threads=THREADS,
        at_once=limits.DELIVERIES_AT_ONCE, keep=keep,
    )  # fmt: skip
    bodies = [announce(n).activity.body for n in range(each)]

    async def floor() -> None:
        await sender.deliver(ours.hosts, bodies)

    trial = Trial(name, "µs CPU/delivery", Goal(at_least=goal, floor_first=True))
    number = len(ours.hosts) * each
    await race(trial, size, ours.delivered(each), counted(ours.crowd, number, floor))
    sender.close()
    return trial


async def fanout_growth(size: Size) -> Trial:
    """What a delivery costs with 2,000 hosts that read the group, against 50.

    Both on open connections, two activities of one thread each time; with 50 hosts as often as it
    takes to compare.
    """
    many, few = size.of(2_000, 40), size.of(50, 10)
    with TemporaryDirectory() as name:
        folders = [Path(name) / size for size in ("many", "few")]
        async with (
            internet(Path(name)) as crowd,
            fan(folders[0], crowd, many) as large,
            fan(folders[1], crowd, few) as small,
        ):
            trial = Trial("fanout_growth", "µs CPU/delivery", Goal(at_most=1.15))
            ours = large.delivered(2, threads=1)
            floor = small.delivered(2, threads=1, times=many // few // 2)
            return await race(trial, size, ours, floor)


class Counter(Protocol):
    """Who knows what came."""

    async def came(self, count: int) -> Sequence[object]:
        """What came since the last time, once it is so much."""


@dataclass(frozen=True)
class Fan:
    """An instance whose group is read by hosts of the crowd."""

    instance: Instance
    crowd: Internet
    stream: str
    hosts: Sequence[str]

    async def publish(self, number: int, threads: int = 0) -> None:
        """So many activities, each of a thread of its own, or of so many threads."""
        for n in range(number):
            async with storage.transaction():
                await publish([announce(n % threads if threads else n, self.stream)])

    def delivered(
        self, each: int, counter: Counter | None = None, *, threads: int = 0, times: int = 1
    ) -> Measured:
        """The CPU µs of one delivery, when `each` activities are delivered to all hosts."""

        async def measured() -> float:
            spent = 0.0
            for _ in range(times):
                with self.instance.store.context():
                    await self.publish(each, threads)
                    spent += await once()
            return spent / times

        number = len(self.hosts) * each
        once = counted(counter or self.crowd, number, self.instance.scheduler.drain)
        return measured


@asynccontextmanager
async def fan(
    folder: Path, crowd: Internet, hosts: int, transport: Transport | None = None
) -> AsyncIterator[Fan]:
    """An open instance, with so many hosts of the crowd that read its group."""
    chosen = settings(folder)
    async with home(chosen, transport or crowd.transport(chosen)) as instance:
        stream = streams.thread((await group(instance)).id)
        names = crowd.hosts(hosts)
        await subscribe(stream, {name: crowd.inbox(name) for name in names})
        yield Fan(instance, crowd, stream, names)


def counted(counter: Counter, number: int, work: Work) -> Measured:
    """The CPU µs of each of `number` deliveries, which must have come."""
    once = cpu(number, work)

    async def measured() -> float:
        spent = await once()
        came = len(await counter.came(number))
        assert came == number, f"{came} deliveries came, not {number}"
        return spent

    return measured
