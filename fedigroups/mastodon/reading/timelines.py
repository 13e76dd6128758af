"""This module reads what a timeline consists of: entries, newest first, one query each.

A group shows each thread as a boost of the post that started it; answers are read in their thread.
A boost has the id of the thread, or of the crosspost where another group shows it.
"""

# ruff: noqa: S608 - each statement is put together from constants here; every value is bound
from __future__ import annotations

from dataclasses import dataclass

from federation import storage
from federation.storage import Row
from fedigroups.mastodon.reading.posts import Entry, Reader, met, readable
from fedigroups.mastodon.reading.windows import Window

_HALF = (
    "SELECT {one}.id AS id, t.root_id AS post_id, {one}.created_at AS at, b.actor_id AS by_id"
    " FROM {source} JOIN groups b ON b.id = {one}.group_id JOIN post p ON p.id = t.root_id"
    " JOIN groups g ON g.id = t.group_id"
    " WHERE t.visible = ? AND b.state = 'open' AND {one}.group_id IN ({groups}) AND {rest}"
)
_THREADS = ("t", "thread t")
_CROSSPOSTS = ("c", "crosspost c JOIN thread t ON t.id = c.thread_id")
_MINE = (
    "SELECT m.group_id FROM member m WHERE m.actor_id = ? AND m.state = 'member' AND m.shows = ?"
)


@dataclass(frozen=True, slots=True)
class Wish:
    """Which posts of an account, or of everybody, are wanted."""

    replies: bool = True
    media: bool = False
    tag: str = ""
    pinned: bool = False
    local: bool = False
    remote: bool = False


async def home(reader: Reader, window: Window) -> list[Entry]:
    """The threads of the groups that the reader is in, each once, whoever else shows it too."""
    mine = (reader.id, True)
    seen_already = (
        f" AND t.group_id NOT IN ({_MINE}) AND NOT EXISTS (SELECT 1 FROM crosspost e"
        f" WHERE e.thread_id = c.thread_id AND e.id < c.id AND e.group_id IN ({_MINE}))"
    )
    return await _boosts(reader, window, _MINE, mine, tail=seen_already, tail_values=[*mine, *mine])


async def of_group(group_id: int, reader: Reader, window: Window, wish: Wish) -> list[Entry]:
    """The threads of a group; its pinned ones alone, in one page, if those are wanted."""
    extra, values = _wished("p", wish)
    if wish.pinned:
        extra += " AND t.pinned_at > 0 AND t.group_id = ?"
        values.append(group_id)
    return await _boosts(reader, window, "?", (group_id,), extra, values)


async def of_groups_listed(
    actor_id: int, listing_id: int, reader: Reader, window: Window
) -> list[Entry]:
    """The threads of the groups, and by the people, in a list, each as the post that started it."""
    may, values = met("p", reader)
    listed = (
        "SELECT l.target_id FROM listed l JOIN listing n ON n.id = l.listing_id"
        " WHERE n.id = ? AND n.actor_id = ?"
    )
    where = f"(g.actor_id IN ({listed}) OR p.author_id IN ({listed})) AND {may}"
    mine = (listing_id, actor_id)
    return await _posts(where, [*mine, *mine, *values], window)


async def of_group_posts(group_id: int, reader: Reader, window: Window) -> list[Entry]:
    """The threads of a group, each as the post that started it."""
    may, values = met("p", reader)
    return await _posts(f"t.group_id = ? AND {may}", [group_id, *values], window)


async def public(reader: Reader, window: Window, wish: Wish) -> list[Entry]:
    """The threads of all groups here (`local`), of those elsewhere (`remote`), or of both."""
    may, values = met("p", reader)
    extra, more = _wished("p", wish)
    if wish.local != wish.remote:
        extra += " AND g.hosted = ?"
        more.append(wish.local)
    return await _posts(f"{may}{extra}", [*values, *more], window)


