"""Reject: a group elsewhere does not let a person of ours in, or puts them out."""

from __future__ import annotations

from fedigroups.groups import lookup, membership
from fedigroups.groups.handlers.accept import pending
from fedigroups.groups.models import Announced
from inbox.registry import Outcome, Received, done, ignored


async def on_reject(received: Received) -> Outcome:
    """End the membership or the request; or give up a boost that its author does not allow."""
    member = await pending(received)
    if member is not None:
        state = await membership.answered_elsewhere(member, accepted=False)
        return done(f"{member.actor.username} is {state} in {received.actor.handle}")
    waiting = await Announced.get_or_none(activity_uri=received.activity.object_id, waiting=True)
    if waiting is None:
        return ignored("it rejects nothing that we asked")
    if not await lookup.wrote(received.actor, waiting.object_uri):
        return ignored("only the author of a post forbids its boost")
    await Announced.filter(id=waiting.id).update(undone=True)
    return done("the boost is not allowed: it goes to nobody")
