"""This module reads what pages show: each question is a fixed number of queries, whatever the data.

Pages go on by keyset (`before`, `after`), never by offset. What a stranger may not see is not in
an answer: `fedigroups.groups.visibility` decides.
"""

# ruff: noqa: S608 - each statement is put together from constants here; every value is bound
from __future__ import annotations

import re
from dataclasses import dataclass, replace

from federation import ids, storage
from fedigroups.groups import emoji_columns, tree, views
from fedigroups.groups.models import Group
from fedigroups.groups.views import (
    GroupCard,
    GroupPage,
    Host,
    PostView,
    Sort,
    ThreadPage,
    ThreadRow,
)
from fedigroups.groups.visibility import (
    Viewer,
    can_see,
    left_a_place,
    listed_sql,
    open_sql,
    place_sql,
    readable_sql,
)
from fedigroups.personal import unwanted

LIMIT = 25
PINNED = 20
"""As many as a group may pin."""
HOSTS = 50
FEED = 30
THREAD_POSTS = 500
NAME = re.compile(r"[a-z0-9_.-]{1,64}")

CARD = (
    f"g.id AS group_id, ga.uri AS group_uri, ga.host AS group_host, {views.SLUG} AS group_name, "
    "g.hosted AS group_hosted, "
    f"{emoji_columns.GROUP_TITLE}, "
    "g.description AS group_description, g.language AS group_language, "
    "g.topics AS group_topics, "
    "g.join_policy AS group_join_policy, g.members_count AS group_members_count, "
    "g.active_at AS group_active_at, g.icon_url AS group_icon_url"
)
GROUP_ROWS = f"SELECT {CARD} FROM groups g JOIN actor ga ON ga.id = g.actor_id"
READABLE = "g.state = 'open'"
OPEN_GROUP = f"g.hosted = ? AND {READABLE}"
_LISTED_GROUP = f"{OPEN_GROUP} AND ga.discoverable = ?"

_REPLIES = (
    "(SELECT count(*) FROM post r WHERE r.thread_id = t.id AND r.id <> t.root_id "
    f"AND {open_sql('r')})"
)
_TO_READ = (
    f"t.visible = ? AND p.visibility = 'public' AND ({listed_sql('p')} OR ({place_sql('p')} "
    f"AND EXISTS (SELECT 1 FROM post r WHERE r.thread_id = t.id AND {listed_sql('r')})))"
)
THREADS = (
    "SELECT t.id AS thread_id, t.title AS thread_title, t.locked AS locked, "
    "t.pinned_at AS pinned_at, t.active_at AS active_at, t.created_at AS created_at, "
    f"{views.SLUG} AS group_name, {emoji_columns.GROUP_TITLE}, {_REPLIES} AS replies, "
    f"{views.post_columns('p')}, {views.person_columns('a')} "
    "FROM thread t JOIN groups g ON g.id = t.group_id JOIN post p ON p.id = t.root_id "
    "JOIN actor a ON a.id = p.author_id"
)
_POSTS = (
    f"SELECT {views.post_columns('p')}, {views.person_columns('a')} "
    "FROM post p JOIN actor a ON a.id = p.author_id"
)
_ORDER: dict[Sort, str] = {
    "active": "t.active_at",
    "new": "t.created_at",
    "top": "CAST(p.likes_count AS BIGINT)",  # so that any cursor compares on PostgreSQL
}


@dataclass(frozen=True, slots=True)
class Home:
    """The groups here that spoke last, and the threads that did."""

    groups: tuple[GroupCard, ...]
    threads: tuple[ThreadRow, ...]


@dataclass(frozen=True, slots=True)
class Permalink:
    """Where a post is read; `gone` when it was deleted or removed."""

    uri: str
    group_name: str
    thread_id: int
    post_id: int
    gone: bool

    @property
    def link(self) -> str:
        """Its thread's page, at its place."""
        return f"/groups/{self.group_name}/threads/{self.thread_id}#post-{self.post_id}"


async def home(limit: int = 12, *, reader_id: int = 0) -> Home:
    """What is going on here, without whom the reader does not want to read. Two queries."""
    clause, values = unwanted.left_out("p.author_id", reader_id)
    groups = await storage.rows(
        f"{GROUP_ROWS} WHERE {_LISTED_GROUP} ORDER BY g.active_at DESC, g.id DESC LIMIT ?",
        *(True, True, limit),
    )
    threads = await storage.rows(
        f"{THREADS} WHERE {OPEN_GROUP} AND {_TO_READ}{clause}"
        " ORDER BY t.active_at DESC, t.id DESC LIMIT ?",
        *(True, True, *values, limit),
    )
    return Home(tuple(map(views.card, groups)), tuple(map(views.thread_row, threads)))


async def find_group(name: str) -> Group | None:
    """The group of that name here, or of that `name@host` elsewhere, with its actor. One query."""
    name, _, host = name.partition("@")
    if not NAME.fullmatch(name) or "\0" in host:
        return None
    where = {"hosted": False, "actor__host": host.lower()} if host else {"hosted": True}
    return await Group.filter(name=name, **where).select_related("actor").first()


