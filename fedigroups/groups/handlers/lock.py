"""Lock: nobody answers in a thread any more but its moderators."""

from __future__ import annotations

from fedigroups.groups.handlers import govern
from fedigroups.groups.models import Post, Thread
from inbox.registry import Outcome, Received, done


async def on_lock(received: Received) -> Outcome:
    """A thread of a group here is locked by a decision; one elsewhere as its group announces."""
    return await turn(received, received.activity.object_id, locked=True)


async def turn(received: Received, uri: str, *, locked: bool) -> Outcome:
    """Lock the thread that the post starts, or open it again."""
    if received.announcer is None:
        return await govern.about_post(received, "lock" if locked else "unlock", uri)
    post = await govern.announced(received, uri)
    if not isinstance(post, Post):
        return post
    await Thread.filter(id=post.thread_id, root_id=post.id).update(locked=locked)
    return done("locked" if locked else "opened again")
