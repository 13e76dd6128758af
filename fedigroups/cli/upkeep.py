"""`maintenance`, `database` and `audit`: what an operator looks after now and then."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any

import click

from federation import clock, storage
from fedigroups import audit as acts
from fedigroups import readonly
from fedigroups.cli.run import acting, as_json, bar, show, table, with_instance
from fedigroups.instance import Instance


@click.group()
def maintenance() -> None:
    """Let this instance be read and not changed, for a while."""


_dry_run = click.option("--dry-run", is_flag=True, help="Only say what would be.")


@maintenance.command("on")
@_dry_run
@as_json
def on(dry_run: bool, json_: bool) -> None:
    """From now on nothing may be changed, and nothing is sent.

    Other servers are told to come again (503). Commands go on working. Within five seconds every
    process rests.
    """
    _turn(readonly.begin, dry_run=dry_run)
    told = "Nothing {} be changed until `fedigroups maintenance off`."
    show(json_, {"read_only": True}, told.format("would" if dry_run else "may"))


@maintenance.command("off")
@_dry_run
@as_json
def off(dry_run: bool, json_: bool) -> None:
    """Let everything be changed again."""
    _turn(readonly.end, dry_run=dry_run)
    verb = "could" if dry_run else "may"
    show(json_, {"read_only": False}, f"Everything {verb} be changed again.")


def _turn(change: Callable[[], Awaitable[None]], *, dry_run: bool) -> None:
    async def work(_instance: Instance) -> None:
        if not dry_run:
            await change()

    acting(work)


@maintenance.command("show")
@as_json
def show_(json_: bool) -> None:
    """Say whether it may be changed."""

    async def work(_instance: Instance) -> dict[str, Any]:
        since = await readonly.since()
        return {"read_only": since > 0, "since": clock.rfc3339(since) if since else ""}

    found = with_instance(work)
    text = f"Read-only since {found['since']}." if found["read_only"] else "Open."
    show(json_, found, text)


@click.group()
def database() -> None:
    """The rows, as they are on the disk."""


@database.command()
@click.option("--dry-run", is_flag=True, help="Only say how large it is, and how much is free.")
@as_json
def vacuum(dry_run: bool, json_: bool) -> None:
    """Give back the room of deleted rows, and count how rows are spread.

    SQLite takes no writes meanwhile, and needs as much space again as the file has.
    """

    async def work(_instance: Instance) -> dict[str, int]:
        before = await _size()
        if not dry_run:
            with bar("Vacuuming", len(_statements()), hidden=json_) as progress:
                for statement in _statements():
                    await storage.connection().execute_script(statement)
                    progress(1)
        return before | {"after": (await _size())["bytes"]}

    found = acting(work)
    text = (
        f"{found['bytes'] / 1e6:.1f} MB, of which {found['free'] / 1e6:.1f} MB are free."
        if dry_run
        else f"{found['bytes'] / 1e6:.1f} MB before, {found['after'] / 1e6:.1f} MB now."
    )
    show(json_, found, text)


def _statements() -> tuple[str, ...]:
    if storage.dialect() == "postgres":
        return ("SET statement_timeout = 0", "VACUUM (ANALYZE)", "RESET statement_timeout")
    return ("VACUUM", "ANALYZE", "PRAGMA wal_checkpoint(TRUNCATE)")


async def _size() -> dict[str, int]:
    """Bytes of the database, and how many of them nothing is in (of PostgreSQL: dead rows)."""
    if storage.dialect() == "postgres":
        row = await storage.row(
            "SELECT pg_database_size(current_database()) AS bytes, COALESCE((SELECT"
            " SUM(pg_total_relation_size(relid) * n_dead_tup / (n_live_tup + n_dead_tup + 1))"
            " FROM pg_stat_user_tables), 0)::bigint AS free"
        )
        return {"bytes": int(row["bytes"]), "free": int(row["free"])} if row else {}
    pages = await storage.row(
        "SELECT (SELECT page_count FROM pragma_page_count()) AS pages,"
        " (SELECT freelist_count FROM pragma_freelist_count()) AS unused,"
        " (SELECT page_size FROM pragma_page_size()) AS size"
    )
    if pages is None:
        return {}
    return {"bytes": pages["pages"] * pages["size"], "free": pages["unused"] * pages["size"]}


@click.command()
@click.argument("what", default="")
@click.option("--limit", default=50, type=click.IntRange(1, 10_000), help="How many; else 50.")
@as_json
def audit(what: str, limit: int, json_: bool) -> None:
    """Who did what here, the latest first: fedigroups audit peer

    Commands that change something are in it for two years; passwords never are.
    """

    async def work(_instance: Instance) -> list[dict[str, Any]]:
        return [
            asdict(one) | {"at": clock.rfc3339(one.at)} for one in await acts.newest(limit, what)
        ]

    found = with_instance(work)
    show(json_, found, table(found, ["at", "who", "what", "detail"], "Nothing was done yet."))


COMMANDS: tuple[click.Command, ...] = (maintenance, database, audit)
