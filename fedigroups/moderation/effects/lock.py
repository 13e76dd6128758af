"""Lock: nobody answers in a thread any more but its moderators."""

from __future__ import annotations

from federation import ids
from federation.errors import Malformed
from federation.strict_json import dumps
from federation.wire import Wire
from fedigroups.groups.distribute import Inner
from fedigroups.groups.models import Thread
from fedigroups.moderation import proclaiming
from fedigroups.moderation.acts import Act
from fedigroups.moderation.effects.done import Done
from outbox import build
from outbox.publish import Draft, Outgoing


async def lock(wire: Wire, act: Act) -> Done:
    """Raises `Malformed` for what starts no thread here, and for one that is locked."""
    return await _turn(wire, act, locked=True)


async def unlock(wire: Wire, act: Act) -> Done:
    """Everybody may answer again."""
    return await _turn(wire, act, locked=False)


async def _turn(wire: Wire, act: Act, *, locked: bool) -> Done:
    post = act.needed
    if post.parent_id is not None or post.thread.group_id != act.hosted.group.id:
        raise Malformed(
            "{post} starts no thread of {group}", post=post.uri, group=act.hosted.group.name
        )
    turned = await Thread.filter(id=post.thread_id, locked=not locked).update(locked=locked)
    if not turned:
        raise Malformed(
            "the thread is locked already" if locked else "the thread is not locked already"
        )
    if act.comes and act.inner is not None:
        return Done(await proclaiming.act(wire, act.hosted, act.inner, post), act.inner.uri)
    by, group = wire.uris.moderation_actor, act.hosted.actor.uri
    document = build.lock(wire.uris.activity(ids.new()), by, post.uri, group, act.text)
    if not locked:
        document = build.undo_act(wire.uris.activity(ids.new()), document)
    body = dumps(document)
    inner = Inner(document["id"], body, wire.config.host)
    own = Draft(Outgoing(inner.uri, by, document["type"], body), ())
    return Done([own, *await proclaiming.act(wire, act.hosted, inner, post)], inner.uri)
