"""This module reads what the page of a person shows, whether they are here or elsewhere."""

# ruff: noqa: S608 - each statement is put together from constants here; every value is bound
from __future__ import annotations

from dataclasses import dataclass

from federation import ids, storage
from fedigroups.content import emoji, facts
from fedigroups.content.emoji import Emoji
from fedigroups.content.facts import Fact
from fedigroups.content.sanitise import safe_url
from fedigroups.groups import emoji_columns, views
from fedigroups.groups.read import (
    GROUP_ROWS,
    HOSTS,
    LIMIT,
    NAME,
    OPEN_GROUP,
    READABLE,
    bounded,
)
from fedigroups.groups.views import GroupCard, Person, PersonPost
from fedigroups.groups.visibility import listed_sql, members_sql


@dataclass(frozen=True, slots=True)
class MovedTo:
    """Where somebody lives now."""

    handle: str
    link: str


@dataclass(frozen=True, slots=True)
class PersonPage:
    """Somebody, here or elsewhere, and what of their words the reader may meet here."""

    person: Person
    summary: str
    banner_url: str
    facts: tuple[Fact, ...]
    state: str
    joined_at: int
    """When they began; 0 when that is not known."""
    moved: MovedTo | None
    hosts: tuple[GroupCard, ...]
    posts: tuple[PersonPost, ...]
    next: int
    emoji: Emoji
    """That what they say of themselves may have."""


async def page(
    name: str, before: int = 0, reader_id: int = 0, limit: int = LIMIT
) -> PersonPage | None:
    """Somebody here (`tom`) or elsewhere (`ann@m.example`), as a reader (0: a stranger) meets them.

    The groups here that they host, and of their posts those that are listed, and those for members
    where the reader is one. None for whoever is not known. Three queries; of who moved, four.
    """
    name, _, host = name.partition("@")
    if not NAME.fullmatch(name.lower()) or "\0" in host:
        return None
    row = await _row(name, host)
    if row is None:
        return None
    person = views.person(row)
    rows = await _posts_by(person.id, before, reader_id, limit + 1)
    posts = tuple(map(views.person_post, rows[:limit]))
    return PersonPage(
        person=person,
        summary=row["summary"],
        banner_url=row["banner_url"],
        facts=facts.stated(row["document"]) if host else facts.own(row["pairs"]),
        state=row["state"],
        joined_at=row["joined_at"],
        moved=await _moved(row["moved_to"]),
        hosts=await _hosted_by(person.id),
        posts=posts,
        next=posts[-1].post.id if len(rows) > limit else 0,
        emoji=emoji.stored(row["document"]),
    )


async def _row(name: str, host: str) -> storage.Row | None:
    where = "a.local = ? AND a.kind = 'Person' AND a.username = ?"
    if host:
        where = "a.local = ? AND a.kind NOT IN ('Group', 'Application') AND a.username = ?"
    return await storage.row(
        f"SELECT {views.person_columns('a')}, a.summary AS summary, a.banner_url AS banner_url, "
        "a.state AS state, a.published_at AS joined_at, a.moved_to AS moved_to, "
        "COALESCE(x.pairs, '[]') AS pairs, "
        "CASE WHEN a.local THEN '' ELSE a.document END AS document "
        f"FROM actor a LEFT JOIN profile x ON x.actor_id = a.id WHERE {where}"
        f"{' AND a.host = ?' if host else ''} ORDER BY a.id DESC LIMIT 1",
        *(not host, name if host else name.lower()),
        *([host.lower()] if host else []),
    )


async def _moved(uri: str) -> MovedTo | None:
    if not uri:
        return None
    row = await storage.row("SELECT username, host, page_url FROM actor WHERE uri = ?", uri)
    if row is None:
        return MovedTo(uri, safe_url(uri))
    handle = f"@{row['username']}@{row['host']}"
    return MovedTo(handle, safe_url(row["page_url"]) or safe_url(uri))


async def _posts_by(actor_id: int, before: int, reader_id: int, limit: int) -> list[storage.Row]:
    met = f"({listed_sql('p')} AND root.visibility = 'public')"
    if reader_id:
        met = f"({met} OR ({members_sql('p')}))"
    return await storage.rows(
        f"SELECT {views.SLUG} AS group_name, {emoji_columns.GROUP_TITLE}, {views.THREAD_TITLE}, "
        f"t.root_id AS root_id, {views.post_columns('p')}, {views.person_columns('a')} "
        "FROM post p JOIN actor a ON a.id = p.author_id JOIN thread t ON t.id = p.thread_id "
        "JOIN groups g ON g.id = t.group_id JOIN post root ON root.id = t.root_id "
        f"WHERE p.author_id = ? AND {met} AND {READABLE} AND p.id < ? ORDER BY p.id DESC LIMIT ?",
        *(actor_id, *([reader_id] if reader_id else []), bounded(before) or ids.BIGGEST, limit),
    )


async def _hosted_by(actor_id: int) -> tuple[GroupCard, ...]:
    rows = await storage.rows(
        f"{GROUP_ROWS} JOIN member m ON m.group_id = g.id WHERE m.actor_id = ? "
        f"AND m.state = 'member' AND m.role IN ('owner', 'moderator') AND {OPEN_GROUP} "
        "ORDER BY g.name LIMIT ?",
        *(actor_id, True, HOSTS),
    )
    return tuple(map(views.card, rows))
