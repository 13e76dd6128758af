"""This module makes the instance's secret once, and finds it again."""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path

from federation.errors import Misconfigured
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
            "a folder that this program may write, for example /var/lib/fedigroups, or set "
            "FEDIGROUPS_SECRET"
        ) from error


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
    handle, beside = tempfile.mkstemp(dir=path.parent, prefix=".secret-")  # mode 0600
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(values.SECRET_BYTES) + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(beside, path)
    except FileExistsError:
        pass  # the other process won; its secret is as good
    finally:
        Path(beside).unlink()
