"""This module finds accounts, posts and hashtags by what somebody types, and groups to suggest."""

# ruff: noqa: S608 - each statement is put together from constants here; every value is bound
from __future__ import annotations

import re

from federation import ids, limits, storage
from federation.errors import FederationError
from federation.fetch import Budget
from federation.models import Actor
from federation.origin import host_of
from federation.webfinger import read_handle
from federation.wire import Wire
from fedigroups.api.body import Body
from fedigroups.content.sanitise import label
from fedigroups.groups import finding
from fedigroups.groups.finding import Search
from fedigroups.mastodon.reading.people import SHOWN
from fedigroups.mastodon.reading.posts import Reader, met, readable

DEEPEST = 400
"""The greatest offset in what is found by words: each page costs those before it."""

_PAGE = re.compile(r"https?://(?P<host>[^/?#]+)/(?:.*/)?[@!]?(?P<name>[^/@!?#]+)(?:@[^/?#]*)?/?")
"""A page of somebody, such as `/@ann`, `/u/ann` or `/c/smiths@l.example`: it ends in their name."""


def words(query: str) -> str:
    """What is searched for, on one line."""
    return label(query, limits.QUERY_CHARS)


async def accounts(
    query: str, limit: int, offset: int = 0, member_id: int = 0, reader_id: int = 0
) -> list[int]:
    """Accounts whose name begins so, or whose title has it: groups here first. One query.

    Those that are not discoverable only by their whole name, and none that the reader blocked.
    With `member_id`, only groups that this actor is in.
    """
    bare = words(query).lower().lstrip("@!")
    if not bare:
        return []
    name, _, host = bare.partition("@")
    values: list[object] = [
        f"{storage.like(name)}%",
        f"%{storage.like(bare)}%",
        f"%{storage.like(bare)}%",
    ]
    clause = (
        "(LOWER(a.username) LIKE ? ESCAPE '!' OR LOWER(a.name) LIKE ? ESCAPE '!'"
        " OR LOWER(g.title) LIKE ? ESCAPE '!')"
    )
    if host:
        clause = "(LOWER(a.username) LIKE ? ESCAPE '!' AND a.host LIKE ? ESCAPE '!')"
        values = [f"{storage.like(name)}%", f"{storage.like(host)}%"]
    if member_id:
        clause += (
            " AND EXISTS (SELECT 1 FROM member m WHERE m.group_id = g.id AND m.actor_id = ?"
            " AND m.state = 'member')"
        )
        values.append(member_id)
    rows = await storage.rows(
        "SELECT a.id FROM actor a LEFT JOIN groups g ON g.actor_id = a.id"
        f" WHERE a.kind IN ('Person', 'Group') AND {SHOWN} AND {clause}"
        " AND (a.discoverable = ? OR LOWER(a.username) = ?) AND NOT EXISTS (SELECT 1 FROM stance s"
        " WHERE s.actor_id = ? AND s.target_id = a.id AND s.blocked = ?)"
        " ORDER BY (CASE WHEN LOWER(a.username) = ? THEN 0 ELSE 1 END),"
        " (CASE WHEN a.kind = 'Group' THEN 0 ELSE 1 END), a.local DESC,"
        " COALESCE(g.members_count, 0) DESC, a.id LIMIT ? OFFSET ?",
        *(*values, True, name, reader_id, True, name, limit, offset),
    )
    return [row["id"] for row in rows]


async def account_at(url: str) -> int | None:
    """Whose page is at this address, of those whom we know. One query, which the index answers."""
    parts = _PAGE.fullmatch(url)
    if parts is None:
        return None
    row = await storage.row(
        "SELECT a.id FROM actor a LEFT JOIN groups g ON g.actor_id = a.id"
        f" WHERE a.host = ? AND a.username = ? AND a.page_url = ? AND {SHOWN}",
        *(parts["host"].lower(), parts["name"], url),
    )
    return row["id"] if row else None


