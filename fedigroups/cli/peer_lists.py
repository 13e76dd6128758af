"""`peer import|export|purge`: blocks as Mastodon writes them, and forgetting what a server sent."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path

import click

from federation.errors import Malformed
from fedigroups import blocklist
from fedigroups.cli.run import acting, as_json, bar, show, table, with_instance
from fedigroups.groups import purging
from fedigroups.groups.purging import Purged
from fedigroups.instance import Instance


@click.command("export")
@click.option("--notes", is_flag=True, help="With your notes, which others can read then.")
@as_json
def export(notes: bool, json_: bool) -> None:
    """Print who is blocked, as Mastodon's list."""

    async def work(instance: Instance) -> dict[str, str]:
        known = await instance.wire.peers.all()
        return {one.host: one.note if notes else "" for one in known if one.blocked}

    found = with_instance(work)
    show(json_, found, blocklist.write(found).rstrip("\n"))


@click.command("import")
@click.argument("file")
@click.option("--dry-run", is_flag=True, help="Only say what would be blocked.")
@as_json
def import_(file: str, dry_run: bool, json_: bool) -> None:
    """Block whom a list of Mastodon's names; `-` is standard input.

    Hosts that it suspends are blocked; those that it only limits are named and left as they are.
    Nobody is unblocked.
    """
    listed = blocklist.parse(_text(file))

    async def work(instance: Instance) -> list[dict[str, str]]:
        known = {one.host for one in await instance.wire.peers.all() if one.blocked}
        results = {}
        with bar("Blocking", len(listed.blocks), hidden=json_) as progress:
            for host, note in listed.blocks.items():
                results[host] = await _take(instance, host, note, known)
                progress(1)
        results |= {host: f"left: {why}" for host, why in listed.left_out.items()}
        return [{"host": host, "result": result} for host, result in results.items()]

    async def _take(instance: Instance, host: str, note: str, known: set[str]) -> str:
        if host in known:
            return "blocked already"
        if dry_run:
            return "would be blocked"
        try:
            await instance.wire.peers.block(host, note)
        except Malformed as error:
            return f"left: {error}"
        return "blocked"

    found = acting(work)
    show(json_, found, table(found, ["host", "result"], "The list names nobody."))


def _text(file: str) -> str:
    try:
        return sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Malformed(f"{file} cannot be read: {error}") from error


@click.command()
@click.argument("host")
@click.option("--dry-run", is_flag=True, help="Only say what would be forgotten.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@as_json
def purge(host: str, dry_run: bool, yes: bool, json_: bool) -> None:
    """Forget what a blocked host sent.

    Its people leave every group, their posts are removed (and their readers told), pictures and
    activities are forgotten. Block the host first.
    """
    if not dry_run and not yes:
        click.confirm(f"Forget all that came from {host}?", abort=True)

    async def work(instance: Instance) -> Purged:
        there = await purging.found(host)
        if dry_run:
            return there
        with bar("Forgetting", there.all, hidden=json_) as progress:
            return await purging.purge(instance.wire, instance.media.copies, host, progress)

    done = acting(work)
    verb = "would be forgotten" if dry_run else "are forgotten"
    text = (
        f"{done.posts} posts, {done.members} memberships, {done.pictures} pictures and "
        f"{done.receipts} activities {verb}."
    )
    show(json_, asdict(done), text)


COMMANDS: tuple[click.Command, ...] = (export, import_, purge)
