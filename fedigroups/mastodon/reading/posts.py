"""This module reads statuses: any number of posts and boosts, with all that they show.

Four queries: the posts, their accounts, whom they mention, and what the reader did with them;
a fifth for the reader's own filters, if there are any, and two where there are polls.
"""

# ruff: noqa: S608 - each statement is put together from constants here; every value is bound
from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from federation import storage
from federation.models import Actor
from federation.storage import Row
from federation.uris import Uris
from fedigroups.groups import polls
from fedigroups.groups.visibility import met_sql, open_sql, readable_sql
from fedigroups.mastodon.present import accounts, statuses
from fedigroups.mastodon.present.shapes import Entity
from fedigroups.mastodon.present.statuses import Company, Marks
from fedigroups.mastodon.reading import filters, people
from fedigroups.media.pictures import Pictures

_SELECT = (
    "SELECT p.id, p.uri, p.page_url, p.author_id, p.thread_id, p.kind, p.title, p.content, "
    "p.warning, p.language, p.sensitive, p.attachments, p.document, p.visibility, p.state, "
    "p.published_at, p.updated_at, p.likes_count, p.boosts_count, t.root_id, t.group_id, "
    "p.parent_id, q.author_id AS parent_author_id, q.state AS parent_state, "
    "q.visibility AS parent_visibility, "
    f"(SELECT COUNT(*) FROM post r WHERE r.parent_id = p.id AND {open_sql('r')}) AS replies"
)
_FROM = "FROM post p JOIN thread t ON t.id = p.thread_id JOIN groups g ON g.id = t.group_id"


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads, and where: `actor` is None for a stranger."""

    actor: Actor | None
    pictures: Pictures
    context: str = ""
    """What of the reader's filters applies: `home`, `notifications`, `public`, `thread`,
    `account`."""

    @property
    def uris(self) -> Uris:
        """What makes our addresses."""
        return Uris(self.pictures.origin)

    @property
    def origin(self) -> str:
        """Of all our addresses."""
        return self.pictures.origin

    @property
    def id(self) -> int:
        """The actor's id, 0 for a stranger."""
        return self.actor.id if self.actor else 0

    def within(self, context: str) -> Reader:
        """The same reader, of another kind of list."""
        return replace(self, context=context)


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a timeline: a post, and the boost that brought it, if one did.

    `id` is the boost's, or the post's own; `by` is who boosted, 0 for nobody, at `at`.
    """

    id: int
    post_id: int
    by: int = 0
    at: int = 0


def readable(alias: str, reader: Reader) -> tuple[str, list[object]]:
    """Which posts the reader may read at all (`visibility.can_see`), as SQL, with its values."""
    if not reader.actor:
        return f"({open_sql(alias)} AND g.state = 'open')", []
    return (
        f"(g.state = 'open' AND {readable_sql(alias)})",
        [reader.id, reader.id, reader.id],
    )


def met(alias: str, reader: Reader) -> tuple[str, list[object]]:
    """Which posts the reader meets in lists: listed ones, and all that their groups show."""
    return met_sql(alias, reader.id)


async def rows(ids: Iterable[int], reader: Reader) -> dict[int, Row]:
    """The posts of these ids that the reader may read, by id, each with its document as `said`.

    One query.
    """
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    (may, values), (parent, its_values) = readable("p", reader), readable("q", reader)
    found = await storage.rows(
        f"{_SELECT}, {parent} AS sees_parent {_FROM}"
        f" JOIN {storage.table('wanted', id='bigint')} ON wanted.id = p.id"
        f" LEFT JOIN post q ON q.id = p.parent_id WHERE {may}",
        *(*its_values, storage.packed([(one,) for one in wanted]), *values),
    )
    return {row["id"]: row | {"said": accounts.read(row["document"])} for row in found}


async def row(id: int, reader: Reader) -> Row | None:
    """One post, if the reader may read it. One query."""
    return (await rows([id], reader)).get(id)


async def show(entries: Sequence[Entry], reader: Reader) -> list[Entity]:
    """The Statuses of the entries, in their order; what may not be read is left out."""
    found = await rows([entry.post_id for entry in entries], reader)
    boosters = {entry.by for entry in entries if entry.by}
    company = await company_of(list(found.values()), reader, boosters)
    made = {id: statuses.status(row, company) for id, row in found.items()}
    return [
        shown
        for entry in entries
        if entry.post_id in made
        and (not entry.by or entry.by in company.accounts)
        and not _is_hidden(shown := _shown(entry, made, company, reader))
    ]


async def by_id(ids: Iterable[int], reader: Reader) -> dict[int, Entity]:
    """The Statuses of these posts by id, those that the reader may read."""
    found = await rows(ids, reader)
    company = await company_of(list(found.values()), reader)
    return {id: statuses.status(row, company) for id, row in found.items()}


async def shown(row: Row, reader: Reader) -> Entity:
    """The Status in a row of `rows`. Three queries, four for a reader with filters."""
    return statuses.status(row, await company_of([row], reader))


async def one(id: int, reader: Reader) -> Entity | None:
    """The Status of a post, if the reader may read it."""
    return (await by_id([id], reader)).get(id)


async def company_of(found: Sequence[Row], reader: Reader, others: Iterable[int] = ()) -> Company:
    """What the statuses in these rows share. Three queries, four for a reader with filters."""
    uris = {uri for row in found for uri in statuses.named(row["said"])}
    authors = {row["author_id"] for row in found}
    asking = [row["id"] for row in found if row["kind"] == "Question"]
    return Company(
        pictures=reader.pictures,
        accounts=await people.by_id(authors | set(others), reader.pictures),
        mentions=await _mentions(uris, reader.origin),
        signed_in=reader.actor is not None,
        reader_id=reader.id,
        marks=await _marks(found, reader.actor) if reader.actor else {},
        filtered=await filters.matching(found, reader.id, reader.context) if reader.actor else {},
        polls=await polls.by_post(asking),
        choices=await polls.chosen(asking, reader.id) if asking and reader.actor else {},
    )


def _is_hidden(shown: Entity) -> bool:
    """Whether a filter of the reader's says that they do not want to meet it at all."""
    return any(one["filter"]["filter_action"] == "hide" for one in shown.get("filtered") or ())


