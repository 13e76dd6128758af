"""This module lets the posts of somebody elsewhere who is no more go, and tells who read them.

They signed no Delete of each that a group could announce: our moderation says it. So many go at
once; the others wait like what people here delete, and each goes in its own commit.
"""

from __future__ import annotations

from federation import clock, ids, storage
from federation.models import Actor
from federation.strict_json import dumps
from federation.wire import Wire
from fedigroups.groups import crossposts, distribute, threads
from fedigroups.groups.distribute import Inner
from fedigroups.groups.models import Post
from fedigroups.groups.visibility import OWN
from outbox import build
from outbox.publish import Draft, Outgoing, publish

AT_ONCE = 50
GONE = "Its author is gone."


async def take_along(wire: Wire, actor: Actor) -> None:
    """All that they wrote goes with them. Inside a transaction."""
    posts = await Post.filter(author_id=actor.id, state__in=OWN).order_by("-id").values_list("id")
    first, rest = posts[:AT_ONCE], posts[AT_ONCE:]
    for (post_id,) in first:
        await end(wire, post_id)
    await storage.execute_many(
        "INSERT INTO deletion (id, actor_id, post_id, due_at, tried_at) VALUES (?, ?, ?, ?, 0)"
        " ON CONFLICT (post_id) DO NOTHING",
        [(ids.new(), actor.id, post_id, clock.now_ms()) for (post_id,) in rest],
    )


async def end(wire: Wire, post_id: int) -> None:
    """One of their posts goes; of a group elsewhere, nobody is told. Inside a transaction."""
    post = await Post.get(id=post_id).select_related("thread__group__actor", "author")
    group = post.thread.group
    if not await threads.end(post, "deleted", GONE):
        return
    if not group.hosted:
        await distribute.withhold(group.id, post.uri)
        return
    uri, by = wire.uris.activity(ids.new()), wire.uris.moderation_actor
    body = dumps(build.remove(uri, by, post.uri, group.actor.uri, GONE))
    inner = Inner(uri, body, wire.config.host)
    drafts = await crossposts.told(
        post.thread, lambda hosted: distribute.delete(wire, hosted, inner, post, post.author)
    )
    if drafts:
        await publish([Draft(Outgoing(uri, by, "Delete", body), ()), *drafts])
