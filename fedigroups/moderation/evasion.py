"""This module hints to moderators at who may be somebody banned, come back: they decide, not it.

A hint is the same name on another server, or a link that one who is banned posted in the group.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from federation import storage
from fedigroups.groups.models import Group
from fedigroups.moderation import approval

MOST = 500
"""Of the newest who are banned, and of their newest posts."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What of somebody is compared."""

    username: str
    links: frozenset[str] = frozenset()


async def hints(group: Group, people: Mapping[int, Seen]) -> dict[int, list[str]]:
    """For actors, by row id: the handles of the banned whom they resemble."""
    if not people:
        return {}
    banned = await storage.rows(
        "SELECT a.id, a.username, a.host FROM member m JOIN actor a ON a.id = m.actor_id"
        " WHERE m.group_id = ? AND m.state = 'banned' ORDER BY m.id DESC LIMIT ?",
        *(group.id, MOST),
    )
    if not banned:
        return {}
    posted = await _posted(group) if any(one.links for one in people.values()) else {}
    found: dict[int, list[str]] = {}
    for id, seen in people.items():
        name = seen.username.casefold()
        like = [
            f"{row['username']}@{row['host']}"
            for row in banned
            if row["id"] != id
            and (
                row["username"].casefold() == name
                or seen.links & posted.get(row["id"], frozenset())
            )
        ]
        if like:
            found[id] = like
    return found


async def seen(group: Group, actor_id: int, username: str) -> Seen:
    """What of one person is compared: their name, and where their newest posts here led to."""
    rows = await storage.rows(
        "SELECT p.content FROM post p JOIN thread t ON t.id = p.thread_id"
        " WHERE t.group_id = ? AND p.author_id = ? ORDER BY p.id DESC LIMIT ?",
        *(group.id, actor_id, MOST),
    )
    links = (approval.links_in(row["content"]) for row in rows)
    return Seen(username, frozenset().union(*links))


async def _posted(group: Group) -> dict[int, frozenset[str]]:
    """Where posts of the banned led to, removed ones too."""
    rows = await storage.rows(
        "SELECT p.author_id, p.content FROM post p JOIN thread t ON t.id = p.thread_id"
        " JOIN member m ON m.actor_id = p.author_id AND m.group_id = t.group_id"
        " WHERE t.group_id = ? AND m.state = 'banned' ORDER BY p.id DESC LIMIT ?",
        *(group.id, MOST),
    )
    found: dict[int, frozenset[str]] = {}
    for row in rows:
        known = found.get(row["author_id"], frozenset())
        found[row["author_id"]] = known | approval.links_in(row["content"])
    return found
