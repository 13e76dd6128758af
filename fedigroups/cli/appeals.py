"""`moderate appeals`, `settle` and `ledger`: what people say against decisions, and the record."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from federation import clock
from federation.models import Actor
from fedigroups.accounts.people import person_named
from fedigroups.cli.run import (
    acting,
    as_json,
    facts,
    row_id,
    show,
    table,
    tell,
    told_as_json,
    with_instance,
)
from fedigroups.groups import lookup
from fedigroups.instance import Instance
from fedigroups.moderation import appeals as appealing
from fedigroups.moderation import published


@click.command()
@click.argument("group")
@as_json
def appeals(group: str, json_: bool) -> None:
    """What people say against decisions, and nobody looked at yet."""

    async def work(instance: Instance) -> list[dict[str, Any]]:
        hosted = await lookup.hosted_named(group)
        found = await appealing.waiting(hosted.group)
        people = await Actor.filter(id__in=[one.decision.person_id for one in found] or [0])
        handles = {one.id: one.handle for one in people}
        return [
            {
                "id": str(one.id),
                "by": handles[one.decision.person_id],
                "against": one.decision.kind,
                "object": one.decision.object_uri or None,
                "reason": one.decision.text,
                "text": one.text,
                "since": clock.rfc3339(one.created_at),
            }
            for one in found
        ]

    rows = with_instance(work)
    show(json_, rows, table(rows, ["id", "by", "against", "text"], "Nobody appeals."))


@click.command()
@click.argument("name", metavar="APPEAL")
@click.argument("verdict", type=click.Choice(["uphold", "overturn"]))
@click.option("--text", required=True, help="Why, in words; whoever appealed reads it.")
@click.option("--as", "who", default="", help="The moderator here who decides.")
@told_as_json
def settle(name: str, verdict: str, text: str, who: str) -> None:
    """Decide about an appeal. Upheld, the decision stands; overturned, it is taken back."""

    async def work(instance: Instance) -> None:
        wire = instance.wire
        if who:
            decider = await person_named(wire, who)
        else:
            decider = await Actor.get(uri=wire.uris.moderation_actor)
        number = row_id(name)
        await appealing.settle(wire, decider, number, text, overturned=verdict == "overturn")

    acting(work)
    tell("settled; whoever appealed is told.", appeal=name, verdict=verdict)


@click.command()
@click.argument("group")
@click.option("--all", "whole", is_flag=True, help="Everything, with names: for moderators.")
@as_json
def ledger(group: str, whole: bool, json_: bool) -> None:
    """The decisions of a group, newest first, and the figures."""

    async def work(instance: Instance) -> dict[str, Any]:
        hosted = await lookup.hosted_named(group)
        read = published.log if whole else published.entries
        found = await read(hosted.group)
        return {
            "figures": asdict(await published.figures(hosted.group)),
            "decisions": [_line(one) for one in found],
        }

    found = with_instance(work)
    columns = ["at", "kind", "rule", "person", "text"]
    rules = [f"{number} ({count})" for number, _, count in found["figures"]["by_rule"]]
    figures = facts(found["figures"] | {"by_rule": rules or None})
    lines = [figures, "", table(found["decisions"], columns, "Nothing was decided yet.")]
    show(json_, found, "\n".join(lines))


def _line(one: published.Entry) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "at": clock.rfc3339(one.at),
        "kind": one.kind,
        "rule": one.rule or None,
        "person": one.person or None,
        "decider": one.decider or None,
        "object": one.post_uri or None,
        "text": one.text,
    }
