"""This module reads what somebody is notified of, for pages: in groups, by kind, what is new.

Whoever may not read a post any more is not told of it; nor of anybody whom they block or mute,
or whose host they block.
"""

# ruff: noqa: S608 - each statement is put together from constants here; every value is bound
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from federation import ids, storage
from federation.storage import Row
from fedigroups.content import emoji, sanitise
from fedigroups.content.emoji import Emoji
from fedigroups.groups import emoji_columns, views
from fedigroups.groups.views import Person
from fedigroups.groups.visibility import readable_sql
from fedigroups.personal import unwanted

FILTERS: dict[str, tuple[str, ...]] = {
    "all": ("mention", "favourite", "reblog", "update", "status", "poll"),
    "replies": ("mention",),
    "reactions": ("favourite", "reblog"),
    "threads": ("status", "update", "poll"),
}
"""Which kinds each filter of the page shows."""
PAGE = 30
SAMPLES = 3
MOST = 100
"""The most that are counted as new."""

_SHOWN = (
    f"n.actor_id = ? AND NOT {unwanted.sql('n.sender_id')}"
    " AND EXISTS (SELECT 1 FROM post p JOIN thread t ON t.id = p.thread_id"
    " JOIN groups g ON g.id = t.group_id WHERE p.id = n.post_id AND g.state = 'open'"
    f" AND {readable_sql('p')})"
)
_READ = (
    "COALESCE((SELECT k.last_read_id FROM marker k WHERE k.actor_id = ?"
    " AND k.timeline = 'notifications'), 0)"
)
_OF_GROUPS = "n.kind IN ('decision', 'favour', 'accepted', 'refused')"
_AT_DESKS = (
    "(n.actor_id = ? AND (n.kind IN ('to_review', 'appeal', 'report', 'mail', 'mail_answer')"
    f" OR {_OF_GROUPS}))"
)
_KEY = (
    "CASE WHEN n.kind IN ('favourite', 'reblog') THEN n.kind || '-' || CAST(n.post_id AS TEXT)"
    " ELSE CAST(n.id AS TEXT) END"
)


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that happened: once, or by several people to the same post."""

    newest: int
    kind: str
    count: int
    created_at: int
    is_new: bool
    people: tuple[Person, ...]
    """Some of them, the newest first."""
    excerpt: str
    emoji: Emoji
    """That the excerpt may have."""
    group_title: str
    group_emoji: Emoji
    link: str


@dataclass(frozen=True, slots=True)
class Desk:
    """A group that somebody moderates, in which something waits for them."""

    group: str
    title: str
    posts: int
    appeals: int
    reports: int
    mails: int


@dataclass(frozen=True, slots=True)
class Decided:
    """A group decided about them: `accepted`, `refused`, or a `decision` or `favour`."""

    kind: str
    group: str
    title: str
    at: int


@dataclass(frozen=True, slots=True)
class Notices:
    """A page of them; `next` is the `before` of the one after it, or 0."""

    notices: tuple[Notice, ...]
    next: int


def _values(actor_id: int) -> tuple[object, ...]:
    return (actor_id, *unwanted.values(actor_id), actor_id, actor_id, actor_id)


async def unread(actor_id: int) -> int:
    """How many are newer than what they have seen, at most `MOST`. One query."""
    row = await storage.row(
        f"SELECT COUNT(*) AS count FROM (SELECT DISTINCT {_KEY} FROM notification n"
        f" WHERE (({_SHOWN}) OR {_AT_DESKS}) AND n.id > {_READ} LIMIT ?) AS x",
        *(*_values(actor_id), actor_id, actor_id, MOST),
    )
    return int(row["count"]) if row else 0


async def newest(actor_id: int) -> int:
    """The newest of which they were notified, shown or not: what they say to have seen."""
    row = await storage.row(
        "SELECT COALESCE(MAX(id), 0) AS newest FROM notification WHERE actor_id = ?", actor_id
    )
    return int(row["newest"]) if row else 0


async def page(actor_id: int, wanted: str = "all", before: int = 0) -> Notices:
    """The notices of a filter, newest first. Two queries."""
    kinds = FILTERS.get(wanted, FILTERS["all"])
    found = await storage.rows(
        "SELECT x.*, p.content AS content, p.warning AS warning, p.title AS title,"
        f" {emoji_columns.of_post('p')}, t.id AS thread_id, {emoji_columns.GROUP_TITLE},"
        f" {views.SLUG} AS group_name, {_READ} AS seen FROM"
        " (SELECT MAX(n.id) AS newest, COUNT(*) AS count, MAX(n.created_at) AS created_at,"
        f" MAX(n.kind) AS kind, MAX(n.post_id) AS post_id, {_KEY} AS notice_key"
        f" FROM notification n WHERE {_SHOWN} AND n.kind IN ({storage.marks(len(kinds))})"
        f" GROUP BY {_KEY}) AS x JOIN post p ON p.id = x.post_id"
        " JOIN thread t ON t.id = p.thread_id JOIN groups g ON g.id = t.group_id"
        " WHERE x.newest < ? ORDER BY x.newest DESC LIMIT ?",
        *(actor_id, *_values(actor_id), *kinds, before or ids.BIGGEST, PAGE + 1),
    )
    shown = found[:PAGE]
    people = await _people(actor_id, [row["notice_key"] for row in shown])
    notices = tuple(_notice(row, people.get(row["notice_key"], [])) for row in shown)
    return Notices(notices, notices[-1].newest if len(found) > PAGE else 0)


async def _people(actor_id: int, keys: Sequence[str]) -> dict[str, list[Person]]:
    """The newest senders of each notice. One query."""
    if not keys:
        return {}
    rows = await storage.rows(
        f"SELECT y.notice_key, {views.person_columns('a')} FROM (SELECT {_KEY} AS notice_key,"
        f" n.sender_id, n.id, ROW_NUMBER() OVER (PARTITION BY {_KEY} ORDER BY n.id DESC) AS place"
        f" FROM notification n WHERE {_SHOWN} AND {_KEY} IN ({storage.marks(len(keys))})) AS y"
        " JOIN actor a ON a.id = y.sender_id WHERE y.place <= ? ORDER BY y.id DESC",
        *(*_values(actor_id), *keys, SAMPLES),
    )
    found: dict[str, list[Person]] = {}
    for row in rows:
        found.setdefault(row["notice_key"], []).append(views.person(row))
    return found


def _notice(row: Row, people: Sequence[Person]) -> Notice:
    words = sanitise.label(row["warning"]) or sanitise.label(row["title"])
    return Notice(
        newest=row["newest"],
        kind=row["kind"],
        count=row["count"],
        created_at=row["created_at"],
        is_new=row["newest"] > row["seen"],
        people=tuple(people),
        excerpt=words or sanitise.excerpt(row["content"], 120),
        emoji=emoji.stored(row["post_emoji"]),
        group_title=sanitise.label(row["group_title"]) or row["group_name"],
        group_emoji=emoji.stored(row["group_emoji"]),
        link=f"/groups/{row['group_name']}/threads/{row['thread_id']}#post-{row['post_id']}",
    )


async def desks(actor_id: int) -> tuple[Desk, ...]:
    """Where something waits for them; a report about themselves does not. One query."""
    rows = await storage.rows(
        "SELECT x.* FROM (SELECT g.name, g.title,"
        " (SELECT COUNT(*) FROM submission s JOIN post p ON p.id = s.id WHERE s.group_id = g.id"
        "   AND s.state = 'waiting' AND p.state = 'held') AS posts,"
        " (SELECT COUNT(*) FROM appeal a JOIN decision d ON d.id = a.decision_id"
        "   WHERE d.group_id = g.id AND a.state = 'open') AS appeals,"
        " (SELECT COUNT(*) FROM report r WHERE r.group_id = g.id AND r.state = 'open'"
        "   AND r.person_id <> ?) AS reports,"
        " (SELECT COUNT(*) FROM modmail l WHERE l.group_id = g.id AND l.author_id = l.person_id"
        "   AND NOT EXISTS (SELECT 1 FROM modmail k WHERE k.group_id = g.id"
        "     AND k.person_id = l.person_id AND k.id > l.id)) AS mails"
        " FROM member m JOIN groups g ON g.id = m.group_id WHERE m.actor_id = ?"
        " AND m.state = 'member' AND m.role IN ('owner', 'moderator') AND g.hosted = ?"
        " AND g.state = 'open') AS x WHERE x.posts + x.appeals + x.reports + x.mails > 0"
        " ORDER BY x.name",
        *(actor_id, actor_id, True),
    )
    return tuple(
        Desk(
            row["name"],
            sanitise.label(row["title"]) or row["name"],
            row["posts"],
            row["appeals"],
            row["reports"],
            row["mails"],
        )
        for row in rows
    )


async def letters(actor_id: int) -> list[tuple[str, str]]:
    """Name and title of each group whose moderators wrote to them, until they read it."""
    rows = await storage.rows(
        "SELECT DISTINCT g.name, g.title FROM notification n JOIN groups g"
        " ON g.actor_id = n.sender_id WHERE n.actor_id = ? AND n.kind = 'mail_answer'"
        " AND g.hosted = ? ORDER BY g.name",
        *(actor_id, True),
    )
    return [(row["name"], sanitise.label(row["title"]) or row["name"]) for row in rows]


async def decided(actor_id: int) -> list[Decided]:
    """What groups decided about them that they have not seen yet, the newest first. One query."""
    rows = await storage.rows(
        f"SELECT n.kind, n.created_at, g.title, {views.SLUG} AS name FROM notification n"
        " JOIN groups g ON g.actor_id = n.sender_id"
        f" WHERE n.actor_id = ? AND {_OF_GROUPS} AND n.id > {_READ} ORDER BY n.id DESC LIMIT ?",
        *(actor_id, actor_id, PAGE),
    )
    return [
        Decided(
            row["kind"],
            row["name"],
            sanitise.label(row["title"]) or row["name"],
            row["created_at"],
        )
        for row in rows
    ]