async def group_page(
    group: Group,
    sort: Sort = "active",
    before: str = "",
    limit: int = LIMIT,
    *,
    reader_id: int = 0,
    unread: bool = False,
) -> GroupPage:
    """The page of a group from `find_group`. Three queries; two when `before` is given.

    For a reader without the threads of those whom they do not want to read; with `unread` only
    those in which something is new to them, and nothing pinned.
    """
    pinned = [] if cursor(before) or unread else await _pinned(group, reader_id)
    column = _ORDER[sort]
    clause, values = unwanted.left_out("p.author_id", reader_id)
    clause += f" AND {unread_sql('t')}" if unread else " AND t.pinned_at = 0"
    if unread:
        values += unread_values(reader_id)
    if mark := cursor(before):
        clause += f" AND ({column}, t.id) < (?, ?)"
        values += mark
    rows = await storage.rows(
        f"{THREADS} WHERE t.group_id = ? AND {_TO_READ}{clause}"
        f" ORDER BY {column} DESC, t.id DESC LIMIT ?",
        *(group.id, True, *values, limit + 1),
    )
    threads = tuple(map(views.thread_row, rows[:limit]))
    return GroupPage(
        card=card_of(group),
        summary_html=group.summary_html,
        banner_url=group.banner_url,
        rules=tuple(line.strip() for line in group.rules.splitlines() if line.strip()),
        post_policy=group.post_policy,
        hosts=await _hosts(group),
        pinned=tuple(map(views.thread_row, pinned)),
        threads=threads,
        sort=sort,
        next=_thread_mark(rows[limit - 1], sort) if len(rows) > limit else "",
    )


def unread_sql(alias: str) -> str:
    """Whether a reader never opened the thread, or something in it is new to them, as SQL.

    What they do not want to read is not. `unread_values` are its values.
    """
    return (
        "(NOT EXISTS (SELECT 1 FROM reading u WHERE u.actor_id = ?"
        f" AND u.thread_id = {alias}.id AND u.seen_id > 0) OR EXISTS (SELECT 1 FROM reading u"
        " JOIN post n ON n.thread_id = u.thread_id AND n.id > u.seen_id"
        f" AND n.author_id <> u.actor_id WHERE u.actor_id = ? AND u.thread_id = {alias}.id"
        f" AND {readable_sql('n')} AND NOT {unwanted.sql('n.author_id')}))"
    )


def unread_values(reader_id: int) -> list[object]:
    """The values of `unread_sql` for a reader."""
    return [*[reader_id] * 5, *unwanted.values(reader_id)]


async def thread_page(
    thread_id: int, after: int = 0, viewer: Viewer | None = None
) -> ThreadPage | None:
    """The thread and its replies from `after` on, for a viewer; None when its root is not to see.

    A deleted or removed root is there while something below it can be read. Three queries.
    """
    about = await _thread(thread_id)
    if about is None:
        return None
    sizes = await storage.rows(
        "SELECT id, LENGTH(content) AS size FROM post WHERE thread_id = ? AND id > ? AND id <> ?"
        " ORDER BY id LIMIT ?",
        *(bounded(thread_id), bounded(after), about["post_id"], THREAD_POSTS + 1),
    )
    shown = tree.fitting(sizes[:THREAD_POSTS])
    last = shown[-1] if shown else 0
    rows = await storage.rows(
        f"{_POSTS} WHERE p.thread_id = ? AND p.id > ? AND p.id <= ? AND p.id <> ? ORDER BY p.id",
        *(bounded(thread_id), bounded(after), last, about["post_id"]),
    )
    head = views.thread(about)
    posts = [views.post(row) for row in rows]
    replies = tree.reading_order(head.root.id, [head.root, *posts], viewer)
    if not _is_there(head.root, bool(replies) or after > 0, viewer):
        return None
    return replace(
        head,
        replies=replies,
        is_first=after == 0,
        next=last if len(sizes) > len(shown) else 0,
    )


async def thread_head(thread_id: int) -> ThreadPage | None:
    """The thread as its page has it, but for the replies; None when there is none. One query."""
    about = await _thread(thread_id)
    if about is None:
        return None
    head = views.thread(about)
    return head if _is_there(head.root, bool(about["answered"])) else None


async def _thread(thread_id: int) -> storage.Row | None:
    """A thread with its group and its root, and whether it was answered."""
    return await storage.row(
        "SELECT t.id AS thread_id, t.title AS thread_title, t.locked AS locked, "
        "EXISTS (SELECT 1 FROM post r WHERE r.thread_id = t.id AND r.id <> t.root_id "
        f"AND {open_sql('r')}) AS answered, "
        f"{CARD}, {views.post_columns('p')}, {views.person_columns('a')} FROM thread t "
        "JOIN groups g ON g.id = t.group_id JOIN actor ga ON ga.id = g.actor_id "
        "JOIN post p ON p.id = t.root_id JOIN actor a ON a.id = p.author_id "
        f"WHERE t.id = ? AND {READABLE}",
        bounded(thread_id),
    )


