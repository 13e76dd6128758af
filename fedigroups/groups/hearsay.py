"""This module decides what becomes of an activity that somebody else reports without proof.

Only what can matter here is looked up: a post that we have, an answer to one, or one for a group of
ours. Then the origin of the object is asked, and what it serves is all that is believed: the
activity is written anew around it, as its author's (FEP-fe34).
"""

from __future__ import annotations

from typing import Any

from federation import addressing, limits
from federation.documents import ActivityDoc, Document, ObjectDoc, read_activity, time_of, uri_of
from federation.errors import NotUsable, Unreachable
from federation.origin import host_of
from federation.pace import HOUR_SECONDS, Allowance
from federation.vocabulary import AS2, POST_TYPES, PUBLIC
from federation.wire import Wire
from fedigroups.groups import evidence, lookup
from fedigroups.groups.models import Post
from inbox.registry import Hearsay


class Inquiry:
    """Asks origins: at most `limits.HEARSAY_PER_HOST` times an hour for each host that tells."""

    def __init__(self) -> None:
        self._asked = Allowance(limits.HEARSAY_PER_HOST, HOUR_SECONDS)

    async def attest(self, hearsay: Hearsay) -> ActivityDoc:
        """The activity as the origin of its object vouches for it.

        Raises `NotUsable` for what cannot matter here or is not so at its origin, `Blocked`, and
        `Unreachable` when the origin does not answer or the teller's host has told too much.
        """
        activity = hearsay.activity
        post = await Post.get_or_none(uri=activity.object_id).select_related("author")
        if activity.kind == "Delete" or activity.object_kind == "Tombstone":
            return await self._end(hearsay, post)
        return await self._words(hearsay, post)

    async def _words(self, hearsay: Hearsay, post: Post | None) -> ActivityDoc:
        """What the origin serves, if it is worth a question, and the answer worth an act."""
        activity, wire = hearsay.activity, hearsay.wire
        if post is None and not await _matters(wire, activity.document, activity.inner or {}):
            raise _idle(hearsay)
        if post is not None and (activity.kind == "Create" or _is_known(post, activity.inner)):
            raise _known(post)
        self._count(hearsay)
        found = await evidence.fetched(wire, activity.object_id, hearsay.budget)
        if found.kind not in POST_TYPES or found.attributed_to != activity.actor:
            raise NotUsable(f"{found.id} is no post of {activity.actor}")
        if post is None and not await _matters(wire, {}, found.document):
            raise _idle(hearsay)
        if post is not None and (found.updated is None or _is_known(post, found.document)):
            raise _known(post)
        return read_activity(_around(activity, found))

    async def _end(self, hearsay: Hearsay, post: Post | None) -> ActivityDoc:
        activity = hearsay.activity
        if post is None or post.state != "live" or post.author.uri != activity.actor:
            raise _idle(hearsay)
        self._count(hearsay)
        if not await evidence.is_gone(hearsay.wire, post.uri, hearsay.budget):
            raise NotUsable(f"{post.uri} is still there")
        return read_activity(_act(activity, "Delete") | {"to": [PUBLIC], "object": post.uri})

    def _count(self, hearsay: Hearsay) -> None:
        teller = host_of(hearsay.teller)
        if not self._asked.take(teller):
            raise Unreachable(f"{teller} made us ask too often of late", retry_after=HOUR_SECONDS)


async def _matters(wire: Wire, activity: Document, obj: Document) -> bool:
    """Whether the object answers a post that we have, or names a group of ours."""
    parent = uri_of(obj.get("inReplyTo"))
    if parent and await Post.exists(uri=parent):
        return True
    named = addressing.named(activity, obj)
    return await lookup.first_hosted(filter(wire.uris.is_local, named)) is not None


def _is_known(post: Post, version: Document | None) -> bool:
    """Whether we have that version, or a newer one, by its own `updated`."""
    updated = time_of(version.get("updated")) if version else None
    return updated is not None and updated <= (post.updated_at or post.published_at)


def _act(activity: ActivityDoc, kind: str, context: Any = AS2) -> Document:
    """The beginning of the act as we write it: nothing but its id is from who told us."""
    return {"@context": context, "id": activity.id, "type": kind, "actor": activity.actor}


def _around(activity: ActivityDoc, found: ObjectDoc) -> Document:
    """The same act upon the object as it was found, addressed as that is."""
    inner = dict(found.document)
    act = _act(activity, activity.kind, inner.pop("@context", AS2))
    addressed = {key: inner[key] for key in ("to", "cc", "audience") if key in inner}
    return act | addressed | {"object": inner}


def _idle(hearsay: Hearsay) -> NotUsable:
    return NotUsable(f"{hearsay.teller} reports what does not matter here")


def _known(post: Post) -> NotUsable:
    return NotUsable(f"{post.uri} is not newer than what we have of it")
