"""An instance of ours for a benchmark: its settings, its group, and its app as a server runs it."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from starlette.types import ASGIApp

from federation import limits
from federation.errors import NotHere
from federation.wire import Transport
from fedigroups import logging
from fedigroups.accounts.people import person_named, sign_up
from fedigroups.app import make_app
from fedigroups.groups import founding, lookup
from fedigroups.groups.founding import Profile
from fedigroups.groups.models import Group
from fedigroups.instance import Instance, assemble
from fedigroups.settings import Settings, load
from fedigroups.worker import running
from network import Network

ORIGIN = "https://groups.example"
GROUP = "welders"
PROFILE = Profile(
    title="Welders",
    description="A group for people who join metal.",
    summary="How we join metal.\n\n- MIG\n- TIG\n\nBeginners are welcome." * 5,
    rules="Be kind.\nShow your work.",
)


def environment(folder: Path, origin: str = ORIGIN, database: str = "") -> dict[str, str]:
    """The settings of an instance with its data in `folder`, as variables."""
    return {
        "FEDIGROUPS_ORIGIN": origin,
        "FEDIGROUPS_DATA_DIR": str(folder),
        "FEDIGROUPS_DATABASE_URL": database,
        "FEDIGROUPS_SECRET": "5e" * 32,
        "FEDIGROUPS_LOG": "json",
    }


def settings(folder: Path, origin: str = ORIGIN, database: str = "") -> Settings:
    """The same, read."""
    return load(environment(folder, origin, database))


@asynccontextmanager
async def home(settings: Settings, transport: Transport | None = None) -> AsyncIterator[Instance]:
    """The open instance, its database ambient, with Olga and her group; nobody else answers."""
    instance = assemble(settings, transport=transport or Network())
    await instance.open()
    try:
        with instance.store.context():
            await _founded(instance)
            gc.freeze()  # as a server does once it runs
            yield instance
    finally:
        await instance.close()


async def _founded(instance: Instance) -> None:
    wire = instance.wire
    try:
        await person_named(wire, "olga")
    except NotHere:
        await sign_up(wire, "olga", email="", password="")
        await founding.found(wire, GROUP, await person_named(wire, "olga"), PROFILE)


async def group(instance: Instance) -> Group:
    """Olga's group."""
    return await lookup.any_group(GROUP)


def let_all_in() -> None:
    """Let a few people send what thousands do: what each of them may is counted all the same."""
    limits.INBOX_PER_MINUTE = limits.INBOX_PER_MINUTE_OF_SITE = 1_000_000


@asynccontextmanager
async def app(folder: str, synchronous: str = "FULL") -> AsyncIterator[ASGIApp]:
    """The whole app over the SQLite file in `folder`, logging as in production.

    It is what a web process is: it takes in and shows, and processes nothing.
    """
    logging.configure("json", "info")
    let_all_in()
    instance = assemble(settings(Path(folder)))
    store = instance.store
    credentials = store.database.credentials | {"synchronous": synchronous}
    store.database = replace(store.database, credentials=credentials)
    async with running(instance, work=False):
        yield make_app(instance)
