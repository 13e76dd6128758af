"""`moderate automatic`: rules of a group that run by themselves, and what they would have done."""

from __future__ import annotations

from typing import Any

import click

from fedigroups.cli.run import acting, as_json, show, table, with_instance
from fedigroups.groups import lookup
from fedigroups.instance import Instance
from fedigroups.moderation import watching
from fedigroups.moderation.automatic import SORTS, Rule, several


@click.command()
@click.argument("group")
@click.option("--add", "kind", type=click.Choice(list(SORTS)), help="Let such a rule run.")
@click.option(
    "--amount",
    type=click.IntRange(1),
    default=None,
    help="Posts, minutes or a day.",
)
@click.option("--days", type=click.IntRange(1), default=None, help="How far it looks back.")
@click.option("--words", default="", help="Words or languages, with commas; one pattern, or title.")
@click.option("--remove", type=int, default=None, help="The id of a rule that runs no more.")
@as_json
def automatic(
    group: str,
    kind: str | None,
    amount: int | None,
    days: int | None,
    words: str,
    remove: int | None,
    json_: bool,
) -> None:
    """Rules that run by themselves, and let posts wait."""

    async def work(instance: Instance) -> list[dict[str, Any]]:
        found = (await lookup.hosted_named(group)).group
        if kind:
            chosen = several(kind, words)
            await watching.add(found, Rule(kind, amount or 0, days or 0, chosen))
        if remove:
            await watching.remove(found, remove)
        return [
            {
                "id": str(one.id),
                "kind": one.kind,
                "amount": one.amount or None,
                "days": one.days or None,
                "words": one.words.splitlines(),
            }
            for one in await watching.rules(found)
        ]

    rows = (acting if kind or remove else with_instance)(work)
    show(json_, rows, table(rows, ["id", "kind", "amount", "days", "words"], "No such rules."))


def try_rules(group: str, json_: bool) -> None:
    """Say which of the newest posts the rules would have let wait."""

    async def work(instance: Instance) -> dict[str, Any]:
        found = (await lookup.hosted_named(group)).group
        looked_at, caught = await watching.dry_run(found)
        lines = [
            {
                "id": str(one.post.id),
                "author": one.post.author.handle,
                "rule": one.kind,
                "text": one.text,
            }
            for one in caught
        ]
        return {"looked_at": looked_at, "would_wait": lines}

    said = with_instance(work)
    told = table(said["would_wait"], ["id", "author", "rule", "text"], "None of them would wait.")
    show(json_, said, f"Posts that were looked at: {said['looked_at']}.\n{told}")
