"""`user`: people who have an account here."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from federation.errors import Malformed
from fedigroups.accounts import looks
from fedigroups.accounts.models import Account
from fedigroups.accounts.people import person_named, sign_up
from fedigroups.cli import pictures, user_access, user_blocks, user_moving
from fedigroups.cli.run import acting, as_json, show, table, tell, told_as_json, with_instance
from fedigroups.groups import lookup
from fedigroups.groups.models import Member
from fedigroups.instance import Instance


@click.group()
def user() -> None:
    """People who have an account here."""


@user.command()
@click.argument("name")
@click.option("--email", default="", help="Where to reach them.")
@click.option("--display", default="", help="The name that others see, e.g. 'Olga Berg'.")
@click.option("--password-stdin", is_flag=True, help="Read a password from standard input.")
@click.option("--admin", is_flag=True, help="May run this instance.")
@as_json
def create(
    name: str, email: str, display: str, password_stdin: bool, admin: bool, json_: bool
) -> None:
    """Make an account."""
    password = sys.stdin.readline().rstrip("\n") if password_stdin else ""

    async def work(instance: Instance) -> dict[str, Any]:
        account = await sign_up(
            instance.wire, name, email=email, password=password, display=display, admin=admin
        )
        actor = await account.actor
        return {"name": name, "handle": actor.handle, "uri": actor.uri, "admin": admin}

    made = acting(work)
    later = f" To sign in: `fedigroups user password {name}` prints a password."
    show(json_, made, f"{made['handle']} has an account." + ("" if password else later))


@user.command("set")
@click.argument("name")
@click.option("--display", default="", help="The name that others see.")
@click.option("--icon", type=pictures.FILE, help="A picture, from a file.")
@click.option("--banner", type=pictures.FILE, help="A wide picture, from a file.")
@click.option("--posts-to", default="", help="The group for what they write in apps to none.")
@told_as_json
def set_(name: str, display: str, icon: Path | None, banner: Path | None, posts_to: str) -> None:
    """Change how somebody looks, and where their apps write."""
    if not (display or icon or banner or posts_to):
        raise Malformed("nothing to change: name at least one field, for example --display")

    async def work(instance: Instance) -> None:
        person = await person_named(instance.wire, name)
        if posts_to:
            group = await lookup.any_group(posts_to)
            await Account.filter(actor_id=person.id).update(default_group_id=group.actor_id)
        await looks.change(
            person,
            icon=await pictures.icon(instance, person, icon),
            banner=await pictures.banner(instance, person, banner),
            name=display,
        )

    acting(work)
    tell(f"{name} is changed.", name=name)


@user.command("list")
@as_json
def list_(json_: bool) -> None:
    """Everybody who has an account."""

    async def work(instance: Instance) -> list[dict[str, Any]]:
        accounts = await Account.all().select_related("actor").order_by("id")
        return [
            {
                "name": account.actor.username,
                "display": account.actor.name,
                "email": account.email,
                "role": account.role,
                "in": account.admitted,
            }
            for account in accounts
        ]

    people = with_instance(work)
    text = table(
        people,
        ["name", "display", "email", "role", "in"],
        "Nobody yet. Make the first account: fedigroups user create NAME --email ADDRESS --admin",
    )
    show(json_, people, text)


@user.command("show")
@click.argument("name")
@as_json
def show_(name: str, json_: bool) -> None:
    """A person and the groups that they are in."""

    async def work(instance: Instance) -> dict[str, Any]:
        actor = await person_named(instance.wire, name)
        members = await Member.filter(actor_id=actor.id).select_related("group__actor")
        groups = [
            {"group": member.group.actor.handle, "state": member.state, "role": member.role}
            for member in members
        ]
        return {"name": name, "handle": actor.handle, "uri": actor.uri, "groups": groups}

    person = with_instance(work)
    lines = table(person["groups"], ["group", "state", "role"], "In no group.")
    show(json_, person, f"{person['handle']}\n{lines}")


for command in (*user_access.COMMANDS, *user_blocks.COMMANDS, *user_moving.COMMANDS):
    user.add_command(command)
