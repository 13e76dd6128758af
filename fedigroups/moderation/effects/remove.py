"""Remove: a moderator takes away what everybody could see, or what waits."""

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


async def remove(wire: Wire, act: Act) -> Done:
    """End it; a moderator of a group that shows the thread beside its own ends it there alone."""
    post = act.needed
    if post.state not in {"live", "held"}:
        raise Malformed("{post} is gone already", post=post.uri)
    inner, stored = _said(wire, act, post)
    was_told = post.state == "live" or await distribute.was_told(post.uri)
    drafts = [Draft(stored, ())] if stored and was_told else []
    if act.hosted.group.id != post.thread.group_id:
        drafts += await crossposts.withdraw(wire, act.hosted, inner, post)
        return Done(drafts, inner.uri)
    if not await threads.end(post, "removed", act.text):
        raise Malformed("{post} is gone already", post=post.uri)
    drafts += await crossposts.told(
        post.thread, lambda one: distribute.delete(wire, one, inner, post, post.author)
    )
    return Done(drafts, inner.uri)


def _said(wire: Wire, act: Act, post: Post) -> tuple[Inner, Outgoing | None]:
    """The Delete as it came, or one of the moderation actor's to be stored."""
    if act.inner is not None and act.comes:
        return act.inner, None
    uri, by = wire.uris.activity(ids.new()), wire.uris.moderation_actor
    body = dumps(build.remove(uri, by, post.uri, act.hosted.actor.uri, act.text))
    return Inner(uri, body, wire.config.host), Outgoing(uri, by, "Delete", body)
