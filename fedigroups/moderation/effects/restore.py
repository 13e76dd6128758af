"""Restore: a post that a moderator removed is shown again."""

from __future__ import annotations

from federation import ids
from federation.errors import Malformed
from federation.strict_json import dumps
from federation.wire import Wire
from fedigroups.groups import crossposts, distribute, threads
from fedigroups.groups.distribute import Inner
from fedigroups.groups.models import Post
from fedigroups.moderation.acts import Act
from fedigroups.moderation.effects.done import Done
from outbox import build
from outbox.publish import Draft, Outgoing


async def restore(wire: Wire, act: Act) -> Done:
    """Show it, and take its removal back wherever it was told."""
    post = act.needed
    if post.state != "removed" or act.hosted.group.id != post.thread.group_id:
        raise Malformed(
            "{post} was not removed from {group}", post=post.uri, group=act.hosted.group.name
        )
    await threads.restore(act.hosted.group, post)
    inner, stored = _said(wire, act, post)
    drafts = await crossposts.told(
        post.thread, lambda one: distribute.restore(wire, one, inner, post, post.author)
    )
    return Done([Draft(stored, ()), *drafts] if stored else drafts, inner.uri)


def _said(wire: Wire, act: Act, post: Post) -> tuple[Inner, Outgoing | None]:
    """The Undo as it came, or one of the moderation actor's to be stored."""
    if act.inner is not None and act.comes:
        return act.inner, None
    uri, by = wire.uris.activity(ids.new()), wire.uris.moderation_actor
    removal = build.remove(
        wire.uris.activity(ids.new()), by, post.uri, act.hosted.actor.uri, post.reason
    )
    body = dumps(build.undo_act(uri, removal))
    return Inner(uri, body, wire.config.host), Outgoing(uri, by, "Undo", body)
