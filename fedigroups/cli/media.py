"""`media`: the pictures that are kept here, and forgetting those that nobody needs."""

from __future__ import annotations

from dataclasses import asdict

import click

from fedigroups.cli.run import acting, as_json, bar, broken_off, show, with_instance
from fedigroups.instance import Instance
from fedigroups.media import sweeping
from fedigroups.media.sweeping import Swept, Usage


@click.group()
def media() -> None:
    """Pictures: uploads of people here, and copies of others'."""


@media.command()
@as_json
def usage(json_: bool) -> None:
    """How many pictures are kept, and how many bytes they have."""

    async def work(_instance: Instance) -> Usage:
        return await sweeping.usage()

    found = with_instance(work)
    lines = [
        f"uploads  {found.uploads}, {_size(found.upload_bytes)}; {found.waiting} wait for a post, "
        f"{found.withheld} of removed posts",
        f"copies   {found.copies}, {_size(found.copy_bytes)}, of pictures of other servers; "
        f"at {found.refused} addresses there is none",
    ]
    show(json_, asdict(found), "\n".join(lines))


@media.command()
@click.option("--dry-run", is_flag=True, help="Only say what would be forgotten.")
@as_json
def sweep(dry_run: bool, json_: bool) -> None:
    """Forget uploads that no post took, and copies that are too old.

    Pictures of deleted posts go as well, copies of others' with the last post that shows
    them. A running server does so by itself, about every hour.
    """

    async def work(instance: Instance) -> Swept:
        there = await sweeping.due()
        if dry_run:
            return there
        with bar("Forgetting", there.uploads + there.copies, hidden=json_) as progress:
            return await sweeping.sweep(instance.media, progress)

    with broken_off("What was forgotten is gone, all else is whole; the next sweep goes on"):
        found = acting(work)
    verb = "would be forgotten" if dry_run else "are forgotten"
    text = f"{found.uploads} uploads and {found.copies} copies {verb}, {_size(found.bytes)}."
    show(json_, asdict(found), text)


def _size(count: int) -> str:
    return f"{count / 1_000_000:.1f} MB"
