"""Add and Remove: of a group's moderators, of what it features, or of a post in its threads."""

from __future__ import annotations

from federation import clock
from fedigroups.groups import lookup
from fedigroups.groups.distribute import Hosted
from fedigroups.groups.handlers import govern
from fedigroups.groups.models import Post, Thread
from inbox.registry import Outcome, Received, done, ignored


async def on_add(received: Received) -> Outcome:
    """Appoint a moderator, or pin a thread."""
    return await _turn(received, "appoint", "pin")


async def on_remove(received: Received) -> Outcome:
    """Dismiss a moderator, unpin a thread, or take a post out of the group (FEP-171b)."""
    return await _turn(received, "dismiss", "unpin")


async def _turn(received: Received, about_person: str, about_thread: str) -> Outcome:
    if received.announcer is not None:
        return await _announced(received, pinned=about_thread == "pin")
    what, collection = received.activity.object_id, received.activity.target
    hosted = await _owner(received, collection)
    if hosted is None:
        return ignored("it changes no collection of a group that lives here")
    if collection == received.wire.uris.moderators(hosted.actor.uri):
        return await govern.about_person(received, about_person, hosted, what)
    is_featured = collection == received.wire.uris.featured(hosted.actor.uri)
    if not is_featured and about_thread == "pin":
        return ignored("posts come into a group by their authors")
    if not await Post.exists(uri=what, thread__group_id=hosted.group.id):
        return ignored("it is about no post of that group")
    return await govern.about_post(received, about_thread if is_featured else "remove", what)


async def _owner(received: Received, collection: str) -> Hosted | None:
    """The group here whose collection, or thread, that is."""
    named = received.wire.uris.parse(collection)
    if named is None or named.kind not in {"collection", "thread"}:
        return None
    return await lookup.hosted(named.actor)


async def _announced(received: Received, *, pinned: bool) -> Outcome:
    """A group elsewhere pins one of its threads, or does so no more."""
    announcer = received.announcer
    if announcer is None or received.activity.target != announcer.featured:
        return ignored("it changes nothing that is kept of a group elsewhere")
    post = await govern.announced(received, received.activity.object_id)
    if not isinstance(post, Post):
        return post
    at = clock.now_ms() if pinned else 0
    await Thread.filter(id=post.thread_id, root_id=post.id).update(pinned_at=at)
    return done("pinned" if pinned else "unpinned")
