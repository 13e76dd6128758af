"""This module brings a database's tables up to date, all steps or none, without losing a row.

Tortoise's migrations rebuild a SQLite table with foreign keys on, which deletes its children's
rows by cascade and forgets its indexes and triggers; they take no lock; and they record a step
outside of its transaction. All of that is guarded here.
"""

from __future__ import annotations

import asyncio
import fcntl
import pkgutil
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import structlog
from tortoise.migrations.executor import MigrationExecutor
from tortoise.migrations.graph import MigrationKey
from tortoise.migrations.recorder import MigrationRecorder
from tortoise.migrations.schema_editor import BaseSchemaEditor, SqliteSchemaEditor

from federation import clock, ids, storage
from federation.crashpoints import crashpoint
from federation.errors import Misconfigured
from fedigroups import schema
from fedigroups.database_url import Database

APP = "fedigroups"
LOCK = 0x0FED16
"""The number of the PostgreSQL advisory lock that an upgrade holds."""

_INDEXES = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
_DROPPED = re.compile(r'DROP\s+TRIGGER\s+(?:IF\s+EXISTS\s+)?"?(\w+)"?', re.IGNORECASE)

log = structlog.get_logger("fedigroups.upgrade")


def known_steps(package: str) -> list[str]:
    """The names of the migrations that a package has, in order."""
    paths = import_module(package).__path__
    return sorted(name for _, name, _ in pkgutil.iter_modules(paths) if name[0].isdigit())


async def has_tables(*names: str) -> bool:
    """Whether one of these tables exists."""
    if storage.dialect() == "sqlite":
        sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name IN"
    else:
        sql = "SELECT relname FROM pg_class WHERE pg_table_is_visible(oid) AND relname IN"
    return bool(await storage.rows(f"{sql} ({storage.marks(len(names))})", *names))


async def taken_steps() -> list[str]:
    """The names of the migrations that the database has seen, in order."""
    if not await has_tables("tortoise_migrations"):
        return []
    found = await storage.rows("SELECT name FROM tortoise_migrations WHERE app = ?", APP)
    return sorted(str(row["name"]) for row in found)


async def pending_steps(apps: dict[str, Any]) -> list[str]:
    """What is still to do; refuses with Misconfigured a database of a newer version."""
    known, taken = known_steps(apps[APP]["migrations"]), await taken_steps()
    newer = [name for name in taken if name not in known]
    if newer:
        raise Misconfigured(
            f"The database was used by a newer version of this program (it knows {newer[-1]}). "
            "Install that version, or restore the copy that was made before the upgrade"
        )
    return [name for name in known if name not in taken]


async def upgrade(database: Database, apps: dict[str, Any], *, at_once: bool = True) -> list[str]:
    """Take all pending steps, or none, and make lost indexes anew; returns the steps' names.

    An empty database gets what they make `at_once`, where that is written down (`schema`).
    """
    if not await pending_steps(apps) and not await missing_indexes():
        return []
    turn = _sqlite_turn(database.path, apps) if database.path else _postgres_turn()
    async with turn:
        return await _take(apps, at_once=at_once)


async def missing_indexes() -> dict[str, str]:
    """Indexes that a SQLite database lacks: name to SQL (PostgreSQL loses none).

    Compared without their names, of which the steps' may be others than those written down.
    """
    if storage.dialect() != "sqlite":
        return {}
    present = {_shape(row["sql"]) for row in await storage.rows(_INDEXES)}
    return {name: sql for name, sql in schema.indexes().items() if _shape(sql) not in present}


class Recorder(MigrationRecorder):
    """Tortoise's table of steps, read without guessing what an error may mean."""

    async def ensure_schema(self, schema_editor: BaseSchemaEditor) -> None:
        """Make the table, inside the running transaction."""
        if not await has_tables(self.table_name):
            sql = schema_editor._get_model_sql_data(self.model).table_sql
            await storage.execute(sql)

    async def applied_migrations(self) -> list[MigrationKey]:
        """The steps that the database has seen."""
        return [MigrationKey(app_label=APP, name=name) for name in await taken_steps()]


class NotingEditor(SqliteSchemaEditor):
    """A SQLite editor that remembers which triggers a step dropped by intent."""

    dropped: set[str]

    async def _run_sql(self, sql: str) -> None:
        self.dropped.update(_DROPPED.findall(sql))
        await super()._run_sql(sql)


