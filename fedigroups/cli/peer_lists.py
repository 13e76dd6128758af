"""`peer import|export|purge`: blocks as Mastodon writes them, and forgetting what a server sent."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path

import click

from federation.errors import Malformed
from federation.models import Peer
from fedigroups import blocklist
from fedigroups.cli.run import acting, as_json, bar, show, table, with_instance
from fedigroups.groups import purging
from fedigroups.groups.purging import Purged
from fedigroups.instance import Instance


@click.command("export")
@click.option("--notes", is_flag=True, help="With your notes, which others can read then.")
@as_json
def export(notes: bool, json_: bool) -> None:
    """Print who is blocked and who is limited, as Mastodon's list."""

    async def work(instance: Instance) -> list[Peer]:
        return await instance.wire.peers.all()

    known = with_instance(work)
    blocks = {one.host: one.note if notes else "" for one in known if one.blocked}
    limits = {
        one.host: one.note if notes else "" for one in known if one.limited and not one.blocked
    }
    found = {"blocked": blocks, "limited": limits}
    show(json_, found, blocklist.write(blocks, limits).rstrip("\n"))


@click.command("import")
@click.argument("file")
@click.option("--dry-run", is_flag=True, help="Only say what would be blocked.")
@as_json
def import_(file: str, dry_run: bool, json_: bool) -> None:
    """Block whom a list of Mastodon's names; `-` is standard input.

    Hosts that it suspends are blocked, those that it limits are limited. Nobody is taken back.
    """
    listed = blocklist.parse(_text(file))

    async def work(instance: Instance) -> list[dict[str, str]]:
        peers = instance.wire.peers
        known = await peers.all()
        blocked = {one.host for one in known if one.blocked}
        limited = blocked | {one.host for one in known if one.limited}
        results = {}
        with bar("Blocking", len(listed.blocks) + len(listed.limits), hidden=json_) as progress:
            for host, note in listed.blocks.items():
                results[host] = await _take(peers.block, "blocked", host, note, blocked)
                progress(1)
            for host, note in listed.limits.items():
                results[host] = await _take(peers.limit, "limited", host, note, limited)
                progress(1)
        results |= {host: f"left: {why}" for host, why in listed.left_out.items()}
        return [{"host": host, "result": result} for host, result in results.items()]

    async def _take(
        act: Callable[[str, str], Awaitable[None]], done: str, host: str, note: str, known: set[str]
    ) -> str:
        if host in known:
            return f"{done} already"
        if dry_run:
            return f"would be {done}"
        try:
            await act(host, note)
        except Malformed as error:
            return f"left: {error}"
        return done

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
        click.confirm(f"Forget all that came from {host}?", abort=True, err=True)

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
