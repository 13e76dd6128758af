"""This module reads what a mail may tell, at the moment in which it is sent.

Of posts only what its reader may see then and has not read: nothing of a group that they left or
were put out of, of anybody whom they block or mute, whose host they block, of a thread or group
that they mute, and nothing that one of their filters is about: in a mail there is nothing to
unfold.
"""

# ruff: noqa: S608 - each statement is put together from constants here; every value is bound
from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from federation import storage
from federation.storage import Row
from fedigroups.content import sanitise
from fedigroups.content.sanitise import label
from fedigroups.groups import notices, views
from fedigroups.groups.visibility import met_sql, readable_sql
from fedigroups.mails.gathering import UNREAD, kind_of
from fedigroups.mastodon.reading import filters
from fedigroups.moderation.models import Decision
from fedigroups.personal import hosts

POSTS = 20
THREADS = 10
LOOKED_AT = 1_000
"""How many new replies filters are asked about, for a digest."""
_WELCOME = (
    "NOT EXISTS (SELECT 1 FROM stance s WHERE s.actor_id = {reader}"
    " AND (s.blocked = ? OR s.muted = ?)"
    " AND s.target_id IN (p.author_id, root.author_id, g.actor_id))"
    f" AND NOT {hosts.HIDDEN.format(author='p.author_id')}"
    " AND NOT EXISTS (SELECT 1 FROM muted_thread q WHERE q.actor_id = {reader}"
    " AND q.thread_id = t.id)"
)
_PLACE = (
    f"t.id AS thread_id, {views.SLUG} AS group_name, g.title AS group_title, root.content AS"
    " root_content, root.warning AS root_warning, root.author_id AS root_author_id, t.root_id"
)
_FROM_POST = (
    " JOIN thread t ON t.id = p.thread_id JOIN groups g ON g.id = t.group_id"
    " JOIN post root ON root.id = t.root_id"
)
_GONE = (
    "NOT EXISTS (SELECT 1 FROM member q WHERE q.group_id = g.id AND q.actor_id = n.actor_id"
    " AND q.state IN ('left', 'removed', 'banned'))"
)


@dataclass(frozen=True, slots=True)
class Said:
    """A post of which somebody is told."""

    kind: str
    """`reply`, `mention`, `thread`, or `poll`, which has ended."""
    name: str
    handle: str
    text: str
    thread_id: int
    title: str
    """Of the thread, on one line; empty for one that has none, or whose title they may not read."""
    group: str
    link: str


@dataclass(frozen=True, slots=True)
class Alive:
    """A thread with replies that its reader has not read."""

    title: str
    group: str
    fresh: int
    link: str


@dataclass(frozen=True, slots=True)
class Word:
    """What a group, as such, tells somebody: a decision, an answer, a letter of its moderators."""

    kind: str
    """`accepted`, `refused`, `letter` or `decision`."""
    group: str
    text: str = ""
    decision: Decision | None = None
    link: str = ""


@dataclass(frozen=True, slots=True)
class Desk:
    """How much waits for a moderator in a group, by what it is."""

    group: str
    link: str
    waiting: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which notifications are told of, as SQL with its values."""

    clause: str
    values: tuple[object, ...]


def these(ids: Sequence[int]) -> Wanted:
    """Those of these ids."""
    return Wanted(f"n.id IN ({storage.marks(len(ids))})", tuple(ids))


def waiting(until: int) -> Wanted:
    """Those that wait for a digest which tells of what happened until then."""
    return Wanted("n.mail = 'digest' AND n.created_at <= ?", (until,))


async def posts(actor_id: int, wanted: Wanted) -> list[Said]:
    """The posts that these notifications are about, in their order. Two queries, or five."""
    found = await storage.rows(
        "SELECT n.kind, n.actor_id, p.id, p.author_id, p.title, p.content,"
        f" p.warning, {views.THREAD_TITLE}, {_PLACE}, a.name, a.username, a.host,"
        " (SELECT up.author_id FROM post up WHERE up.id = p.parent_id) AS answered_id"
        f" FROM notification n JOIN post p ON p.id = n.post_id{_FROM_POST}"
        " JOIN actor a ON a.id = p.author_id"
        f" WHERE n.actor_id = ? AND {wanted.clause} AND n.kind IN ('mention', 'status', 'poll')"
        f" AND {UNREAD} AND g.state = 'open' AND {readable_sql('p')} AND {_GONE}"
        f" AND {_WELCOME.format(reader='n.actor_id')} ORDER BY n.id LIMIT ?",
        *(actor_id, *wanted.values, actor_id, actor_id, actor_id, True, True, actor_id, POSTS),
    )
    return [_said(row) for row in await _unfiltered(found, actor_id)]


async def _unfiltered(found: Sequence[Row], actor_id: int) -> list[Row]:
    """Without what a filter is about, by the words of the post or of its thread's title."""
    mine = await filters.of(actor_id) if found else None
    return [
        row
        for row in found
        if mine is None
        or not filters.results(
            {**row, "title": f"{row['title']} {row['thread_title']}"}, mine, actor_id, ""
        )
    ]


