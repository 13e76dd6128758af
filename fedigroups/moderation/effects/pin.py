"""Pin: a thread stands before all others, and among what the group features."""

from __future__ import annotations

from federation import clock, ids
from federation.errors import Malformed
from federation.strict_json import dumps
from federation.wire import Wire
from fedigroups.groups.collections import FEATURED_ITEMS
from fedigroups.groups.distribute import Inner
from fedigroups.groups.models import Thread
from fedigroups.groups.visibility import can_see
from fedigroups.moderation import proclaiming
from fedigroups.moderation.acts import Act
from fedigroups.moderation.effects.done import Done
from outbox import build
from outbox.publish import Draft, Outgoing


async def pin(wire: Wire, act: Act) -> Done:
    """Raises `Malformed` for what starts no thread that everybody may read, and for too many."""
    post = act.needed
    if not can_see(None, post):
        raise Malformed("{post} is not for everybody", post=post.uri)
    pinned = Thread.filter(group_id=act.hosted.group.id, pinned_at__gt=0)
    if await pinned.count() >= FEATURED_ITEMS:
        raise Malformed(
            "a group has at most {most} pinned threads; unpin one first", most=FEATURED_ITEMS
        )
    return await _turn(wire, act, at=clock.now_ms())


async def unpin(wire: Wire, act: Act) -> Done:
    """It stands among the others again."""
    return await _turn(wire, act, at=0)


async def _turn(wire: Wire, act: Act, *, at: int) -> Done:
    post = act.needed
    if post.parent_id is not None or post.thread.group_id != act.hosted.group.id:
        raise Malformed(
            "{post} starts no thread of {group}", post=post.uri, group=act.hosted.group.name
        )
    thread = Thread.filter(id=post.thread_id)
    as_it_was = thread.filter(pinned_at=0) if at else thread.filter(pinned_at__gt=0)
    if not await as_it_was.update(pinned_at=at):
        raise Malformed(
            "the thread is pinned already" if at else "the thread is not pinned already"
        )
    if act.comes and act.inner is not None:
        return Done(await proclaiming.act(wire, act.hosted, act.inner, post), act.inner.uri)
    by, group = wire.uris.moderation_actor, act.hosted.actor.uri
    document = build.listing(
        wire.uris.activity(ids.new()),
        "Add" if at else "Remove",
        by,
        post.uri,
        wire.uris.featured(group),
        group,
    )
    body = dumps(document)
    inner = Inner(document["id"], body, wire.config.host)
    own = Draft(Outgoing(inner.uri, by, document["type"], body), ())
    return Done([own, *await proclaiming.act(wire, act.hosted, inner, post)], inner.uri)
