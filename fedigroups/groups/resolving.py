"""This module fetches a post that somebody here names by its address, into its group's threads.

Nobody here puts words into a group: a post is taken only into a group elsewhere, and only if that
group's own server has the post, or the group's outbox shows it. Into groups here posts come by
their authors' servers, past the rules of the group.
"""

from __future__ import annotations

from collections.abc import Sequence

from federation import addressing, bare, limits, storage
from federation.documents import Document, many, uri_of
from federation.errors import FederationError, NotUsable
from federation.fetch import Budget
from federation.models import Actor
from federation.origin import host_of, same_origin
from federation.vocabulary import POST_TYPES
from federation.wire import Wire
from fedigroups.groups import evidence, lookup, threads
from fedigroups.groups.evidence import Arrival
from fedigroups.groups.models import Group, Post
from fedigroups.groups.visibility import OPEN


async def post_at(wire: Wire, url: str) -> int | None:
    """The id of the post at an address elsewhere; None for what is none that a group shows.

    Not inside a transaction: it may cause `limits.FETCHES_PER_SEARCH` requests.
    """
    budget = Budget(limits.FETCHES_PER_SEARCH)
    try:
        document = await evidence.fetched(wire, url, budget)
        known = await bare.one(Post, "uri = ?", document.id)
        if known is not None:
            return int(known.id)
        if document.is_vote or document.kind not in POST_TYPES:
            return None
        author = await wire.directory.actor(document.attributed_to, budget)
        above = await evidence.chain(wire, budget, document)
        said = (*above, Arrival(document, author))
        group, parent = await _place(wire, budget, said)
    except FederationError:
        return None
    return await _stored(group, parent, said)


async def _place(wire: Wire, budget: Budget, said: Sequence[Arrival]) -> tuple[Group, Post | None]:
    """The group elsewhere whose thread it is, and what of ours the oldest of these posts answers.

    Raises `NotUsable` when there is none, or when it does not vouch for all of them.
    """
    oldest = said[0].object
    if any(addressing.visibility(one.object.document) not in OPEN for one in said):
        raise NotUsable(f"{said[-1].object.id} is not public")
    parent = await threads.parent_of(oldest)
    if parent is not None:
        await parent.thread.group.fetch_related("actor")
        actor = parent.thread.group.actor
    elif oldest.in_reply_to:
        raise NotUsable(f"{oldest.id} answers something that is not there")
    else:
        actor = await _named(wire, budget, oldest.document)
    if actor.local or await wire.peers.is_blocked(host_of(actor.uri)):
        raise NotUsable(f"posts do not come into {actor.handle} like that")
    await _check_vouched(wire, budget, actor, [one.object.id for one in said])
    return parent.thread.group if parent else await lookup.remote(actor), parent


async def _named(wire: Wire, budget: Budget, document: Document) -> Actor:
    """The first group that the post names."""
    for uri in addressing.named(document, None)[: limits.GROUPS_PER_POST]:
        try:
            actor = await wire.directory.actor(uri, budget)
        except FederationError:
            continue
        if actor.kind == "Group":
            return actor
    raise NotUsable("it names no group")


async def _check_vouched(wire: Wire, budget: Budget, group: Actor, uris: Sequence[str]) -> None:
    foreign = {uri for uri in uris if not same_origin(uri, group.uri)}
    if foreign and not foreign <= await _shown(wire, budget, group):
        raise NotUsable(f"{group.handle} does not show all of {', '.join(uris)}")


async def _shown(wire: Wire, budget: Budget, group: Actor) -> set[str]:
    """What the newest part of the group's outbox announces, by id or within an activity."""
    if not group.outbox:
        return set()
    page = (await wire.fetcher.get(group.outbox, budget)).document
    if "orderedItems" not in page and isinstance(page.get("first"), str):
        page = (await wire.fetcher.get(page["first"], budget)).document
    found: set[str] = set()
    for item in many(page.get("orderedItems")):
        what = item.get("object") if isinstance(item, dict) else None
        found.add(uri_of(what))
        found.add(uri_of(what.get("object")) if isinstance(what, dict) else "")
    return found - {""}


async def _stored(group: Group, parent: Post | None, said: Sequence[Arrival]) -> int | None:
    async with storage.transaction():
        for one in said:
            visibility = addressing.visibility(one.object.document)
            await threads.store(group, one, parent, visibility)
            parent = await threads.placed(one.object.id)
            if parent is None:
                return None
    return int(parent.id) if parent else None
