"""`moderate reports` and `answer`: what people report, and what they are told."""

from __future__ import annotations

from typing import Any

import click

from federation import clock
from federation.errors import NotHere
from federation.models import Actor
from fedigroups.accounts.people import person_named
from fedigroups.cli.run import (
    acting,
    as_json,
    row_id,
    show,
    table,
    tell,
    told_as_json,
    with_instance,
)
from fedigroups.groups import lookup
from fedigroups.instance import Instance
from fedigroups.moderation import filing, reported, reporting
from fedigroups.moderation.models import Report


@click.command()
@click.argument("group", default="")
@as_json
def reports(group: str, json_: bool) -> None:
    """The open reports of a GROUP; without it, those for the staff."""

    async def work(instance: Instance) -> list[dict[str, Any]]:
        if group:
            found = await filing.waiting((await lookup.hosted_named(group)).group.id)
        else:
            found = await filing.for_staff()
        return [_line(one) for one in await reported.shown(found)]

    rows = with_instance(work)
    columns = ["id", "by", "about", "category", "text", "since"]
    show(json_, rows, table(rows, columns, "Nobody reports anything."))


@click.command()
@click.argument("name", metavar="REPORT")
@click.argument("verdict", type=click.Choice(["heed", "set-aside", "forward"]))
@click.option("--text", default="", help="What whoever reported it is told.")
@click.option("--as", "who", default="", help="The moderator here who answers.")
@told_as_json
def answer(name: str, verdict: str, text: str, who: str) -> None:
    """Answer a report, or forward it to the author's server.

    Who reported is not said there.
    """

    async def work(instance: Instance) -> None:
        wire = instance.wire
        number = row_id(name)
        if who:
            decider = await person_named(wire, who)
            found = await reporting.open_report(number, decider, staff=False)
        else:
            decider = await Actor.get(uri=wire.uris.moderation_actor)
            found = await _any(number)
        if verdict == "forward":
            await reporting.forward(wire, found)
        else:
            await reporting.settle(wire, decider, found, verdict.replace("-", "_"), text)

    acting(work)
    said = "done." if verdict == "forward" else "answered; whoever reported it is told."
    tell(said, report=name, verdict=verdict)


async def _any(number: int) -> Report:
    found = await Report.get_or_none(id=number)
    if found is None:
        raise NotHere(f"there is no report {number}; `fedigroups moderate reports` lists them")
    return found


def _line(one: reported.Reported) -> dict[str, Any]:
    return {
        "id": str(one.report.id),
        "by": one.reporter,
        "about": one.person or None,
        "objects": list(one.links),
        "category": one.report.category,
        "rules": list(one.rules),
        "text": one.report.text,
        "claimed_by": one.claimer or None,
        "since": clock.rfc3339(one.report.created_at),
    }
