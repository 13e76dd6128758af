"""Benchmarks of what is shared: slots with hosts that hang, and the work with a second worker."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from children import Child, running
from database import postgres
from drafts import announce
from home import environment, group, home, settings
from internet import Internet, internet, subscribe
from trial import Goal, Size, Trial, race

from federation import storage
from fedigroups.instance import opened
from outbox import report, streams
from outbox.publish import publish

WORKER_HOSTS = 1_200


async def isolation(size: Size) -> Trial:
    """How long healthy hosts wait for what was published, with 5 % of all hosts dead, and without.

    The median over deliveries, in wall seconds from the commit on. 475 hosts answer after 100 ms
    and get four activities each; 25 more take the request and never answer, until they time out.
    Each run begins on an untouched copy of the database, where nothing is known of any host.
    """
    healthy, dead, each = size.of(475, 19), size.of(25, 1), 4
    with TemporaryDirectory() as name:
        folder = Path(name)
        async with internet(folder, tls=False, pause=0.1) as crowd:
            ill = await _Wait.with_hosts(folder / "ill", crowd, healthy, dead, each)
            well = await _Wait.with_hosts(folder / "well", crowd, healthy, 0, each)
            trial = Trial("isolation", "s to median", Goal(at_most=1.7))
            return await race(trial, size, ill.measured, well.measured)


@dataclass(frozen=True)
class _Wait:
    """A prepared database, and what a run on a copy of it waits for."""

    folder: Path
    crowd: Internet
    healthy: int
    each: int

    @classmethod
    async def with_hosts(
        cls, folder: Path, crowd: Internet, healthy: int, dead: int, each: int
    ) -> _Wait:
        async with home(settings(folder)) as instance:
            stream = streams.thread((await group(instance)).id)
            names = crowd.hosts(healthy + dead, dead)
            await subscribe(stream, {name: crowd.inbox(name) for name in names})
        return cls(folder, crowd, healthy, each)

    async def measured(self) -> float:
        with TemporaryDirectory(dir=self.folder.parent) as name:
            shutil.copytree(self.folder, name, dirs_exist_ok=True)
            chosen = settings(Path(name))
            async with home(chosen, self.crowd.transport(chosen)) as instance:
                stream = streams.thread((await group(instance)).id)
                async with storage.transaction():
                    await publish([announce(n, stream) for n in range(self.each)])
                start = time.monotonic()
                working = asyncio.create_task(instance.scheduler.run())
                came = await self.crowd.came(self.healthy * self.each)
                working.cancel()
                with suppress(asyncio.CancelledError):
                    await working
        return median(at for _, at in came) - start


async def workers_2(size: Size) -> Trial:
    """Deliveries per second by two `fedigroups worker` processes on one PostgreSQL, against one.

    One activity goes to 1,200 hosts, more than two workers lease ahead. Each answers after 500 ms,
    so that a worker's 64 requests at once are what bounds it and not the cores, which the workers
    share with PostgreSQL and the hosts. What is asked is whether workers share the work without
    being in each other's way. Counted from the commit on.
    """
    hosts = range(size.of(WORKER_HOSTS, 20))
    addresses = [f"127.0.{2 + n // 250}.{1 + n % 250}" for n in hosts]
    with TemporaryDirectory() as name, postgres(Path(name)) as url:
        folder = Path(name)
        async with internet(folder, tls=False, pause=0.5, addresses=addresses) as crowd:
            firm = _Firm(folder, url, crowd)
            await firm.subscribe(addresses)
            trial = Trial("workers_2", "deliveries/s", Goal(at_least=1.8))
            return await race(trial, size, lambda: firm.rate(2), lambda: firm.rate(1))


@dataclass
class _Firm:
    """An instance on PostgreSQL, with as many workers as are asked for."""

    folder: Path
    url: str
    crowd: Internet
    origin: str = "http://127.0.0.1:1"
    hosts: int = 0

    async def subscribe(self, addresses: Sequence[str]) -> None:
        self.hosts = len(addresses)
        inboxes = {f"{one}:{self.crowd.port}": "" for one in addresses}
        async with home(settings(self.folder, self.origin, self.url)) as instance:
            stream = streams.thread((await group(instance)).id)
            await subscribe(stream, {host: f"http://{host}/inbox" for host in inboxes})

    async def rate(self, workers: int) -> float:
        with ExitStack() as stack:
            for _ in range(workers):
                stack.enter_context(self._worker())
            async with opened(settings(self.folder, self.origin, self.url)) as instance:
                stream = streams.thread((await group(instance)).id)
                actor = f"{self.origin}/groups/welders"
                async with storage.transaction():
                    await publish([announce(0, stream, actor=actor)])
                start = time.monotonic()
            came = [at for _, at in await self.crowd.came(self.hosts)]
            await self._written()
        assert len(came) == self.hosts, f"{len(came)} deliveries came, not {self.hosts}"
        return self.hosts / (max(came) - start)

    async def _written(self) -> None:
        """Wait until the workers have noted what they sent: it would be sent again by the next."""
        async with opened(settings(self.folder, self.origin, self.url)):
            while any(host.owed for host in await report.hosts()):  # noqa: ASYNC110 -- in others
                await asyncio.sleep(0.1)

    def _worker(self) -> AbstractContextManager[Child]:
        told = environment(self.folder, self.origin, self.url)
        return running("-m", "fedigroups", "worker", "--port", said=self.folder, told=told)
