"""This module keeps files in a folder of this machine."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from pathlib import Path

import structlog

from federation import ids
from federation.errors import Unreachable

log = structlog.get_logger("fedigroups.media")

_WRITING = ".writing"
"""The folder of what is being written: what stays there longer was cut off."""


class Disk:
    """A folder with folders for the first bytes of each name."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, key: str, content: bytes, media_type: str) -> None:
        """Write beside, flush, rename: a file is there whole or not at all, after a crash too."""
        try:
            await asyncio.to_thread(_write, self._folder, key, content)
        except OSError as error:
            raise _trouble(error) from error

    async def get(self, key: str) -> bytes | None:
        """A whole file, or None."""
        try:
            return await asyncio.to_thread((self._folder / key).read_bytes)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _trouble(error) from error

    async def delete(self, key: str) -> None:
        """Forget a file."""
        try:
            await asyncio.to_thread((self._folder / key).unlink, missing_ok=True)
        except OSError as error:
            raise _trouble(error) from error

    async def cut_off(self, before: float) -> list[str]:
        """What a write left that was killed, of before that time (s), as keys to forget."""
        try:
            return await asyncio.to_thread(_cut_off, self._folder, before)
        except OSError as error:
            raise _trouble(error) from error

    def path(self, key: str) -> Path | None:
        """Where the file is."""
        return self._folder / key

    async def close(self) -> None:
        """Nothing is open."""


def _cut_off(folder: Path, before: float) -> list[str]:
    found = []
    for one in (folder / _WRITING).glob("*"):
        with suppress(FileNotFoundError):  # it is whole, and in its place, meanwhile
            found += [f"{_WRITING}/{one.name}"] if one.lstat().st_mtime < before else []
    return found


def _write(folder: Path, key: str, content: bytes) -> None:
    path, beside = folder / key, folder / _WRITING / ids.token()
    for one in (path, beside):
        one.parent.mkdir(parents=True, exist_ok=True)
    try:
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.rename(path)
        # The name too must be on the disk, and those of the folders that were made for it.
        for above in (path.parent, path.parent.parent, folder):
            _flush(above)
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def _flush(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _trouble(error: OSError) -> Unreachable:
    log.error("media.disk_failed", error=str(error))
    return Unreachable(f"the folder of pictures cannot be used: {error}")
