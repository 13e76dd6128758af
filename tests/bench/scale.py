"""An instance at internet scale: `tests/bench/scale.py [--hosts N ...] [--database KIND ...]`.

So many hosts read one group, in which so many activities happen a day, nine of ten of them votes.
What is measured for each number of hosts and each database, in a process of its own:

- letting the hosts in, and what each takes on disk;
- publishing a post that all of them get, and delivering it to each of them through a transport
  that answers at once, when they are first met and after: the program and RSA, without TLS;
- how long a worker that starts looks for its first delivery, with one activity owed to all, and
  with a day's;
- a day's activities, taken in and processed: time, rows and bytes;
- what an idle worker costs, and what the process takes of memory.

And once, how many distant hosts a worker reaches in a second: each is connected to anew over TLS
and answers after 400 ms, which is four times the way to another continent and back.

Prints a table, and writes `scale.json`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1]), str(HERE.parent), str(HERE)]  # tests/federation is no package

import httpx  # noqa: E402
import uvloop  # noqa: E402
from database import postgres  # noqa: E402
from drafts import announce  # noqa: E402
from fanout import fan  # noqa: E402
from home import group, home, settings  # noqa: E402
from internet import internet, subscribe  # noqa: E402
from publishing import Instant, published  # noqa: E402
from strain import resident  # noqa: E402
from visitors import acquainted, create, join, like, record  # noqa: E402

from federation import storage  # noqa: E402
from fedigroups import logging  # noqa: E402
from fedigroups.instance import Instance  # noqa: E402
from outbox import streams  # noqa: E402
from outbox.publish import publish  # noqa: E402

PEOPLE = 50
POSTS_OF = 10
"""Every tenth activity is a post, the others are votes."""
DISTANT, DISTANT_SECONDS = 2_000, 0.4
TABLES = ("receipt", "post", "reaction", "activity", "log_entry", "announced")
Report = dict[str, float]


def main() -> int:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hosts", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--database", nargs="+", default=["sqlite", "postgres"])
    parser.add_argument("--activities", type=int, default=1_000)
    parser.add_argument("--idle-seconds", type=float, default=20.0)
    parser.add_argument("--output", default="scale.json")
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    logging.configure("json", "error")
    if asked.alone:
        size = Size(asked.hosts[0], asked.activities, asked.idle_seconds)
        print(json.dumps(alone(asked.database[0], size)))
        return 0
    reports = {
        f"{hosts:,} {database}": apart(database, Size(hosts, asked.activities, asked.idle_seconds))
        for hosts in asked.hosts
        for database in asked.database
    }
    print(table(reports))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        away = runner.run(distant(min(DISTANT, *asked.hosts)))
    print(f"distant hosts: {away['per_s']:.0f}/s, with {away['percent_cpu']:.0f} % of a core")
    found = json.dumps(reports | {"distant": away}, indent=2)
    Path(asked.output).write_text(found + "\n", encoding="utf-8")
    return 0


@dataclass(frozen=True)
class Size:
    """How many hosts read, how many activities a day has, how long an idle worker is watched."""

    hosts: int
    activities: int
    idle_seconds: float


def apart(database: str, size: Size) -> Report:
    """The report of one size, from a process of its own."""
    command = [sys.executable, __file__, "--alone", "--database", database]
    for name, value in asdict(size).items():
        command += [f"--{name.replace('_', '-')}", str(value)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    report: Report = json.loads(done.stdout.strip().splitlines()[-1])
    return report


def alone(database: str, size: Size) -> Report:
    """The report of one size, in this process."""
    with (
        TemporaryDirectory() as name,
        _database(database, Path(name)) as url,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        return runner.run(_measured(Path(name), url, size))


@contextmanager
def _database(kind: str, folder: Path) -> Iterator[str]:
    if kind == "sqlite":
        yield ""
        return
    with postgres(folder) as url:
        yield url


async def _measured(folder: Path, url: str, size: Size) -> Report:
    transport = Bell()
    async with home(settings(folder, database=url), transport) as instance:
        sized = Sized(instance, transport, size)
        return {
            **await sized.let_in(),
            **await sized.delivered(),
            **await sized.idle(),
            **await sized.day(),
            **await sized.first("first_with_a_day_owed_s"),
            "publish_ms": await (await published(instance, 50))(),
            "memory_mb": resident(),
        }


async def distant(hosts: int) -> Report:
    """What one worker reaches in a second, and what share of a core that takes."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        async with (
            internet(folder, close=True, pause=DISTANT_SECONDS) as crowd,
            fan(folder, crowd, hosts) as ours,
        ):
            await ours.publish(1)
            cpu, start = time.process_time(), time.monotonic()
            await ours.instance.scheduler.drain()
            seconds = time.monotonic() - start
            assert len(await crowd.came(hosts)) == hosts
            spent = time.process_time() - cpu
            return {"per_s": hosts / seconds, "percent_cpu": spent / seconds * 100}


