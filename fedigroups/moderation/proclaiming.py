"""This module tells the thread family what moderators did; microblogs have no words for it."""

from __future__ import annotations

from federation import ids
from federation.models import Actor
from federation.wire import Wire
from fedigroups.groups import distribute
from fedigroups.groups.distribute import Hosted, Inner
from fedigroups.groups.models import Post
from fedigroups.groups.visibility import can_see
from outbox import build, streams
from outbox.publish import Draft, Outgoing, Place


async def act(wire: Wire, hosted: Hosted, inner: Inner, about: Post | None = None) -> list[Draft]:
    """What a moderator did, wrapped for threads; to microblogs it says nothing, or harms them."""
    uri = wire.uris.activity(ids.new())
    if about is not None and not can_see(None, about):
        return []
    if not await distribute.remember(hosted, "wrapped", inner.uri, uri):
        return []
    body = build.announce(uri, hosted.actor.uri, hosted.actor.followers, inner.body)
    place = Place(
        streams.thread(hosted.group.id),
        "moderation",
        about.uri if about else "",
        str(about.thread_id) if about else "",
        skip_host=await distribute.needs_no_copy(wire, inner.host),
    )
    return [Draft(Outgoing(uri, hosted.actor.uri, "Announce", body), (place,))]


async def before_threads(person: Actor) -> tuple[Place, ...]:
    """The inbox of somebody whose server is of the thread family, for an act about them."""
    if person.local or not person.inbox or not await distribute.thread_family(person):
        return ()
    return (Place(streams.direct(person.inbox), "moderation", inbox=person.inbox),)
