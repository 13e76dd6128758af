"""Undo of what a moderator did: a ban, a lock, or the removal of a post."""

from __future__ import annotations

from federation.documents import Document, uri_of
from fedigroups.groups import lookup, threads
from fedigroups.groups.handlers import govern, lock
from fedigroups.groups.models import Post
from inbox.registry import Outcome, Received, done, ignored

ANNOUNCED = frozenset({"Delete", "Lock"})
"""What moderators of a group elsewhere do, and it announces that they take it back."""


async def gather_undo(received: Received) -> bool:
    """Of moderation that a group elsewhere takes back: whether one of its moderators does."""
    if received.activity.object_kind not in ANNOUNCED:
        return False
    return await govern.gather_announced(received)


async def on_undo(received: Received, kind: str, inner: Document) -> Outcome:
    """Do the contrary of `inner`, which is of this kind and of the same actor."""
    uri = uri_of(inner.get("object"))
    if kind == "Block":
        return await _unban(received, uri, uri_of(inner.get("target")))
    if kind == "Lock":
        return await lock.turn(received, uri, locked=False)
    if kind == "Delete":
        return await _restore(received, uri)
    return ignored(f"an Undo of {kind} means nothing here")


async def _unban(received: Received, uri: str, group_uri: str) -> Outcome:
    hosted = await lookup.hosted(group_uri)
    if hosted is None:
        return ignored("it lifts no ban of a group that lives here")
    return await govern.about_person(received, "unban", hosted, uri)


async def _restore(received: Received, uri: str) -> Outcome:
    if received.announcer is None:
        return await govern.about_post(received, "restore", uri)
    post = await govern.announced(received, uri)
    if not isinstance(post, Post):
        return post
    if post.state != "removed":
        return ignored("it was not removed")
    await threads.restore(post.thread.group, post)
    return done("restored")
