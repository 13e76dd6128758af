"""`group invite`: lets people in as soon as they follow, one by one or as a list names them."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import Any

import click

from federation import limits, storage
from federation.errors import FederationError, Malformed
from fedigroups.cli.run import acting, as_json, bar, show, table
from fedigroups.groups import lookup, membership
from fedigroups.groups.models import Group
from fedigroups.instance import Instance


@click.command()
@click.argument("name")
@click.argument("handle", required=False, default="")
@click.option("--file", default="", help="A list with a handle on each line; - is standard input.")
@as_json
def invite(name: str, handle: str, file: str, json_: bool) -> None:
    """Let somebody in once they follow, or all whom a list names.

    Nobody is told by it: write to them, or give them a link (the page Invitations). Of a list, what
    was not found is said; typed again, it invites nobody twice.
    """
    if bool(handle) == bool(file):
        raise click.UsageError("Name somebody, or a list with --file.")
    wanted = _listed(file) if file else [handle]

    async def work(instance: Instance) -> list[dict[str, Any]]:
        group = (await lookup.hosted_named(name)).group
        if not file:
            await _invite(instance, group, handle)
            return [{"name": name, "handle": handle, "state": "invited"}]
        with bar("Inviting", len(wanted), hidden=json_) as progress:
            found = []
            for one in wanted:
                found.append({"handle": one, "result": await _result(instance, group, one)})
                progress(1)
        return found

    made = acting(work)
    if file:
        show(json_, made, table(made, ["handle", "result"], "The list names nobody."))
    else:
        show(json_, made[0], f"{handle} is let in once they follow {name}.")


async def _invite(instance: Instance, group: Group, handle: str) -> None:
    bare = handle.lstrip("@")
    found = instance.wire.directory.by_handle(bare) if "@" in bare else lookup.person(bare)
    actor = await found
    if actor.kind == "Group":
        raise Malformed(f"{actor.handle} is a group: invite people")
    async with storage.transaction():
        await membership.invite(group, actor)


async def _result(instance: Instance, group: Group, handle: str) -> str:
    try:
        await _invite(instance, group, handle)
    except FederationError as error:
        return f"left: {error}"
    return "invited"


def _listed(file: str) -> list[str]:
    """The first cell of each line, each once. Refuses (`Malformed`) what is no list of handles."""
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8-sig")
        cells = [row[0].strip() for row in csv.reader(text.splitlines()) if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise Malformed(f"{file} cannot be read as a list of handles: {error}") from error
    found = list(dict.fromkeys(one for one in cells if one and not one.startswith("#")))
    if found and "@" not in found[0] and " " in found[0]:
        del found[0]  # the head of a table
    if len(found) > limits.IMPORT_ROWS:
        raise Malformed(f"a list has at most {limits.IMPORT_ROWS} handles")
    return found
