"""This module reads what a timeline consists of: entries, newest first, one query each.

A group shows each thread as a boost of the post that started it, which has the id of the thread, or
of the crosspost where another group shows it; answers are read in their thread. What a group says
itself is shown as it is, for nobody boosts themselves; so is, at home, what the reader says.
"""

# ruff: noqa: S608 - each statement is put together from constants here; every value is bound
from __future__ import annotations

from dataclasses import dataclass

from federation import storage
from federation.storage import Row
from fedigroups.groups.mine import MINE
from fedigroups.mastodon.reading.posts import Entry, Reader, met, readable
from fedigroups.mastodon.reading.windows import Window

Arm = tuple[str, list[object]]
"""A part of a timeline, as SQL for rows of `id`, `post_id`, `at` and `by_id`, and its values."""

_BOOSTED = (
    "SELECT {one}.id AS id, t.root_id AS post_id, {one}.created_at AS at, b.actor_id AS by_id"
    " FROM {source} JOIN groups b ON b.id = {one}.group_id JOIN post p ON p.id = t.root_id"
    " JOIN groups g ON g.id = t.group_id"
    " WHERE t.visible = ? AND b.state = 'open' AND {one}.group_id IN ({groups})"
    " AND p.author_id <> b.actor_id AND {rest}"
)
_SAID = (
    "SELECT p.id AS id, p.id AS post_id, p.published_at AS at, 0 AS by_id FROM post p"
    " JOIN thread t ON t.id = p.thread_id JOIN groups g ON g.id = t.group_id WHERE {rest}"
)
_MY_GROUPS = (
    "SELECT h.actor_id FROM member m JOIN groups h ON h.id = m.group_id"
    " WHERE m.actor_id = ? AND m.state = 'member'"
)
"""Also those whose boosts they do not want: what a group says itself is no boost."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Which posts of an account, or of everybody, are wanted."""

    replies: bool = True
    boosts: bool = True
    media: bool = False
    tag: str = ""
    pinned: bool = False
    local: bool = False
    remote: bool = False


async def home(reader: Reader, window: Window) -> list[Entry]:
    """The threads of the groups that the reader is in, each once, whoever else shows it too.

    With them what the reader started, and what has a hashtag that they follow.
    """
    mine: list[object] = [reader.id, True]
    seen_already = (
        f" AND t.group_id NOT IN ({MINE}) AND NOT EXISTS (SELECT 1 FROM crosspost e"
        f" WHERE e.thread_id = c.thread_id AND e.id < c.id AND e.group_id IN ({MINE}))"
    )
    others: Arm = (" AND p.author_id <> ?", [reader.id])
    twice: Arm = (seen_already + others[0], [*mine, *mine, *others[1]])
    return await _merged(
        window,
        _threads(reader, window, MINE, mine, others),
        _crossposts(reader, window, MINE, mine, twice),
        _started_by(reader, window, f"SELECT ? UNION ALL {_MY_GROUPS}", [reader.id, reader.id]),
        _followed(reader, window),
    )


async def of_group(group_id: int, reader: Reader, window: Window, wish: Wish) -> list[Entry]:
    """The threads of a group; its pinned ones alone, in one page, if those are wanted."""
    clause, values = _wished("p", wish)
    if wish.pinned:
        clause += " AND t.pinned_at > 0 AND t.group_id = ?"
        values.append(group_id)
    asked = (clause, values)
    itself = "SELECT h.actor_id FROM groups h WHERE h.id = ?"
    boosts = (
        _threads(reader, window, "?", [group_id], asked),
        _crossposts(reader, window, "?", [group_id], asked),
    )
    said = _started_by(reader, window, itself, [group_id], asked)
    return await _merged(window, *(boosts if wish.boosts else ()), said)


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
    """What a person wrote and boosted, of what the reader may meet; or what they pinned."""
    can = readable if author_id == reader.id else met
    may, values = can("p", reader)
    start, start_values = can("s", reader)
    clause, more = _wished("p", wish)
    if not wish.replies:
        clause += " AND p.parent_id IS NULL"
    if wish.pinned:
        clause += " AND EXISTS (SELECT 1 FROM pinned_post n WHERE n.actor_id = ? AND"
        clause += " n.post_id = p.id)"
        more.append(author_id)
    rest = (
        f"p.author_id = ? AND {may} AND EXISTS (SELECT 1 FROM post s WHERE s.id = t.root_id"
        f" AND (s.state <> 'live' OR {start})){clause} AND {window.clause('p.id')}"
    )
    wrote: Arm = (
        _SAID.format(rest=rest),
        [author_id, *values, *start_values, *more, *window.values],
    )
    if not wish.boosts or wish.pinned:
        return await _merged(window, wrote)
    return await _merged(window, wrote, _boosted_by(author_id, reader, window, wish))


