"""F12: the disk is full. Nothing is taken that cannot be kept, reading goes on, nothing breaks."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from crash.conftest import MakeTrial
from crash.crowd import Crowd
from crash.fleet import GROUP, ORIGIN, until
from crash.load import begun
from crash.own_postgres import own_postgres

pytestmark = [pytest.mark.anyio, pytest.mark.processes, pytest.mark.timeout(240)]

PAGE = GROUP.removeprefix(ORIGIN)


@contextmanager
def disk(megabytes: int) -> Iterator[Path]:
    """A small disk, which root alone can have."""
    if os.geteuid() != 0:
        pytest.skip("a small disk is mounted by root alone")
    where = Path(tempfile.mkdtemp(prefix="fedigroups-disk-"))
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", where]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a small disk cannot be mounted here")
    try:
        yield where
    finally:
        subprocess.run(["umount", "--lazy", where], check=True)
        where.rmdir()


@pytest.fixture
def small_disk() -> Iterator[Path]:
    with disk(8) as where:
        yield where


@pytest.fixture
def postgres_disk() -> Iterator[Path]:
    """With room for an empty PostgreSQL, its log in small pieces, and little else."""
    with disk(128) as where:
        yield where


def fill(disk: Path) -> Path:
    """Leave no room, also where some was given back since; what takes it."""
    filler = disk / "filler"
    with filler.open("ab", buffering=0) as file:
        for size in (65_536, 4_096, 1):
            try:
                while file.write(b"x" * size):
                    pass
            except OSError:
                continue
    return filler


def refused_of_late(answers: list[tuple[int, float]]) -> bool:
    """Nothing was taken for two seconds: PostgreSQL's log gives room back before that."""
    last = {status for status, at in answers if at > time.monotonic() - 2}
    return bool(last) and last <= {503, 507}


async def test_a_full_disk_refuses_what_comes_and_recovers(
    small_disk: Path, make_trial: MakeTrial
) -> None:
    trial = await make_trial("sqlite", Crowd(8, pause=0.02), folder=small_disk)
    (server,) = trial.fleet.processes
    load = await begun(trial, 3)
    async with load.flowing():
        for _ in range(2):
            await until(lambda: load.answers and load.answers[-1][0] == 202)
            filler = fill(small_disk)
            full = time.monotonic()
            await until(lambda: load.answers[-1][0] in {503, 507}, 20)
            await asyncio.sleep(3)
            refused = {status for status, at in load.answers if at > full + 2}
            assert refused <= {503, 507}, "nothing is taken that cannot be kept"
            assert await asyncio.to_thread(server.status, "/livez") == 200
            # A moment's room in SQLite's log is enough for the probe's one row.
            await until(lambda: server.status("/readyz") == 503, 10)
            assert await asyncio.to_thread(server.status, PAGE) == 200
            filler.unlink()
            back = time.monotonic()
            await until(lambda: load.answers[-1][0] == 202 and load.answers[-1][1] > back, 20)  # noqa: B023
            await trial.audit.hold()
    await trial.kill(server)
    path = trial.fleet.settings.database_url.removeprefix("sqlite://")
    with closing(sqlite3.connect(path)) as link:
        assert link.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    server.start()
    await trial.settle()


async def test_postgresql_on_a_full_disk_costs_nothing_that_was_taken(
    postgres_disk: Path, make_trial: MakeTrial
) -> None:
    """It refuses to write, or ends because its own log has no room and is started by somebody.

    `/readyz` may go on saying 200: the row that it writes has its place already.
    """
    small = ("min_wal_size=32MB", "max_wal_size=48MB")
    with own_postgres(*small, disk=postgres_disk) as server:
        trial = await make_trial("postgres", Crowd(8, pause=0.02), url=await server.database())
        web = trial.fleet.webs[0]
        load = await begun(trial, 3)
        async with load.flowing():
            for _ in range(2):
                await until(lambda: load.answers and load.answers[-1][0] == 202)
                trial.audit.deaths += 1  # what is delivered now cannot be written down
                full = time.monotonic()
                await until(lambda: fill(postgres_disk) and refused_of_late(load.answers), 60)
                assert {status for status, at in load.answers if at > full} <= {202, 503, 507}
                assert await asyncio.to_thread(web.status, "/livez") == 200
                (postgres_disk / "filler").unlink()
                if not server.is_running():
                    server.start()
                back = time.monotonic()
                await until(lambda: load.answers[-1][0] == 202 and load.answers[-1][1] > back, 60)  # noqa: B023
                await trial.audit.hold()
        await trial.settle()
