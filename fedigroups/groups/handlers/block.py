"""Block: a person wants nothing more of a group, or a moderator bans somebody from one."""

from __future__ import annotations

from federation.documents import text_of
from federation.limits import SUMMARY_CHARS
from federation.models import Actor
from fedigroups.groups import lookup, membership, policies
from fedigroups.groups.distribute import Hosted
from inbox.registry import Outcome, Received, done, ignored
from outbox.publish import publish


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
    reason = text_of(received.activity.document, "summary")[:SUMMARY_CHARS]
    await publish(await membership.ban(received.wire, group.group, banned, reason))
    return done(f"{banned.handle} is banned from {group.group.name}")
