"""`backup` and `restore`: one file that holds a whole instance, and bringing it back."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import click

from federation import clock
from federation.errors import Misconfigured
from fedigroups import logging, secret_file
from fedigroups.backup import archive, making, restoring
from fedigroups.backup.archive import Manifest
from fedigroups.cli.run import as_json, bar, broken_off, settings, show
from fedigroups.copy import Progress
from fedigroups.settings import Settings

Work = Coroutine[Any, Any, Manifest]

_STDIO = "-"
_AS_BEFORE = (
    "Nothing was restored: rows and secret are as they were, and pictures that are back stay. The "
    "same command begins anew"
)


@click.command()
@click.argument("file")
@click.option(
    "--pictures/--no-pictures",
    default=None,
    help="Whether those of people here are in it, or only named.  [default: in it, unless they are "
    "in a bucket]",
)
@click.option("--no-secret", is_flag=True, help="Leave the secret out: you keep it elsewhere.")
@as_json
def backup(file: str, pictures: bool | None, no_secret: bool, json_: bool) -> None:
    """Write all of the running instance into FILE.

    `-` is standard output. Rows, keys and pictures are in it. Whoever has it can speak as your
    groups: keep it well.
    """
    chosen = settings(kept=secret_file.found if no_secret else secret_file.first)
    logging.configure(chosen.log, "warning")
    with _place(chosen, file, sys.stdout) as target:

        def work(progress: Progress) -> Work:
            secret = not no_secret
            return making.make(chosen, target, pictures=pictures, secret=secret, progress=progress)

        left = f"{target} was not written, and nothing half done is left"
        made = _shown("Copying", work, left, hidden=json_)
        if file == _STDIO:
            with target.open("rb") as source:
                shutil.copyfileobj(source, sys.stdout.buffer)
            return
    told = _told(made) | {"file": str(target), "bytes": target.stat().st_size}
    show(json_, told, f"{_sentence(made)} is in {target}, {told['bytes'] // 1_000} kB.")


@click.command()
@click.argument("file")
@click.option("--replace", is_flag=True, help="Put it in the place of the instance that is here.")
@click.option("--check", is_flag=True, help="Only say what is in FILE, and that it is whole.")
@as_json
def restore(file: str, replace: bool, check: bool, json_: bool) -> None:
    """Bring an instance back from the backup in FILE.

    Stop its servers first; `-` is standard input. With --replace, what was here is kept beside:
    the SQLite file and the secret.
    """
    chosen = settings(kept=secret_file.found)
    logging.configure(chosen.log, "warning")
    with _place(chosen, file, sys.stdin) as source:
        if file == _STDIO:
            with source.open("wb") as target:
                shutil.copyfileobj(sys.stdin.buffer, target)
        if check:
            with archive.opened(source) as found:
                found.prove()
                show(json_, _told(found.manifest), f"{_sentence(found.manifest)} is whole in it.")
            return

        def work(progress: Progress) -> Work:
            return restoring.restore(chosen, source, replace=replace, progress=progress)

        made = _shown("Restoring", work, _AS_BEFORE, hidden=json_)
    show(
        json_,
        _told(made),
        f"{_sentence(made)} is back. Start the server, then ask `fedigroups doctor`.",
    )


@contextmanager
def _place(chosen: Settings, file: str, stream: TextIO | None) -> Iterator[Path]:
    """Where the file is; for `-` a place of its own, gone afterwards.

    Refuses with Misconfigured a `-` where the stream is closed.
    """
    if file != _STDIO:
        yield Path(file).absolute()
        return
    if stream is None:
        raise Misconfigured("- is standard input or output, which is closed here: name a file")
    with making.data_room(chosen) as folder:
        yield folder / "whole"


def _shown(label: str, work: Callable[[Progress], Work], left: str, *, hidden: bool) -> Manifest:
    """What the work makes, with a bar while it goes on where somebody looks.

    Who breaks it off is told what is `left`.
    """
    with broken_off(left), bar(label, 0, hidden=hidden) as progress:
        return asyncio.run(work(progress))


def _told(made: Manifest) -> dict[str, Any]:
    return {
        "origin": made.origin,
        "version": made.version,
        "made": clock.rfc3339(made.made_at),
        "rows": sum(made.tables.values()),
        "pictures": len(made.pictures),
        "missing": made.missing,
        "secret": archive.SECRET in made.files,
    }


def _sentence(made: Manifest) -> str:
    rows, files = sum(made.tables.values()), len(made.pictures)
    lost = f", of which {len(made.missing)} were not found" if made.missing else ""
    when = clock.rfc3339(made.made_at)
    return f"{made.origin} as of {when}, {rows} rows, {files} files{lost},"
