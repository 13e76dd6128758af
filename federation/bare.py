"""This module reads and writes models by SQL of ours, for a quarter of what the ORM's queries cost.

It is for what every activity that comes does; elsewhere the ORM's own queries read better.
`Model._init_from_db` is private to tortoise-orm ~= 1.1.9; tests/federation/test_bare.py watches it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, TypeVar

from federation import storage
from federation.table import Model

M = TypeVar("M", bound=Model)


async def one(model: type[M], where: str, *values: object, held: bool = False) -> M | None:
    """The row for which `where` holds, or None; of several, any.

    With `held` nobody else changes it until the commit.
    """
    suffix = storage.held() if held else ""
    found = await storage.at_once(f"{_select(model)} WHERE {where} LIMIT 1{suffix}", *values)
    return model._init_from_db(**found[0]) if found else None


async def those(model: type[M], column: str, values: Iterable[object]) -> list[M]:
    """The rows whose column has one of the values, which are few; in no order."""
    wanted = list(values)
    if not wanted:
        return []
    sql = f"{_select(model)} WHERE {column} IN ({storage.marks(len(wanted))})"
    return [model._init_from_db(**row) for row in await storage.at_once(sql, *wanted)]


async def joined(models: Mapping[str, type[Model]], tail: str, *values: object) -> list[Any]:
    """The instances of one joined row, None where a model has no part in it; [] for no row.

    `models` are by their alias in `tail`, which begins with FROM. One query.
    """
    return next(iter(await all_joined(models, tail, *values)), [])


async def all_joined(
    models: Mapping[str, type[Model]], tail: str, *values: object
) -> list[list[Any]]:
    """As `joined`, of every row."""
    rows = await storage.at_once(f"{_select_joined(tuple(models.items()))} {tail}", *values)
    return [[_part(row, alias, model) for alias, model in models.items()] for row in rows]


def _part(row: storage.Row, alias: str, model: type[Model]) -> Model | None:
    columns = model._meta.fields_db_projection_reverse
    part = {column: row[f"{alias}__{column}"] for column in columns}
    return model._init_from_db(**part) if part[model._meta.db_pk_column] else None


async def add(instance: Model) -> None:
    """Store a new row, of which every column has its value; fails where its key is taken."""
    sql, fields = _insert(type(instance))
    await storage.at_once(sql, *(getattr(instance, field) for field in fields))
    instance._saved_in_db = True


async def add_first(instance: Model) -> bool:
    """Store a new row as `add` does; False when there is one with its key, committed or not.

    Of two who do the same at once the second waits here, and then finds what the first left.
    """
    sql, fields = _insert(type(instance))
    values = (getattr(instance, field) for field in fields)
    sql += " ON CONFLICT DO NOTHING RETURNING 1 AS one"
    instance._saved_in_db = bool(await storage.at_once(sql, *values))
    return instance._saved_in_db


@cache
def _select(model: type[Model]) -> str:
    columns = ", ".join(f'"{column}"' for column in model._meta.fields_db_projection_reverse)
    return f'SELECT {columns} FROM "{model._meta.db_table}"'  # noqa: S608 - our own names


@cache
def _select_joined(models: tuple[tuple[str, type[Model]], ...]) -> str:
    columns = (
        f'{alias}."{column}" AS {alias}__{column}'
        for alias, model in models
        for column in model._meta.fields_db_projection_reverse
    )
    return f"SELECT {', '.join(columns)}"


@cache
def _insert(model: type[Model]) -> tuple[str, tuple[str, ...]]:
    columns = model._meta.fields_db_projection_reverse
    names = ", ".join(f'"{column}"' for column in columns)
    table, marks = model._meta.db_table, storage.marks(len(columns))
    return f'INSERT INTO "{table}" ({names}) VALUES ({marks})', tuple(columns.values())  # noqa: S608 - our own names
