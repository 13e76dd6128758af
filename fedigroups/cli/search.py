"""`search`: the index by which posts are found."""

from __future__ import annotations

from dataclasses import asdict

import click

from fedigroups.cli.run import acting, as_json, bar, broken_off, show
from fedigroups.groups import indexing
from fedigroups.groups.indexing import Progress
from fedigroups.instance import Instance

_LEFT = (
    "The search has all that it had, part of it entered anew. A server enters the rest, this "
    "command all anew"
)


@click.group()
def search() -> None:
    """Finding posts by their words."""


@search.command()
@click.option("--dry-run", is_flag=True, help="Only say how many posts there are to enter.")
@as_json
def reindex(dry_run: bool, json_: bool) -> None:
    """Enter every post anew, while the search goes on with what it has.

    A running server keeps the index by itself, and after an upgrade enters what is missing. This
    is for an index that was harmed. It can be broken off: a server enters the rest, this all anew.
    """

    async def work(_instance: Instance) -> Progress:
        there = await indexing.counts()
        if dry_run:
            return there
        await indexing.start_over()
        with bar("Entering", there.posts, hidden=json_) as progress:
            return await indexing.catch_up(progress)

    with broken_off(_LEFT):
        found = acting(work)
    words = "to enter; the index has" if dry_run else "were looked at; the index got"
    show(json_, asdict(found), f"{found.posts} posts {words} {found.indexed}.")
