"""This module keeps the queue: posts that a moderator looks at before others do."""

from __future__ import annotations

from federation import clock, storage
from federation.errors import Malformed
from fedigroups.groups.distribute import Inner
from fedigroups.groups.models import Group, Post
from fedigroups.moderation.models import Submission
from fedigroups.notify import telling

WAITING = "waiting"


async def put(group: Group, post: Post, inner: Inner | None, why: str) -> None:
    """Let the post wait; `inner` is the activity in which it came, None when only it was found."""
    await storage.execute(
        "INSERT INTO submission (id, group_id, state, why, activity_uri, body, host, signed, since)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET state = excluded.state,"
        " why = excluded.why, activity_uri = excluded.activity_uri, body = excluded.body,"
        " host = excluded.host, signed = excluded.signed, since = excluded.since",
        *(post.id, group.id, WAITING, why, *_columns(inner), clock.now_ms()),
    )
    await telling.at_the_desk(group.id, "to_review", post.id)


async def again(post: Post, inner: Inner) -> bool:
    """Let a post wait whose author changed it; whether it had been refused, or asked for."""
    found = await storage.row("SELECT state, group_id FROM submission WHERE id = ?", post.id)
    await storage.execute(
        "UPDATE submission SET state = ?, activity_uri = ?, body = ?, host = ?, signed = ?,"
        " since = ? WHERE id = ?",
        *(WAITING, *_columns(inner), clock.now_ms(), post.id),
    )
    if found is None or found["state"] == WAITING:
        return False
    await telling.at_the_desk(found["group_id"], "to_review", post.id)
    return True


async def fill(post: Post, inner: Inner) -> None:
    """Note the activity of a post that was found before that came; a newer one stays."""
    await storage.execute(
        "UPDATE submission SET activity_uri = ?, body = ?, host = ?, signed = ?"
        " WHERE id = ? AND activity_uri = ''",
        *(*_columns(inner), post.id),
    )


async def settle(post: Post, state: str) -> int:
    """It waits no more; for how many ms it did. Raises `Malformed` when it did not wait."""
    now = clock.now_ms()
    # refused and asked-for posts may still be accepted: a moderator changes their mind
    old = (WAITING, "refused", "asked") if state == "accepted" else (WAITING, WAITING, WAITING)
    found = await storage.row(
        "UPDATE submission SET state = ? WHERE id = ? AND state IN (?, ?, ?) AND EXISTS"
        " (SELECT 1 FROM post WHERE post.id = submission.id AND post.state = 'held')"
        " RETURNING since",
        *(state, post.id, *old),
    )
    if found is None:
        raise Malformed(
            "{post} does not wait for a moderator; look at the queue again", post=post.uri
        )
    await telling.done_with("to_review", post.id)
    return int(now - found["since"])


async def inner_of(post: Post) -> Inner | None:
    """The activity in which the newest version of the post came, when it did."""
    found = await Submission.get(id=post.id)
    if not found.activity_uri:
        return None
    return Inner(found.activity_uri, bytes(found.body), found.host, found.signed)


async def waiting(group: Group, *, settled: bool = False) -> list[tuple[Submission, Post]]:
    """What waits in the group, oldest first; with `settled` also what was refused or asked for."""
    query = Submission.filter(group_id=group.id).exclude(state="accepted").order_by("since")
    rows = await (query if settled else query.filter(state=WAITING))
    if not rows:
        return []
    held = Post.filter(id__in=[row.id for row in rows], state="held")
    posts = {post.id: post for post in await held.select_related("author", "thread")}
    return [(row, posts[row.id]) for row in rows if row.id in posts]


def _columns(inner: Inner | None) -> tuple[object, ...]:
    if inner is None:
        return "", b"", "", False
    return inner.uri, inner.body, inner.host, inner.signed