async def posts(text: str, reader: Reader, said: Body) -> list[int]:
    """The ids of posts that a search finds, the newest first; see `groups.finding`.

    A page goes on below `max_id`; `offset` is there for clients that know nothing else.
    """
    limit, offset = said.number("limit", 20, least=1, most=40), said.number("offset", most=DEEPEST)
    search = Search(
        text,
        reader.id,
        host_of(reader.origin),
        author_id=said.number("account_id"),
    )
    found = await finding.find(
        search,
        before=said.number("max_id"),
        least=said.number("min_id", most=ids.BIGGEST - 1) + 1,
        limit=offset + limit,
    )
    return list(found.ids[offset:])


async def post_at(url: str, reader: Reader) -> int | None:
    """The post with this id or this page, if the reader may read it. One query."""
    may, values = readable("p", reader)
    row = await storage.row(
        "SELECT p.id FROM post p JOIN thread t ON t.id = p.thread_id"
        f" JOIN groups g ON g.id = t.group_id WHERE p.uri = ? AND {may}",
        *(url, *values),
    )
    if row is None and (number := _own_page(url, reader)):
        row = await storage.row(
            "SELECT p.id FROM post p JOIN thread t ON t.id = p.thread_id"
            f" JOIN groups g ON g.id = t.group_id WHERE p.id = ? AND p.page_url = ? AND {may}",
            *(number, url, *values),
        )
    return row["id"] if row else None


async def hashtags(query: str, reader: Reader, limit: int, offset: int = 0) -> list[str]:
    """Hashtags that begin so, of posts that the reader meets in lists. One query."""
    bare = words(query).lower().lstrip("#")
    if not bare:
        return []
    may, values = met("p", reader)
    rows = await storage.rows(
        "SELECT n.name FROM (SELECT DISTINCT name FROM tagged WHERE name LIKE ? ESCAPE '!') n"
        " WHERE EXISTS (SELECT 1 FROM tagged x JOIN post p ON p.id = x.post_id"
        " JOIN thread t ON t.id = p.thread_id JOIN groups g ON g.id = t.group_id"
        f" WHERE x.name = n.name AND {may}) ORDER BY n.name LIMIT ? OFFSET ?",
        *(f"{storage.like(bare)}%", *values, limit, offset),
    )
    return [row["name"] for row in rows]


async def resolve(wire: Wire, query: str) -> Actor | None:
    """The account at a handle or an address, asked at its host when it is not known here.

    Not inside a transaction. None for what leads to nobody.
    """
    budget = Budget(limits.FETCHES_PER_SEARCH)
    try:
        if query.startswith(("https://", "http://")):
            return await wire.directory.actor(query, budget)
        return await wire.directory.by_handle(str(read_handle(query)), budget)
    except FederationError:
        return None


async def suggested(
    reader_id: int, limit: int, offset: int = 0, *, joined: bool = False
) -> list[int]:
    """The actors of groups here that spoke last; without those that the reader is in. One query."""
    already = (
        ""
        if joined
        else " AND NOT EXISTS (SELECT 1 FROM member m WHERE m.group_id = g.id"
        " AND m.actor_id = ? AND m.state IN ('member', 'asked', 'banned'))"
    )
    rows = await storage.rows(
        "SELECT g.actor_id FROM groups g JOIN actor a ON a.id = g.actor_id"
        f" WHERE g.hosted = ? AND g.state = 'open' AND a.discoverable = ?{already}"
        " ORDER BY g.active_at DESC, g.id DESC LIMIT ? OFFSET ?",
        *(True, True, *(() if joined else (reader_id,)), limit, offset),
    )
    return [row["actor_id"] for row in rows]


def _own_page(url: str, reader: Reader) -> int:
    if not url.startswith(f"{reader.origin}/"):
        return 0
    found = reader.uris.parse(url)
    if found is None or found.kind != "post" or not found.id.isdigit() or len(found.id) > 18:
        return 0
    return int(found.id)
