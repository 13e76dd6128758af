"""This module lets people here into groups and out of them, here or elsewhere.

In a group hosted here they pass the very rules that a peer's Follow passes; a group elsewhere is
sent one, and decides.
"""

from __future__ import annotations

from federation import ids, storage
from federation.errors import Malformed, NotHere
from federation.models import Actor
from federation.strict_json import dumps, loads
from federation.wire import Wire
from fedigroups.groups import lookup, membership, policies, sending
from fedigroups.groups.models import Group, Member
from fedigroups.moderation import turning_away
from outbox import build
from outbox.publish import Draft, Outgoing, publish


async def join(wire: Wire, person: Actor, group_actor: Actor) -> str:
    """Ask to be in a group, here or elsewhere: `member`, `asked` or `refused` comes back."""
    if group_actor.kind != "Group":
        raise Malformed(f"{group_actor.handle} is no group")
    if person.moved_to:
        raise Malformed(policies.MOVED)
    uri = wire.uris.activity(ids.new())
    follow = build.follow(uri, person.uri, group_actor.uri)
    if group_actor.local:
        hosted = await lookup.hosted(group_actor.uri)
        if hosted is None:
            raise NotHere(f"{group_actor.handle} is closed")
        async with storage.transaction():
            await turning_away.carry_over(wire, hosted, person)
            state, _ = await membership.ask(wire, hosted.group, hosted.actor, person, follow)
            if state == "refused":
                await turning_away.at_the_door(wire, hosted, person)
        return state
    group = await lookup.remote(group_actor)
    async with storage.transaction():
        await membership.asked_elsewhere(group, person, follow)
        outgoing = Outgoing(uri, person.uri, "Follow", dumps(follow), public=False)
        await publish([Draft(outgoing, (sending.direct(group_actor, "answer", ""),))])
    return "asked"


async def leave(wire: Wire, person: Actor, group: Group) -> None:
    """Leave a group, here or elsewhere. Raises `Malformed` for its owner and for no member."""
    async with storage.transaction():
        member = await membership.held(group, person)
        if member is not None and member.role == "owner":
            raise Malformed(
                "{who} owns {group}; make somebody else the owner first",
                who=person.handle,
                group=group.name,
            )
        if member is None or not await membership.leave(group, person):
            raise Malformed(f"{person.handle} is not in {group.name}")
        if not group.hosted:
            await publish([unfollow(wire, person, await group.actor, member)])


def unfollow(wire: Wire, person: Actor, group_actor: Actor, member: Member | None) -> Draft:
    """The Undo of a person's Follow of a group elsewhere, of one that we know nothing of too."""
    uri = wire.uris.activity(ids.new())
    follow = build.follow(wire.uris.activity(ids.new()), person.uri, group_actor.uri)
    if member is not None and member.follow:
        follow = loads(member.follow.encode())
    document = build.undo(uri, follow)
    outgoing = Outgoing(uri, person.uri, "Undo", dumps(document), public=False)
    return Draft(outgoing, (sending.direct(group_actor, "answer", ""),))
