"""This module reads which listeners a post reaches, in a few queries for all of them.

Who may read it is decided by `visibility.can_see`, for each of them.
"""

# ruff: noqa: S608 - each statement is put together from constants here; every value is bound
from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Literal

from federation import storage
from federation.storage import Row
from fedigroups.groups.visibility import Viewer, can_see
from fedigroups.mastodon.present.statuses import Marks
from fedigroups.mastodon.reading.posts import Entry
from fedigroups.personal import hosts

Standing = Literal["none", "member", "moderator", "banned"]
NO_MARKS = Marks()
_HOST_BLOCKED = hosts.HIDDEN.replace("?", "a.id").format(author="?")
STAFF = frozenset({"owner", "moderator"})


@dataclass(frozen=True, slots=True)
class About:
    """What of a post decides whom it reaches."""

    id: int
    author_id: int
    thread_id: int
    group_id: int
    group_actor_id: int
    state: str
    visibility: str
    is_start: bool
    has_media: bool
    hosted: bool


@dataclass(frozen=True, slots=True)
class Stance:
    """How somebody stands to a post: to its group, to its author, and what they did with it."""

    viewer: Viewer | None
    averse: bool = False
    """They block or mute its author, or block the host."""
    filters: bool = False
    """They have filters at all."""
    marks: Marks = NO_MARKS

    @property
    def in_group(self) -> bool:
        """Whether they are in its group."""
        return self.viewer is not None and self.viewer.standing in {"member", "moderator"}


STRANGER = Stance(None)


async def about(post_id: int) -> About | None:
    """A post in a group that is open. One query."""
    row = await storage.row(
        "SELECT p.id, p.author_id, p.thread_id, t.group_id, g.actor_id AS group_actor_id, p.state,"
        " p.visibility, p.parent_id IS NULL AS is_start, p.attachments <> '[]' AS has_media,"
        " g.hosted FROM post p JOIN thread t ON t.id = p.thread_id"
        " JOIN groups g ON g.id = t.group_id WHERE p.id = ? AND g.state = 'open'",
        post_id,
    )
    if row is None:
        return None
    flags = {name: bool(row[name]) for name in ("is_start", "has_media", "hosted")}
    return About(**(row | flags))


def met(stance: Stance, post: About) -> bool:
    """Whether they meet the live post in lists, as `reading.posts.met` says it in SQL."""
    return _reads(stance, post) and post.visibility != "unlisted"


def read_in_thread(stance: Stance, post: About) -> bool:
    """Whether they meet the live post in its thread."""
    return _reads(stance, post)


def knew(stance: Stance, post: About) -> bool:
    """Whether they could read the post while it was there."""
    return can_see(stance.viewer, replace(post, state="live"))


def _reads(stance: Stance, post: About) -> bool:
    return post.state == "live" and not stance.averse and can_see(stance.viewer, post)


async def stances(post: About, actor_ids: Collection[int]) -> dict[int, Stance]:
    """How each of these actors stands to it; those who are not live here are left out. One query.

    0 is a stranger.
    """
    found = await storage.rows(
        "SELECT a.id, m.state, m.role,"
        f" (s.blocked = ? OR s.muted = ? OR {_HOST_BLOCKED}) AS averse,"
        " EXISTS (SELECT 1 FROM word_filter f WHERE f.actor_id = a.id) AS filters,"
        " EXISTS (SELECT 1 FROM muted_thread q WHERE q.actor_id = a.id AND q.thread_id = ?)"
        " AS muted, EXISTS (SELECT 1 FROM bookmark b WHERE b.actor_id = a.id AND b.post_id = ?)"
        " AS bookmarked, EXISTS (SELECT 1 FROM reaction r WHERE r.actor_uri = a.uri"
        " AND r.post_id = ? AND r.slot = 'vote' AND r.kind = 'like') AS favourited,"
        " EXISTS (SELECT 1 FROM reaction r WHERE r.actor_uri = a.uri"
        " AND r.post_id = ? AND r.slot = 'boost') AS reblogged"
        f" FROM {storage.table('wanted', id='bigint')} JOIN actor a ON a.id = wanted.id"
        " LEFT JOIN member m ON m.group_id = ? AND m.actor_id = a.id"
        " LEFT JOIN stance s ON s.actor_id = a.id AND s.target_id = ?"
        " WHERE a.state = 'live'",
        *(True, True, post.author_id, post.thread_id, post.id, post.id, post.id),
        *(storage.packed([(id,) for id in sorted(actor_ids)]), post.group_id, post.author_id),
    )
    return {row["id"]: _stance(row) for row in found} | ({0: STRANGER} if 0 in actor_ids else {})


