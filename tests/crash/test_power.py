"""F05: the power fails. What was answered 2xx is there, though what was not synced is lost.

On SQLite the disk is modelled: `synced.c` keeps each file as it was when it was synced last, and
the server begins anew on exactly that, or on that and some of what was written after it. On
PostgreSQL the whole server dies with all that it had in memory; that it syncs what it has committed
is its own promise, which `fsync = on` (its default) makes, and a session may not take back.
"""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from pathlib import Path
from random import Random

import pytest

from crash.conftest import MakeTrial
from crash.crowd import Crowd
from crash.load import begun
from crash.own_postgres import own_postgres
from crash.test_kills import a_seed

pytestmark = [pytest.mark.anyio, pytest.mark.processes, pytest.mark.timeout(240)]


LONG = [pytest.mark.long, pytest.mark.timeout(1_200)]


@pytest.fixture(scope="module")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library that keeps what was synced."""
    if shutil.which("cc") is None:
        pytest.skip("no C compiler here: what SQLite had synced cannot be told")
    library = tmp_path_factory.mktemp("synced") / "synced.so"
    source = Path(__file__).with_name("synced.c")
    command = ["cc", "-shared", "-fPIC", "-O2", "-Wall", "-o", library, source, "-ldl"]
    subprocess.run(command, check=True)
    return library


@pytest.mark.parametrize("rounds", [2, pytest.param(40, marks=LONG)])
async def test_what_sqlite_accepted_is_there_after_a_power_cut(
    rounds: int, synced: Path, make_trial: MakeTrial, tmp_path: Path
) -> None:
    chance = Random(a_seed())
    disk = tmp_path / "disk"
    disk.mkdir()
    steer = {"LD_PRELOAD": str(synced), "SYNCED_TO": str(disk), "SYNCED_OF": f"{tmp_path}/instance"}
    trial = await make_trial("sqlite", Crowd(10), steer=steer)
    (server,) = trial.fleet.processes
    path = Path(trial.fleet.settings.database_url.removeprefix("sqlite://"))
    load = await begun(trial, 3)
    for turn in range(rounds):
        async with load.flowing():
            await asyncio.sleep(chance.uniform(0.3, 1.2))
            server.kill()
        trial.audit.deaths += 1
        lose_what_was_not_synced(path, disk, chance if turn % 2 else None)
        await trial.audit.hold()
        trial.fleet.clock.forward(61)
        put_on_the_disk(path, disk)
        server.start()
        server.ready()
    assert trial.audit.accepted
    await trial.settle()


def lose_what_was_not_synced(path: Path, disk: Path, chance: Random | None) -> None:
    """The database as it is on the disk; with `chance`, a piece of the rest is there too."""
    wal = Path(f"{path}-wal")
    written, kept = wal.read_bytes(), disk / wal.name
    synced = kept.read_bytes() if kept.exists() else b""
    if chance and written.startswith(synced):
        synced = written[: chance.randint(len(synced), len(written))]
    wal.write_bytes(synced)
    if (disk / path.name).exists():
        shutil.copyfile(disk / path.name, path)
    Path(f"{path}-shm").unlink(missing_ok=True)


def put_on_the_disk(path: Path, disk: Path) -> None:
    """What the server finds is synced: whoever judged it may have moved its log into the file."""
    for file in (path, Path(f"{path}-wal")):
        (disk / file.name).unlink(missing_ok=True)
        if file.exists():
            shutil.copyfile(file, disk / file.name)


@pytest.mark.long
async def test_what_postgresql_accepted_is_there_after_all_of_it_died(
    make_trial: MakeTrial,
) -> None:
    """Its default may say that commits need not wait for the disk: ours wait."""
    lax = ("synchronous_commit=off", "wal_writer_delay=10s", "fsync=on")
    with own_postgres(*lax) as own:
        trial = await make_trial("postgres", Crowd(10), url=await own.database())
        load = await begun(trial, 3)
        async with load.flowing():
            await asyncio.sleep(1.5)
            own.kill()
        own.start()
        await trial.audit.hold()
        trial.fleet.kill()
        trial.audit.deaths += 1
        trial.fleet.clock.forward(61)
        trial.fleet.start()
        await trial.settle()
