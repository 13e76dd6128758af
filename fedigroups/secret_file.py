"""This module makes the instance's secret once, and finds it again."""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path

from federation.errors import Misconfigured
from federation.sealing import SECRET_BYTES
from fedigroups import setting_values as values

NAME = "secret"


def secret_in(folder: Path) -> bytes:
    """The secret in a folder, made (readable by its owner only) when there is none.

    Refuses with Misconfigured a folder that cannot be written or a file that holds no secret.
    """
    path = folder / NAME
    try:
        if not path.exists():
            _make(path)
        return _read(path)
    except OSError as error:
        raise Misconfigured(
            f"The secret cannot be kept in {folder} ({error.strerror}): set FEDIGROUPS_DATA_DIR to "
            "a folder that this program may write and that has room, for example "
            "/var/lib/fedigroups, or set FEDIGROUPS_SECRET"
        ) from error


def holds(folder: Path, secret: bytes) -> bool:
    """Whether this secret comes from the file in the folder."""
    path = folder / NAME
    return path.exists() and _read(path) == secret


def replace(folder: Path, secret: bytes, kept_as: str) -> None:
    """Put another secret into the folder; the one before stays beside it, as `kept_as`."""
    path = folder / NAME
    os.link(path, folder / kept_as)
    beside = _written(folder, secret.hex())
    beside.replace(path)


def put_back(folder: Path, kept_as: str) -> None:
    """Let the secret that `replace` kept be the folder's once more."""
    (folder / kept_as).replace(folder / NAME)


def _read(path: Path) -> bytes:
    try:
        found = values.secret(path.read_text(encoding="ascii").strip())
    except ValueError as error:
        raise Misconfigured(f"{path} holds no secret: it {error}. Restore it from a copy") from None
    if not found:
        raise Misconfigured(f"{path} is empty. Restore it from a copy")
    return found


def _make(path: Path) -> None:
    """Write it beside, then link it: of two processes that start at once, one wins."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    beside = _written(path.parent, secrets.token_hex(SECRET_BYTES))
    try:
        os.link(beside, path)
    except FileExistsError:
        pass  # the other process won; its secret is as good
    finally:
        beside.unlink()


def _written(folder: Path, text: str) -> Path:
    """A new file with a secret, on the disk and readable by its owner only; whole or none."""
    handle, beside = tempfile.mkstemp(dir=folder, prefix=".secret-")  # mode 0600
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        Path(beside).unlink()
        raise
    return Path(beside)
