"""`group suspend|unsuspend|close`: what whoever runs this instance decides about a whole group."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import click

from fedigroups.accounts.reception import Reception
from fedigroups.app import reception_of
from fedigroups.cli.run import acting, as_json, show
from fedigroups.groups import lookup
from fedigroups.groups.distribute import Hosted
from fedigroups.instance import Instance
from fedigroups.moderation import suspending_groups

_name = click.argument("name")
_reason = click.option("--reason", required=True, help="Why; the owner is sent it.")
_yes = click.option("--yes", is_flag=True, help="Do not ask.")


@click.command()
@_name
@_reason
@_yes
@as_json
def suspend(name: str, reason: str, yes: bool, json_: bool) -> None:
    """Show a group to nobody, and take nothing for it."""
    if not yes:
        click.confirm(f"Suspend {name} for all who read it?", abort=True, err=True)
    _turn(name, lambda at, one: suspending_groups.suspend(at, one.group, reason))
    show(json_, {"name": name, "state": "suspended"}, f"{name} is suspended; its owner is told.")


@click.command()
@_name
@as_json
def unsuspend(name: str, json_: bool) -> None:
    """Open a group again that was suspended. It is as it was before."""
    _turn(name, lambda at, one: suspending_groups.lift(at, one.group))
    show(json_, {"name": name, "state": "open"}, f"{name} is open again; its owner is told.")


@click.command()
@_name
@_reason
@_yes
@as_json
def close(name: str, reason: str, yes: bool, json_: bool) -> None:
    """Close a group for good. Servers that read it are told that it is gone."""
    if not yes:
        click.confirm(f"Close {name} for good? It is never opened again.", abort=True, err=True)
    _turn(name, lambda at, one: suspending_groups.close(at, one, reason))
    show(json_, {"name": name, "state": "closed"}, f"{name} is closed; its owner is told.")


def _turn(name: str, change: Callable[[Reception, Hosted], Awaitable[None]]) -> None:
    async def work(instance: Instance) -> None:
        await change(reception_of(instance), await lookup.hosted_named(name))

    acting(work)


COMMANDS: tuple[click.Command, ...] = (suspend, unsuspend, close)
