"""This module makes the instance's secret once, and finds it again.

None is made beside a database whose keys another one sealed: it would open none of them.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from federation.errors import Misconfigured
from federation.sealing import SECRET_BYTES
from fedigroups import sealed_rows
from fedigroups import setting_values as values

NAME = "secret"
NONE = secrets.token_bytes(SECRET_BYTES)
"""In place of a secret that there is not: it opens nothing, and nobody seals anything with it."""


def first(folder: Path, database_url: str) -> bytes:
    """The secret in a folder, made when there is none and the database holds no keys yet.

    Refuses (Misconfigured) as `anew` does, a database that cannot be asked, and one with keys.
    """
    path = folder / NAME
    if not path.exists() and sealed_rows.are_in(database_url) and not path.exists():
        raise Misconfigured(
            f"There is no {path}, but the database holds keys that were stored under a secret; a "
            "new one would not open them, so none was made. Is FEDIGROUPS_DATA_DIR right, or was "
            f"FEDIGROUPS_SECRET set? Each backup holds the secret: tar -xOf FILE secret > {path}, "
            "or bring all back with `fedigroups restore --replace`. Only when it is gone for good: "
            "`fedigroups key start-over`"
        )
    return anew(folder, database_url)


def found(folder: Path, _database_url: str) -> bytes:
    """The secret in a folder, or NONE: for what seals nothing, so that nothing is written."""
    path = folder / NAME
    with _kept_in(folder):
        return _read(path) if path.exists() else NONE


def anew(folder: Path, _database_url: str) -> bytes:
    """The secret in a folder, made (readable by its owner only) when there is none.

    Refuses with Misconfigured a folder that cannot be written or a file that holds no secret.
    """
    path = folder / NAME
    with _kept_in(folder):
        if not path.exists():
            _make(path)
        return _read(path)


@contextmanager
def _kept_in(folder: Path) -> Iterator[None]:
    try:
        yield
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
    if path.exists():
        os.link(path, folder / kept_as)
    beside = _written(folder, secret.hex())
    beside.replace(path)


def put_back(folder: Path, kept_as: str) -> None:
    """Let the secret that `replace` kept be the folder's once more, or none where none was."""
    if (folder / kept_as).exists():
        (folder / kept_as).replace(folder / NAME)
    else:
        (folder / NAME).unlink()


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
