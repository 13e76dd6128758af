"""`key`: the keys with which the actors of this instance sign."""

from __future__ import annotations

import asyncio
from typing import Any

import click

from federation import clock, keys
from fedigroups.cli.run import acting, as_json, bar, show, table
from fedigroups.groups import rotation
from fedigroups.instance import Instance


@click.group()
def key() -> None:
    """The keys with which the actors here sign."""


@key.command()
@click.argument("actor", required=False, default="")
@click.option("--all", "everybody", is_flag=True, help="Every actor, the instance's own too.")
@click.option("--dry-run", is_flag=True, help="Say whose keys, and leave them as they are.")
@as_json
def rotate(actor: str, everybody: bool, dry_run: bool, json_: bool) -> None:
    """Give an actor here new keys: fedigroups key rotate welders

    For when somebody may have read the old ones. When this ends well, no server of this instance
    signs with them any more. Other servers notice, and read the actor anew.
    """
    if bool(actor) == everybody:
        raise click.UsageError("Name a group or a person here, or say --all.")

    async def work(instance: Instance) -> list[dict[str, Any]]:
        found = await rotation.actors(actor)
        if not dry_run:
            with bar("Rotating", len(found), hidden=json_) as progress:
                for one in found:
                    await rotation.rotate(instance.wire, one)
                    progress(1)
            await asyncio.sleep(keys.SHOWN_MS / clock.SECOND + keys.FRESH_SECONDS)
        return [{"actor": one.uri, "kind": one.kind, "rotated": not dry_run} for one in found]

    rows = acting(work)
    show(json_, rows, table(rows, ["actor", "kind", "rotated"], "Nobody."))
