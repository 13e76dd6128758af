"""`user ...`: letting people in, giving them passwords and tokens, and showing them out."""

from __future__ import annotations

import sys
from typing import Any

import click

from federation import clock, storage
from federation.errors import Malformed
from fedigroups.accounts import (
    doors,
    factors,
    invitations,
    passkeys,
    people,
    recovery,
    secrets,
    signup,
)
from fedigroups.accounts.models import Account
from fedigroups.accounts.roles import ROLES, has_admin
from fedigroups.app import reception_of
from fedigroups.cli.run import acting, as_json, show, table, tell, told_as_json, with_instance
from fedigroups.groups import closing, lookup
from fedigroups.instance import Instance
from fedigroups.moderation import suspending
from fedigroups.oauth import apps, scopes, tokens

APP = "Command line"


@click.command()
@click.argument("name")
@click.option("--scopes", "wanted", default="read", show_default=True, help="With blanks between.")
@click.option("--app", "app_name", default=APP, show_default=True, help="The app that it is for.")
@click.option("--act-as", default="", help="A group that they run: the token acts as it.")
@as_json
def token(name: str, wanted: str, app_name: str, act_as: str, json_: bool) -> None:
    """Print a token, with which programs act as somebody."""

    async def work(instance: Instance) -> dict[str, Any]:
        account = await people.account_named(name)
        acting = (await lookup.hosted_named(act_as)).actor.id if act_as else None
        if acting and not await lookup.runs(account.actor_id, acting):
            raise Malformed(f"{name} neither owns nor moderates {act_as}")
        granted = scopes.parse(wanted)
        made = await apps.register(
            app_name, [apps.OUT_OF_BAND], granted, "", plain=instance.wire.config.allow_http
        )
        issued = await tokens.issue(made.app, granted, account.id, acting)
        return {
            "access_token": issued.secret,
            "scope": " ".join(granted),
            "client_id": made.app.client_id,
            "client_secret": made.secret,
        }

    made = acting(work)
    show(json_, made, made["access_token"])


@click.command()
@click.argument("name")
@click.option("--password-stdin", is_flag=True, help="Read it; without this, one is made.")
@click.option("--drop-second-factor", "drop", is_flag=True, help="They lost it, and passkeys.")
@as_json
def password(name: str, password_stdin: bool, drop: bool, json_: bool) -> None:
    """Give somebody a new password. They are signed out everywhere, and apps too."""
    given = sys.stdin.readline().rstrip("\n") if password_stdin else secrets.new()

    async def work(instance: Instance) -> None:
        account = await people.account_named(name)
        await recovery.change(reception_of(instance), account, given)
        if drop:
            async with storage.transaction():
                await factors.disable(account)
            await passkeys.remove(reception_of(instance), account)

    acting(work)
    said = {"name": name} if password_stdin else {"name": name, "password": given}
    show(json_, said, f"{name} has a new password" + ("." if password_stdin else f": {given}"))


@click.command("passkeys")
@click.argument("name")
@as_json
def list_passkeys(name: str, json_: bool) -> None:
    """Which passkeys somebody has."""

    async def work(_instance: Instance) -> list[dict[str, Any]]:
        return [
            {
                "id": one.id,
                "name": one.name,
                "added": clock.rfc3339(one.created_at),
                "used": clock.rfc3339(one.used_at) if one.used_at else None,
            }
            for one in await passkeys.of(await people.account_named(name))
        ]

    found = with_instance(work)
    show(json_, found, table(found, ["id", "name", "added", "used"], "They have none."))


@click.command("drop-passkeys")
@click.argument("name")
@told_as_json
def drop_passkeys(name: str) -> None:
    """Remove all passkeys of somebody; the password stays."""

    async def work(instance: Instance) -> int:
        account = await people.account_named(name)
        return await passkeys.remove(reception_of(instance), account)

    gone = acting(work)
    tell(f"Passkeys of {name} that were removed: {gone}.", name=name, removed=gone)


@click.command()
@click.argument("name")
@as_json
def confirm(name: str, json_: bool) -> None:
    """Take an e-mail address for confirmed, without a letter."""

    async def work(instance: Instance) -> dict[str, Any]:
        account = await people.account_named(name)
        await signup.take_for_confirmed(account)
        return standing(account)

    done = acting(work)
    show(json_, done, f"{name}: the address is confirmed." + _still(done))


@click.command()
@click.argument("name")
@as_json
def approve(name: str, json_: bool) -> None:
    """Let somebody in who asked."""

    async def work(instance: Instance) -> dict[str, Any]:
        account = await people.account_named(name)
        await signup.approve(reception_of(instance), account)
        return standing(account)

    done = acting(work)
    show(json_, done, f"{name} is approved." + _still(done))


