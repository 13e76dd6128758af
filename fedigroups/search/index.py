"""This module knows the index: an FTS5 table on SQLite, a `tsvector` with GIN on PostgreSQL.

It holds terms and no words to show, in the order of posts' ids. Whoever may see what it finds is
decided by whoever asks it.
"""

# ruff: noqa: S608 - each statement is put together from constants here; every value is bound
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from federation import storage
from fedigroups.search import terms
from fedigroups.search.query import Phrase


@dataclass(frozen=True, slots=True)
class Entry:
    """A post in the index: the terms of its words, and its marks."""

    id: int
    terms: Sequence[str]
    marks: Sequence[str]


async def put(entries: Sequence[Entry]) -> None:
    """Enter these, in place of what the index had of them: in the transaction of what changed."""
    if storage.dialect() == "sqlite":
        sql, written = "INSERT OR REPLACE INTO searched (rowid, terms) VALUES (?, ?)", terms.text_of
    else:
        sql, written = (
            "INSERT INTO searched (id, terms) VALUES (?, CAST(CAST(? AS text) AS tsvector))"
            " ON CONFLICT (id) DO UPDATE SET terms = excluded.terms",
            terms.vector_of,
        )
    await storage.execute_many(
        sql, [(entry.id, written([*entry.terms, *entry.marks])) for entry in entries]
    )


async def drop(ids: Sequence[int]) -> None:
    """Take these out."""
    for part in storage.parts(ids):
        await storage.execute(
            f"DELETE FROM searched WHERE {_key()} IN ({storage.marks(len(part))})", *part
        )


async def count() -> int:
    """How many posts it holds."""
    found = await storage.rows("SELECT COUNT(*) AS n FROM searched")
    return int(found[0]["n"])


async def scan(
    wanted: Sequence[Phrase], unwanted: Sequence[Phrase], *, least: int, before: int, limit: int
) -> list[int]:
    """The ids from `least` on and below `before` of posts with all of `wanted` and none of
    `unwanted`, the newest first. Nothing is found for nothing wanted.
    """
    if not wanted:
        return []
    if storage.dialect() == "sqlite":
        return await _select(_fts5(wanted, unwanted), "searched MATCH ?", least, before, limit)
    async with storage.transaction():
        # How common a term is decides how it is looked up, so no plan is good for all of them.
        await storage.execute("SET LOCAL plan_cache_mode = force_custom_plan")
        clause = "terms @@ CAST(CAST(? AS text) AS tsquery)"
        return await _select(_tsquery(wanted, unwanted), clause, least, before, limit)


async def _select(query: str, clause: str, least: int, before: int, limit: int) -> list[int]:
    key = _key()
    found = await storage.rows(
        f"SELECT {key} AS id FROM searched WHERE {clause} AND {key} >= ? AND {key} < ?"
        f" ORDER BY {key} DESC LIMIT ?",
        *(query, least, before, limit),
    )
    return [row["id"] for row in found]


def _key() -> str:
    return "rowid" if storage.dialect() == "sqlite" else "id"


def _fts5(wanted: Sequence[Phrase], unwanted: Sequence[Phrase]) -> str:
    all_of = " AND ".join(map(_fts5_phrase, wanted))
    return f"({all_of}) NOT ({' OR '.join(map(_fts5_phrase, unwanted))})" if unwanted else all_of


def _fts5_phrase(phrase: Phrase) -> str:
    return f'"{" ".join(phrase.terms)}"{" *" if phrase.open else ""}'


def _tsquery(wanted: Sequence[Phrase], unwanted: Sequence[Phrase]) -> str:
    parts = [*map(_tsquery_phrase, wanted), *(f"!{_tsquery_phrase(one)}" for one in unwanted)]
    return " & ".join(parts)


def _tsquery_phrase(phrase: Phrase) -> str:
    words = " <-> ".join(f"'{term}'" for term in phrase.terms)
    return f"({words}{':*' if phrase.open else ''})"
