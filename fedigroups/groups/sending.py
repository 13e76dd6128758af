"""This module sends what people here do: to whom it names, and to who reads the group."""

from __future__ import annotations

from collections.abc import Sequence

from federation.documents import read_object
from federation.models import Actor
from federation.strict_json import loads
from federation.wire import Wire
from fedigroups.groups import crossposts, distribute
from fedigroups.groups.distribute import Hosted, Inner
from fedigroups.groups.models import Group, Post
from fedigroups.groups.visibility import OPEN
from outbox import streams
from outbox.publish import Draft, Outgoing, Place, publish


async def send(
    wire: Wire,
    author: Actor,
    group: Group,
    post: Post,
    kind: str,
    body: bytes,
    told: Sequence[Actor],
) -> None:
    """Publish what `drafts` makes of the act, inside the caller's transaction."""
    await publish(await drafts(wire, author, group, post, kind, body, told))


async def drafts(
    wire: Wire,
    author: Actor,
    group: Group,
    post: Post,
    kind: str,
    body: bytes,
    told: Sequence[Actor],
) -> list[Draft]:
    """The act, for whom it names, and for the group that distributes it.

    Microblogs that were shown the post hear of its edit and end from here: it is the author's home.
    Of a post for members nobody elsewhere hears: members of other servers are not sent it either.
    """
    document, is_open = loads(body), post.visibility in OPEN
    told = [actor for actor in told if is_open and not actor.local and actor.inbox]
    places = [direct(actor, kind, post.uri) for actor in told]
    group_actor = await group.actor
    distributed: list[Draft] = []
    shown = post.parent_id is None or group.boost_replies
    inner = Inner(document["id"], body, wire.config.host, signed=shown)
    if group.hosted and is_open:
        distributed = await crossposts.told(
            post.thread, lambda one: _distribute(wire, one, inner, post, author, kind), author
        )
    elif is_open and group_actor.inbox:
        places.append(direct(group_actor, kind, post.uri))
    outgoing = Outgoing(inner.uri, author.uri, document["type"], body, is_open, post.uri)
    unique = tuple({place.inbox: place for place in places}.values())
    return [Draft(outgoing, unique), *distributed]


async def _distribute(
    wire: Wire, hosted: Hosted, inner: Inner, post: Post, author: Actor, kind: str
) -> list[Draft]:
    if kind in {"post", "reply"}:
        return await distribute.post(wire, hosted, inner, post, author)
    if kind == "edit":
        return await distribute.edit(wire, hosted, inner, post)
    if kind == "tally":
        return await distribute.tally(hosted, inner, post)
    if kind == "delete":
        return await distribute.delete(wire, hosted, inner, post, author)
    return await distribute.vote(wire, hosted, inner, post)


def direct(to: Actor, kind: str, object_uri: str) -> Place:
    """Before one inbox; a vote to its post's author or group is no broadcast, and always goes."""
    kind = {"vote": "act", "tally": "edit"}.get(kind, kind)
    return Place(streams.direct(to.inbox), kind, object_uri, inbox=to.inbox)


async def mentioned_in(post: Post) -> list[Actor]:
    """Whom a post of somebody here names."""
    if not post.document:
        return []
    named = [tag.href for tag in read_object(loads(post.document.encode())).tags]
    return await Actor.filter(uri__in=named).exclude(kind="Group")
