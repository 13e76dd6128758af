"""This module decides who may see a post; every page, feed, document, count and delivery asks here.

The rules come twice, as functions over a post and as SQL over rows, side by side; a test holds
them against each other for every state and visibility. A state that is not known here is hidden.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Protocol

from fedigroups.personal import unwanted

OPEN = frozenset({"public", "unlisted"})
"""What anybody who has the URL may read."""
ENDED = frozenset({"deleted", "removed"})
JUDGED = frozenset({"live", "held", "removed"})
"""What moderators read, to judge it. What its author deleted nobody reads."""
OWN = frozenset({"live", "held"})

OPEN_ROWS: dict[str, Any] = {"state": "live", "visibility__in": sorted(OPEN)}
"""`can_see` of a stranger as a filter of the model."""


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
    standing: Literal["none", "member", "moderator", "banned"] = "none"
    shut_out: bool = False
    """They are suspended here, or their host is blocked: they are answered as if nothing was."""


def can_see(viewer: Viewer | None, post: Seen) -> bool:
    """Whether `viewer` (None: a stranger) may read the post at its URL. Hidden is non-existent.

    The banned read what strangers read: it is open to everybody, and they need only not say who
    they are.
    """
    if viewer is not None and viewer.shut_out:
        return False
    if viewer is None or viewer.standing == "banned":
        return _is_open(post)
    if viewer.standing == "moderator":
        return post.state in JUDGED
    if viewer.actor_id == post.author_id:
        return post.state in OWN
    return _is_open(post) or (_is_for_members(post) and viewer.standing == "member")


def _is_open(post: Seen) -> bool:
    return post.state == "live" and post.visibility in OPEN


def _is_for_members(post: Seen) -> bool:
    return post.state == "live" and post.visibility == "members"


def is_listed(post: Seen) -> bool:
    """Whether a stranger meets the post in lists and feeds: unlisted ones are only at their URL."""
    return can_see(None, post) and post.visibility == "public"


def left_a_place(post: Seen) -> bool:
    """Whether a stranger may know that the post was there, without its words: it was open once."""
    return post.state in ENDED and post.visibility in OPEN


def listed_sql(alias: str) -> str:
    """`is_listed` as SQL, for the post under `alias`."""
    return f"{alias}.state = 'live' AND {alias}.visibility = 'public'"


def open_sql(alias: str) -> str:
    """`can_see` of a stranger as SQL, for the post under `alias`."""
    return f"{alias}.state = 'live' AND {alias}.visibility IN ('public', 'unlisted')"


def own_sql(alias: str) -> str:
    """What its author may read beyond that, as SQL with two marks for their actor's id.

    The banned read what strangers read.
    """
    return (
        f"{alias}.author_id = ? AND {alias}.state IN ('live', 'held') AND NOT EXISTS (SELECT 1"  # noqa: S608 - our own SQL
        f" FROM member b JOIN thread c ON c.group_id = b.group_id WHERE c.id = {alias}.thread_id"
        " AND b.actor_id = ? AND b.state = 'banned')"
    )


def members_sql(alias: str) -> str:
    """What a member may read beyond that, as SQL with one mark for their actor's id."""
    return (
        f"{alias}.state = 'live' AND {alias}.visibility = 'members' AND EXISTS (SELECT 1"  # noqa: S608 - our own SQL
        f" FROM member m JOIN thread c ON c.group_id = m.group_id WHERE c.id = {alias}.thread_id"
        " AND m.actor_id = ? AND m.state = 'member')"
    )


def readable_sql(alias: str) -> str:
    """What somebody who is signed in may read, as SQL with three marks for their actor's id.

    A moderator reads more than that where there is something to judge.
    """
    return f"({open_sql(alias)} OR ({own_sql(alias)}) OR ({members_sql(alias)}))"


def met_sql(alias: str, reader_id: int) -> tuple[str, list[object]]:
    """Which posts somebody meets in lists, as SQL with its values; the group is under `g`.

    Listed ones, and all that their groups show; for who is signed in (not 0) nothing of those whom
    they blocked or muted, or whose host they blocked.
    """
    if not reader_id:
        return f"({listed_sql(alias)} AND g.state = 'open')", []
    clause, values = unwanted.left_out(f"{alias}.author_id", reader_id)
    return (
        f"(g.state = 'open' AND ({listed_sql(alias)} OR ({members_sql(alias)})){clause})",
        [reader_id, *values],
    )


def place_sql(alias: str) -> str:
    """`left_a_place` as SQL, for the post under `alias`."""
    return (
        f"{alias}.state IN ('deleted', 'removed') AND {alias}.visibility IN ('public', 'unlisted')"
    )
