"""`peer`: other servers, as we know them."""

from __future__ import annotations

from typing import Any

import click

from federation import clock
from federation.errors import NotHere
from federation.models import Peer
from fedigroups.cli import peer_lists
from fedigroups.cli.queue import owed_line
from fedigroups.cli.run import (
    acting,
    as_json,
    facts,
    show,
    table,
    tell,
    told_as_json,
    with_instance,
)
from fedigroups.instance import Instance
from outbox import report


@click.group()
def peer() -> None:
    """Other servers, as we know them."""


@peer.command("list")
@as_json
def list_(json_: bool) -> None:
    """Every host that we have met."""

    async def work(instance: Instance) -> list[dict[str, Any]]:
        return [describe(found) for found in await instance.wire.peers.all()]

    peers = with_instance(work)
    columns = ["host", "software", "version", "family", "signature"]
    columns += ["blocked", "limited", "allowed"]
    show(json_, peers, table(peers, columns, "No other server yet."))


def describe(found: Peer) -> dict[str, Any]:
    """A host on one line."""
    return {
        "host": found.host,
        "software": found.software,
        "version": found.version,
        "family": found.family,
        "signature": found.signature_form or None,
        "blocked": found.blocked,
        "limited": found.limited,
        "allowed": found.allowed,
        "note": found.note,
        "first_seen": clock.rfc3339(found.first_seen_at),
        "heard": clock.rfc3339(found.heard_at) if found.heard_at else None,
    }


@peer.command("show")
@click.argument("host")
@as_json
def show_(host: str, json_: bool) -> None:
    """What we know of a host, and what we owe it."""

    async def work(instance: Instance) -> dict[str, Any]:
        found = await instance.wire.peers.show(host)
        if found is None:
            raise NotHere(f"we have never met {host}; `fedigroups peer list` names those we have")
        owed = [owed_line(line) for line in await report.hosts(found.host)]
        return describe(found) | (owed[0] if owed else {"owed": 0})

    found = with_instance(work)
    show(json_, found, facts(found))


@peer.command()
@click.argument("host")
@click.option("--note", default="", help="Why, for the other operators here.")
@as_json
def block(host: str, note: str, json_: bool) -> None:
    """Cut a host off: nothing is taken from it, nothing sent. So are its sub-domains."""
    acting(lambda instance: instance.wire.peers.block(host, note))
    show(json_, {"host": host, "blocked": True}, f"{host} is blocked.")


@peer.command()
@click.argument("host")
@as_json
def unblock(host: str, json_: bool) -> None:
    """Talk to a host again."""
    acting(lambda instance: instance.wire.peers.unblock(host))
    show(json_, {"host": host, "blocked": False}, f"{host} is not blocked any more.")


@peer.command()
@click.argument("host")
@click.option("--note", default="", help="Why, for the other operators here.")
@told_as_json
def limit(host: str, note: str) -> None:
    """Look first at what people of a host want and write."""
    acting(lambda instance: instance.wire.peers.limit(host, note))
    tell(f"{host} is limited.", host=host, limited=True)


@peer.command()
@click.argument("host")
@told_as_json
def unlimit(host: str) -> None:
    """Treat a host as any other again."""
    acting(lambda instance: instance.wire.peers.unlimit(host))
    tell(f"{host} is not limited any more.", host=host, limited=False)


@peer.command()
@click.argument("host")
@told_as_json
def allow(host: str) -> None:
    """Deal with a host (where FEDIGROUPS_FEDERATION is `allowed`)."""
    acting(lambda instance: instance.wire.peers.allow(host))
    tell(f"{host} is allowed.", host=host, allowed=True)


@peer.command()
@click.argument("host")
@told_as_json
def disallow(host: str) -> None:
    """Allow a host no longer."""
    acting(lambda instance: instance.wire.peers.disallow(host))
    tell(f"{host} is not allowed any more.", host=host, allowed=False)


for command in peer_lists.COMMANDS:
    peer.add_command(command)
