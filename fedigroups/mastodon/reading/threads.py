"""This module reads what stands around a post in its thread."""

from __future__ import annotations

from collections import defaultdict
from operator import itemgetter

from federation import limits, storage
from federation.storage import Row
from fedigroups.groups import tree
from fedigroups.mastodon.present.shapes import Entity
from fedigroups.mastodon.reading import posts
from fedigroups.mastodon.reading.posts import Entry, Reader


async def context(post: Row, reader: Reader) -> Entity:
    """A Context: what the post answers, oldest first, and what answers it, in reading order.

    What may not be read is left out, and what answers it stays. At most `limits.CONTEXT_POSTS`,
    and of those the shortest, where all together are more than `limits.THREAD_CHARS`.
    """
    thread = await storage.rows(
        "SELECT id, parent_id, LENGTH(content) AS size FROM post WHERE thread_id = ?"
        " ORDER BY id LIMIT ?",
        *(post["thread_id"], limits.CONTEXT_POSTS),
    )
    fit = set(tree.fitting(sorted(thread, key=itemgetter("size", "id"))))
    parents: dict[int, int | None] = {row["id"]: row["parent_id"] for row in thread}
    parents.setdefault(post["id"], post["parent_id"])
    above, below = _above(post["id"], parents), _below(post["id"], parents)
    around = [Entry(id, id) for id in (*above, *below) if id in fit]
    shown = await posts.show(around, reader.within("thread"))
    is_above = {str(id) for id in above}
    return {
        "ancestors": [one for one in shown if one["id"] in is_above],
        "descendants": [one for one in shown if one["id"] not in is_above],
    }


def _above(id: int, parents: dict[int, int | None]) -> list[int]:
    """The ids of what is answered, from the start of the thread on."""
    found: list[int] = []
    parent = parents.get(id)
    while parent is not None and parent not in found and parent != id:
        found.append(parent)
        parent = parents.get(parent)
    return found[::-1]


def _below(id: int, parents: dict[int, int | None]) -> list[int]:
    """The ids of all that answers, each answer right below what it answers."""
    answers: defaultdict[int, list[int]] = defaultdict(list)
    for one, parent in parents.items():
        if parent is not None:
            answers[parent].append(one)
    order: list[int] = []
    done, waiting = {id}, answers[id][::-1]
    while waiting:
        one = waiting.pop()
        if one not in done:
            done.add(one)
            order.append(one)
            waiting += answers[one][::-1]
    return order
