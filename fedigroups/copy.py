"""This module copies a whole instance from SQLite to PostgreSQL: all of it, proven, or nothing.

SQLite is read without the ORM, which speaks one kind of database in a process. While it is read
nobody writes to it; PostgreSQL sees the copy when every row was read back and found the same.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from graphlib import TopologicalSorter
from hashlib import sha256
from itertools import zip_longest
from pathlib import Path
from typing import Any

import asyncpg
from tortoise.context import require_context

from federation.errors import Misconfigured
from fedigroups import database_url, postgres_link, store, upgrade
from fedigroups.database_url import Database
from fedigroups.groups import indexing

BATCH = 1_000
"""Rows that are in memory at a time."""
OWN_SETTINGS = {"origin", "probe"}
"""What a database without an instance may hold in its table `setting`."""
_NOT_OURS = {"tortoise_migrations"}
_INDEX = "searched"
"""The search's index and what it is made of: the new database's is made anew by its worker."""
PATIENT = {"statement_timeout": "0", "idle_in_transaction_session_timeout": "0"}
"""The session in which a whole database is read or written."""

Row = tuple[Any, ...]
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Column:
    """A column; `read` makes of SQLite's value the one that PostgreSQL is given."""

    name: str
    read: Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Table:
    """A table, as the models describe it; its first column is its key."""

    name: str
    columns: tuple[Column, ...]
    parents: frozenset[str]
    text_key: bool

    @property
    def names(self) -> list[str]:
        """The columns' names."""
        return [column.name for column in self.columns]

    def query(self, collation: str = "") -> str:
        """All rows in the order of their keys."""
        wanted = ", ".join(f'"{name}"' for name in self.names)
        order = f'"{self.names[0]}" {collation}'
        return f'SELECT {wanted} FROM "{self.name}" ORDER BY {order}'  # noqa: S608 - our names

    def carried(self, row: Row) -> Row:
        """A row as PostgreSQL has it; refuses (Misconfigured) text that PostgreSQL cannot hold."""
        found = tuple(column.read(value) for column, value in zip(self.columns, row, strict=True))
        for column, value in zip(self.columns, found, strict=True):
            if isinstance(value, str) and "\0" in value:
                raise Misconfigured(
                    f"{self.name}.{column.name} of the row {found[0]} has a NUL character, which "
                    "PostgreSQL cannot hold: mend that row in the SQLite file first"
                )
        return found


@dataclass(frozen=True, slots=True)
class Copied:
    """What was copied of a table: how many rows, and a digest over all of them."""

    table: str
    rows: int
    digest: str


@dataclass(frozen=True, slots=True)
class Source:
    """A SQLite file that nobody else writes to; `rows` counts all that is in it."""

    link: sqlite3.Connection
    origin: str
    tables: frozenset[str]
    rows: int

    def read(self, table: Table) -> Iterator[Row]:
        """The rows of a table, in order, as PostgreSQL is to have them."""
        for row in self.link.execute(table.query()):
            yield table.carried(row)


@contextmanager
def source_at(url: str) -> Iterator[Source]:
    """The instance in a SQLite file, held still for as long as the block lasts.

    Refuses (Misconfigured) while a server serves it, and what is no instance of this version.
    """
    path = _parsed(url, "sqlite", "--from").path
    if path is None or not path.exists():
        raise Misconfigured(f"--from names {path}, which does not exist")
    with store.claim(path), closing(_opened(path)) as link:
        tables = _tables_in(link)
        _check_steps(link, tables)
        counts = [_one(link, f'SELECT COUNT(*) FROM "{name}"') for name in tables]  # noqa: S608
        yield Source(link, _origin(link, path), frozenset(tables), sum(counts))


async def copy_into(
    source: Source, url: str, progress: Progress, *, replace: bool = False
) -> list[Copied]:
    """Copy the instance into an empty PostgreSQL database; `progress` hears of rows done.

    Every row counts twice: when it is written, and when it was read back and found the same.
    Refuses (Misconfigured) a database that holds rows already, unless they are to be replaced; it
    then stays as it was.
    """
    database = _parsed(url, "postgres", "--to")
    tables = await tables_at(source.origin, url)
    unknown = source.tables - {table.name for table in tables}
    if unknown:
        raise Misconfigured(f"The SQLite file holds tables of another program: {sorted(unknown)}")
    link = await postgres_link.connect(database, **PATIENT)
    try:
        async with link.transaction():
            await _take(link, tables, replace=replace)
            for table in tables:
                await _copy(link, source, table, progress)
            found = [await _verified(link, source, table, progress) for table in tables]
            await link.execute("DELETE FROM setting WHERE key = $1", indexing.SETTING)
            await link.execute("ANALYZE")
    except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        where = getattr(error, "context", None) or type(error).__name__
        raise Misconfigured(f"PostgreSQL did not take the copy ({where}: {error})") from error
    finally:
        await link.close()
    return found


def describe(models: Sequence[dict[str, Any]]) -> list[Table]:
    """The tables that these descriptions of models mean, those that others refer to first."""
    named = {model["name"]: model for model in models}
    tables = {table.name: table for table in (_table(model, named) for model in models)}
    order = TopologicalSorter({name: table.parents for name, table in sorted(tables.items())})
    return [tables[name] for name in order.static_order()]


def _table(model: dict[str, Any], named: dict[str, dict[str, Any]]) -> Table:
    key = model["pk_field"]
    if key["generated"]:
        raise TypeError(
            f"{model['table']}: a number that PostgreSQL gives out needs more than this"
        )
    columns = tuple(
        Column(one["db_column"], _reader(model["table"], one))
        for one in [key, *model["data_fields"]]
    )
    referring = [*model["fk_fields"], *model["o2o_fields"]]
    parents = {named[one["python_type"]]["table"] for one in referring} - {model["table"]}
    return Table(model["table"], columns, frozenset(parents), key["python_type"] == "str")