async def was_there(thread_id: int) -> bool:
    """Whether the thread was readable once and its root is deleted or removed. One query."""
    row = await storage.row(
        "SELECT 1 AS one FROM thread t JOIN post p ON p.id = t.root_id WHERE t.id = ? "
        f"AND {place_sql('p')}",
        bounded(thread_id),
    )
    return row is not None


async def post_permalink(uri: str) -> Permalink | None:
    """Where the post with that id is read; None for one that a stranger may not see. One query."""
    if "\0" in uri:  # PostgreSQL has no text with NUL
        return None
    row = await storage.row(
        f"SELECT {views.SLUG} AS group_name, {views.post_columns('p')}, "
        f"{views.person_columns('a')} FROM post p JOIN actor a ON a.id = p.author_id "
        "JOIN thread t ON t.id = p.thread_id JOIN groups g ON g.id = t.group_id "
        f"WHERE p.uri = ? AND {READABLE}",
        uri,
    )
    if row is None:
        return None
    post = views.post(row)
    gone = left_a_place(post)
    if not gone and not can_see(None, post):
        return None
    return Permalink(uri, row["group_name"], post.thread_id, post.id, gone)


async def newest_threads(group: Group, limit: int = FEED) -> tuple[PostView, ...]:
    """The roots of a group's newest threads, for its feed. One query."""
    rows = await storage.rows(
        f"{THREADS} WHERE t.group_id = ? AND t.visible = ? AND {listed_sql('p')} "
        "ORDER BY t.created_at DESC, t.id DESC LIMIT ?",
        *(group.id, True, limit),
    )
    return tuple(map(views.post, rows))


async def newest_posts(thread_id: int, limit: int = FEED) -> tuple[PostView, ...]:
    """The newest posts of a thread, for its feed. One query."""
    rows = await storage.rows(
        f"{_POSTS} WHERE p.thread_id = ? AND {listed_sql('p')} ORDER BY p.id DESC LIMIT ?",
        *(bounded(thread_id), limit),
    )
    return tuple(map(views.post, rows))


def cursor(before: str) -> tuple[int, int] | None:
    """The two numbers in `before` (`1700000000000.42`); None when there are none to use."""
    first, _, second = before.partition(".")
    if not (first.isascii() and first.isdigit() and second.isascii() and second.isdigit()):
        return None
    if len(first) > 19 or len(second) > 19:
        return None
    return bounded(int(first)), bounded(int(second))


def bounded(number: int) -> int:
    """A number of a stranger as both databases can hold it."""
    return min(max(number, 0), ids.BIGGEST)


def _mark(first: int, second: int) -> str:
    return f"{first}.{second}"


def _thread_mark(row: storage.Row, sort: Sort) -> str:
    column = {"active": "active_at", "new": "created_at", "top": "post_likes_count"}[sort]
    return _mark(row[column], row["thread_id"])


def card_of(group: Group) -> GroupCard:
    """A group from `find_group` as lists show it."""
    return views.card(
        {
            "group_id": group.id,
            "group_uri": group.actor.uri,
            "group_host": group.actor.host,
            "group_name": group.name if group.hosted else group.actor.handle,
            "group_hosted": group.hosted,
            "group_title": group.title,
            "group_emoji": group.actor.document if ":" in group.title else "",
            "group_description": group.description,
            "group_language": group.language,
            "group_topics": group.topics,
            "group_join_policy": group.join_policy,
            "group_members_count": group.members_count,
            "group_active_at": group.active_at,
            "group_icon_url": group.icon_url,
        }
    )


async def _pinned(group: Group, reader_id: int) -> list[storage.Row]:
    clause, values = unwanted.left_out("p.author_id", reader_id)
    return await storage.rows(
        f"{THREADS} WHERE t.group_id = ? AND {_TO_READ} AND t.pinned_at > 0{clause}"
        " ORDER BY t.pinned_at DESC, t.id DESC LIMIT ?",
        *(group.id, True, *values, PINNED),
    )


async def _hosts(group: Group) -> tuple[Host, ...]:
    rows = await storage.rows(
        f"SELECT m.role AS role, {views.person_columns('a')} FROM member m "
        "JOIN actor a ON a.id = m.actor_id WHERE m.group_id = ? AND m.state = 'member' "
        "AND m.role IN ('owner', 'moderator') AND a.state = 'live' "
        "ORDER BY m.role DESC, m.joined_at, m.id LIMIT ?",
        *(group.id, HOSTS),
    )
    return tuple(Host(views.person(row), row["role"]) for row in rows)


def _is_there(root: PostView, answered: bool, viewer: Viewer | None = None) -> bool:
    return can_see(viewer, root) or (left_a_place(root) and answered)


async def post_view(post_id: int) -> PostView | None:
    """One post as pages show it, whoever may see it. One query."""
    row = await storage.row(f"{_POSTS} WHERE p.id = ?", post_id)
    return views.post(row) if row else None
