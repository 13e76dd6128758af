"""This module knows what a store of files must be able to do, and chooses the one that is set."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from federation.config import FederationConfig
from fedigroups.media.bucket import Bucket
from fedigroups.media.disk import Disk
from fedigroups.media.sigv4 import Credentials


class Store(Protocol):
    """Files by key. All but `path` raise `Unreachable` when the store cannot be used just now."""

    async def put(self, key: str, content: bytes, media_type: str) -> None:
        """Keep a file; when this returns it is durable."""

    async def get(self, key: str) -> bytes | None:
        """A whole file, or None."""

    async def delete(self, key: str) -> None:
        """Forget a file; one that is not there is forgotten already."""

    async def cut_off(self, before: float, /) -> list[str]:
        """What writes left that were cut off, of before that time (s), as keys to forget."""

    def path(self, key: str) -> Path | None:
        """Where the file is on this machine, if the store is here; whether it exists or not."""

    async def close(self) -> None:
        """Close connections."""


class Where(Protocol):
    """What of the settings this module needs."""

    @property
    def data_dir(self) -> Path:
        """The folder of what the instance keeps."""

    @property
    def s3_url(self) -> str:
        """The URL of a bucket; empty for none."""

    @property
    def s3_region(self) -> str:
        """The bucket's region."""

    @property
    def s3_key(self) -> str:
        """The access key's id."""

    @property
    def s3_secret(self) -> str:
        """The access key's secret."""


def choose(settings: Where, config: FederationConfig) -> Store:
    """The bucket that the settings name, else the folder `media` in the data folder."""
    if not settings.s3_url:
        return Disk(settings.data_dir / "media")
    credentials = Credentials(settings.s3_key, settings.s3_secret, settings.s3_region)
    return Bucket(settings.s3_url, credentials, config)
