"""This module enters posts in the index of the search, in the transaction in which they change.

What is indexed does not depend on who may see it: `groups.finding` asks that of each post found.
Posts of before there was an index, or of other terms than today's, are entered by a worker, batch
by batch; a setting remembers how far it came.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from federation import storage
from fedigroups.content.sanitise import plain
from fedigroups.groups.attachments import PICTURE_TYPES
from fedigroups.groups.models import Post
from fedigroups.search import index, terms
from fedigroups.search.index import Entry

VERSION = "1"
"""Of the terms: with another one here than in the database, every post is entered anew."""
SETTING = "search_index"
BATCH = 200

_SAID = (
    "SELECT p.id, p.author_id, t.group_id, p.kind, p.title, p.content, p.warning, p.language,"
    " p.attachments, p.state FROM post p JOIN thread t ON t.id = p.thread_id"
)


@dataclass(frozen=True, slots=True)
class Progress:
    """How many posts were looked at, and how many of them are in the index now."""

    posts: int
    indexed: int


async def enter(post: Post, group_id: int, hashtags: Collection[str]) -> None:
    """Enter the post as it reads now."""
    said = {name: getattr(post, name) for name in ("id", "author_id", "kind", *_TEXTS, *_CARRIED)}
    await index.put([_entry(said | {"group_id": group_id}, hashtags)])


async def leave(post_id: int) -> None:
    """The post's words are gone: nobody finds it any more."""
    await index.drop([post_id])


async def catch_up(done: Callable[[int], object] = lambda _: None) -> Progress:
    """Enter every post that is not in the index by today's terms; `done` hears of each batch.

    Goes on where it was left, in short transactions; several may do so at once.
    """
    posts = indexed = 0
    while (after := await _reached()) is not None:
        async with storage.transaction():
            rows = await storage.rows(
                f"{_SAID} WHERE p.id > ? ORDER BY p.id LIMIT ?{_of_posts()}", after, BATCH
            )
            indexed += await _enter_all(rows)
            await _note(f"{VERSION} {rows[-1]['id']}" if rows else VERSION)
        posts += len(rows)
        done(len(rows))
    return Progress(posts, indexed)


async def start_over() -> None:
    """Let `catch_up` begin with the first post; until then the index stays as it is."""
    await _note(f"{VERSION} 0")


async def counts() -> Progress:
    """How many posts have words, and how many are in the index."""
    found = await storage.rows("SELECT COUNT(*) AS n FROM post WHERE state <> 'deleted'")
    return Progress(int(found[0]["n"]), await index.count())


_TEXTS = ("title", "warning", "content")
_CARRIED = ("language", "attachments")


def _of_posts() -> str:
    """Nobody changes these posts until they are entered, so that no older reading is."""
    return f"{storage.held()} OF p" if storage.held() else ""


async def _reached() -> int | None:
    """The last post that was entered, or None when all were."""
    row = await storage.row("SELECT value FROM setting WHERE key = ?", SETTING)
    version, _, after = row["value"].partition(" ") if row else ("", "", "")
    if version != VERSION:
        return 0
    return int(after) if after else None


async def _note(value: str) -> None:
    await storage.execute(
        "INSERT INTO setting (key, value) VALUES (?, ?)"
        " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        *(SETTING, value),
    )


async def _enter_all(rows: list[storage.Row]) -> int:
    spoken = [row for row in rows if row["state"] != "deleted"]
    hashtags = await _hashtags([row["id"] for row in spoken])
    await index.put([_entry(row, hashtags.get(row["id"], ())) for row in spoken])
    await index.drop([row["id"] for row in rows if row["state"] == "deleted"])
    return len(spoken)


async def _hashtags(ids: list[int]) -> dict[int, set[str]]:
    """Of these posts."""
    wanted = storage.table("wanted", id="bigint")
    found: dict[int, set[str]] = {}
    for row in await storage.rows(
        f"SELECT g.post_id, g.name FROM tagged g JOIN {wanted} ON wanted.id = g.post_id",  # noqa: S608 - our own SQL
        storage.packed([(id,) for id in ids]),
    ):
        found.setdefault(row["post_id"], set()).add(row["name"])
    return found


def _entry(said: Mapping[str, Any], hashtags: Collection[str]) -> Entry:
    carried: list[dict[str, Any]] = orjson.loads(said["attachments"])
    words = [said["title"], said["warning"], plain(said["content"])]
    words += [str(one.get("text") or "") for one in carried]
    marks = [
        terms.mark("a", said["author_id"]),
        terms.mark("g", said["group_id"]),
        *(terms.mark("h", has) for has in sorted(_has(said, carried))),
        *(terms.mark("t", name) for name in sorted(hashtags)),
    ]
    if language := said["language"].partition("-")[0].lower():
        marks.append(terms.mark("l", language))
    return Entry(said["id"], terms.of("\n".join(words)), marks)


def _has(said: Mapping[str, Any], carried: list[dict[str, Any]]) -> set[str]:
    """What the post carries, in the words of `search.query.HAS`."""
    found: set[str] = set()
    for one in carried:
        kind, media_type = str(one.get("kind") or ""), str(one.get("media_type") or "")
        found.add(_sort_of(kind, media_type))
    if found & {"image", "video", "audio"}:
        found.add("media")
    if _leads_somewhere(said["content"]):
        found.add("link")
    if said["kind"] == "Question":
        found.add("poll")
    return found - {""}


def _sort_of(kind: str, media_type: str) -> str:
    if media_type in PICTURE_TYPES or kind == "Image":
        return "image"
    if kind == "Link":
        return "link"
    sort = media_type.partition("/")[0] or kind.lower()
    return sort if sort in {"video", "audio"} else ""


def _leads_somewhere(content: str) -> bool:
    """Whether a link of the text is neither a mention nor a hashtag."""
    return any(
        "mention" not in link and "hashtag" not in link
        for link in (part.partition(">")[0] for part in content.split("<a ")[1:])
    )
