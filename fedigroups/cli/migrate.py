"""`migrate` brings the database up to date, or moves a whole instance from SQLite to PostgreSQL."""

from __future__ import annotations

import asyncio

import click

from fedigroups import copy, database_url, logging, secret_file
from fedigroups.cli.run import as_json, bar, settings, show, table
from fedigroups.store import Store


@click.command()
@click.option("--from", "source", default="", help="Copy the instance in this SQLite file ...")
@click.option(
    "--to",
    "target",
    default="",
    help="... into this empty PostgreSQL database (else FEDIGROUPS_DATABASE_URL). "
    "Stop the server first.",
)
@as_json
def migrate(source: str, target: str, json_: bool) -> None:
    """Bring the database up to date; a second time changes nothing.

    With --from sqlite:///... --to postgres://... it copies a whole instance instead, every row
    of it verified, or nothing. Then set FEDIGROUPS_DATABASE_URL to the new database and start.
    """
    if source:
        _move(source, target, json_=json_)
    elif target:
        raise click.UsageError("--to needs --from: which instance is to be copied?")
    else:
        steps = asyncio.run(_migrate(Store(settings(kept=secret_file.found))))
        show(json_, {"steps": steps}, "\n".join(steps) or "The database is up to date.")


async def _migrate(store: Store) -> list[str]:
    await store.open()
    try:
        return await store.migrate()
    finally:
        await store.close()


def _move(source: str, target: str, *, json_: bool) -> None:
    logging.configure("console", "warning")
    target = target or settings(kept=secret_file.found).database_url
    with (
        copy.source_at(source) as found,
        bar("Copying", 2 * found.rows, hidden=json_) as progress,
    ):
        copied = asyncio.run(copy.copy_into(found, target, progress))
    rows = [{"table": one.table, "rows": one.rows, "digest": one.digest[:16]} for one in copied]
    scheme = database_url.parse(target).kind
    show(
        json_,
        {"origin": found.origin, "tables": rows},
        f"{table(rows, ['table', 'rows', 'digest'], '')}\n"
        f"{found.origin} is in {scheme} now, every row read back and found the same. Set "
        "FEDIGROUPS_DATABASE_URL to it, keep the secret and the data folder, and never start a "
        "server on the SQLite file again.",
    )
