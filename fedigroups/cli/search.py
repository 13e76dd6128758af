"""`search`: the index by which posts are found."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from fedigroups.cli.run import as_json, show, with_instance
from fedigroups.groups import indexing
from fedigroups.groups.indexing import Progress
from fedigroups.instance import Instance


@click.group()
def search() -> None:
    """Finding posts by their words."""


@search.command()
@click.option("--dry-run", is_flag=True, help="Only say how many posts there are to enter.")
@as_json
def reindex(dry_run: bool, json_: bool) -> None:
    """Enter every post anew, while the search goes on with what it has.

    A running server keeps the index by itself, and after an upgrade enters what is missing. This
    is for an index that was harmed. It can be broken off: a server, or this, goes on from there.
    """

    async def count(_instance: Instance) -> Progress:
        return await indexing.counts()

    async def work(_instance: Instance) -> Progress:
        total = await indexing.counts()
        bar: Any = click.progressbar(length=total.posts, label="Entering", hidden=json_)
        await indexing.start_over()
        with bar:
            return await indexing.catch_up(bar.update)

    found = with_instance(count if dry_run else work)
    words = "to enter; the index has" if dry_run else "were looked at; the index got"
    show(json_, asdict(found), f"{found.posts} posts {words} {found.indexed}.")
