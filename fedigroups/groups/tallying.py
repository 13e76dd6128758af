"""This module tells how polls stand, now and then, and that they ended, once."""

from __future__ import annotations

import json

from federation import clock, ids, storage
from federation.models import Actor
from federation.strict_json import dumps
from federation.wire import Wire
from fedigroups import news
from fedigroups.groups import poll_documents, polls, sending
from fedigroups.groups.models import Post
from fedigroups.notify import telling
from outbox import build

MOST = 50
"""In one look."""


async def tell_due(wire: Wire) -> int:
    """Tell how polls stand in which somebody voted, and which ended; how many there were."""
    now = clock.now_ms()
    ends = await storage.rows(
        "SELECT post_id FROM poll WHERE ended = ? AND ends_at > 0 AND ends_at <= ?"
        " ORDER BY ends_at LIMIT ?",
        *(False, now, MOST),
    )
    for row in ends:
        await _end(wire, row["post_id"], now)
    due = await storage.rows(
        "SELECT post_id FROM poll WHERE tally_due_at > 0 AND tally_due_at <= ?"
        " ORDER BY tally_due_at LIMIT ?",
        *(now, MOST),
    )
    for row in due:
        await _tell(wire, row["post_id"], now)
    return len(ends) + len(due)


async def _end(wire: Wire, post_id: int, now: int) -> None:
    """Tell that it ended, and how, unless another worker does."""
    async with storage.transaction():
        ended = await storage.row(
            "UPDATE poll SET ended = ?, tally_due_at = 0 WHERE post_id = ? AND ended = ?"
            " AND ends_at <= ? RETURNING id",
            *(True, post_id, False, now),
        )
        if ended is not None and await _publish(wire, post_id, "edit"):
            await telling.poll_ended(ended["id"])


async def _tell(wire: Wire, post_id: int, now: int) -> None:
    async with storage.transaction():
        due = await storage.row(
            "UPDATE poll SET tally_due_at = 0 WHERE post_id = ? AND tally_due_at > 0"
            " AND tally_due_at <= ? RETURNING id",
            *(post_id, now),
        )
        if due is not None:
            await _publish(wire, post_id, "tally")


async def _publish(wire: Wire, post_id: int, kind: str) -> bool:
    """Tell pages that show it, and of a poll of ours readers and voters; False if it is gone."""
    post = await Post.get_or_none(id=post_id, state="live").select_related(
        "author", "thread__group__actor"
    )
    poll = await polls.of(post_id)
    if post is None or poll is None:
        return False
    news.say("edit", post.id)
    if not poll.counted_here or post.author.state != "live":
        return True
    document = poll_documents.carrying(json.loads(post.document), poll)
    post.document = json.dumps(document, ensure_ascii=False)
    await Post.filter(id=post.id).update(document=post.document)
    body = dumps(build.update(wire.uris.activity(ids.new()), document))
    told = [*await sending.mentioned_in(post), *await _voters(poll.id)]
    await sending.send(wire, post.author, post.thread.group, post, kind, body, told)
    return True


async def _voters(poll_id: int) -> list[Actor]:
    """One voter of each other server: what one of them is told, the server knows."""
    rows = await storage.rows(
        "SELECT MIN(a.id) AS id FROM ballot b JOIN actor a ON a.id = b.actor_id"
        " WHERE b.poll_id = ? AND a.local = ? GROUP BY a.host",
        *(poll_id, False),
    )
    return await Actor.filter(id__in=[row["id"] for row in rows]) if rows else []
