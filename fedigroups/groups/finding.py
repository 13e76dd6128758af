"""This module finds posts by what they say, for somebody: only what they would meet in lists.

Results go from the newest to older ones by the posts' ids, so a page that goes on from a post never
shows one twice, whatever came meanwhile. At most `limits.SEARCH_SCANNED` posts are looked at for a
page; where that was not enough, the next page goes on from there.
"""

# ruff: noqa: S608 - each statement is put together from constants here; every value is bound
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from federation import ids, limits, storage
from fedigroups.groups import emoji_columns, views
from fedigroups.groups.views import PersonPost
from fedigroups.groups.visibility import met_sql
from fedigroups.search import index, query, terms
from fedigroups.search.query import Asked, Name, Phrase

_FIRST = 100
"""Posts that are looked at first: mostly a page is among them."""
_NOBODY = 0


@dataclass(frozen=True, slots=True)
class Found:
    """The ids of posts, the newest first; `next` is the `before` of the page after them, or 0."""

    ids: tuple[int, ...] = ()
    next: int = 0


@dataclass(frozen=True, slots=True)
class Search:
    """Who searches for what: `reader_id` is 0 for a stranger, `host` is ours.

    `author_id` and `group_id` say beside the query who wrote it, and where.
    """

    text: str
    reader_id: int = 0
    host: str = ""
    author_id: int = 0
    group_id: int = 0


async def find(search: Search, *, before: int = 0, least: int = 0, limit: int = 20) -> Found:
    """The posts that somebody finds, `limit` at most. Five statements at most, none for nothing.

    `before` and `least` are ids of posts: below the one, and from the other on.
    """
    asked = query.read(search.text)
    await _name(asked, search)
    if not asked.wanted:
        return Found()
    least = max(least, ids.least_at(asked.after))
    found, upto = list[int](), before or ids.BIGGEST
    for size in (_FIRST, limits.SEARCH_SCANNED):
        some = await index.scan(asked.wanted, asked.unwanted, least=least, before=upto, limit=size)
        found += await _seen(some, asked, search.reader_id, limit + 1 - len(found))
        if len(found) > limit:
            return Found(tuple(found[:limit]), found[limit - 1])
        if len(some) < size:
            return Found(tuple(found))
        upto = some[-1]
    return Found(tuple(found), upto)


async def shown(found: Found) -> tuple[PersonPost, ...]:
    """The posts that were found, as pages show them. One query."""
    if not found.ids:
        return ()
    rows = await storage.rows(
        f"SELECT {views.SLUG} AS group_name, {emoji_columns.GROUP_TITLE}, {views.THREAD_TITLE},"
        f" {views.post_columns('p')}, {views.person_columns('a')}"
        f" FROM {storage.table('found', id='bigint')} JOIN post p ON p.id = found.id"
        " JOIN actor a ON a.id = p.author_id JOIN thread t ON t.id = p.thread_id"
        " JOIN post root ON root.id = t.root_id"
        " JOIN groups g ON g.id = t.group_id WHERE p.state = 'live' ORDER BY p.id DESC",
        storage.packed([(one,) for one in found.ids]),
    )
    return tuple(map(views.person_post, rows))


async def _seen(some: Sequence[int], asked: Asked, reader_id: int, limit: int) -> list[int]:
    """Those of the posts that the reader meets, and whose authors let them be found."""
    if not some:
        return []
    met, values = met_sql("p", reader_id)
    found = await storage.rows(
        f"SELECT p.id FROM {storage.table('found', id='bigint')} JOIN post p ON p.id = found.id"
        " JOIN thread t ON t.id = p.thread_id JOIN groups g ON g.id = t.group_id"
        " JOIN actor a ON a.id = p.author_id JOIN actor ga ON ga.id = g.actor_id"
        f" WHERE {met} AND (a.indexable = ? OR a.id = ?) AND (ga.indexable = ? OR EXISTS (SELECT 1"
        " FROM member w WHERE w.group_id = g.id AND w.actor_id = ? AND w.state = 'member'))"
        " AND p.published_at >= ? AND p.published_at < ? ORDER BY p.id DESC LIMIT ?",
        storage.packed([(one,) for one in some]),
        *(*values, True, reader_id, True, reader_id),
        *(asked.after, asked.before or ids.BIGGEST, limit),
    )
    return [row["id"] for row in found]


async def _name(asked: Asked, search: Search) -> None:
    """Say the names that were typed, and the author and group, as marks. One query for each name.

    A name that nobody has is one that no post has either.
    """
    if search.author_id:
        asked.add(_marked("a", [search.author_id]))
    if search.group_id:
        asked.add(_marked("g", [search.group_id]))
    for name in asked.names[: limits.SEARCH_NAMES]:
        asked.add(_marked(name.kind, await _ids(name, search)), no=name.no)


def _marked(kind: str, found: Sequence[int]) -> Phrase:
    return Phrase((terms.mark(kind, found[0] if found else _NOBODY),))


async def _ids(name: Name, search: Search) -> list[int]:
    if name.kind == "a" and name.name == "me":
        return [search.reader_id]
    own, _, host = name.name.partition("@")
    if name.kind == "a":
        sql = "SELECT a.id FROM actor a WHERE LOWER(a.username) = ? AND a.host = ?"
    else:
        sql = (
            "SELECT g.id FROM groups g JOIN actor a ON a.id = g.actor_id"
            " WHERE LOWER(a.username) = ? AND a.host = ?"
        )
    found = await storage.rows(
        f"{sql} ORDER BY a.local DESC, a.id LIMIT 1", own, host or search.host
    )
    return [row["id"] for row in found]
