"""Announce by id: a group elsewhere shows a post, or a person boosts one of ours.

An Announce around an activity never comes here: the inbox unwraps it and dispatches what is inside.
"""

from __future__ import annotations

from federation import addressing
from fedigroups.groups import (
    early,
    evidence,
    lookup,
    membership,
    policies,
    reactions,
    threads,
    tombstones,
)
from fedigroups.groups.evidence import Found
from fedigroups.groups.handlers.create import take_announced
from fedigroups.groups.models import Group, Post
from fedigroups.groups.visibility import can_see
from inbox.registry import Outcome, Received, done, ignored


async def gather_announce(received: Received) -> Found | None:
    """The announced post from its origin, when a group that people here joined announces it."""
    if received.actor.kind != "Group" or await lookup.joined(received.actor) is None:
        return None
    uri = received.activity.object_id
    if await Post.exists(uri=uri) or received.wire.uris.is_local(uri):
        return None
    post = await evidence.at_origin(received.wire, uri, received.budget)
    return Found(post, await evidence.ancestors(received, post.object))


async def on_announce(received: Received) -> Outcome:
    """Take the post into the group's threads, or count a person's boost."""
    if received.actor.kind != "Group":
        return await _boost(received)
    if received.facts is None:
        return ignored("nothing new from a group that people here are in")
    found: Found = received.facts
    visibility = addressing.visibility(found.post.object.document)
    return await take_announced(received, received.actor, found, visibility)


async def _boost(received: Received) -> Outcome:
    if await tombstones.is_buried(received.activity.id, received.activity.actor):
        return ignored("it was taken back before it came")
    post = await threads.placed(received.activity.object_id)
    if post is None:
        awaits = await early.expected(received, received.activity.object_id)
        return ignored("it boosts nothing that we have", awaits=awaits)
    if not can_see(None, post):
        return ignored("what it boosts is gone, or not for everybody")
    if refusal := await _refusal(received, post.thread.group):
        return ignored(refusal)
    await reactions.put(post, received.actor.uri, "boost", received.activity.id)
    return done("boost counted")


async def _refusal(received: Received, group: Group) -> str:
    """Why a group here counts no boost of theirs, and tells nobody of it; or an empty string."""
    if not group.hosted:
        return ""
    return policies.refusal_to_react(group, await membership.standing(group, received.actor))
