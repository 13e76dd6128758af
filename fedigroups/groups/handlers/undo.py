"""Undo: an actor takes back what it did, matched by actor and object, not by id alone.

Lemmy builds what it undoes anew, with a new id; Mastodon's follower synchronisation sends an
Undo of a Follow whose id nobody has seen.
"""

from __future__ import annotations

from federation.documents import uri_of
from federation.origin import same_origin
from fedigroups.groups import early, lookup, membership, reactions, threads, tombstones
from fedigroups.groups.handlers import take_back
from fedigroups.groups.handlers.vote import KINDS, read_reaction, send_on
from fedigroups.groups.models import Post
from inbox.record import forget
from inbox.registry import Outcome, Received, done, ignored

REACTIONS = {*KINDS, "Announce"}


async def on_undo(received: Received) -> Outcome:
    """Take back a follow or a reaction; one that has not come yet is remembered for 7 days."""
    activity = received.activity
    inner, kind = activity.inner, activity.object_kind
    if received.announcer is not None and kind not in {*KINDS, *take_back.ANNOUNCED}:
        return ignored("a group takes back nothing of others but votes and moderation")
    if inner is None:
        return await _by_id(received, activity.object_id)
    if uri_of(inner.get("actor")) != activity.actor:
        return ignored("nobody takes back what another did")
    if kind in {"Follow", "Join"}:
        return await _follow(received, uri_of(inner.get("object")))
    if kind in REACTIONS:
        return await _reaction(received, kind, uri_of(inner.get("object")))
    return await take_back.on_undo(received, kind, inner)


async def _follow(received: Received, group_uri: str) -> Outcome:
    group = await lookup.hosted(group_uri)
    if group is None:
        return ignored("it leaves no group that lives here")
    if await membership.leave(group.group, received.actor):
        # Misskey and Pixelfed follow again with the id that they used before.
        await forget(received.activity.object_id, received.activity.actor)
        return done(f"{received.actor.handle} left {group.group.name}")
    member = await membership.standing(group.group, received.actor)
    if member is None or member.follow_uri != received.activity.object_id:
        return await _remember(received)
    return ignored(f"{received.actor.handle} was not in {group.group.name}")


async def _reaction(received: Received, kind: str, post_uri: str) -> Outcome:
    post = await threads.placed(post_uri)
    if post is None:
        return await _remember(received, post_uri)
    if received.announcer is not None and post.thread.group.actor_id != received.announcer.id:
        return ignored("a group counts only its own posts' votes")
    slot = "boost"
    if kind != "Announce":
        slot = reactions.slot_of(*read_reaction(kind, received.activity.inner or {}))
    if not await reactions.take_back(post, received.activity.actor, slot, received.announcer):
        return await _remember(received)
    return await _taken_back(received, post, announce=kind != "Announce")


async def _taken_back(received: Received, post: Post, *, announce: bool) -> Outcome:
    if post.thread.group.hosted and announce:
        await send_on(received, post)
    return done("taken back")


async def _by_id(received: Received, uri: str) -> Outcome:
    """An Undo that names only the id: of a Follow or of a reaction, each the actor's own."""
    member = await membership.follow_of(uri)
    if member is not None:
        if member.actor_id != received.actor.id:
            return ignored("nobody takes back what another did")
        group = await lookup.hosting(member.group_id)
        await membership.leave(group.group, received.actor)
        await forget(uri, received.activity.actor)
        return done(f"{received.actor.handle} left {group.group.name}")
    reaction = await reactions.take_back_by_id(uri, received.activity.actor)
    if reaction is not None:
        return await _taken_back(received, reaction.post, announce=reaction.kind != "boost")
    return await _remember(received)


async def _remember(received: Received, post_uri: str = "") -> Outcome:
    """An Undo that overtook what it undoes: the late one will not count.

    Where its post has not come either it waits for that: Lemmy undoes under another id, so that
    what it undoes may be what waits before it.
    """
    uri, actor = received.activity.object_id, received.activity.actor
    if not uri or not same_origin(uri, actor):
        return ignored("it takes back nothing that we have")
    await tombstones.bury(
        uri, actor, "undo", reactions.REMEMBERED_DAYS, announcer=received.announcer
    )
    return ignored(
        "it takes back nothing that we have; remembered in case it comes late",
        awaits=await early.expected(received, post_uri),
    )
