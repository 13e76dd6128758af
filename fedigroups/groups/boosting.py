"""This module lets people here boost posts and take that back: the author alone is told."""

from __future__ import annotations

from typing import Any

from federation import ids, storage
from federation.errors import Malformed
from federation.models import Actor
from federation.strict_json import dumps
from federation.wire import Wire
from fedigroups.groups import membership, policies, reactions
from fedigroups.groups.models import Post
from fedigroups.groups.visibility import can_see
from outbox import build, streams
from outbox.publish import Draft, Outgoing, Place, publish


async def boost(wire: Wire, actor: Actor, post: Post) -> None:
    """Boost a post; a second time changes nothing.

    Raises `Malformed` for a post that not everybody may read, and for the banned.
    """
    await post.fetch_related("thread__group", "author")
    group = post.thread.group
    if not can_see(None, post):
        raise Malformed("a post that not everybody may read cannot be boosted")
    if refusal := policies.refusal_to_react(group, await membership.standing(group, actor)):
        raise Malformed(
            "{who} cannot boost in {group}: {refusal}",
            who=actor.handle,
            group=group.name,
            refusal=refusal,
        )
    uri = wire.uris.activity(ids.new())
    body = dumps(_boost(uri, actor, post))
    async with storage.transaction():
        if await reactions.put(post, actor.uri, "boost", uri):
            await _tell_author(post, Outgoing(uri, actor.uri, "Announce", body))


async def unboost(wire: Wire, actor: Actor, post: Post) -> None:
    """Take a boost back; without one, nothing changes."""
    await post.fetch_related("author")
    boosted = await reactions.of(post, actor.uri, "boost")
    async with storage.transaction():
        if boosted is None or not await reactions.take_back(post, actor.uri, "boost"):
            return
        inner = _boost(boosted.activity_uri, actor, post)
        uri = wire.uris.activity(ids.new())
        body = dumps(build.undo(uri, inner, cc=inner["cc"]))
        await _tell_author(post, Outgoing(uri, actor.uri, "Undo", body))


def _boost(uri: str, actor: Actor, post: Post) -> dict[str, Any]:
    unlisted = post.visibility == "unlisted"
    return build.boost(
        uri,
        actor.uri,
        actor.followers,
        post.uri,
        post.author.uri,
        post.published_at,
        unlisted=unlisted,
    )


async def _tell_author(post: Post, outgoing: Outgoing) -> None:
    author = post.author
    inbox = "" if author.local else author.inbox
    place = Place(streams.direct(inbox), "act", post.uri, inbox=inbox)
    await publish([Draft(outgoing, (place,) if inbox else ())])
