"""This module closes a group for good: every server that reads it is told."""

from __future__ import annotations

from federation import clock, ids, storage
from federation.errors import Malformed
from federation.strict_json import dumps
from federation.wire import Wire
from fedigroups.groups.distribute import Hosted
from fedigroups.groups.invitation_models import GroupInvitation
from fedigroups.groups.models import Group
from fedigroups.media import uploads
from outbox import build, streams
from outbox.publish import Draft, Outgoing, Place, publish_farewell


async def close(wire: Wire, hosted: Hosted) -> None:
    """Close a group, committed. Its Tombstone is served from then on, and it is never opened again.

    Raises `Malformed` for one that is closed.
    """
    group, actor = hosted.group, hosted.actor
    async with storage.transaction():
        closed = await Group.filter(
            id=group.id, hosted=True, state__in=["open", "suspended"]
        ).update(state="closed", updated_at=clock.now_ms())
        if not closed:
            raise Malformed(f"{group.name} is closed already")
        await publish_farewell(_farewell(wire, hosted))
        await GroupInvitation.filter(group_id=group.id).delete()
        for field in ("icon", "banner"):
            await uploads.let_go(f"{actor.uri}#{field}")


def _farewell(wire: Wire, hosted: Hosted) -> Draft:
    """The Delete of the group by itself, to all who read it in either dialect."""
    uri = wire.uris.activity(ids.new())
    document = build.delete_actor(uri, hosted.actor.uri, hosted.actor.followers)
    outgoing = Outgoing(uri, hosted.actor.uri, "Delete", dumps(document))
    places = (streams.microblog(hosted.group.id), streams.thread(hosted.group.id))
    return Draft(outgoing, tuple(Place(one, "act", hosted.actor.uri) for one in places))
