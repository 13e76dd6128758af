"""This module reads somebody's filters, and decides which of them a post meets."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from federation import clock, storage
from federation.storage import Row
from fedigroups.content.sanitise import plain
from fedigroups.mastodon.present import filters
from fedigroups.mastodon.present.shapes import Entity

_FILTERS = "SELECT f.id, f.actor_id, f.title, f.context, f.action, f.expires_at FROM word_filter f"
_KEYWORDS = (
    "SELECT k.id, f.actor_id, k.word_filter_id, k.keyword, k.whole_word FROM filter_keyword k"
    " JOIN word_filter f ON f.id = k.word_filter_id"
)
_STATUSES = (
    "SELECT s.id, f.actor_id, s.word_filter_id, s.post_id FROM filter_status s"
    " JOIN word_filter f ON f.id = s.word_filter_id"
)


class Filters:
    """All filters of one person, with their parts."""

    def __init__(self, rows: Sequence[Row], keywords: Sequence[Row], posts: Sequence[Row]) -> None:
        self.rows = {row["id"]: row for row in rows}
        self._keywords = keywords
        self._posts = posts

    def keywords(self, id: int) -> list[Row]:
        """The keywords of a filter."""
        return [one for one in self._keywords if one["word_filter_id"] == id]

    def posts(self, id: int) -> list[Row]:
        """The single posts of a filter."""
        return [one for one in self._posts if one["word_filter_id"] == id]

    def shown(self, id: int) -> Entity:
        """The Filter of an id."""
        return filters.filter(self.rows[id], self.keywords(id), self.posts(id))


async def of(actor_id: int) -> Filters:
    """Somebody's filters. Three queries; one where there are none."""
    return (await of_all([actor_id])).get(actor_id) or Filters([], [], [])


async def of_all(actor_ids: Sequence[int]) -> dict[int, Filters]:
    """The filters of those of these people who have any. Three queries; one where nobody has."""
    whose = f"JOIN {storage.table('wanted', id='bigint')} ON wanted.id = f.actor_id"
    wanted = storage.packed([(id,) for id in sorted(set(actor_ids))])
    rows = _by_owner(await storage.rows(f"{_FILTERS} {whose} ORDER BY f.id", wanted))
    if not rows:
        return {}
    keywords = _by_owner(await storage.rows(f"{_KEYWORDS} {whose} ORDER BY k.id", wanted))
    posts = _by_owner(await storage.rows(f"{_STATUSES} {whose} ORDER BY s.id", wanted))
    return {id: Filters(mine, keywords.get(id, []), posts.get(id, [])) for id, mine in rows.items()}


def _by_owner(found: Sequence[Row]) -> dict[int, list[Row]]:
    owned: dict[int, list[Row]] = {}
    for row in found:
        owned.setdefault(row["actor_id"], []).append(row)
    return owned


async def matching(found: Sequence[Row], actor_id: int, context: str) -> dict[int, list[Entity]]:
    """FilterResults by post, of the posts in these rows that one of the filters is about.

    Nobody's own posts are filtered for them; without a context every filter counts.
    """
    mine = await of(actor_id)
    met = {post["id"]: results(post, mine, actor_id, context) for post in found}
    return {id: hits for id, hits in met.items() if hits}


def results(post: Row, mine: Filters, actor_id: int, context: str) -> list[Entity]:
    """The FilterResults of one post for one person, as `matching` finds them."""
    now = clock.now_ms()
    active = [
        row
        for row in mine.rows.values()
        if (not context or context in row["context"].split()) and not 0 < row["expires_at"] < now
    ]
    if not active or post["author_id"] == actor_id:
        return []
    words = f"{post['warning']} {post['title']} {plain(post['content'])}".lower()
    return [hit for row in active if (hit := _result(mine, row, post["id"], words))]


def _result(mine: Filters, row: Row, post_id: int, words: str) -> Entity | None:
    said = [
        one["keyword"]
        for one in mine.keywords(row["id"])
        if _pattern(one["keyword"].lower(), bool(one["whole_word"])).search(words)
    ]
    posts = [str(post_id) for one in mine.posts(row["id"]) if one["post_id"] == post_id]
    if not said and not posts:
        return None
    shown = filters.filter(row)
    return {
        "filter": {name: shown[name] for name in shown if name not in {"keywords", "statuses"}},
        "keyword_matches": said or None,
        "status_matches": posts or None,
    }


@lru_cache(maxsize=1_024)
def _pattern(keyword: str, whole: bool) -> re.Pattern[str]:
    """The keyword, taken literally; a whole word ends where letters and digits do."""
    literal = re.escape(keyword)
    if not whole:
        return re.compile(literal)
    before = r"(?<!\w)" if re.match(r"\w", keyword) else ""
    after = r"(?!\w)" if re.search(r"\w$", keyword) else ""
    return re.compile(before + literal + after)
