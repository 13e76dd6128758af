"""This module keeps the filters of what somebody does not want to meet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from federation import clock, ids, limits, storage
from federation.errors import Malformed

CONTEXTS = ("home", "notifications", "public", "thread", "account")
ACTIONS = frozenset({"warn", "hide"})
CHARS = 255


@dataclass(frozen=True, slots=True)
class Rule:
    """What a filter is: where it applies, what it does, until when (0: for ever)."""

    title: str
    context: tuple[str, ...]
    action: str = "warn"
    expires_at: int = 0


@dataclass(frozen=True, slots=True)
class Keyword:
    """A word of a filter; of one that is there already with its id; `gone` takes it away."""

    word: str = ""
    whole: bool = False
    id: int = 0
    gone: bool = False


def expiry(seconds: int) -> int:
    """When a filter ends that is to last so long; 0 for ever."""
    return clock.now_ms() + min(seconds, 10**9) * clock.SECOND if seconds > 0 else 0


async def make(actor_id: int, rule: Rule, keywords: Sequence[Keyword]) -> int:
    """The id of a new filter. Raises `Malformed` for what is none, and for one too many."""
    _check(rule)
    id = ids.new()
    async with storage.transaction():
        row = await storage.row(
            "SELECT COUNT(*) AS many FROM word_filter WHERE actor_id = ?", actor_id
        )
        if row and row["many"] >= limits.FILTERS:
            raise Malformed(f"one has at most {limits.FILTERS} filters")
        await storage.execute(
            "INSERT INTO word_filter (id, actor_id, title, context, action, expires_at)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            *(id, actor_id, rule.title, " ".join(rule.context), rule.action, rule.expires_at),
        )
        await _keep(id, keywords)
    return id


async def change(id: int, rule: Rule, keywords: Sequence[Keyword]) -> None:
    """The filter as it is from now on. Raises `Malformed` as `make` does."""
    _check(rule)
    async with storage.transaction():
        await storage.execute(
            "UPDATE word_filter SET title = ?, context = ?, action = ?, expires_at = ?"
            " WHERE id = ?",
            *(rule.title, " ".join(rule.context), rule.action, rule.expires_at, id),
        )
        await _keep(id, keywords)


async def delete(id: int) -> None:
    """The filter is gone."""
    await storage.execute("DELETE FROM word_filter WHERE id = ?", id)


async def add_keyword(id: int, keyword: Keyword) -> int:
    """The id of a new keyword of a filter. Raises `Malformed` for none and for one too many."""
    async with storage.transaction():
        return await _add(id, keyword)


async def change_keyword(keyword: Keyword) -> None:
    """A keyword as it is from now on."""
    _check_word(keyword)
    await storage.execute(
        "UPDATE filter_keyword SET keyword = ?, whole_word = ? WHERE id = ?",
        *(keyword.word, keyword.whole, keyword.id),
    )


async def delete_keyword(id: int) -> None:
    """The keyword is gone."""
    await storage.execute("DELETE FROM filter_keyword WHERE id = ?", id)


async def add_post(id: int, post_id: int) -> None:
    """Put a single post under a filter, once. Raises `Malformed` for one too many."""
    row = await storage.row(
        "SELECT COUNT(*) AS many FROM filter_status WHERE word_filter_id = ? AND post_id <> ?",
        *(id, post_id),
    )
    if row and row["many"] >= limits.FILTER_STATUSES:
        raise Malformed(f"a filter has at most {limits.FILTER_STATUSES} posts")
    await storage.execute(
        "INSERT INTO filter_status (id, word_filter_id, post_id) VALUES (?, ?, ?)"
        " ON CONFLICT (word_filter_id, post_id) DO NOTHING",
        *(ids.new(), id, post_id),
    )


async def delete_post(id: int) -> None:
    """The post is no longer under the filter; `id` is the row's."""
    await storage.execute("DELETE FROM filter_status WHERE id = ?", id)


async def _keep(id: int, keywords: Sequence[Keyword]) -> None:
    known = {
        row["id"]
        for row in await storage.rows("SELECT id FROM filter_keyword WHERE word_filter_id = ?", id)
    }
    for keyword in keywords[: limits.FILTER_KEYWORDS]:
        if keyword.id and keyword.id not in known:
            raise Malformed("one of these keywords is not of this filter")
        if keyword.gone:
            await delete_keyword(keyword.id)
        elif keyword.id:
            await change_keyword(keyword)
        else:
            await _add(id, keyword)


async def _add(id: int, keyword: Keyword) -> int:
    _check_word(keyword)
    row = await storage.row(
        "SELECT COUNT(*) AS many FROM filter_keyword WHERE word_filter_id = ?", id
    )
    if row and row["many"] >= limits.FILTER_KEYWORDS:
        raise Malformed(f"a filter has at most {limits.FILTER_KEYWORDS} keywords")
    made = ids.new()
    await storage.execute(
        "INSERT INTO filter_keyword (id, word_filter_id, keyword, whole_word) VALUES (?, ?, ?, ?)",
        *(made, id, keyword.word, keyword.whole),
    )
    return made


def _check(rule: Rule) -> None:
    if not rule.title.strip() or len(rule.title) > CHARS:
        raise Malformed(f"a filter needs a title of at most {CHARS} characters")
    if not rule.context or not set(rule.context) <= set(CONTEXTS):
        raise Malformed(f"context is some of {', '.join(CONTEXTS)}")
    if rule.action not in ACTIONS:
        raise Malformed("filter_action is warn or hide")


def _check_word(keyword: Keyword) -> None:
    if not keyword.word.strip() or len(keyword.word) > CHARS:
        raise Malformed(f"a keyword has 1 to {CHARS} characters")
