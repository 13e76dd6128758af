"""What the tests of faults stand on: an instance with the group `welders`, as real processes."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from itertools import count
from pathlib import Path

import httpx
import pytest

from conftest import _run
from crash.crowd import Crowd
from crash.fleet import environment, fleet
from crash.trial import Trial
from federation import clock, storage
from fedigroups.accounts.people import person_named, sign_up
from fedigroups.groups import founding
from fedigroups.groups.founding import Profile
from fedigroups.instance import opened
from fedigroups.settings import load
from nats_server import running
from postgres_server import Postgres

_numbers = count(1)
MakeTrial = Callable[..., Awaitable[Trial]]

ROLES = {"sqlite": ("all",), "postgres": ("web", "web", "worker", "worker")}
"""SQLite is for one process; PostgreSQL is tried with two of each, which NATS tells of work."""


async def _found(url: str, folder: Path) -> None:
    """Olga founds the group of the welders."""
    async with opened(load(environment(url, folder))) as instance:
        await sign_up(instance.wire, "olga", email="", password="")
        olga = await person_named(instance.wire, "olga")
        await founding.found(instance.wire, "welders", olga, Profile(title="Welders"))


@pytest.fixture(scope="session")
def founded_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the group in it, to copy."""
    folder = tmp_path_factory.mktemp("founded")
    _run(_found(f"sqlite://{folder}/founded.sqlite3", folder))
    return folder / "founded.sqlite3"


@pytest.fixture(scope="session")
def founded_postgres(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a PostgreSQL database with the group in it, to copy."""
    _run(postgres.execute("CREATE DATABASE founded"))
    _run(_found(postgres.url("founded"), tmp_path_factory.mktemp("founded")))
    return "founded"


@pytest.fixture
async def make_trial(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[MakeTrial]:
    """A factory of trials: `await make_trial("postgres", Crowd(300))`, not yet started.

    `roles` are the processes, `steer` what else of `steered.py` they are told; `url` is a database
    of the test's own, in which the group is founded first; `nats` are servers of the test's own;
    `folder` is where the instance keeps all else. The test itself goes by the instance's clock.
    """
    async with AsyncExitStack() as stack:

        async def make(
            kind: str,
            crowd: Crowd,
            *,
            roles: tuple[str, ...] = (),
            steer: dict[str, str] | None = None,
            nats: Sequence[str] | None = None,
            url: str = "",
            folder: Path | None = None,
        ) -> Trial:
            folder = folder or tmp_path / f"instance-{next(_numbers)}"
            folder.mkdir(exist_ok=True)
            if url:
                await _found(url, folder)
            elif kind == "sqlite":
                shutil.copyfile(request.getfixturevalue("founded_sqlite"), folder / "db.sqlite3")
                url = f"sqlite://{folder}/db.sqlite3"
            else:
                server: Postgres = request.getfixturevalue("postgres")
                name = request.getfixturevalue("founded_postgres")
                url = await stack.enter_async_context(server.database(name))
            roles = roles or ROLES[kind]
            if nats is None:
                nats = [stack.enter_context(running()).url] if len(roles) > 1 else []
            await stack.enter_async_context(crowd.listening())
            client = await stack.enter_async_context(httpx.AsyncClient(timeout=30))
            made = stack.enter_context(fleet(url, folder, roles, nats=nats, steer=steer or {}))
            monkeypatch.setattr(clock, "now_ms", made.clock.now_ms)
            monkeypatch.setattr(storage, "now_given", made.clock.now_ms)
            return Trial(made, crowd, client)

        yield make
