"""Create: somebody posts into a group, or answers in one of its threads."""

from __future__ import annotations

from federation import addressing
from federation.documents import read_object
from federation.models import Actor
from federation.origin import host_of
from fedigroups.groups import distribute, evidence, lookup, membership, policies, threads
from fedigroups.groups.distribute import Hosted, Inner
from fedigroups.groups.evidence import Found
from fedigroups.groups.models import Group, Post
from inbox.registry import Outcome, Received, done, ignored
from outbox.publish import publish

ECHOES = frozenset({"Group", "Service", "Application"})
"""Actors whose posts a group does not announce: they echo, and two of them would loop."""


async def gather_create(received: Received) -> Found | None:
    """The post and what it answers, each from its own authority; None when it is no post."""
    await lookup.check_joined(received.announcer)
    if received.activity.inner is not None and read_object(received.activity.inner).is_vote:
        return None
    post = await evidence.arrival(received)
    if post.object.is_vote:
        return None
    return Found(post, await evidence.ancestors(received, post.object))


async def on_create(received: Received) -> Outcome:
    """Take the post into the thread that it answers, or into the group that it names."""
    if received.facts is None:
        return ignored("a poll vote is no reply, and the poll is not ours")
    found: Found = received.facts
    visibility = addressing.visibility(received.activity.document, found.post.object.document)
    if visibility not in {"public", "unlisted"}:
        return ignored("it is not public: a group never shows what was said to a few")
    if known := await Post.get_or_none(uri=found.post.object.id).select_related("author", "thread"):
        return await _again(received, known)
    parent = await _parent(received, found)
    if parent is not None:
        return await _reply(received, found, parent, visibility)
    return await _start(received, found, visibility)


async def _parent(received: Received, found: Found) -> Post | None:
    """The known post that the chain of answers ends in, with what lies between stored."""
    chain = [*found.ancestors, found.post]
    parent, missing = await threads.parent_of(chain[0].object), found.ancestors
    if parent is None and received.announcer is not None:
        return await _of_announced_thread(received, found)
    if parent is None:
        parent, missing = await _missing_start(found), missing[1:]
    if parent is None or await _refusal(received, found.post.author, parent):
        return parent
    for between in missing:
        if parent is None or await _refusal(received, between.author, parent):
            return None
        parent = await _stored(parent.thread.group, between, parent)
    return parent


async def _missing_start(found: Found) -> Post | None:
    """The start of a thread here that an answer overtook: stored, announced when it comes."""
    start = found.ancestors[0] if found.ancestors else None
    if start is None or start.object.in_reply_to or start.author.kind in ECHOES:
        return None
    hosted = await lookup.first_hosted(addressing.named(start.object.document, None))
    if hosted is None:
        return None
    member = await membership.standing(hosted.group, start.author)
    if policies.refusal_to_post(hosted.group, member):
        return None
    return await _stored(hosted.group, start, None)


async def _stored(group: Group, between: evidence.Arrival, parent: Post | None) -> Post | None:
    visibility = addressing.visibility(between.object.document)
    if visibility not in {"public", "unlisted"}:
        return None
    await threads.store(group, between, parent, visibility)
    return await Post.get_or_none(uri=between.object.id).select_related("thread__group")


async def _of_announced_thread(received: Received, found: Found) -> Post | None:
    """For a group elsewhere: the missing start of a thread is stored, and answered."""
    group = await _announcing(received)
    parent: Post | None = None
    if group is None:
        return None
    for between in found.ancestors:
        parent = await _stored(group, between, parent)
    return parent


async def _announcing(received: Received) -> Group | None:
    return await lookup.joined(received.announcer) if received.announcer else None


async def _refusal(received: Received, author: Actor, parent: Post) -> str:
    """Why the author may not answer that post, or an empty string."""
    group = parent.thread.group
    if group.hosted and received.announcer is not None:
        return "a group's announcement is never announced again"
    member = await membership.standing(group, author)
    return policies.refusal_to_reply(group, member, parent.thread)


async def _reply(received: Received, found: Found, parent: Post, visibility: str) -> Outcome:
    if refusal := await _refusal(received, found.post.author, parent):
        return ignored(refusal)
    return await _take(received, parent.thread.group, found, parent, visibility)


async def _start(received: Received, found: Found, visibility: str) -> Outcome:
    if received.announcer is not None:
        group = await lookup.joined(received.announcer)
        if group is None:
            return ignored("nobody here is in the group that announced it")
        return await _take(received, group, found, None, visibility)
    named = addressing.named(received.activity.document, found.post.object.document)
    hosted = await lookup.first_hosted(filter(received.wire.uris.is_local, named))
    if hosted is None:
        return ignored("it names no group that lives here and answers nothing that we have")
    member = await membership.standing(hosted.group, found.post.author)
    if refusal := policies.refusal_to_post(hosted.group, member):
        return ignored(refusal)
    return await _take(received, hosted.group, found, None, visibility)


async def _take(
    received: Received, group: Group, found: Found, parent: Post | None, visibility: str
) -> Outcome:
    if group.hosted and found.post.author.kind in ECHOES:
        return ignored("what bots and groups say is not announced")
    post = await threads.store(group, found.post, parent, visibility)
    if post is None:
        return ignored("it was deleted before it came, or lies too deep in its thread")
    if group.hosted:
        await _announce(received, await lookup.hosting(group.id), post, found)
    return done(f"posted in {group.name}")


async def _again(received: Received, known: Post) -> Outcome:
    """A post that we have: one fetched as somebody's parent is announced when its Create comes."""
    hosted = await lookup.of_thread(known.thread)
    if not hosted.group.hosted or received.announcer is not None or known.state != "live":
        return ignored("it is known")
    if known.author.uri != received.actor.uri or known.author.kind in ECHOES:
        return ignored("it is known")
    member = await membership.standing(hosted.group, known.author)
    speak = policies.refusal_to_reply(hosted.group, member, known.thread)
    if refusal := speak if known.parent_id else policies.refusal_to_post(hosted.group, member):
        return ignored(refusal)
    await _announce(received, hosted, known, received.facts)
    return done("it is known")


async def _announce(received: Received, hosted: Hosted, post: Post, found: Found) -> None:
    await publish(
        await distribute.post(
            received.wire,
            hosted,
            inner_of(received),
            post,
            found.post.author,
            found.post.object.can_announce,
        )
    )


def inner_of(received: Received) -> Inner:
    """The activity as it came, to be announced."""
    activity = received.activity
    return Inner(
        activity.id,
        received.body,
        host_of(activity.actor),
        distribute.carries_signature(activity.document),
    )


async def take_announced(
    received: Received, announcer: Actor, found: Found, visibility: str
) -> Outcome:
    """A post that a group elsewhere announced by its id, into that group's threads."""
    group = await lookup.joined(announcer)
    if group is None or visibility not in {"public", "unlisted"}:
        return ignored("nobody here is in the group, or it is not public")
    oldest = [*found.ancestors, found.post][0]
    parent = await threads.parent_of(oldest.object)
    if parent is not None and parent.thread.group.hosted:
        return ignored("a group's announcement is never announced again")
    group = parent.thread.group if parent else group
    for between in found.ancestors:
        parent = await _stored(group, between, parent)
    return await _take(received, group, found, parent, visibility)
