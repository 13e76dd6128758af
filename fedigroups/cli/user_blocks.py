"""`user ...-sign-ups`: from which mail hosts, addresses and networks nobody makes an account."""

from __future__ import annotations

from typing import Any

import click

from federation import clock
from federation.errors import Malformed, NotHere
from fedigroups.accounts import mailboxes, signup_blocks
from fedigroups.accounts.signup_models import SignUpBlock
from fedigroups.cli.run import acting, as_json, show, table, tell, told_as_json, with_instance
from fedigroups.instance import Instance


def _unread(_context: click.Context, _option: click.Parameter, typed: str) -> str:
    """An address as its digest, before anything writes it down."""
    if "@" not in typed:
        return typed
    try:
        return signup_blocks.digest(mailboxes.check(typed))
    except Malformed as error:
        raise click.BadParameter(str(error)) from error


WHAT = click.argument("value", metavar="WHAT", callback=_unread)


@click.command("block-sign-ups")
@WHAT
@click.option("--note", default="", help="Why, for the other operators here.")
@click.option("--days", default=0, type=click.IntRange(0, 3_650), help="How long; 0 is for good.")
@click.option("--ask", is_flag=True, help="They may ask, and wait until somebody says yes.")
@told_as_json
def block(value: str, note: str, days: int, ask: bool) -> None:
    """Take no accounts from a mail host, address or network."""

    async def work(_instance: Instance) -> None:
        kind, seconds = signup_blocks.kind_of(value), days * clock.DAY // clock.SECOND
        await signup_blocks.block(kind, value, note, asks=ask, seconds=seconds)

    acting(work)
    what = "who comes from there waits." if ask else "nobody comes from there."
    tell(f"{value}: {what}", value=value, blocked=True, asks=ask)


@click.command("unblock-sign-ups")
@WHAT
@told_as_json
def unblock(value: str) -> None:
    """Take accounts from there again."""

    async def work(_instance: Instance) -> None:
        found = await signup_blocks.found(value)
        if found is None:
            raise NotHere(f"{value} is not blocked; `fedigroups user sign-up-blocks` names what is")
        await signup_blocks.lift(found.id)

    acting(work)
    tell(f"{value} is not blocked any more.", value=value, blocked=False)


@click.command("sign-up-blocks")
@as_json
def blocks(json_: bool) -> None:
    """From where no accounts are taken (digests of addresses)."""

    async def work(_instance: Instance) -> list[dict[str, Any]]:
        return [_line(one) for one in await SignUpBlock.all().order_by("kind", "value")]

    found = with_instance(work)
    columns = ["kind", "value", "asks", "until", "note"]
    show(json_, found, table(found, columns, "Accounts are taken from everywhere."))


def _line(one: SignUpBlock) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "value": one.value,
        "asks": one.asks,
        "until": clock.rfc3339(one.expires_at) if one.expires_at else None,
        "note": one.note,
    }


COMMANDS: tuple[click.Command, ...] = (block, unblock, blocks)
