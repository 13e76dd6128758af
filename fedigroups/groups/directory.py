"""This module finds groups by words, topic, language, size and way to join; threads by hashtag."""

# ruff: noqa: S608 - each statement is put together from constants here; every value is bound
from __future__ import annotations

from dataclasses import dataclass

from federation import limits, storage
from fedigroups.content import hashtags, sanitise
from fedigroups.groups import read, views
from fedigroups.groups.views import GroupCard, ThreadRow
from fedigroups.groups.visibility import listed_sql
from fedigroups.personal import unwanted

LIMIT = 24
SIZES = {"small": (0, 30), "middle": (30, 300), "large": (300, 2**31 - 1)}
"""From how many members on, and up to how many."""
JOINS = ("open", "approval", "invite")


@dataclass(frozen=True, slots=True)
class Wish:
    """Which groups are wanted; "" leaves a question open."""

    query: str = ""
    language: str = ""
    topic: str = ""
    size: str = ""
    join: str = ""
    place: str = "here"

    @property
    def is_narrow(self) -> bool:
        """Whether it leaves out anything that is here."""
        return self != Wish()


@dataclass(frozen=True, slots=True)
class Directory:
    """Groups that were found; `next` is the `before` of the page after this one, or ""."""

    groups: tuple[GroupCard, ...]
    next: str


@dataclass(frozen=True, slots=True)
class Tagged:
    """Threads in which a hashtag stands; `next` is the `before` of the page after it, or ""."""

    threads: tuple[ThreadRow, ...]
    next: str


async def find(wish: Wish, before: str = "", limit: int = LIMIT) -> Directory:
    """The groups that are wished for, the liveliest first. One query.

    One that does not want to be found is found by its whole name alone.
    """
    clauses, values = _clauses(wish)
    if mark := read.cursor(before):
        clauses.append("(g.active_at, g.id) < (?, ?)")
        values += mark
    rows = await storage.rows(
        f"{read.GROUP_ROWS} WHERE {' AND '.join(clauses)}"
        " ORDER BY g.active_at DESC, g.id DESC LIMIT ?",
        *(*values, limit + 1),
    )
    cards = tuple(map(views.card, rows[:limit]))
    return Directory(cards, f"{cards[-1].active_at}.{cards[-1].id}" if len(rows) > limit else "")


async def spoken() -> list[str]:
    """The languages of the groups here. One query."""
    rows = await storage.rows(
        "SELECT DISTINCT g.language FROM groups g JOIN actor ga ON ga.id = g.actor_id"
        " WHERE g.hosted = ? AND g.state = 'open' AND ga.discoverable = ?",
        *(True, True),
    )
    return sorted(row["language"] for row in rows if row["language"])


async def tagged(tag: str, before: str = "", limit: int = LIMIT, *, reader_id: int = 0) -> Tagged:
    """The threads of groups here in which a post with the hashtag is listed. One query.

    Without those of whom the reader does not want to read.
    """
    clause, left = unwanted.left_out("p.author_id", reader_id)
    values: list[object] = [True, True, hashtags.name_of(tag), *left]
    if mark := read.cursor(before):
        clause += " AND (t.active_at, t.id) < (?, ?)"
        values += mark
    rows = await storage.rows(
        f"{read.THREADS} WHERE g.hosted = ? AND g.state = 'open' AND t.visible = ?"
        f" AND {listed_sql('p')} AND EXISTS (SELECT 1 FROM tagged x JOIN post q ON q.id = x.post_id"
        f" WHERE q.thread_id = t.id AND x.name = ? AND {listed_sql('q')}){clause}"
        " ORDER BY t.active_at DESC, t.id DESC LIMIT ?",
        *(*values, limit + 1),
    )
    threads = tuple(map(views.thread_row, rows[:limit]))
    last = threads[-1] if len(rows) > limit else None
    return Tagged(threads, f"{last.active_at}.{last.id}" if last else "")


def _clauses(wish: Wish) -> tuple[list[str], list[object]]:
    words = sanitise.label(wish.query, limits.QUERY_CHARS).lower()
    clauses = ["g.hosted = ?", "g.state = 'open'", "(ga.discoverable = ? OR g.name = ?)"]
    values: list[object] = [wish.place != "elsewhere", True, words]
    if words:
        clauses.append(
            "(LOWER(g.name) LIKE ? ESCAPE '!' OR LOWER(g.title) LIKE ? ESCAPE '!' "
            "OR LOWER(g.description) LIKE ? ESCAPE '!')"
        )
        values += [_containing(words)] * 3
    if wish.language:
        clauses.append("g.language = ?")
        values.append(wish.language)
    if topic := hashtags.name_of(wish.topic):
        clauses.append("' ' || g.topics || ' ' LIKE ? ESCAPE '!'")
        values.append(_containing(f" {topic} "))
    if wish.join in JOINS:
        clauses.append("g.join_policy = ?")
        values.append(wish.join)
    if wish.size in SIZES:
        clauses.append("g.members_count >= ? AND g.members_count < ?")
        values += SIZES[wish.size]
    return clauses, values


def _containing(words: str) -> str:
    return f"%{storage.like(words)}%"
