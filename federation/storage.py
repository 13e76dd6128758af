"""This module knows how to say SQL to SQLite and PostgreSQL alike, on the ambient database.

Models serve the cold paths; receipts, log appends, claims and counters are SQL through here,
because Tortoise models cost six to ten times as much. Placeholders are `?` on both databases.
Times are integer milliseconds, so a row reads the same from both.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Literal, TypeVar, cast

import orjson
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.context import require_context
from tortoise.transactions import in_transaction

from federation import clock

Row = dict[str, Any]
Kind = Literal["text", "bigint"]
T = TypeVar("T")
_PART = 1_000
"""Rows of up to 30 columns: both databases take some 32,000 values in one statement."""


def connection() -> BaseDBAsyncClient:
    """The ambient connection: the running transaction's, or the pool's."""
    context = require_context()
    name = context.default_connection
    if name is None:
        raise RuntimeError("the database context names no default connection")
    return context.connections.get(name)


def dialect() -> str:
    """`sqlite` or `postgres`."""
    return connection().capabilities.dialect


@asynccontextmanager
async def transaction() -> AsyncIterator[None]:
    """All of the block or nothing; nested, it is a savepoint.

    No network inside, and no task started inside: a task inherits the connection.
    """
    async with in_transaction(connection().connection_name):
        yield


async def rows(sql: str, *values: object) -> list[Row]:
    """The rows that a SELECT, or a statement with RETURNING, answers."""
    link = connection()
    return await link.execute_query_dict(_numbered(sql, link), list(values))


async def at_once(sql: str, *values: object) -> list[Row]:
    """As `rows`, of a statement that finds its few rows by key, or adds few.

    In a transaction on SQLite that is done before the way to the database's thread would be.
    """
    link = connection()
    ask = getattr(link, "at_once", link.execute_query_dict)
    return cast("list[Row]", await ask(_numbered(sql, link), list(values)))


async def row(sql: str, *values: object) -> Row | None:
    """The first row, or None."""
    found = await rows(sql, *values)
    return found[0] if found else None


async def execute(sql: str, *values: object) -> int:
    """How many rows an UPDATE or DELETE touched; PostgreSQL does not say it of an INSERT."""
    link = connection()
    count, _ = await link.execute_query(_numbered(sql, link), list(values))
    return count


async def execute_many(sql: str, values: Sequence[Sequence[object]]) -> None:
    """One statement for many rows of values."""
    if values:
        link = connection()
        await link.execute_many(_numbered(sql, link), [list(v) for v in values])


def parts(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    """The rows, so many at a time as a statement has marks for; few are one part."""
    for start in range(0, len(rows), _PART):
        yield rows[start : start + _PART]


def marks(count: int) -> str:
    """`?, ?, ?` for an IN list."""
    return ", ".join("?" * count)


def like(text: str) -> str:
    """The text for a pattern of `LIKE ? ESCAPE '!'`, in which its signs stand for themselves."""
    return "".join(f"!{sign}" if sign in "!%_" else sign for sign in text)


def table(name: str, **columns: Kind) -> str:
    """SQL for a table of rows that are given as one value, made by `packed`.

    So a statement for many rows reads the same however many they are, and no database bounds them.
    `columns` are in the order of the packed rows' values.
    """
    if dialect() == "postgres":
        picked = (
            f"(_.value ->> {n})::{kind} AS {c}" for n, (c, kind) in enumerate(columns.items())
        )
        source = "jsonb_array_elements(?::text::jsonb) AS _(value)"
    else:
        picked = (f"json_extract(_.value, '$[{n}]') AS {c}" for n, c in enumerate(columns))
        source = "json_each(?) AS _"
    return f"(SELECT {', '.join(picked)} FROM {source}) AS {name}"  # noqa: S608 - our own names


def packed(rows: Iterable[Sequence[str | int]]) -> str:
    """Rows of texts and integers, for the mark of a `table`."""
    return orjson.dumps(list(rows)).decode()


def skip_locked() -> str:
    """The suffix with which several workers claim different rows (SQLite has one writer)."""
    return " FOR UPDATE SKIP LOCKED" if dialect() == "postgres" else ""


def held() -> str:
    """The suffix with which a SELECT keeps others from changing its rows until the commit."""
    return " FOR NO KEY UPDATE" if dialect() == "postgres" else ""


async def hold(name: str, *, shared: bool = False) -> None:
    """Wait for whoever holds this name, and hold it until the transaction ends.

    Those who hold it `shared` do not wait for each other. SQLite has one writer anyway.
    """
    if dialect() == "postgres":
        kind = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
        await execute(f"SELECT {kind}(hashtextextended(?, 0))", name)


def now() -> str:
    """SQL for the time (ms) on which all processes of the instance agree; its mark is `now_given`.

    That is PostgreSQL's clock, for the machines' differ; an instance on SQLite is one machine.
    """
    if dialect() == "postgres":
        there = "(EXTRACT(EPOCH FROM clock_timestamp()) * 1000)::bigint"
        return f"(SELECT COALESCE(CAST(? AS BIGINT), {there}))"
    return "CAST(? AS BIGINT)"


def now_given() -> int | None:
    """The value for the mark of `now`: None where the database itself looks at its clock."""
    return clock.held_ms() if dialect() == "postgres" else clock.now_ms()


def _numbered(sql: str, link: BaseDBAsyncClient) -> str:
    if link.capabilities.dialect != "postgres":
        return sql
    parts = sql.split("?")
    return "".join(f"{part}${i}" for i, part in enumerate(parts[:-1], 1)) + parts[-1]