@click.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@told_as_json
def refuse(name: str, yes: bool) -> None:
    """Do not let somebody in who asked. Account and name are forgotten."""
    if not yes:
        click.confirm(f"Forget that {name} asked for an account?", abort=True, err=True)

    async def work(instance: Instance) -> None:
        await signup.refuse(await people.account_named(name))

    acting(work)
    tell(f"{name} was not let in.", name=name, state="refused")


@click.command()
@click.argument("name")
@click.argument("role", type=click.Choice(ROLES))
@as_json
def role(name: str, role: str, json_: bool) -> None:
    """Make somebody a member, moderator or admin here."""

    async def work(_instance: Instance) -> bool:
        account = await people.account_named(name)
        await Account.filter(id=account.id).update(role=role)
        return await has_admin()

    run = acting(work)
    lost = "" if run else " Nobody is an admin here now: `fedigroups user role NAME admin`."
    show(json_, {"name": name, "role": role, "has_admin": run}, f"{name} is {role} now.{lost}")


@click.command("sign-out")
@click.argument("name")
@told_as_json
def sign_out(name: str) -> None:
    """End every session and every app's token of somebody."""

    async def work(instance: Instance) -> None:
        account = await people.account_named(name)
        async with storage.transaction():
            await doors.close(account)

    acting(work)
    tell(f"{name} is signed out everywhere.", name=name, signed_out=True)


@click.command()
@click.argument("name")
@click.option("--posts/--keep-posts", default=True, help="Delete what they wrote, too.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@told_as_json
def close(name: str, posts: bool, yes: bool) -> None:
    """Close an account for good; other servers are told."""
    if not yes:
        click.confirm(f"Close the account of {name} for good?", abort=True, err=True)

    async def work(instance: Instance) -> None:
        await closing.close(instance.wire, await people.account_named(name), posts=posts)

    acting(work)
    tell(f"The account of {name} is closed.", name=name, state="closed")


@click.command()
@click.argument("name")
@click.option("--text", required=True, help="The reason; they are sent it.")
@told_as_json
def suspend(name: str, text: str) -> None:
    """Suspend somebody. They are signed out, take no part, and are told why."""

    async def work(instance: Instance) -> None:
        account = await people.account_named(name)
        await suspending.suspend(reception_of(instance), account, text)

    acting(work)
    tell(f"{name} is suspended.", name=name, state="suspended")


@click.command()
@click.argument("name")
@told_as_json
def unsuspend(name: str) -> None:
    """Let somebody take part again who was suspended."""

    async def work(instance: Instance) -> None:
        account = await people.account_named(name)
        await suspending.lift(reception_of(instance), account)

    acting(work)
    tell(f"{name} may take part again.", name=name, state="live")


@click.command()
@click.option("--uses", default=1, show_default=True, help="How many people may come with it.")
@click.option("--days", default=7, show_default=True, help="How long it is good.")
@click.option("--note", default="", help="For whom it is.")
@as_json
def invite(uses: int, days: int, note: str, json_: bool) -> None:
    """Print a link with which somebody may make an account."""

    async def work(instance: Instance) -> dict[str, Any]:
        if instance.settings.signup == "closed":
            raise Malformed("nobody can come with it: FEDIGROUPS_SIGNUP is closed")
        _, code = await invitations.invite(uses=uses, days=days, note=note)
        link = f"{instance.wire.config.origin}/signup?invite={code}"
        return {"link": link, "uses": uses, "days": days}

    made = acting(work)
    show(json_, made, made["link"])


@click.command()
@as_json
def waiting(json_: bool) -> None:
    """Who asked for an account, and is not in yet."""

    async def work(instance: Instance) -> list[dict[str, Any]]:
        asked = Account.filter(actor__state="pending").select_related("actor").order_by("id")
        return [standing(account) | {"reason": account.reason} for account in await asked]

    found = with_instance(work)
    columns = ["name", "email", "confirmed", "approved", "reason"]
    show(json_, found, table(found, columns, "Nobody waits."))


def standing(account: Account) -> dict[str, Any]:
    """Whether somebody is in, and what is missing."""
    return {
        "name": account.actor.username,
        "email": account.email,
        "confirmed": account.confirmed_at > 0,
        "approved": account.approved_at > 0,
    }


def _still(done: dict[str, Any]) -> str:
    missing = [word for word in ("confirmed", "approved") if not done[word]]
    return f" Not yet in: it must be {missing[0]}." if missing else ""


COMMANDS: tuple[click.Command, ...] = (
    token,
    password,
    list_passkeys,
    drop_passkeys,
    confirm,
    approve,
    refuse,
    role,
    sign_out,
    close,
    suspend,
    unsuspend,
    invite,
    waiting,
)
