"""This module knows how a backup file is made up: a compressed tar with a manifest at its end.

The manifest has a digest of everything before it, so a file without one is not whole.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from federation import clock, limits
from federation.errors import Misconfigured
from fedigroups.media import names

FORMAT = 1
DATABASE, SECRET, MANIFEST, PICTURES = "database.sqlite3", "secret", "manifest.json", "pictures/"
_LEVEL = 3
_CHUNK = 1 << 20
_MANIFEST_BYTES = 1 << 29
"""Of a manifest, which names each picture: enough for a million of them."""
_SECRET_BYTES = 1_000
_SAID = {
    **dict.fromkeys(("origin", "version", "database"), str),
    **dict.fromkeys(("steps", "pictures", "missing"), list),
    **dict.fromkeys(("tables", "files"), dict),
    "made_at": int,
}
"""What is looked at before anything is done."""
_BROKEN = (
    *(tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError, KeyError, ValueError),
    *(TypeError, OverflowError, RecursionError),
)
"""Of what is no archive, cut, or made by hand: a link to itself, lists in lists, no such year."""


@dataclass(slots=True)
class Manifest:
    """What a backup says of itself; `files` has SHA-256 digests of all that is in it."""

    origin: str
    version: str
    made_at: int
    steps: list[str]
    database: str
    tables: dict[str, int]
    pictures: list[str]
    """The keys of the pictures that people here uploaded, whether the backup has them or not."""
    missing: list[str] = field(default_factory=list)
    """Those that could not be read."""
    files: dict[str, str] = field(default_factory=dict)
    format: int = FORMAT


class Writer:
    """A backup that is being written; `close` writes the manifest."""

    def __init__(self, file: IO[bytes], manifest: Manifest) -> None:
        self.manifest = manifest
        self._tar = tarfile.open(  # noqa: SIM115 - until close
            fileobj=file, mode="w:gz", compresslevel=_LEVEL, format=tarfile.PAX_FORMAT
        )

    def add(self, name: str, source: IO[bytes], size: int) -> None:
        """Put something into it."""
        counted = _Counted(source)
        self._tar.addfile(self._entry(name, size), counted)
        self.manifest.files[name] = counted.digest.hexdigest()

    def close(self) -> None:
        """Write the manifest."""
        text = json.dumps(asdict(self.manifest), indent=1).encode()
        self._tar.addfile(self._entry(MANIFEST, len(text)), io.BytesIO(text))
        self._tar.close()

    def _entry(self, name: str, size: int) -> tarfile.TarInfo:
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode, entry.mtime = size, 0o600, self.manifest.made_at // 1_000
        return entry


class _Counted(io.RawIOBase):
    """A file that is digested while it is read."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        found = self._source.read(size)
        self.digest.update(found)
        return found


@dataclass(frozen=True, slots=True)
class Reader:
    """A backup that is whole; what is taken out of it is what was put in."""

    manifest: Manifest
    tar: tarfile.TarFile
    entries: Mapping[str, tarfile.TarInfo]

    def size(self, name: str) -> int:
        """How many bytes one thing has, as the archive says; `extract` writes no more."""
        with unbroken():
            return self.entries[name].size

    def extract(self, name: str, target: Path) -> None:
        """Write one thing into a file. Refuses (Misconfigured) what is not as it was."""
        with target.open("xb") as file:
            target.chmod(0o600)
            for chunk in self._chunks(name, self.size(name)):
                file.write(chunk)

    def secret(self) -> str:
        """The secret, as text."""
        return b"".join(self._chunks(SECRET, _SECRET_BYTES)).decode("ascii")

    def picture(self, key: str) -> bytes:
        """A file that is none larger than we keep. Refuses (Misconfigured) as `extract` does."""
        return b"".join(self._chunks(PICTURES + key, limits.UPLOAD_BYTES))

    def prove(self) -> None:
        """Refuses (Misconfigured) when anything is not what was put in."""
        for name in self.manifest.files:
            for _ in self._chunks(name, self.size(name)):
                pass

    def pictures(self) -> Iterator[str]:
        """The keys of the pictures that are in it."""
        for name in self.manifest.files:
            key = name.removeprefix(PICTURES)
            if key != name and names.stem_of(key):
                yield key

    def _chunks(self, name: str, most: int) -> Iterator[bytes]:
        digest = hashlib.sha256()
        with unbroken():
            for chunk in _read(self.tar, self.entries[name], most):
                digest.update(chunk)
                yield chunk
        if digest.hexdigest() != self.manifest.files.get(name):
            raise Misconfigured(f"The backup is damaged: {name} is not what was put in")


class _Parts(io.RawIOBase):
    """A file that nobody takes much of at once, whatever a header says that comes next."""

    def __init__(self, file: gzip.GzipFile) -> None:
        self._file = file

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= _CHUNK:
            raise tarfile.ReadError(f"a header of {size} bytes")
        return self._file.read(size)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()


def _read(tar: tarfile.TarFile, entry: tarfile.TarInfo, most: int) -> Iterator[bytes]:
    """One thing, of which there may be so many bytes."""
    source = tar.extractfile(entry)
    while source is not None and (chunk := source.read(_CHUNK)):
        most -= len(chunk)
        if most < 0:
            raise tarfile.ReadError(f"{entry.name} is too large")
        yield chunk


@contextmanager
def opened(path: Path) -> Iterator[Reader]:
    """The backup in a file. Refuses (Misconfigured) what is none, or not whole."""
    try:
        file = path.open("rb")
    except OSError as error:
        raise Misconfigured(f"{path} cannot be read ({error.strerror})") from error
    with file:
        with unbroken():
            whole = _Parts(gzip.GzipFile(fileobj=file))
            tar = tarfile.open(fileobj=whole, mode="r:")  # noqa: SIM115 - closed with its file
            entries = {entry.name: entry for entry in tar}
            manifest = _manifest_of(tar, entries[MANIFEST])
        yield Reader(manifest, tar, entries)


def _manifest_of(tar: tarfile.TarFile, entry: tarfile.TarInfo) -> Manifest:
    said = json.loads(b"".join(_read(tar, entry, _MANIFEST_BYTES)))
    if not isinstance(said, dict):
        raise ValueError("its manifest is none")
    if said.get("format") != FORMAT:
        raise Misconfigured("The backup is of a newer version of this program: install that")
    is_whole = all(isinstance(said.get(name), kind) for name, kind in _SAID.items())
    if not is_whole or not all(isinstance(count, int) for count in said["tables"].values()):
        raise ValueError("its manifest is none")
    clock.moment(said["made_at"])  # is there such a time?
    return Manifest(**said | {"steps": [str(step) for step in said["steps"]]})


@contextmanager
def unbroken() -> Iterator[None]:
    """Say in a sentence that a file cannot be read as a backup."""
    try:
        yield
    except _BROKEN as error:
        raise Misconfigured(
            f"This is no whole backup of Fedigroups ({_short(error)}): take another one"
        ) from error


def _short(error: Any) -> str:
    return str(error).strip("'\"")[:100] or type(error).__name__