class Executor(MigrationExecutor):
    """Tortoise's executor on the running transaction."""

    def __init__(self, apps: dict[str, Any]) -> None:
        super().__init__(storage.connection(), apps)
        self.recorder = self.loader.recorder = Recorder(self.connection)
        self.dropped: set[str] = set()

    def _schema_editor(self, atomic: bool = True, collect_sql: bool = False) -> BaseSchemaEditor:
        if storage.dialect() != "sqlite":
            return super()._schema_editor(atomic, collect_sql)
        editor = NotingEditor(self.connection, atomic=True, collect_sql=collect_sql)
        editor.dropped = self.dropped
        return editor


async def _take(apps: dict[str, Any], *, at_once: bool) -> list[str]:
    pending = await pending_steps(apps)
    if pending and not await taken_steps():
        if await has_tables("actor", "setting"):
            raise Misconfigured(
                "The database holds tables of another program: FEDIGROUPS_DATABASE_URL must name "
                "an empty database"
            )
        if at_once and set(schema.steps()) <= set(pending):
            await _take_at_once()
    before, dropped = await _triggers(), set[str]()
    if await pending_steps(apps):
        executor = Executor(apps)
        await executor.migrate()
        dropped = executor.dropped
    await _repair(before, dropped)
    crashpoint("during_migration")
    for name in pending:
        log.info("upgrade.step", step=name)
    return pending


async def _take_at_once() -> None:
    await schema.lay()
    recorder = Recorder(storage.connection())
    for name in schema.steps():
        await recorder.record_applied(APP, name)


@asynccontextmanager
async def _postgres_turn() -> AsyncIterator[None]:
    async with storage.transaction():
        await storage.execute("SET LOCAL statement_timeout = 0")
        await storage.execute("SET LOCAL lock_timeout = 0")
        await storage.execute("SELECT pg_advisory_xact_lock(?)", LOCK)
        yield


@asynccontextmanager
async def _sqlite_turn(path: Path, apps: dict[str, Any]) -> AsyncIterator[None]:
    async with _file_lock(Path(f"{path}.upgrade")):
        pending = await pending_steps(apps)
        if pending and await taken_steps():
            await _copy(path, pending[0])
        # A pragma inside a transaction does nothing, so it comes before.
        await storage.execute("PRAGMA foreign_keys = OFF")
        try:
            async with storage.transaction():
                yield
        finally:
            await storage.execute("PRAGMA foreign_keys = ON")


@asynccontextmanager
async def _file_lock(path: Path) -> AsyncIterator[None]:
    with path.open("a", encoding="ascii") as file:
        await asyncio.to_thread(fcntl.flock, file, fcntl.LOCK_EX)
        yield


async def _copy(path: Path, step: str) -> None:
    copy = Path(f"{path}.before-{step}-{clock.now():%Y%m%dT%H%M%S}-{ids.new()}")
    await asyncio.to_thread(copy.touch, mode=0o600)
    await storage.execute("VACUUM INTO ?", str(copy))
    log.info("upgrade.copied", copy=str(copy))


def _shape(sql: str) -> tuple[bool, str]:
    before, _, columns = sql.partition(" ON ")
    return " UNIQUE " in before, "".join(columns.split())


async def _triggers() -> list[storage.Row]:
    if storage.dialect() != "sqlite":
        return []
    return await storage.rows("SELECT name, tbl_name, sql FROM sqlite_master WHERE type='trigger'")


async def _repair(before: list[storage.Row], dropped: set[str]) -> None:
    if storage.dialect() != "sqlite":
        return
    for name, sql in (await missing_indexes()).items():
        log.info("upgrade.index_restored", index=name)
        await storage.execute(sql)
    present = {row["name"] for row in await _triggers()}
    for row in before:
        lost = row["name"] not in present and row["name"] not in dropped
        if lost and await has_tables(row["tbl_name"]):
            log.info("upgrade.trigger_restored", trigger=row["name"])
            await storage.execute(row["sql"])
    broken = await storage.rows("PRAGMA foreign_key_check")
    if broken:
        raise Misconfigured(
            f"The upgrade was not made: {len(broken)} rows of the table {broken[0]['table']} refer "
            "to rows that do not exist. Please report it, with the output of `fedigroups doctor`"
        )
