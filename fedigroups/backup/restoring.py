"""This module brings an instance back from a backup: all of it, proven, or nothing.

Yesterday's rows meet today's world: ids go on above all that may have been given out since, nobody
holds a lease, and what is done anew is known by others as what it was, by its id.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from federation import clock, ids
from federation.errors import FederationError, Misconfigured
from federation.keys import Keyring
from federation.uris import Uris
from fedigroups import copy, database_url, postgres_link, readonly, secret_file, store, upgrade
from fedigroups import setting_values as values
from fedigroups.backup import archive, snapshot
from fedigroups.backup.archive import DATABASE, PICTURES, SECRET, Manifest, Reader
from fedigroups.backup.making import data_room, told
from fedigroups.copy import Progress
from fedigroups.database_url import Database
from fedigroups.groups import indexing
from fedigroups.media import store as stores
from fedigroups.models import IDS_ABOVE
from fedigroups.settings import Settings, federation_config

_LIVED = ("account", "groups", "receipt")
"""Tables that have rows as soon as anybody did anything."""


@dataclass(frozen=True, slots=True)
class _Here:
    origin: str
    database_url: str


async def restore(
    settings: Settings, source: Path, *, replace: bool, progress: Progress
) -> Manifest:
    """Bring back what a backup holds, and say what that was.

    Refuses (Misconfigured) a backup of another origin, of a newer version, or that is not whole; a
    server that runs; and an instance that has lived, unless it is to be replaced: its rows and its
    secret are then kept beside (of PostgreSQL nothing is). The database comes last, so that
    whatever stops this, it can be done again.
    """
    database = database_url.parse(settings.database_url)
    with archive.opened(source) as backup, told("Nothing was restored"):
        _check(backup.manifest, settings)
        with data_room(settings) as folder:
            rows = folder / DATABASE
            _refuse_large(backup, settings)
            backup.extract(DATABASE, rows)
            snapshot.check(rows)
            secret = _secret_of(backup, settings)
            await _made_current(settings.origin, rows, secret)
            _freshen(rows)
            stamp = f"before-restore-{clock.now():%Y%m%dT%H%M%S}"
            if database.path is not None:
                with store.claim(database.path):
                    _refuse_lived(_lived(database.path), replace=replace)
                    await _put_pictures(settings, backup, progress)
                    with _secret_put(settings, secret, stamp):
                        _put_file(rows, database.path, stamp)
            else:
                _refuse_lived(await _lived_there(database), replace=replace)
                await _put_pictures(settings, backup, progress)
                with (
                    _secret_put(settings, secret, stamp),
                    copy.source_at(snapshot.at(rows)) as found,
                ):
                    await copy.copy_into(found, settings.database_url, progress, replace=True)
        return backup.manifest


def _check(manifest: Manifest, settings: Settings) -> None:
    if manifest.origin != settings.origin:
        raise Misconfigured(
            f"The backup is of {manifest.origin}, but FEDIGROUPS_ORIGIN is {settings.origin}: set "
            f"FEDIGROUPS_ORIGIN={manifest.origin}"
        )
    known = upgrade.known_steps("fedigroups.migrations")
    newer = sorted(set(manifest.steps) - set(known))
    if newer:
        raise Misconfigured(
            f"The backup is of version {manifest.version}, which is newer (it knows {newer[-1]}): "
            "install that version"
        )
    if manifest.made_at > clock.now_ms():
        raise Misconfigured(
            f"The backup was made at {clock.rfc3339(manifest.made_at)}, which is later than this "
            "machine's clock says it is: set the clock, or ids would be given out twice"
        )


def _refuse_large(backup: Reader, settings: Settings) -> None:
    """What does not fit is refused before anything is written."""
    needed = backup.size(DATABASE)
    if not settings.s3_url:
        folder = settings.data_dir / "media"
        missing = (key for key in backup.pictures() if not (folder / key).exists())
        needed += sum(backup.size(PICTURES + key) for key in missing)
    free = shutil.disk_usage(settings.data_dir).free
    if needed > free:
        raise Misconfigured(
            f"The backup needs {needed // 1_000_000} MB, and {free // 1_000_000} MB are free in "
            f"{settings.data_dir}: free some space, or let FEDIGROUPS_DATA_DIR be on another disk. "
            "Nothing was restored"
        )


def _secret_of(backup: Reader, settings: Settings) -> bytes:
    """The secret to go on with: the backup's, or (where it has none) the one that is set."""
    if SECRET not in backup.manifest.files:
        return settings.secret
    found = values.secret(backup.secret())
    kept = settings.secret == secret_file.NONE or secret_file.holds(
        settings.data_dir, settings.secret
    )
    if found != settings.secret and not kept:
        raise Misconfigured(
            "FEDIGROUPS_SECRET is another one than the backup's: take it away from the settings, "
            "and the backup's is kept in the data folder"
        )
    return found


