"""This module knows the digest of an actor's followers on one host, and the header that tells it.

FEP-8fcf: two servers compare who follows whom by one short value, and list them only when that
differs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from federation import limits

NAME = "Collection-Synchronization"
EMPTY = "0" * 64
"""The digest of nobody."""

_DIGEST = re.compile(r"[0-9a-f]{64}")
_PARAMETER = re.compile(r'[ \t]*([A-Za-z]{1,32})="([^"\\]*)"[ \t]*(?:,|\Z)')


def of(followers: Iterable[str]) -> str:
    """The SHA-256 digests of the followers' ids, XORed together, in hex."""
    digest = EMPTY
    for uri in followers:
        digest = toggled(digest, uri)
    return digest


def toggled(digest: str, follower: str) -> str:
    """The digest when a follower has come; the same again is the digest when they have gone."""
    return f"{int(digest, 16) ^ int.from_bytes(sha256(follower.encode()).digest()):064x}"


@dataclass(frozen=True, slots=True)
class Synchronization:
    """What the header says: a followers collection, where its part for us is, and its digest."""

    collection: str
    url: str
    digest: str

    def header(self) -> str:
        """The value of the header, as Mastodon writes it."""
        return f'collectionId="{self.collection}", digest="{self.digest}", url="{self.url}"'


def read(value: str) -> Synchronization | None:
    """What a header says; None for whatever is no such header."""
    found = _PARAMETER.findall(value) if len(value) <= limits.SYNCHRONIZATION_CHARS else []
    said = {name.lower(): text for name, text in found}
    if len(said) != len(found) or _PARAMETER.sub("", value):
        return None
    digest = said.get("digest", "").lower()
    if not _DIGEST.fullmatch(digest) or not said.get("collectionid") or not said.get("url"):
        return None
    return Synchronization(said["collectionid"], said["url"], digest)