async def tagged(names: list[str], reader: Reader, window: Window, wish: Wish) -> list[Entry]:
    """All posts, answers too, that have one of the hashtags."""
    may, values = met("p", reader)
    extra, more = _wished("p", wish)
    if wish.local != wish.remote:
        extra += " AND g.hosted = ?"
        more.append(wish.local)
    found = await storage.rows(
        "SELECT DISTINCT p.id FROM tagged x JOIN post p ON p.id = x.post_id"
        " JOIN thread t ON t.id = p.thread_id JOIN groups g ON g.id = t.group_id"
        f" WHERE x.name IN ({storage.marks(len(names))}) AND {may}{extra}"
        f" AND {window.clause('p.id')}",
        *(*names, *values, *more, *window.values),
    )
    return [Entry(row["id"], row["id"]) for row in window.arranged(found)]


async def by_person(author_id: int, reader: Reader, window: Window, wish: Wish) -> list[Entry]:
    """What a person wrote, in threads that the reader may meet."""
    if wish.pinned:
        return []
    may, values = readable("p", reader) if author_id == reader.id else met("p", reader)
    start, start_values = met("s", reader)
    extra, more = _wished("p", wish)
    if not wish.replies:
        extra += " AND p.parent_id IS NULL"
    found = await storage.rows(
        "SELECT p.id FROM post p JOIN thread t ON t.id = p.thread_id"
        " JOIN groups g ON g.id = t.group_id JOIN post s ON s.id = t.root_id"
        f" WHERE p.author_id = ? AND {may} AND (s.state <> 'live' OR {start}){extra}"
        f" AND {window.clause('p.id')}",
        *(author_id, *values, *start_values, *more, *window.values),
    )
    return [Entry(row["id"], row["id"]) for row in window.arranged(found)]


async def _boosts(
    reader: Reader,
    window: Window,
    groups: str,
    group_values: tuple[object, ...],
    extra: str = "",
    extra_values: list[object] | None = None,
    *,
    tail: str = "",
    tail_values: list[object] | None = None,
) -> list[Entry]:
    """Threads and crossposts of some groups, each as the boost of its group."""
    may, values = met("p", reader)

    def half(one: str, source: str, tail: str = "") -> str:
        rest = f"{may}{extra}{tail} AND {window.clause(f'{one}.id')}"
        return _HALF.format(one=one, source=source, groups=groups, rest=rest)

    bound = [True, *group_values, *values, *(extra_values or [])]
    found = await storage.rows(
        f"SELECT * FROM (SELECT * FROM ({half(*_THREADS)}) AS one"
        f" UNION ALL SELECT * FROM ({half(*_CROSSPOSTS, tail)}) AS two) AS x"
        f" WHERE {window.clause('x.id')}",
        *(*bound, *window.values, *bound, *(tail_values or []), *window.values, *window.values),
    )
    return [_entry(row) for row in window.arranged(found)]


async def _posts(where: str, values: list[object], window: Window) -> list[Entry]:
    """The posts that started threads, by their own ids."""
    found = await storage.rows(
        "SELECT p.id FROM post p JOIN thread t ON t.root_id = p.id"
        f" JOIN groups g ON g.id = t.group_id WHERE {where} AND {window.clause('p.id')}",
        *(*values, *window.values),
    )
    return [Entry(row["id"], row["id"]) for row in window.arranged(found)]


def _entry(row: Row) -> Entry:
    return Entry(row["id"], row["post_id"], row["by_id"], row["at"])


def _wished(alias: str, wish: Wish) -> tuple[str, list[object]]:
    clause = ""
    values: list[object] = []
    if wish.media:
        clause += f" AND {alias}.attachments <> '[]'"
    if wish.tag:
        clause += (
            f" AND EXISTS (SELECT 1 FROM tagged x WHERE x.post_id = {alias}.id AND x.name = ?)"
        )
        values.append(wish.tag)
    return clause, values