def _reader(table: str, described: dict[str, Any]) -> Callable[[Any], Any]:
    kind = described["python_type"]
    if kind not in _READERS:
        raise TypeError(f"{table}.{described['db_column']} is a {kind}: say how it is carried over")
    return _READERS[kind]


def _boolean(value: Any) -> Any:
    return None if value is None else bool(value)


def _as_it_is(value: Any) -> Any:
    return value


_READERS: dict[str, Callable[[Any], Any]] = {
    "bool": _boolean,
    "bytes": _as_it_is,
    "float": _as_it_is,
    "int": _as_it_is,
    "str": _as_it_is,
}


def _parsed(url: str, kind: str, option: str) -> Database:
    database = database_url.parse(url)
    if database.kind != kind:
        example = database_url.EXAMPLE if kind == "postgres" else "sqlite:///var/lib/fedigroups/..."
        raise Misconfigured(f"{option} must name a {kind} database, for example {example}")
    return database


def _opened(path: Path) -> sqlite3.Connection:
    link = sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True, isolation_level=None)
    try:
        link.execute(f"PRAGMA busy_timeout = {database_url.SECONDS_IN_LOCK * 1_000}")
        link.execute("BEGIN IMMEDIATE")  # commands that would write wait, and then fail
    except sqlite3.Error as error:
        link.close()
        raise Misconfigured(f"{path} cannot be read as a whole: {error}") from error
    return link


def _tables_in(link: sqlite3.Connection) -> list[str]:
    found = link.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    )
    return [name for (name,) in found if name not in _NOT_OURS and not name.startswith(_INDEX)]


def _check_steps(link: sqlite3.Connection, tables: Sequence[str]) -> None:
    if "setting" not in tables:
        raise Misconfigured("--from holds no instance of Fedigroups")
    taken = link.execute("SELECT name FROM tortoise_migrations WHERE app = ?", [upgrade.APP])
    if sorted(name for (name,) in taken) != upgrade.known_steps("fedigroups.migrations"):
        raise Misconfigured(
            "The SQLite file is not of this version: start this version on it once, or run "
            "`fedigroups migrate` with FEDIGROUPS_DATABASE_URL naming it"
        )


def _origin(link: sqlite3.Connection, path: Path) -> str:
    found = link.execute("SELECT value FROM setting WHERE key = 'origin'").fetchone()
    if found is None:
        raise Misconfigured(f"{path} was never served: there is nothing to copy")
    return str(found[0])


def _one(link: sqlite3.Connection, sql: str) -> int:
    return int(link.execute(sql).fetchone()[0])


@dataclass(frozen=True, slots=True)
class _Where:
    origin: str
    database_url: str


async def tables_at(origin: str, url: str) -> list[Table]:
    """The tables, made in the target; refuses (Misconfigured) one of another instance."""
    target = store.Store(_Where(origin, url))
    await target.open()
    try:
        await target.migrate()
        with target.context():
            apps = require_context().apps
            models = [] if apps is None else list(apps.get_models_iterable())
            return describe([model.describe() for model in models])
    finally:
        await target.close()


async def _take(link: asyncpg.Connection, tables: Sequence[Table], *, replace: bool) -> None:
    names = ", ".join(f'"{table.name}"' for table in tables)
    await link.execute(f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE")
    if replace:
        await link.execute(f"TRUNCATE {names}, {_INDEX}")
        return
    held = {str(row["key"]) for row in await link.fetch("SELECT key FROM setting")}
    full = [] if held <= OWN_SETTINGS else ["setting"]
    for table in tables:
        sql = f'SELECT EXISTS (SELECT 1 FROM "{table.name}")'  # noqa: S608 - our names
        if table.name != "setting" and await link.fetchval(sql):
            full.append(table.name)
    if full:
        raise Misconfigured(
            f"--to holds rows already (in {', '.join(full)}): give an empty database, on which no "
            "server was started yet"
        )
    await link.execute("DELETE FROM setting")


async def _copy(link: asyncpg.Connection, source: Source, table: Table, progress: Progress) -> None:
    for rows in _batches(source.read(table)):
        await link.copy_records_to_table(table.name, records=rows, columns=table.names)
        progress(len(rows))


async def _verified(
    link: asyncpg.Connection, source: Source, table: Table, progress: Progress
) -> Copied:
    """Read every row back; refuses (Misconfigured) at the first that is not what it was."""
    whole, count = sha256(), 0
    # SQLite sorts text by its bytes.
    cursor = await link.cursor(table.query('COLLATE "C"' if table.text_key else ""))
    for rows in _batches(source.read(table)):
        copies = await cursor.fetch(len(rows))
        for row, copy in zip_longest(rows, copies):
            wanted = _digest(row)
            if copy is None or _digest(tuple(copy)) != wanted:
                raise Misconfigured(f"{table.name}: the row {row[0]} did not arrive as it was")
            whole.update(wanted)
        count += len(rows)
        progress(len(rows))
    if await cursor.fetch(1):
        raise Misconfigured(f"{table.name}: there are more rows than were copied")
    return Copied(table.name, count, whole.hexdigest())


def _batches(rows: Iterator[Row]) -> Iterator[list[Row]]:
    batch: list[Row] = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _digest(row: Row) -> bytes:
    """SHA-256 of a row: of its values, each with its type."""
    return sha256(repr(row).encode("utf-8", "surrogatepass")).digest()
