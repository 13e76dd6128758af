"""`user move` and `user aliases`: other accounts of somebody here, and the one where they live."""

from __future__ import annotations

from typing import Any

import click

from federation.errors import Malformed
from fedigroups.accounts import people
from fedigroups.app import reception_of
from fedigroups.cli.run import acting, as_json, show, table
from fedigroups.groups import aliases as known
from fedigroups.groups import moving
from fedigroups.instance import Instance


@click.command()
@click.argument("name")
@click.argument("to", default="")
@click.option("--back", is_flag=True, help="They live here again, and may move again at once.")
@as_json
def move(name: str, to: str, back: bool, json_: bool) -> None:
    """Move somebody to another account, or take it back."""
    if back == bool(to):
        raise click.UsageError("say where to, or --back")

    async def work(instance: Instance) -> dict[str, Any]:
        account, reception = await people.account_named(name), reception_of(instance)
        if back:
            await moving.take_back(reception, account, rested=True)
            return {"name": name, "moved_to": None}
        new = await moving.move(reception, account, to)
        return {"name": name, "moved_to": new.uri}

    done = acting(work)
    text = f"{name} lives here again." if back else f"{name} has moved to {done['moved_to']}."
    show(json_, done, text)


@click.command()
@click.argument("name")
@click.option("--add", default="", help="A handle or an address that is theirs too.")
@click.option("--remove", default="", help="The address of one that is not theirs any more.")
@as_json
def aliases(name: str, add: str, remove: str, json_: bool) -> None:
    """Other accounts of somebody, which can move here."""

    async def work(instance: Instance) -> list[dict[str, str]]:
        person = await people.person_named(instance.wire, name)
        if remove and remove not in await known.of(person):
            raise Malformed(f"{remove} is none of the other accounts of {name}")
        if remove:
            await known.remove(person, remove)
        if add:
            await known.add(instance.wire, person, add)
        return [{"uri": uri, "handle": handle} for uri, handle in await known.shown(person)]

    found = acting(work)
    show(json_, found, table(found, ["handle", "uri"], "No other accounts."))


COMMANDS: tuple[click.Command, ...] = (move, aliases)