class Bell(Instant):
    """Answers at once, and rings at the first request since it was set."""

    def __init__(self) -> None:
        super().__init__()
        self.rung = asyncio.Event()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.rung.set()
        return await super().handle_async_request(request)


class Sized:
    """An instance whose group is read by so many hosts."""

    def __init__(self, instance: Instance, transport: Bell, size: Size) -> None:
        self._instance = instance
        self._transport = transport
        self._size = size

    async def let_in(self) -> Report:
        """All hosts read the group from now on."""
        before, start = await _bytes(), time.monotonic()
        stream = await self._stream()
        names = [f"r{n}.example" for n in range(self._size.hosts)]
        await subscribe(stream, {name: f"https://{name}/inbox" for name in names})
        return {
            "let_in_ms": (time.monotonic() - start) / self._size.hosts * 1e3,
            "bytes_per_host": (await _bytes() - before) / self._size.hosts,
        }

    async def delivered(self) -> Report:
        """Two activities to all of them, one after the other: hosts are met with the first."""
        met, found = await self._broadcast(), await self.first("first_s")
        await self._instance.scheduler.drain()
        return {"first_contact_us_cpu": met, **found, "delivery_us_cpu": await self._broadcast()}

    async def _broadcast(self) -> float:
        async with storage.transaction():
            await publish([announce(0, await self._stream())])
        cpu = time.process_time()
        await self._instance.scheduler.drain()
        return (time.process_time() - cpu) / self._size.hosts * 1e6

    async def first(self, name: str) -> Report:
        """The seconds until a worker that starts makes its first request, of one more post."""
        async with storage.transaction():
            await publish([announce(0, await self._stream())])
        self._transport.rung.clear()
        start = time.monotonic()
        working = asyncio.create_task(self._instance.scheduler.run())
        await self._transport.rung.wait()
        seconds = time.monotonic() - start
        await _ended(working)
        return {name: seconds}

    async def idle(self) -> Report:
        """What a worker costs that has looked at everything and has nothing to do."""
        working = asyncio.create_task(self._instance.scheduler.run())
        seconds = self._size.idle_seconds
        await asyncio.sleep(seconds / 2)
        cpu = time.process_time()
        await asyncio.sleep(seconds)
        spent = time.process_time() - cpu
        await _ended(working)
        return {"idle_percent_cpu": spent / seconds * 100}

    async def day(self) -> Report:
        """So many activities of members, taken in and processed; nothing is delivered meanwhile."""
        activities = self._size.activities
        people = await acquainted(self._instance, PEOPLE)
        await join(self._instance, people)
        await self._instance.scheduler.drain()
        before, rows = await _bytes(), await _rows()
        posts = [create(one) for one in islice(cycle(people), activities // POSTS_OF)]
        acts = list(zip(cycle(people), posts, strict=False))
        liked = [(person, post["object"]["id"]) for post in posts for person in people]
        votes = [(one, like(one, uri)) for one, uri in liked[: activities - len(posts)]]
        cpu = time.process_time()
        for some in (acts, votes):
            await record(self._instance, some)
            await self._instance.processor.drain()
        grown = await _rows()
        return {
            "process_ms_cpu": (time.process_time() - cpu) / activities * 1e3,
            "day_mb": (await _bytes() - before) / 1e6,
            **{f"{name}_rows": grown[name] - rows[name] for name in TABLES},
        }

    async def _stream(self) -> str:
        return streams.thread((await group(self._instance)).id)


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def _bytes() -> int:
    """How large the database is."""
    if storage.dialect() == "postgres":
        found = await storage.rows("SELECT pg_database_size(current_database()) AS size")
        return int(found[0]["size"])
    pages = await storage.rows("PRAGMA page_count")
    size = await storage.rows("PRAGMA page_size")
    return int(pages[0]["page_count"]) * int(size[0]["page_size"])


async def _rows() -> dict[str, int]:
    found = {}
    for name in TABLES:
        (row,) = await storage.rows(f"SELECT COUNT(*) AS count FROM {name}")
        found[name] = int(row["count"])
    return found


def table(reports: dict[str, Report]) -> str:
    """The reports for people: a column for each size."""
    width = max(len(name) for report in reports.values() for name in report)
    lines = [f"{'':{width}}" + "".join(f"{name:>18}" for name in reports)]
    for name in next(iter(reports.values())):
        cells = "".join(f"{report[name]:>18.4g}" for report in reports.values())
        lines.append(f"{name:{width}}{cells}")
    return "\n".join(lines)


if __name__ == "__main__":
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    sys.exit(main())
