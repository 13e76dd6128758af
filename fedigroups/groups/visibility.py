"""This module decides who may see a post; every page, feed, collection and count asks here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

OPEN = frozenset({"public", "unlisted"})
"""What anybody who has the URL may read."""


class Seen(Protocol):
    """What of a post decides who sees it."""

    @property
    def state(self) -> str:
        """`live`, `held`, `removed` or `deleted`."""

    @property
    def visibility(self) -> str:
        """`public`, `unlisted` or `members`."""

    @property
    def author_id(self) -> int:
        """The actor who wrote it."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody who is known, as they stand to the group that the post is in."""

    actor_id: int
    is_member: bool = False


def can_see(viewer: Viewer | None, post: Seen) -> bool:
    """Whether `viewer` (None: a stranger) may read the post at its URL. Hidden is non-existent."""
    if viewer is not None and viewer.actor_id == post.author_id:
        return post.state in {"live", "held"}
    if post.state != "live":
        return False
    return post.visibility in OPEN or (viewer is not None and viewer.is_member)


def is_listed(post: Seen) -> bool:
    """Whether a stranger meets the post in lists and feeds: unlisted ones are only at their URL."""
    return can_see(None, post) and post.visibility == "public"


def listed_sql(alias: str) -> str:
    """`is_listed` as SQL, for the post under `alias`."""
    return f"{alias}.state = 'live' AND {alias}.visibility = 'public'"


def open_sql(alias: str) -> str:
    """`can_see` of a stranger as SQL, for the post under `alias`."""
    return f"{alias}.state = 'live' AND {alias}.visibility IN ('public', 'unlisted')"
