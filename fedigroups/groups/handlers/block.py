"""Block: a person wants nothing more of a group, or a moderator bans somebody from one."""

from __future__ import annotations

from federation import clock
from federation.documents import time_of
from federation.models import Actor
from fedigroups.groups import lookup, membership, policies
from fedigroups.groups.distribute import Hosted
from fedigroups.groups.handlers import govern
from inbox.registry import Outcome, Received, done, ignored

ENDS = ("endTime", "expires")
"""When a ban ends: Lemmy and Mbin."""


async def on_block(received: Received) -> Outcome:
    """Without `target`, a Block of a group is leaving it; with it, a ban by a moderator."""
    if received.activity.target:
        return await _ban(received)
    group = await lookup.hosted(received.activity.object_id)
    if group is None:
        return ignored("it blocks no group that lives here")
    if await membership.leave(group.group, received.actor):
        return done(f"{received.actor.handle} left {group.group.name}")
    return ignored(f"{received.actor.handle} was not in {group.group.name}")


async def _ban(received: Received) -> Outcome:
    group = await lookup.hosted(received.activity.target)
    if group is None:
        return ignored("it bans from no group that lives here")
    member = await membership.standing(group.group, received.actor)
    if not policies.is_staff(member):
        return ignored("only a moderator of the group bans from it")
    banned = await Actor.get_or_none(uri=received.activity.object_id)
    if banned is None:
        return ignored("it bans somebody whom we do not know")
    return await _banned(received, group, banned)


async def _banned(received: Received, group: Hosted, banned: Actor) -> Outcome:
    if policies.is_staff(await membership.standing(group.group, banned)):
        return ignored("a moderator is first made a member, then banned")
    document = received.activity.document
    until = next((at for name in ENDS if (at := time_of(document.get(name)))), 0)
    if until and until <= clock.now_ms():
        return ignored("a ban that has ended")
    takes_posts = document.get("removeData") is True
    await govern.decided(
        received, "ban", group, person=banned, until=until, takes_posts=takes_posts
    )
    return done(f"{banned.handle} is banned from {group.group.name}")