def _shown(entry: Entry, made: Mapping[int, Entity], company: Company, reader: Reader) -> Entity:
    status = made[entry.post_id]
    if not entry.by:
        return status
    booster = company.accounts[entry.by]
    uri = reader.uris.boost(booster["uri"], status["uri"])
    return statuses.boost(entry.id, entry.by, entry.at, status, uri, company)


async def _mentions(uris: set[str], origin: str) -> dict[str, Entity]:
    if not uris:
        return {}
    found = await storage.rows(
        "SELECT a.id, a.uri, a.username, a.host, a.local, a.page_url FROM actor a "
        f"JOIN {storage.table('wanted', uri='text')} ON wanted.uri = a.uri",
        storage.packed([(uri,) for uri in sorted(uris)]),
    )
    return {row["uri"]: accounts.mention(row, origin) for row in found}


async def _marks(found: Sequence[Row], actor: Actor) -> dict[int, Marks]:
    if not found:
        return {}
    wanted = storage.packed([(row["id"], row["thread_id"]) for row in found])
    table = storage.table("wanted", id="bigint", thread_id="bigint")
    said = await storage.rows(
        f"SELECT wanted.id, r.kind FROM {table} JOIN reaction r ON r.post_id = wanted.id"
        " AND r.slot IN ('vote', 'boost') AND r.actor_uri = ?"
        f" UNION ALL SELECT wanted.id, 'bookmark' FROM {table}"
        " JOIN bookmark b ON b.post_id = wanted.id AND b.actor_id = ?"
        f" UNION ALL SELECT wanted.id, 'mute' FROM {table}"
        " JOIN muted_thread q ON q.thread_id = wanted.thread_id AND q.actor_id = ?"
        f" UNION ALL SELECT wanted.id, 'pin' FROM {table}"
        " JOIN pinned_post n ON n.post_id = wanted.id AND n.actor_id = ?",
        *(wanted, actor.uri, wanted, actor.id, wanted, actor.id, wanted, actor.id),
    )
    kinds: dict[int, set[str]] = {}
    for row in said:
        kinds.setdefault(row["id"], set()).add(row["kind"])
    return {
        id: Marks(
            "like" in some, "boost" in some, "bookmark" in some, "mute" in some, "pin" in some
        )
        for id, some in kinds.items()
    }
