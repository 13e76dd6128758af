"""This module knows which servers know a person here: those are told what becomes of them."""

from __future__ import annotations

from federation.models import Actor
from fedigroups.groups.models import Group
from outbox import streams
from outbox.publish import Place


async def places(person: Actor) -> list[Place]:
    """The streams of the groups here that they were or wrote in, the inboxes of those elsewhere."""
    wrote = Group.filter(threads__posts__author_id=person.id)
    joined = Group.filter(members__actor_id=person.id)
    groups = {group.id: group for found in (wrote, joined) for group in await found.distinct()}
    found: dict[str, Place] = {}
    for group in groups.values():
        if group.hosted:
            for stream in (streams.microblog(group.id), streams.thread(group.id)):
                found[stream] = Place(stream, "act", person.uri)
        elif inbox := (await group.actor).inbox:
            stream = streams.direct(inbox)
            found[stream] = Place(stream, "act", person.uri, inbox=inbox)
    return list(found.values())
