"""This module knows which posts show which pictures of other servers: a copy goes with the last."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from federation import ids, storage

PICTURE = "picture"
"""What posts show. Icons and banners are of actors, and need no post."""
SHOWN = (
    "EXISTS (SELECT 1 FROM shown_picture s JOIN post p ON p.id = s.post_id"
    " JOIN thread t ON t.id = p.thread_id JOIN groups g ON g.id = t.group_id"
    " WHERE s.digest = {digest} AND p.state IN ('live', 'held') AND g.state = 'open')"
)
"""Whether any post shows the picture of that digest, as SQL. Every way in which a post ends changes
its state or its group's, so no way can forget the pictures."""


def digest(url: str, kind: str = PICTURE) -> str:
    """What a copy goes by: an icon is made otherwise than a picture of the same URL."""
    return hashlib.sha256(f"{kind}\n{url}".encode()).hexdigest()


async def are_there(digest: str) -> bool:
    """Whether any post shows the picture of that digest."""
    asked = f"SELECT 1 AS one WHERE {SHOWN.format(digest='?')}"
    return await storage.row(asked, digest) is not None


async def add(post_id: int, urls: Iterable[str]) -> None:
    """A post shows these pictures. In the transaction that writes it."""
    await storage.execute_many(
        "INSERT INTO shown_picture (id, post_id, digest) VALUES (?, ?, ?)",
        [(ids.new(), post_id, digest(url)) for url in dict.fromkeys(urls)],
    )