def _said(row: Row) -> Said:
    name = label(row["name"], 80) or row["username"]
    return Said(
        kind="poll" if row["kind"] == "poll" else kind_of(row),
        name=name,
        handle=f"@{row['username']}@{row['host']}",
        text=label(row["warning"]) or sanitise.plain(row["content"]),
        thread_id=row["thread_id"],
        title=label(row["thread_title"]),
        group=_group(row),
        link=f"{_link(row)}#post-{row['id']}",
    )


def _group(row: Row) -> str:
    return label(row["group_title"], 80) or row["group_name"]


def _link(row: Row) -> str:
    return f"/groups/{row['group_name']}/threads/{row['thread_id']}"


async def threads(actor_id: int, since: int, until: int) -> list[Alive]:
    """The threads of their groups in which most was said since then that they did not read.

    Two queries; with filters nine at most.
    """
    fresh, bound = _fresh(actor_id, since, until)
    found = await storage.rows(
        "SELECT x.*, root.id, root.author_id, root.title, root.content, root.warning,"
        f" t.title AS thread_title, {_PLACE} FROM (SELECT t.id AS thread, COUNT(*) AS fresh{fresh}"
        " GROUP BY t.id ORDER BY COUNT(*) DESC, t.id DESC LIMIT ?) AS x"
        " JOIN thread t ON t.id = x.thread JOIN groups g ON g.id = t.group_id"
        " JOIN post root ON root.id = t.root_id ORDER BY x.fresh DESC, t.id DESC",
        *(*bound, THREADS),
    )
    shown = await _unfiltered(found, actor_id)
    hidden = await _hidden(actor_id, [row["thread_id"] for row in shown], fresh, bound)
    alive = [_alive(row, row["fresh"] - hidden[row["thread_id"]]) for row in shown]
    return sorted((one for one in alive if one.fresh), key=lambda one: -one.fresh)


def _fresh(actor_id: int, since: int, until: int) -> tuple[str, tuple[object, ...]]:
    """What was said in their groups then that they did not read, as SQL with its values."""
    may, values = met_sql("p", actor_id)
    start, start_values = met_sql("root", actor_id)
    sql = (
        " FROM member m JOIN groups g ON g.id = m.group_id JOIN thread t ON t.group_id = g.id"
        " JOIN post p ON p.thread_id = t.id JOIN post root ON root.id = t.root_id"
        " WHERE m.actor_id = ? AND m.state = 'member' AND t.visible = ? AND t.active_at > ?"
        " AND p.received_at > ? AND p.received_at <= ? AND p.author_id <> ?"
        " AND p.id > COALESCE((SELECT r.seen_id FROM reading r WHERE r.actor_id = ?"
        "   AND r.thread_id = t.id), 0)"
        f" AND {may} AND {start} AND {_WELCOME.format(reader='m.actor_id')}"
    )
    bound = (actor_id, True, since, since, until, actor_id, actor_id)
    return sql, (*bound, *values, *start_values, True, True, actor_id)


async def _hidden(
    actor_id: int, thread_ids: Sequence[int], fresh: str, bound: tuple[object, ...]
) -> Counter[int]:
    """How much of that, in these threads, a filter hides: of so many posts, the newest."""
    if not thread_ids or not (await filters.of(actor_id)).rows:
        return Counter()
    found = await storage.rows(
        "SELECT t.id AS thread_id, t.title AS thread_title, p.id, p.author_id, p.title,"
        f" p.content, p.warning{fresh} AND t.id IN ({storage.marks(len(thread_ids))})"
        " ORDER BY p.id DESC LIMIT ?",
        *(*bound, *thread_ids, LOOKED_AT),
    )
    shown = {row["id"] for row in await _unfiltered(found, actor_id)}
    return Counter(row["thread_id"] for row in found if row["id"] not in shown)