def _boosted_by(author_id: int, reader: Reader, window: Window, wish: Wish) -> Arm:
    """What somebody boosted: the boost has an id of its own."""
    may, values = met("p", reader)
    clause, more = _wished("p", wish)
    return (
        "SELECT r.id AS id, p.id AS post_id, r.created_at AS at, a.id AS by_id FROM actor a"
        " JOIN reaction r ON r.actor_uri = a.uri AND r.slot = 'boost' JOIN post p"
        " ON p.id = r.post_id JOIN thread t ON t.id = p.thread_id"
        f" JOIN groups g ON g.id = t.group_id WHERE a.id = ? AND r.vouched = ? AND {may}{clause}"
        f" AND {window.clause('r.id')}",
        [author_id, False, *values, *more, *window.values],
    )


def _threads(
    reader: Reader, window: Window, groups: str, ids: list[object], asked: Arm = ("", [])
) -> Arm:
    """The threads of some groups, each as a boost of its group."""
    may, values = met("p", reader)
    rest = f"{may}{asked[0]} AND {window.clause('t.id')}"
    sql = _BOOSTED.format(one="t", source="thread t", groups=groups, rest=rest)
    return sql, [True, *ids, *values, *asked[1], *window.values]


def _crossposts(
    reader: Reader, window: Window, groups: str, ids: list[object], asked: Arm = ("", [])
) -> Arm:
    """The threads of other groups that some groups show too."""
    may, values = met("p", reader)
    rest = f"{may}{asked[0]} AND {window.clause('c.id')}"
    source = "crosspost c JOIN thread t ON t.id = c.thread_id"
    sql = _BOOSTED.format(one="c", source=source, groups=groups, rest=rest)
    return sql, [True, *ids, *values, *asked[1], *window.values]


def _started_by(
    reader: Reader, window: Window, authors: str, ids: list[object], asked: Arm = ("", [])
) -> Arm:
    """The threads that some accounts started, each as the post itself."""
    may, values = readable("p", reader)
    rest = (
        f"p.author_id IN ({authors}) AND p.parent_id IS NULL AND {may}{asked[0]}"
        f" AND {window.clause('p.id')}"
    )
    return _SAID.format(rest=rest), [*ids, *values, *asked[1], *window.values]


def _followed(reader: Reader, window: Window) -> Arm:
    """What others say with a hashtag that the reader follows, outside of the reader's groups."""
    may, values = met("p", reader)
    rest = (
        "p.id IN (SELECT x.post_id FROM followed_tag f JOIN tagged x ON x.name = f.name"
        f" WHERE f.actor_id = ?) AND p.author_id <> ? AND t.group_id NOT IN ({MINE})"
        f" AND {may} AND {window.clause('p.id')}"
    )
    ids = [reader.id, reader.id, reader.id, True]
    return _SAID.format(rest=rest), [*ids, *values, *window.values]


async def _merged(window: Window, *arms: Arm) -> list[Entry]:
    """The entries of all arms. One query."""
    parts = " UNION ALL ".join(f"SELECT * FROM ({sql}) AS x{n}" for n, (sql, _) in enumerate(arms))
    values = [value for _, some in arms for value in some]
    found = await storage.rows(
        f"SELECT * FROM ({parts}) AS x WHERE {window.clause('x.id')}", *values, *window.values
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
