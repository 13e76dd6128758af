"""`peer import|export|purge`: blocks as Mastodon writes them, and forgetting what a server sent."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click

from federation.errors import Malformed
from federation.peers import plain
from fedigroups.cli.run import acting, as_json, bar, show, table, with_instance
from fedigroups.groups import purging
from fedigroups.groups.purging import Purged
from fedigroups.instance import Instance

HEAD = (
    "#domain", "#severity", "#reject_media", "#reject_reports", "#public_comment", "#obfuscate"
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a list: a host, and what is to be done about it there."""

    host: str
    severity: str
    note: str


@click.command("export")
def export() -> None:
    """Print who is blocked, as Mastodon's list."""

    async def work(instance: Instance) -> list[Line]:
        known = await instance.wire.peers.all()
        return [Line(one.host, "suspend", one.note) for one in known if one.blocked]

    rows = csv.writer(sys.stdout, lineterminator="\n")
    rows.writerow(HEAD)
    for line in with_instance(work):
        rows.writerow([line.host, line.severity, "true", "true", line.note, "false"])


@click.command("import")
@click.argument("file")
@click.option("--dry-run", is_flag=True, help="Only say what would be blocked.")
@as_json
def import_(file: str, dry_run: bool, json_: bool) -> None:
    """Block whom a list of Mastodon's names; `-` is standard input.

    Hosts that it suspends are blocked; those that it only limits are named and left as they are.
    Nobody is unblocked.
    """
    lines = list(read(_text(file)))

    async def work(instance: Instance) -> list[dict[str, Any]]:
        known = {one.host for one in await instance.wire.peers.all() if one.blocked}
        rows = []
        with bar("Blocking", len(lines), hidden=json_) as progress:
            for line in lines:
                rows.append({"host": line.host, "result": await _take(instance, line, known)})
                progress(1)
        return rows

    async def _take(instance: Instance, line: Line, known: set[str]) -> str:
        if line.severity != "suspend":
            return f"left: {line.severity} is not done here"
        if plain(line.host) in known:
            return "blocked already"
        if dry_run:
            return "would be blocked"
        try:
            await instance.wire.peers.block(line.host, line.note)
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


def read(text: str) -> Iterator[Line]:
    """The lines of a list. Raises `Malformed` for what is none; without a head, hosts alone."""
    rows = [row for row in csv.reader(io.StringIO(text)) if row and row[0].strip()]
    if not rows:
        return
    head = ["domain"]
    if rows[0][0].strip().lstrip("#").lower() == "domain":
        head = [name.strip().lstrip("#").lower() for name in rows.pop(0)]
    for row in rows:
        cells = dict(zip(head, row, strict=False))
        host = cells["domain"].strip()
        if " " in host or "*" in host:
            raise Malformed(f"{host!r} is no host: the list is not as Mastodon writes it")
        severity = cells.get("severity", "").strip().lower() or "suspend"
        yield Line(host, severity, cells.get("public_comment", "").strip())


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
