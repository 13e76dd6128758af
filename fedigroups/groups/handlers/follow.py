"""Follow (and Join, as Smithereen and Mobilizon say): somebody asks to join a group."""

from __future__ import annotations

from typing import Any

from federation.models import Actor
from federation.origin import host_of
from fedigroups.groups import lookup, membership, tombstones
from fedigroups.groups.distribute import Hosted
from fedigroups.moderation import turning_away
from inbox.record import forget
from inbox.registry import Outcome, Received, done, ignored
from outbox.publish import publish


async def gather_follow(received: Received) -> None:
    """Have the dialect of the follower's host learned before anything is delivered there."""
    await received.wire.peers.family(host_of(received.actor.uri))


async def on_follow(received: Received) -> Outcome:
    """Admit, hold or refuse, and answer."""
    group = await lookup.hosted(received.activity.object_id)
    if group is None:
        return await _refuse_person(received)
    if received.actor.local or received.actor.kind == "Group":
        return ignored("a group does not follow a group: their announcements would loop")
    if await tombstones.unearth(received.activity.id, received.activity.actor):
        return ignored("it was taken back before it came")
    if refusal := await _id_used_elsewhere(received, group):
        return ignored(refusal)
    # Misskey takes back each Follow of a group under one id, as it follows each time under one.
    await forget(f"{received.activity.id}/undo", received.activity.actor)
    await turning_away.carry_over(received.wire, group, received.actor)
    state, drafts = await membership.ask(
        received.wire, group.group, group.actor, received.actor, _verbatim(received)
    )
    await publish(drafts)
    if state == "refused":
        await turning_away.at_the_door(received.wire, group, received.actor)
    return done(f"{received.actor.handle} is {state} in {group.group.name}")


def _verbatim(received: Received) -> dict[str, Any]:
    """The Follow that an Accept embeds: what the peer said, less its context."""
    activity = received.activity
    said = {key: value for key, value in activity.document.items() if key != "@context"}
    return said | {"id": activity.id, "actor": activity.actor, "object": activity.object_id}


async def _id_used_elsewhere(received: Received, group: Hosted) -> str:
    other = await membership.follow_of(received.activity.id)
    if other is not None and (other.group_id, other.actor_id) != (
        group.group.id,
        received.actor.id,
    ):
        return "its id was used for another Follow"
    return ""


async def _refuse_person(received: Received) -> Outcome:
    """People here are read in groups: a Follow of one gets a Reject, so that it does not hang."""
    person = await Actor.get_or_none(uri=received.activity.object_id, local=True)
    if person is None:
        return ignored("it follows nobody who lives here")
    draft = membership.answer(received.wire, "Reject", person, received.actor, _verbatim(received))
    await publish([draft])
    return done("people here are not followed; groups are")
