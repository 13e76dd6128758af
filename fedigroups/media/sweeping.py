"""This module forgets pictures that nobody holds any more: files first, then rows.

So what is cut off is done again by the next, and no file is left that no row knows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import structlog

from federation import clock, limits, storage
from federation.errors import Unreachable
from fedigroups.media import bearers, names
from fedigroups.media.library import Library

MOST = 5_000
"""In one sweep; what is left is for the next."""

log = structlog.get_logger("fedigroups.media")


@dataclass(frozen=True, slots=True)
class Swept:
    """How many pictures were forgotten, or would be, and how many bytes they had."""

    uploads: int
    copies: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Usage:
    """What is kept."""

    uploads: int
    upload_bytes: int
    waiting: int
    withheld: int
    copies: int
    copy_bytes: int
    refused: int
    """URLs at which there is no picture, as is remembered."""


async def usage() -> Usage:
    """What is kept, counted."""
    uploads = await storage.row(
        "SELECT COUNT(*) AS number, COALESCE(SUM(bytes), 0) AS bytes,"
        " COALESCE(SUM(CASE WHEN state = 'waiting' THEN 1 ELSE 0 END), 0) AS waiting,"
        " COALESCE(SUM(CASE WHEN state = 'withheld' THEN 1 ELSE 0 END), 0) AS withheld"
        " FROM media WHERE state <> 'refused'"
    )
    copies = await storage.row(
        "SELECT COALESCE(SUM(CASE WHEN key <> '' THEN 1 ELSE 0 END), 0) AS number,"
        " COALESCE(SUM(bytes), 0) AS bytes,"
        " COALESCE(SUM(CASE WHEN key = '' THEN 1 ELSE 0 END), 0) AS refused FROM remote_picture"
    )
    assert uploads is not None  # noqa: S101 - an aggregate has one row
    assert copies is not None  # noqa: S101
    return Usage(
        uploads=uploads["number"],
        upload_bytes=int(uploads["bytes"]),
        waiting=uploads["waiting"],
        withheld=uploads["withheld"],
        copies=copies["number"],
        copy_bytes=int(copies["bytes"]),
        refused=copies["refused"],
    )


async def due() -> Swept:
    """What the next sweep forgets."""
    return _sum(await _uploads(), await _copies())


async def sweep(library: Library, progress: Callable[[int], None] = lambda _: None) -> Swept:
    """Forget uploads that no post took for a day, what was dropped, and copies that are too old
    or of pictures that no post shows any more.

    `progress` hears of each. When the store fails, what is left waits for the next sweep.
    """
    await _drop_old()
    uploads: list[storage.Row] = []
    copies: list[storage.Row] = []
    try:
        for row in await _uploads():
            uploads += [row] if await _forget(library, row) else []
            progress(1)
        for row in await _copies():
            await library.copies.drop(row)
            copies.append(row)
            progress(1)
        for key in await library.store.cut_off(_too_old()[0] / clock.SECOND):
            await library.store.delete(key)
    except Unreachable as error:
        log.warning("media.sweep_stopped", reason=str(error))
    return _sum(uploads, copies)


def _sum(uploads: list[storage.Row], copies: list[storage.Row]) -> Swept:
    return Swept(len(uploads), len(copies), sum(row["bytes"] for row in uploads + copies))


async def _drop_old() -> None:
    """From now on no post can take them: a file is deleted only of what is dropped."""
    await storage.execute(
        f"UPDATE media SET state = 'dropped' WHERE {_OLD}",  # noqa: S608 - our own constant
        *_too_old(),
    )


async def _forget(library: Library, row: storage.Row) -> bool:
    """Whether it is forgotten: not when its author got it back meanwhile."""
    taken = await storage.execute(
        "UPDATE media SET state = 'forgotten' WHERE id = ? AND state IN ('dropped', 'forgotten')",
        row["id"],
    )
    if not taken:
        return False
    if row["type"]:
        await library.store.delete(names.file(row["key"], row["type"]))
        await library.store.delete(names.preview(row["key"]))
    await storage.execute("DELETE FROM media WHERE id = ?", row["id"])
    return True


async def _uploads() -> list[storage.Row]:
    return await storage.rows(
        f"SELECT id, key, type, bytes FROM media WHERE state IN ('dropped', 'forgotten') OR {_OLD}"  # noqa: S608
        " ORDER BY id LIMIT ?",
        *(*_too_old(), MOST),
    )


async def _copies() -> list[storage.Row]:
    return await storage.rows(
        f"SELECT * FROM remote_picture WHERE until <= ? OR {_UNSHOWN} ORDER BY until LIMIT ?",  # noqa: S608
        *(clock.now_ms(), bearers.PICTURE, MOST),
    )


_UNSHOWN = f"(kind = ? AND NOT {bearers.SHOWN.format(digest='remote_picture.digest')})"
_OLD = (
    "(state IN ('arriving', 'refused', 'waiting', 'returned') AND changed_at < ?"
    " OR state = 'withheld' AND changed_at < ?)"
)


def _too_old() -> tuple[int, int]:
    now = clock.now_ms()
    return (
        now - limits.UNATTACHED_SECONDS * clock.SECOND,
        now - limits.WITHHELD_SECONDS * clock.SECOND,
    )
