"""Leave (Smithereen, Mobilizon): somebody leaves a group."""

from __future__ import annotations

from fedigroups.groups import lookup, membership
from inbox.registry import Outcome, Received, done, ignored


async def on_leave(received: Received) -> Outcome:
    """Take the actor out of the group that the activity names."""
    group = await lookup.hosted(received.activity.object_id)
    if group is None:
        return ignored("it leaves no group that lives here")
    if await membership.leave(group.group, received.actor):
        return done(f"{received.actor.handle} left {group.group.name}")
    return ignored(f"{received.actor.handle} was not in {group.group.name}")
