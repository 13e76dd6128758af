"""This module makes a backup of a running instance: there is a whole file, or none."""

from __future__ import annotations

import io
import os
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

from federation import clock
from federation.errors import FederationError, Misconfigured
from federation.keys import FRAGMENTS
from federation.sealing import Seal
from federation.uris import Uris
from fedigroups import __version__, database_url
from fedigroups.backup import snapshot
from fedigroups.backup.archive import DATABASE, PICTURES, SECRET, Manifest, Writer
from fedigroups.backup.rooms import room
from fedigroups.copy import Progress
from fedigroups.media import names
from fedigroups.media import store as stores
from fedigroups.settings import Settings, federation_config

_KEPT = ("arriving", "refused", "dropped")


async def make(
    settings: Settings, target: Path, *, pictures: bool | None, secret: bool, progress: Progress
) -> Manifest:
    """Write a backup into a new file, and say what is in it.

    `pictures` says whether those of people here are in it (by default where they are on this
    machine's disk) or only named. Refuses (Misconfigured) a file that is there already, what
    cannot be read, and a secret that does not open the keys; then nothing is left behind.
    """
    _refuse_there(target)
    with room(target.parent) as folder, told(f"{target} was not written"):
        rows = folder / DATABASE
        await snapshot.take(settings, rows, progress)
        manifest = describe(rows, settings)
        if secret:
            _refuse_strange(rows, settings)
        beside = folder / "backup"
        with beside.open("xb") as file:
            writer = Writer(file, manifest)
            with rows.open("rb") as source:
                writer.add(DATABASE, source, rows.stat().st_size)
            rows.unlink()
            if secret:
                words = settings.secret.hex().encode()
                writer.add(SECRET, io.BytesIO(words), len(words))
            await _add_pictures(settings, writer, pictures, progress)
            writer.close()
            file.flush()
            os.fsync(file.fileno())
        beside.chmod(0o600)
        beside.rename(target)
    return manifest


def _refuse_there(target: Path) -> None:
    if target.exists():
        raise Misconfigured(f"{target} exists already: a backup replaces no file")


def _refuse_strange(rows: Path, settings: Settings) -> None:
    """A backup with another secret than its keys' would be found out when it is needed."""
    uri = Uris(settings.origin).instance_actor + FRAGMENTS["rsa"]
    with closing(sqlite3.connect(rows)) as link:
        for (sealed,) in link.execute("SELECT sealed FROM key WHERE uri = ?", (uri,)):
            Seal(settings.secret).open(bytes(sealed), uri)


def describe(rows: Path, settings: Settings) -> Manifest:
    """What a copy of the database holds."""
    with closing(sqlite3.connect(rows)) as link:
        tables = [
            str(name)
            for (name,) in link.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            if not str(name).startswith("sqlite_")
        ]
        if "tortoise_migrations" not in tables:
            raise Misconfigured("The database holds no instance of Fedigroups yet")
        steps = [str(name) for (name,) in link.execute("SELECT name FROM tortoise_migrations")]
        held = link.execute(
            "SELECT key, type, preview_width FROM media WHERE state NOT IN (?, ?, ?)", _KEPT
        )
        return Manifest(
            origin=settings.origin,
            version=__version__,
            made_at=clock.now_ms(),
            steps=sorted(steps),
            database=database_url.parse(settings.database_url).kind,
            tables={name: _count(link, name) for name in sorted(tables)},
            pictures=[key for row in held for key in _files(*row)],
        )


def _files(stem: str, kind: str, preview_width: int) -> list[str]:
    """An icon has no preview."""
    return [names.file(stem, kind), *([names.preview(stem)] if preview_width else [])]


def _count(link: sqlite3.Connection, table: str) -> int:
    return int(link.execute(f'SELECT COUNT(*) FROM "{table}"').fetchone()[0])  # noqa: S608


async def _add_pictures(
    settings: Settings, writer: Writer, wanted: bool | None, progress: Progress
) -> None:
    store = stores.choose(settings, federation_config(settings))
    try:
        if wanted is False or (wanted is None and settings.s3_url):
            return
        for key in writer.manifest.pictures:
            found = await store.get(key)
            if found is None:
                writer.manifest.missing.append(key)
            else:
                writer.add(PICTURES + key, io.BytesIO(found), len(found))
            progress(1)
    finally:
        await store.close()


def data_room(settings: Settings) -> AbstractContextManager[Path]:
    """A folder for what is half done in the data folder, which is made where it is not there."""
    with told(f"{settings.data_dir} cannot be made"):
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    return room(settings.data_dir)


@contextmanager
def told(what: str) -> Iterator[None]:
    """Say in a sentence that a disk is full, or a file cannot be written."""
    try:
        yield
    except FederationError:
        raise
    except (OSError, sqlite3.Error) as error:
        raise Misconfigured(
            f"{what} ({getattr(error, 'strerror', None) or error}), and nothing half done is left: "
            "free some space, or use another disk"
        ) from error
