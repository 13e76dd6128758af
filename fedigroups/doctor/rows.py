"""This module looks at the database: whether it opens, is new enough, complete, and can be read."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from federation import storage
from federation.errors import FederationError, Misconfigured
from federation.models import Actor
from fedigroups import upgrade
from fedigroups.doctor.findings import Check, Finding, judged
from fedigroups.instance import Instance
from fedigroups.secret_file import NAME as SECRET
from fedigroups.secret_file import NONE
from fedigroups.store import orm_config

POSTGRES = 130_000
"""The oldest PostgreSQL that we are tried on, as it says its own version (13)."""
SQLITE = (3, 35, 0)
"""The first SQLite with RETURNING."""


async def opened(instance: Instance) -> Finding:
    """Open the database as it is, without bringing it up to date, and say whether that went well.

    Whoever calls closes it.
    """
    try:
        await instance.store.open()
    except Misconfigured as error:
        return Finding("database", "wrong", str(error), "Then ask the doctor again.")
    with instance.store.context():
        return await _version() if storage.dialect() == "postgres" else _file_version()


async def _version() -> Finding:
    row = await storage.row(
        "SELECT current_setting('server_version_num')::bigint AS number,"
        " current_setting('server_version') AS version,"
        " current_setting('server_encoding') AS encoding, pg_is_in_recovery() AS replica"
    )
    if row is None or row["number"] < POSTGRES:
        found = f"PostgreSQL {row['version'] if row else '?'} is too old"
        return Finding("database", "wrong", found, "Move to PostgreSQL 13 or newer.")
    if row["encoding"] != "UTF8":
        remedy = "Make a database with `createdb -E UTF8`, and restore a backup into it."
        return Finding("database", "wrong", f"its encoding is {row['encoding']}", remedy)
    if row["replica"]:
        remedy = "Let FEDIGROUPS_DATABASE_URL name the primary, or promote this one."
        return Finding("database", "wrong", "it is a replica, which takes no writes", remedy)
    return Finding("database", "ok", f"PostgreSQL {row['version']} answers")


def _file_version() -> Finding:
    remedy = "Use a Python whose SQLite is 3.35 or newer, or PostgreSQL."
    found = f"SQLite {sqlite3.sqlite_version}"
    return judged("database", sqlite3.sqlite_version_info >= SQLITE, found, remedy)


async def migrations(instance: Instance) -> Finding:
    """Whether the tables are those of this version."""
    apps = orm_config(instance.store.database)["apps"]
    try:
        pending = await upgrade.pending_steps(apps)
    except Misconfigured as error:
        return Finding("migrations", "wrong", str(error), "Install the newer version again.")
    remedy = "Run `fedigroups migrate`, or start the server, which does so."
    if pending and not await upgrade.taken_steps() and await upgrade.has_tables("actor"):
        found = "there are tables, but not which steps made them: it was half made, or is not ours"
        remedy = "Restore a backup with `fedigroups restore`, or name an empty database."
        return Finding("migrations", "wrong", found, remedy)
    if pending:
        return Finding("migrations", "wrong", f"to be taken: {', '.join(pending)}", remedy)
    return Finding("migrations", "ok", "all steps are taken")


async def _indexes(_instance: Instance) -> Finding:
    lost = await upgrade.missing_indexes()
    remedy = "Run `fedigroups migrate`: it makes lost indexes anew."
    return judged("indexes", not lost, f"lost: {', '.join(lost)}" if lost else "complete", remedy)


async def _secret(instance: Instance) -> Finding:
    path = instance.settings.data_dir / SECRET
    actors = await Actor.filter(local=True, state="live").limit(1)
    try:
        for actor in actors:
            await instance.wire.keyring.signer(actor.uri)
    except FederationError as error:
        remedy = (
            "Give back the secret that the keys were sealed with: FEDIGROUPS_SECRET_FILE, or "
            f"{path}. It is in each backup: tar -xOf FILE secret"
        )
        return Finding("secret", "wrong", _lost(instance, path) or str(error), remedy)
    return Finding("secret", "ok", "it opens the private keys")


def _lost(instance: Instance, path: Path) -> str:
    if instance.settings.secret != NONE:
        return ""
    return (
        f"there is no {path}, and the keys are stored under one. Only when it is gone for good: "
        "`fedigroups key start-over`"
    )


ROWS = (Check("indexes", _indexes), Check("secret", _secret))