async def _made_current(origin: str, rows: Path, secret: bytes) -> None:
    """Bring the rows up to date; refuses (Misconfigured) a secret that does not open the keys."""
    here = store.Store(_Here(origin, snapshot.at(rows)))
    await here.open()
    try:
        await here.migrate()
        with here.context():
            await _opens_keys(origin, secret)
    finally:
        await here.close()


async def _opens_keys(origin: str, secret: bytes) -> None:
    try:
        await Keyring(secret).signer(Uris(origin).instance_actor)
    except FederationError as error:
        raise Misconfigured(
            f"The secret does not open the keys in the backup ({error}): let "
            "FEDIGROUPS_SECRET_FILE name the secret of that instance"
        ) from error


def _freshen(rows: Path) -> None:
    """Let go of leases, which somebody held then, and let ids go on above those of today.

    A worker enters all posts in the search's index, which a backup of PostgreSQL does not hold.
    """
    with closing(sqlite3.connect(rows)) as link, link:
        marks = (indexing.SETTING, readonly.KEY)
        link.execute("DELETE FROM setting WHERE key IN (?, ?)", marks)
        link.execute("UPDATE lane SET lease_owner = '', lease_until = 0")
        link.execute(
            "INSERT INTO setting (key, value) VALUES (?, ?)"
            " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            (IDS_ABOVE, str(ids.new())),
        )
    with closing(sqlite3.connect(rows)) as link:
        link.execute("PRAGMA journal_mode = DELETE")


def _refuse_lived(lived: bool, *, replace: bool) -> None:
    if lived and not replace:
        raise Misconfigured(
            "There is an instance here already, which has people, groups or activities: say "
            "--replace to put the backup in its place, or name an empty database"
        )


def _lived(path: Path) -> bool:
    if not path.exists():
        return False
    with closing(sqlite3.connect(path)) as link:
        found = link.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        known = {str(name) for (name,) in found}
        return any(
            link.execute(f"SELECT 1 FROM {name} LIMIT 1").fetchone()  # noqa: S608 - our names
            for name in _LIVED
            if name in known
        )


async def _lived_there(database: Database) -> bool:
    link = await postgres_link.connect(database)
    try:
        others = await link.fetchval(
            "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND application_name = 'fedigroups' AND pid <> pg_backend_pid()"
        )
        if others:
            raise Misconfigured(
                f"{others} connections of Fedigroups are open to this database: stop every server "
                "and worker first"
            )
        for name in _LIVED:
            if await link.fetchval("SELECT to_regclass($1)", name) and await link.fetchval(
                f"SELECT EXISTS (SELECT 1 FROM {name})"  # noqa: S608 - our names
            ):
                return True
        return False
    except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise Misconfigured(f"PostgreSQL does not answer as it should ({error})") from error
    finally:
        await link.close()


async def _put_pictures(settings: Settings, backup: Reader, progress: Progress) -> None:
    keeping = stores.choose(settings, federation_config(settings))
    try:
        for key in backup.pictures():
            await keeping.put(key, backup.picture(key), _media_type(key))
            progress(1)
    finally:
        await keeping.close()


def _media_type(key: str) -> str:
    ending = key.rpartition(".")[2]
    return "image/jpeg" if ending == "jpg" else f"image/{ending}"


@contextmanager
def _secret_put(settings: Settings, secret: bytes, stamp: str) -> Iterator[None]:
    """The secret goes with the rows: where they do not come, the one of before is back."""
    if secret == settings.secret:
        yield
        return
    kept = f"{secret_file.NAME}.{stamp}"
    secret_file.replace(settings.data_dir, secret, kept)
    try:
        yield
    except BaseException:
        secret_file.put_back(settings.data_dir, kept)
        raise


def _put_file(rows: Path, path: Path, stamp: str) -> None:
    """Put a file in the place of the database, which is kept beside, with its log written in."""
    if path.exists():
        with closing(sqlite3.connect(path)) as link:
            link.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            link.execute("PRAGMA journal_mode = DELETE")
        os.link(path, f"{path}.{stamp}")
    with rows.open("rb") as file:
        os.fsync(file.fileno())
    rows.replace(path)
    for end in ("-wal", "-shm"):
        Path(f"{path}{end}").unlink(missing_ok=True)
