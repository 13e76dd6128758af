"""`key`: the keys with which the actors of this instance sign."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Any

import click

from federation import clock, keys
from federation.errors import Malformed
from fedigroups import audit, logging, lost_secret, secret_file
from fedigroups.cli.run import acting, as_json, bar, settings, show, table, who
from fedigroups.groups import rotation
from fedigroups.instance import Instance, assemble


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


@key.command("start-over")
@click.option("--yes", is_flag=True, help="Do not ask.")
@as_json
def start_over(yes: bool, json_: bool) -> None:
    """Go on when the secret that sealed the keys is gone for good.

    First look for it: each backup holds it, unless that was made with --no-secret. Everybody here
    gets new keys under the secret of now, and other servers read them anew. Dropped are letters
    that wait, devices that are woken, and authenticator apps.
    """
    if not yes:
        click.confirm(
            "Every key here is replaced. Is the old secret in no backup, and every server stopped?",
            abort=True,
            err=True,
        )
    chosen = settings(kept=secret_file.anew)
    logging.configure(chosen.log, "warning")
    found = asyncio.run(_begin_anew(assemble(chosen, exclusive=True), hidden=json_))
    show(json_, found, _said(found))


async def _begin_anew(instance: Instance, *, hidden: bool) -> dict[str, Any]:
    """Refuses (`Malformed`) where the secret opens every key. The instance is closed afterwards."""
    try:
        await instance.store.open()
        await instance.store.migrate()
        with instance.store.context():
            locked = await lost_secret.locked_out(instance.wire)
            if not locked:
                raise Malformed(
                    "the secret opens every key here, so that nothing is lost; for new keys: "
                    "fedigroups key rotate --all"
                )
            dropped = await lost_secret.drop()
            with bar("Renewing", len(locked), hidden=hidden) as progress:
                for actor in locked:
                    await lost_secret.renew(instance.wire, actor)
                    progress(1)
            await audit.note(who(), "key start-over")
    finally:
        await instance.close()
    return {"renewed": len(locked)} | asdict(dropped)


def _said(found: dict[str, Any]) -> str:
    lines = [
        f"{found['renewed']} actors have new keys. {found['letters']} letters that waited are "
        f"dropped, and {found['devices']} devices, which their apps enter again.",
        "Take a backup now: it holds the secret.",
    ]
    lines += [
        f"{name} needs a recovery code to sign in, or from you: "
        f"fedigroups user password {name} --drop-second-factor"
        for name in found["authenticators"]
    ]
    return "\n".join(lines)