def _stance(row: Row) -> Stance:
    marks = Marks(*(bool(row[one]) for one in ("favourited", "reblogged", "bookmarked", "muted")))
    viewer = Viewer(row["id"], _standing(row["state"], row["role"]))
    return Stance(viewer, bool(row["averse"]), bool(row["filters"]), marks)


def _standing(state: str | None, role: str | None) -> Standing:
    if state == "banned":
        return "banned"
    if state != "member":
        return "none"
    return "moderator" if role in STAFF else "member"


async def boosts(post: About) -> dict[int, Entry]:
    """The boosts of a thread by its group and those that show it too, by group. One query."""
    found = await storage.rows(
        "SELECT t.id AS id, t.group_id, g.actor_id AS by_id, t.created_at AS at, 0 AS other"
        " FROM thread t JOIN groups g ON g.id = t.group_id WHERE t.id = ? AND t.visible = ?"
        " UNION ALL SELECT c.id, c.group_id, g.actor_id, c.created_at, 1 FROM crosspost c"
        " JOIN groups g ON g.id = c.group_id WHERE c.thread_id = ? AND g.state = 'open'"
        " ORDER BY other, id",
        *(post.thread_id, True, post.thread_id),
    )
    return {row["group_id"]: Entry(row["id"], post.id, row["by_id"], row["at"]) for row in found}


async def homes(
    post: About, entries: dict[int, Entry], actor_ids: Collection[int]
) -> dict[int, Entry]:
    """Into whose home a thread comes, and as whose boost: each once. One query.

    What a group says itself is no boost: it comes to members who want none, too.
    """
    if not entries or not actor_ids:
        return {}
    its_own = next((id for id, entry in entries.items() if entry.by == post.author_id), 0)
    found = await storage.rows(
        # LEFT: SQLite would else go through the group, and all who listen for each of its members
        f"SELECT m.actor_id, m.group_id FROM {storage.table('wanted', id='bigint')}"
        f" LEFT JOIN member m ON m.group_id IN ({storage.marks(len(entries))})"
        " AND m.actor_id = wanted.id AND m.state = 'member'"
        " AND (m.shows = ? OR m.group_id = ?)",
        *(storage.packed([(id,) for id in sorted(actor_ids)]), *entries, True, its_own),
    )
    theirs = {(row["actor_id"], row["group_id"]) for row in found}
    return {
        actor_id: entry
        for group_id, entry in reversed(entries.items())
        for actor_id in actor_ids
        if (actor_id, group_id) in theirs
    }


async def tags(post: About) -> set[str]:
    """The hashtags of a post. One query."""
    found = await storage.rows("SELECT name FROM tagged WHERE post_id = ?", post.id)
    return {row["name"] for row in found}


async def lists(post: About) -> dict[str, int]:
    """The lists that people made in which a thread is, with whose they are. One query."""
    found = await storage.rows(
        "SELECT n.id, n.actor_id FROM listed l JOIN listing n ON n.id = l.listing_id"
        " WHERE l.target_id IN (?, ?)",
        *(post.group_actor_id, post.author_id),
    )
    return {str(row["id"]): row["actor_id"] for row in found}
