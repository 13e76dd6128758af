"""This module compares the people here who are in a group elsewhere with whom that has (FEP-8fcf).

The group's own list decides who is in it: to follow again by itself would bring back whoever was
put out without a word that reached us. Who left here and is still listed there is taken back anew.
A group can so change nothing but what is between itself and people here.
"""

from __future__ import annotations

import asyncio

import structlog

from federation import clock, follower_digest, followers, limits, storage
from federation.documents import ids_of, uri_of
from federation.errors import FederationError, NotUsable
from federation.fetch import Budget
from federation.follower_digest import Synchronization
from federation.models import Actor
from federation.origin import same_origin
from federation.wire import Wire
from fedigroups.groups import joining, membership
from fedigroups.groups.models import Group, Member
from outbox.publish import publish

CHUNK = 500
"""People who are looked up at a time."""

log = structlog.get_logger("fedigroups.groups")


async def compare(wire: Wire, actor_uri: str, header: str) -> None:
    """An actor elsewhere told the digest of its followers here, in a header that it signed.

    Fetches, so never inside a transaction; at most once in `limits.SYNCHRONIZATION_SECONDS` for
    one group.
    """
    said = follower_digest.read(header)
    group = await _group(actor_uri)
    if said is None or group is None or not _is_own(said, group.actor):
        return
    ours = await followers.digest(group.actor.uri, wire.config.host)
    if ours == said.digest or not await _turn(group):
        return
    began = clock.now_ms()
    try:
        async with asyncio.timeout(limits.FETCH_SECONDS):
            listed = await _listed(wire, said.url, group.actor)
    except (FederationError, TimeoutError) as error:
        log.info("group.followers_not_read", group=actor_uri, reason=str(error))
        return
    await _settle(wire, group, listed, began, whole=follower_digest.of(listed) == said.digest)


async def _group(uri: str) -> Group | None:
    found = Group.filter(actor__uri=uri, hosted=False, state="open")
    return await found.select_related("actor").first()


def _is_own(said: Synchronization, actor: Actor) -> bool:
    """Whether it is about the actor's own followers, and leads nowhere but to its own origin."""
    own = said.collection == actor.followers and same_origin(said.collection, actor.uri)
    return own and same_origin(said.url, actor.uri)


async def _turn(group: Group) -> bool:
    """Whether it is time to look again; then for nobody else for a while."""
    now = clock.now_ms()
    return bool(
        await storage.execute(
            "UPDATE groups SET synchronized_at = ? WHERE id = ? AND synchronized_at <= ?",
            now,
            group.id,
            now - limits.SYNCHRONIZATION_SECONDS * clock.SECOND,
        )
    )


async def _listed(wire: Wire, url: str, actor: Actor) -> set[str]:
    """The ids in the group's list for us; refuses (`NotUsable`) one that cannot be read whole."""
    budget, listed, onward = Budget(limits.COLLECTION_PAGES), set[str](), "first"
    while url:
        if not same_origin(url, actor.uri):
            raise NotUsable(f"the list goes on at {url}, which is on another host")
        page = (await wire.fetcher.get(url, budget)).document
        listed.update(ids_of(page.get("orderedItems", page.get("items"))))
        url, onward = uri_of(page.get(onward)), "next"
    return listed


async def _settle(wire: Wire, group: Group, listed: set[str], began: int, *, whole: bool) -> None:
    """Who is listed and asked is in; who is listed and is not in leaves there.

    Who is in and not listed is put out here: unless the list is another than its digest said, or
    they came while it was read.
    """
    async with storage.transaction():
        for person in await _people(wire, listed):
            await _is_listed(wire, group, person)
        for member in await _members(group) if whole else []:
            if member.actor.uri not in listed and member.changed_at < began:
                await membership.answered_elsewhere(member, accepted=False)
                log.info("group.put_out", group=group.name, person=member.actor.uri)


async def _people(wire: Wire, listed: set[str]) -> list[Actor]:
    """The people here who are listed, whatever else is."""
    ours = sorted(uri for uri in listed if wire.uris.is_local(uri))
    return [
        person
        for start in range(0, len(ours), CHUNK)
        for person in await Actor.filter(
            uri__in=ours[start : start + CHUNK], kind="Person", state="live"
        )
    ]


async def _members(group: Group) -> list[Member]:
    found = Member.filter(group_id=group.id, state="member", actor__local=True)
    return await found.select_related("actor", "group")


async def _is_listed(wire: Wire, group: Group, person: Actor) -> None:
    member = await Member.get_or_none(group_id=group.id, actor_id=person.id).select_related(
        "actor", "group"
    )
    if member is not None and member.state == "asked":
        await membership.answered_elsewhere(member, accepted=True)
    elif member is None or member.state != "member":
        await publish([joining.unfollow(wire, person, group.actor, member)])
        log.info("group.left_again", group=group.name, person=person.uri)
