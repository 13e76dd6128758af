"""This module decides whose word is believed about an object: one authority for each datum.

An object that its own author sent, signed, is believed as it came. Anything relayed or announced
is fetched from its origin, unless its author signed it (FEP-fe34, `federation.authorship`).
"""

from __future__ import annotations

from dataclasses import dataclass

from federation import clock, limits
from federation.documents import ObjectDoc, read_object
from federation.errors import Blocked, Crowded, FederationError, Gone, NotUsable, Unreachable
from federation.fetch import Budget
from federation.models import Actor
from federation.origin import host_of, same_origin
from federation.vocabulary import POST_TYPES
from federation.wire import Wire
from fedigroups.groups.models import Post
from inbox.registry import Received


@dataclass(frozen=True, slots=True)
class Arrival:
    """An object whose content is believed, and its author."""

    object: ObjectDoc
    author: Actor


@dataclass(frozen=True, slots=True)
class Found:
    """A post that arrived, with what it answers that we did not have yet, oldest first."""

    post: Arrival
    ancestors: tuple[Arrival, ...] = ()


async def arrival(received: Received) -> Arrival:
    """The activity's object and its author, each from its own authority.

    Raises `NotUsable` when the actor says it for somebody else, `Gone` or `Unreachable` when the
    origin does not serve it.
    """
    activity = received.activity
    if received.wire.uris.is_local(activity.object_id):
        raise NotUsable(f"{activity.object_id} is our own: nobody else says what it holds")
    if activity.inner is None or not await _believed(received, read_object(activity.inner)):
        document = await fetched(received.wire, activity.object_id, received.budget)
    else:
        document = read_object(activity.inner)
    if document.kind not in POST_TYPES:
        raise NotUsable(f"{document.id} is of type {document.kind}, which is no post")
    return Arrival(document, await _author(received, document))


async def fetched(wire: Wire, uri: str, budget: Budget, *, anew: bool = False) -> ObjectDoc:
    """The object as its origin serves it. Raises `Blocked` before a blocked host is asked."""
    if await wire.peers.is_blocked(host_of(uri)):
        raise Blocked(f"{host_of(uri)} is blocked here")
    answer = await wire.fetcher.get(uri, budget, anew=anew)
    return read_object(answer.document)


async def at_origin(wire: Wire, uri: str, budget: Budget) -> Arrival:
    """A post and its author, as their origin serves both; whoever named it is not believed.

    Raises what `fetched` raises, and `NotUsable` for what is no post (a vote is none).
    """
    document = await fetched(wire, uri, budget)
    if document.kind not in POST_TYPES or document.is_vote:
        raise NotUsable(f"{document.id} is of type {document.kind}, which is no post")
    if not same_origin(document.attributed_to, document.id):
        raise NotUsable(f"{document.id} names no author on its own host")
    return Arrival(document, await wire.directory.actor(document.attributed_to, budget))


async def is_gone(wire: Wire, uri: str, budget: Budget) -> bool:
    """Whether its origin says now that it is no more; of what is here, nobody else's word counts.

    Raises what `fetched` raises when the origin says something else, or nothing.
    """
    if wire.uris.is_local(uri):
        return False
    try:
        await fetched(wire, uri, budget, anew=True)
    except Gone:
        return True
    return False


async def _believed(received: Received, document: ObjectDoc) -> bool:
    activity = received.activity
    if not same_origin(activity.actor, document.id):
        return False
    if received.announcer is None:
        return True
    try:
        return await received.wire.authorship.is_proven(activity, received.budget)
    except FederationError:
        return False


async def _author(received: Received, document: ObjectDoc) -> Actor:
    """Who wrote it: the actor, or (announced) the person it is attributed to.

    Mobilizon attributes a post to the group on its own host and names the person as actor.
    """
    claimed = document.attributed_to
    actor = received.activity.actor
    if not claimed or not same_origin(claimed, document.id):
        raise NotUsable(f"{document.id} names no author on its own host")
    if claimed == received.actor.uri:
        return received.actor
    owner = await received.wire.directory.actor(claimed, received.budget)
    if claimed == actor:
        return owner
    if owner.kind == "Group" and same_origin(actor, claimed):
        return await received.wire.directory.actor(actor, received.budget)
    raise NotUsable(f"{actor} cannot speak for {claimed}, who wrote {document.id}")


async def ancestors(received: Received, document: ObjectDoc) -> tuple[Arrival, ...]:
    """What an object that arrived answers, as `chain` has it.

    For the first `limits.ANCESTRY_SECONDS` it waits for hosts on the way that are down.
    """
    return await chain(received.wire, received.budget, document, waits=_is_young(received))


async def chain(
    wire: Wire, budget: Budget, document: ObjectDoc, *, waits: bool = False
) -> tuple[Arrival, ...]:
    """What the object answers that we do not have, oldest first; empty when nothing is missing.

    Stops at a post we have, at a thread's start, at 50 steps or at the budget's end; what is gone,
    or not for us to read, ends the walk. So does a host that is down, or with `waits` raises
    `Unreachable`.
    """
    above: list[Arrival] = []
    uri, seen = document.in_reply_to, {document.id}
    while uri and uri not in seen and len(above) < limits.ANCESTORS:
        if await Post.exists(uri=uri) or wire.uris.is_local(uri):
            break
        seen.add(uri)
        parent = await _ancestor(wire, budget, uri, waits=waits)
        if parent is None:
            break
        above.insert(0, parent)
        uri = parent.object.in_reply_to
    return tuple(above)


async def _ancestor(wire: Wire, budget: Budget, uri: str, *, waits: bool) -> Arrival | None:
    try:
        return await at_origin(wire, uri, budget)
    except Crowded:  # a chain through the names below one domain: nothing waits for that
        return None
    except Unreachable:
        if waits:
            raise
        return None
    except FederationError:
        return None


def _is_young(received: Received) -> bool:
    age: int = clock.now_ms() - received.received_at
    return age < limits.ANCESTRY_SECONDS * clock.SECOND