def _alive(row: Row, fresh: int) -> Alive:
    title = label(row["warning"]) or label(row["thread_title"])
    return Alive(title or sanitise.excerpt(row["content"], 80), _group(row), fresh, _link(row))


async def words(actor_id: int, wanted: Wanted) -> list[Word]:
    """What groups tell them in these notifications, in their order. Two queries."""
    found = await storage.rows(
        f"SELECT n.kind, n.post_id, g.title AS group_title, {views.SLUG} AS group_name,"
        " l.text AS letter FROM notification n JOIN groups g ON g.actor_id = n.sender_id"
        " LEFT JOIN modmail l ON l.id = n.post_id AND l.person_id = n.actor_id"
        "   AND n.kind = 'mail_answer'"
        f" WHERE n.actor_id = ? AND {wanted.clause} AND g.state = 'open' AND {UNREAD}"
        " AND (n.kind IN ('decision', 'favour', 'mail_answer', 'refused')"
        "   OR (n.kind = 'accepted' AND EXISTS (SELECT 1 FROM member m WHERE m.group_id = g.id"
        "     AND m.actor_id = n.actor_id AND m.state = 'member')))"
        " AND NOT EXISTS (SELECT 1 FROM stance s WHERE s.actor_id = n.actor_id"
        "   AND s.target_id = g.actor_id AND (s.blocked = ? OR s.muted = ?)) ORDER BY n.id LIMIT ?",
        *(actor_id, *wanted.values, True, True, POSTS),
    )
    decided = [row["post_id"] for row in found if row["kind"] in {"decision", "favour"}]
    by_id = {one.id: one for one in await Decision.filter(id__in=decided, person_id=actor_id)}
    return [word for row in found if (word := _word(row, by_id.get(row["post_id"])))]


def _word(row: Row, decision: Decision | None) -> Word | None:
    group, kind = _group(row), row["kind"]
    if kind in {"accepted", "refused"}:
        return Word(kind, group, link=f"/groups/{row['group_name']}")
    if kind == "mail_answer":
        link = f"/groups/{row['group_name']}/mail"
        return Word("letter", group, row["letter"], link=link) if row["letter"] else None
    if decision is None:
        return None
    return Word("decision", group, decision=decision, link="/settings/decisions")


async def desks(actor_id: int) -> list[Desk]:
    """What waits for them where they moderate, by group. Two queries."""
    found: dict[str, tuple[str, dict[str, int]]] = {}
    for one in await notices.desks(actor_id):
        counts = {
            "to_review": one.posts,
            "report": one.reports,
            "appeal": one.appeals,
            "mail": one.mails,
        }
        found[one.group] = (one.title, counts)
    for row in await storage.rows(
        "SELECT g.name AS group_name, g.title AS group_title, COUNT(*) AS asked FROM member m"
        " JOIN groups g ON g.id = m.group_id JOIN member k ON k.group_id = g.id"
        " AND k.state = 'asked' WHERE m.actor_id = ? AND m.state = 'member'"
        " AND m.role IN ('owner', 'moderator') AND g.hosted = ? AND g.state = 'open'"
        " GROUP BY g.name, g.title ORDER BY g.name",
        *(actor_id, True),
    ):
        found.setdefault(row["group_name"], (_group(row), {}))[1]["request"] = row["asked"]
    return [
        Desk(title, f"/groups/{name}", tuple((kind, n) for kind, n in counts.items() if n))
        for name, (title, counts) in found.items()
    ]


async def waits(actor_id: int, wanted: Wanted) -> bool:
    """Whether one of these notifications tells of something that waits at a desk, unread."""
    row = await storage.row(
        f"SELECT 1 FROM notification n WHERE n.actor_id = ? AND {wanted.clause} AND {UNREAD}"
        " AND n.kind IN ('to_review', 'appeal', 'report', 'mail', 'request') LIMIT 1",
        *(actor_id, *wanted.values),
    )
    return row is not None
