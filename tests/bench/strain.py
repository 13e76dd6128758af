"""Benchmarks under strain: how long the event loop stalls, and how much memory connections take."""

from __future__ import annotations

import asyncio
import json
import os
import urllib.request
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from children import Child, serving
from fanout import fan
from home import group, home, settings
from internet import Internet, internet, subscribe
from load import pour
from stalls import REPORT
from trial import Goal, Size, Trial, race
from visitors import acquainted, create, request

from fedigroups.groups.models import Group
from outbox import streams
from senders import Person

ALLOWED_MS = 10.0
BASE_MB, CONNECTION_MB = 150.0, 60 / 1_024
PEOPLE, READERS = 16, 20


async def loop_stall(size: Size) -> Trial:
    """The longest callback of the event loop while posts arrive, are processed, and are delivered.

    One process does all of it: 64 connections bring signed Creates, and each is announced to 20
    hosts over TLS. `ours` is the CPU that the longest callback took in a round, `floor` what is
    allowed; the note also has the 99.9th percentile, and the longest on the clock, in which a
    busy machine's other programs count too.
    """
    number = size.of(200, 10)
    with TemporaryDirectory() as name:
        folder = Path(name)
        async with internet(folder) as crowd:
            people = await _readers(folder, crowd)
            options = {"folder": folder, "authority": crowd.authority, "loop": "asyncio"}
            with serving("stalls:app", folder, **options) as server:
                found: list[dict[str, Any]] = []

                async def longest() -> float:
                    await _report(server)
                    senders = islice(cycle(people), number)
                    await pour(server.port, [request(one, create(one)) for one in senders])
                    await crowd.came(number * READERS)
                    found.append(await _report(server))
                    return float(found[-1]["cpu"])

                async def allowed() -> float:
                    return ALLOWED_MS

                trial = Trial("loop_stall", "ms CPU", Goal(at_most=1.0))
                await race(trial, size, longest, allowed)
        p999, wall = (median(one[name] for one in found) for name in ("cpu_999", "wall"))
        trial.note = (
            f"p99.9 {p999:.2g} ms of {found[-1]['count']}; on the clock {wall:.3g} ms; "
            f"longest: {', '.join(sorted({one['longest'] for one in found}))}"
        )
        return trial


async def _readers(folder: Path, crowd: Internet) -> list[Person]:
    """People who may post, and hosts of the crowd that read the group."""
    async with home(settings(folder)) as instance:
        found = await group(instance)
        await Group.filter(id=found.id).update(post_policy="anyone")
        names = crowd.hosts(READERS)
        for stream, some in (
            (streams.thread(found.id), names[::2]),
            (streams.microblog(found.id), names[1::2]),
        ):
            await subscribe(stream, {host: crowd.inbox(host) for host in some})
        return await acquainted(instance, PEOPLE)


async def _report(server: Child) -> dict[str, Any]:
    def ask() -> bytes:
        with urllib.request.urlopen(f"http://127.0.0.1:{server.port}{REPORT}", timeout=30) as said:
            body: bytes = said.read()
            return body

    found: dict[str, Any] = json.loads(await asyncio.to_thread(ask))
    return found


async def rss_10k(size: Size) -> Trial:
    """The memory of this process after one activity went to 10,000 hosts over TLS.

    `ours` is its resident set, `floor` what is allowed: 150 MB and 60 KiB for each connection that
    is still open. One round: memory that was taken once is seldom given back.
    """
    hosts = size.of(10_000, 50)
    with TemporaryDirectory() as name:
        folder = Path(name)
        async with internet(folder) as crowd, fan(folder / "ours", crowd, hosts) as ours:
            before = _descriptors()
            await ours.publish(1)
            await ours.instance.scheduler.drain()
            came = len(await crowd.came(hosts))
            assert came == hosts, f"{came} deliveries came, not {hosts}"
            sockets = _descriptors() - before
            trial = Trial("rss_10k", "MB", Goal(at_most=1.0))
            trial.ours.append(resident())
            trial.floor.append(BASE_MB + CONNECTION_MB * sockets)
            trial.note = f"{sockets} connections open"
            return trial


def _descriptors() -> int:
    """How many files and sockets this process has open."""
    return len(os.listdir("/proc/self/fd"))


def resident() -> float:
    """Resident megabytes of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
