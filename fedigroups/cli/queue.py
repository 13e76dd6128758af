"""`queue`: what is owed to other servers, and what failed on its way in or out."""

from __future__ import annotations

from typing import Any

import click

from federation import clock
from federation.errors import NotHere
from fedigroups.cli.run import acting, as_json, show, table, with_instance
from fedigroups.instance import Instance
from inbox import report as arrivals
from outbox import report as deliveries


@click.group()
def queue() -> None:
    """What is owed to other servers, and what failed, in or out."""


@queue.command("show")
@click.argument("host", default="")
@as_json
def show_(host: str, json_: bool) -> None:
    """What each host (or HOST) is owed, since when, and why."""

    async def work(instance: Instance) -> dict[str, Any]:
        owed = [owed_line(line) for line in await deliveries.hosts(host)]
        if host and not owed and await instance.wire.peers.show(host) is None:
            raise NotHere(f"we have never met {host}; `fedigroups peer list` names those we have")
        return {"owed": owed, "arrivals": await arrivals.counts()}

    found = with_instance(work)
    columns = ["host", "owed", "since", "state", "failures", "next_try", "last_error"]
    text = table(found["owed"], columns, "Nothing is owed to anybody.")
    counted = ", ".join(f"{number} {state}" for state, number in found["arrivals"].items())
    show(json_, found, f"{text}\nArrivals: {counted}")


def owed_line(line: deliveries.HostReport) -> dict[str, Any]:
    """What a host is owed, on one line."""
    return {
        "host": line.host,
        "owed": line.owed,
        "since": _when(line.since),
        "state": line.state.value,
        "failures": line.failures,
        "next_try": _when(line.next_try_at),
        "last_success": _when(line.succeeded_at),
        "last_error": line.last_error,
    }


@queue.command()
@click.argument("host", default="")
@click.option("--limit", default=50, type=click.IntRange(1, 1_000), help="How many; else 50.")
@as_json
def failed(host: str, limit: int, json_: bool) -> None:
    """Deliveries and arrivals that ended without success, and why."""

    async def work(instance: Instance) -> list[dict[str, Any]]:
        out = [
            {"way": "out", "host": one.host, "activity": one.activity_uri, "id": "",
             "at": _when(one.ended_at), "reason": one.reason}
            for one in await deliveries.ended(host, limit)
        ]  # fmt: skip
        came = [
            {"way": "in", "host": one.host, "activity": one.activity_uri, "id": str(one.id),
             "at": _when(one.settled_at), "reason": one.reason}
            for one in await arrivals.failed(limit)
            if not host or one.host == host
        ]  # fmt: skip
        return came + out

    rows = with_instance(work)
    columns = ["way", "host", "id", "at", "activity", "reason"]
    show(json_, rows, table(rows, columns, "Nothing failed."))


@queue.command()
@click.argument("host")
@as_json
def retry(host: str, json_: bool) -> None:
    """Try a host again now. What failed of its arrivals is processed again."""

    async def work(instance: Instance) -> int:
        known = await deliveries.retry(host)
        revived = await arrivals.retry_host(host)
        if not known and not revived:
            raise NotHere(f"nothing was ever owed to {host}; `fedigroups queue show` names hosts")
        return revived

    revived = acting(work)
    said = f"{host} is tried again; {revived} arrivals of it are processed again."
    show(json_, {"host": host, "arrivals": revived}, said)


def _when(ms: int) -> str | None:
    return clock.rfc3339(ms) if ms else None
