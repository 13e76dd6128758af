"""Update: an author edits a post, or an actor changes its profile."""

from __future__ import annotations

from dataclasses import dataclass

from federation import addressing
from federation.documents import ObjectDoc
from federation.errors import NotUsable
from federation.models import Actor
from federation.vocabulary import ACTOR_TYPES
from fedigroups.groups import (
    aliases,
    crossposts,
    distribute,
    evidence,
    lookup,
    membership,
    policies,
    polls,
    threads,
)
from fedigroups.groups.evidence import Found
from fedigroups.groups.handlers.ballot import Paper
from fedigroups.groups.handlers.create import gather_create, inner_of, on_create, turned_away
from fedigroups.groups.handlers.delete import Witness, gather_delete, on_delete
from fedigroups.groups.handlers.message import Message
from fedigroups.groups.models import Group, Post
from fedigroups.groups.visibility import OPEN, OWN
from fedigroups.moderation import holding, scrutiny, submissions
from inbox.registry import Outcome, Received, done, ignored
from outbox.publish import publish


@dataclass(frozen=True, slots=True)
class Profile:
    """An actor, read anew at its origin."""

    actor: Actor


async def gather_update(received: Received) -> Found | Message | Paper | Profile | Witness | None:
    """The new version from its own authority; an actor is read anew at its origin.

    An Update to a Tombstone is a Delete (NodeBB).
    """
    activity = received.activity
    if activity.object_kind == "Tombstone":
        return await gather_delete(received)
    await lookup.check_joined(received.announcer)
    if activity.object_kind in ACTOR_TYPES or activity.object_id == activity.actor:
        if activity.object_id != activity.actor and received.announcer is None:
            raise NotUsable("an actor's profile is changed by that actor alone")
        return Profile(await received.wire.directory.refresh(activity.object_id, received.budget))
    if await Post.exists(uri=activity.object_id):
        return Found(await evidence.arrival(received))
    return await gather_create(received)


async def on_update(received: Received) -> Outcome:
    """Take the newer version; an Update of what we do not have is its Create (Lemmy)."""
    if isinstance(received.facts, Witness):
        return await on_delete(received)
    if isinstance(received.facts, Profile):
        return await _profile(received.facts.actor)
    post = await Post.get_or_none(uri=received.activity.object_id).select_related(
        "author", "thread__group"
    )
    return await (on_create(received) if post is None else _newer(received, post))


async def _newer(received: Received, post: Post) -> Outcome:
    if refusal := await _refusal(received, post):
        return ignored(refusal)
    if refusal := await _unwelcome(post):
        hosted = await lookup.hosting(post.thread.group_id)
        return await turned_away(received, hosted, received.facts.post, refusal)
    version, group = received.facts.post.object, post.thread.group
    why = await scrutiny.reason_of_edit(group, post, version)
    if not await _taken(post, version):
        return ignored("it is not newer than what we have")
    return await _edited(received, post, why)


async def _taken(post: Post, version: ObjectDoc) -> bool:
    """Whether something is new: the post, or how its poll stands (told without `updated`)."""
    if version.kind == "Question" and not version.updated:
        return await polls.retold(post, version)
    return await threads.edit(post, version) or await polls.retold(post, version)


async def _edited(received: Received, post: Post, why: str) -> Outcome:
    """Tell who was shown the post, unless it waits: it did before, or does for `why`."""
    if post.state == "held" or why:
        inner = inner_of(received)
        if why:
            await holding.hold_edit(received.wire, post.thread.group, post, inner, why)
        else:
            await submissions.again(post, inner)
        return done("edited, and waits for a moderator")
    if post.thread.group.hosted:
        wire, inner = received.wire, inner_of(received)
        drafts = await crossposts.told(
            post.thread, lambda hosted: distribute.edit(wire, hosted, inner, post), post.author
        )
        await publish(drafts)
    return done("edited")


async def _refusal(received: Received, post: Post) -> str:
    """Why the edit is not taken, or an empty string."""
    found: Found = received.facts
    if found.post.author.id != post.author_id:
        return "a post does not change its author"
    if addressing.visibility(received.activity.document, found.post.object.document) not in OPEN:
        return policies.NOT_PUBLIC
    if post.thread.group.hosted and received.announcer is not None:
        return "a group's announcement is never announced again"
    return "" if post.state in OWN else "nothing is left of it here"


async def _unwelcome(post: Post) -> str:
    """Why its author may not edit it in a group here, as they are told; or an empty string."""
    if not post.thread.group.hosted:
        return ""
    member = await membership.standing(post.thread.group, post.author)
    return policies.refusal_to_reply(post.thread.group, member, post.thread)


async def _profile(actor: Actor) -> Outcome:
    if actor.kind == "Group" and await Group.exists(actor_id=actor.id, hosted=False):
        await lookup.remote(actor)
    if not actor.local and (await aliases.claims(actor)).moved_to != actor.moved_to:
        await Actor.filter(id=actor.id).update(moved_to="")  # it lives there again; see `Move`
    return done(f"{actor.handle} was read anew")
