"""This module knows where the models say something that the migrations do not say yet."""

from __future__ import annotations

from typing import Any

from tortoise.context import require_context
from tortoise.fields.relational import ForeignKeyFieldInstance
from tortoise.indexes import Index
from tortoise.migrations.autodetector import MigrationAutodetector
from tortoise.migrations.schema_generator.state import ModelState, State
from tortoise.migrations.writer import MigrationWriter

from fedigroups import upgrade
from fedigroups.database_url import Database

_WORDS = ("table_description", "app", "pk_attr")
"""Options that are no part of a table: a reworded docstring is not a migration."""


class _Detector(MigrationAutodetector):
    def _current_state(self) -> State:
        return _plain(super()._current_state())

    async def _project_state(self) -> State:
        return _plain(await super()._project_state())


async def unwritten(apps_config: dict[str, Any]) -> list[MigrationWriter]:
    """The migrations that `make migration` would write; empty when models and migrations agree."""
    apps = require_context().apps
    if apps is None:
        raise RuntimeError("the store is not open")
    return await _Detector(apps, apps_config).changes()


async def missing(database: Database) -> list[str]:
    """The tables, or else the indexes, that the models have and the (ambient) database lacks."""
    apps = require_context().apps
    if apps is None:
        raise RuntimeError("the store is not open")
    tables = [model._meta.db_table for model in apps.get_models_iterable()]
    absent = [name for name in tables if not await upgrade.has_tables(name)]
    if absent or database.kind != "sqlite":
        return absent
    return sorted(await upgrade.missing_indexes())


def _plain(state: State) -> State:
    for model in state.models.values():
        model.options = {k: v for k, v in model.options.items() if k not in _WORDS}
        if "indexes" in model.options:
            model.options["indexes"] = [_by_column(model, i) for i in model.options["indexes"]]
    return state


def _by_column(model: ModelState, index: Index | tuple[str, ...]) -> Index:
    """An index on columns: the migrations of Tortoise 1.1.9 take a relation's name for one."""
    if not isinstance(index, Index):
        return Index(fields=[_column(model, name) for name in index])
    index.fields = [_column(model, name) for name in index.fields]
    return index


def _column(model: ModelState, name: str) -> str:
    return f"{name}_id" if isinstance(model.fields.get(name), ForeignKeyFieldInstance) else name
