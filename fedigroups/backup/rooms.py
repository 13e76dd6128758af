"""This module keeps folders for what is half done: gone afterwards, or swept by whoever comes next.

Each is locked as long as somebody works in it, so that a folder of a process that was killed is
told from one that is in use.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import structlog

from federation.errors import Misconfigured

_PREFIX = ".fedigroups-unfinished-"

log = structlog.get_logger("fedigroups.backup")


@contextmanager
def room(parent: Path) -> Iterator[Path]:
    """A folder where nobody else may look; what others left there half done goes.

    Refuses (Misconfigured) where nothing can be written.
    """
    for folder in left_in(parent):
        _sweep(folder)
    try:
        folder, held = _made(parent)
    except OSError as error:
        raise Misconfigured(
            f"{parent} cannot be written ({error.strerror}): name a folder that this user may "
            "write, or `-` for standard output"
        ) from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(held)


def left_in(parent: Path) -> list[Path]:
    """The folders there of those who were killed, as it seems just now."""
    found = []
    for folder in sorted(parent.glob(f"{_PREFIX}*")):
        with _locked(folder) as is_ours:
            found += [folder] if is_ours else []
    return found


def _sweep(folder: Path) -> None:
    with _locked(folder) as is_ours:
        if is_ours:
            log.warning("backup.unfinished_removed", folder=str(folder))
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _locked(folder: Path) -> Iterator[bool]:
    """Whether it is nobody's, and so ours as long as the block lasts."""
    try:
        held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        yield False
        return
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        is_ours = True
    except OSError:
        is_ours = False
    try:
        yield is_ours
    finally:
        os.close(held)


def _made(parent: Path) -> tuple[Path, int]:
    """A new folder, and what holds its lock until closed."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
        try:
            held = os.open(folder, os.O_RDONLY)
        except FileNotFoundError:
            continue  # somebody swept it before it was locked
        with suppress(OSError):  # where nothing can be locked, nothing is swept either
            fcntl.flock(held, fcntl.LOCK_EX)
        if folder.exists():
            return folder, held
        os.close(held)
