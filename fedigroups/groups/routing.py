"""Which streams a member's server reads: one dialect where its software is known, else both."""

from __future__ import annotations

from federation import storage
from federation.models import Actor
from federation.origin import host_of
from fedigroups.groups.models import Group
from outbox import streams


def streams_for(group_id: int, family: str) -> list[str]:
    """The group's streams that a host of this family reads (wire.md: routing table)."""
    thread, microblog = streams.thread(group_id), streams.microblog(group_id)
    return {"thread": [thread], "microblog": [microblog]}.get(family, [thread, microblog])


async def enroll(group: Group, actor: Actor, family: str) -> None:
    """Let the actor's server read the group's streams from now on; people here read pages.

    A server whose software was not known before reads its own dialect alone from here on.
    """
    if actor.local or not actor.delivery_inbox:
        return
    if family != "unknown":
        await reroute(host_of(actor.delivery_inbox), family)
    for stream in streams_for(group.id, family):
        await streams.subscribe(stream, actor.delivery_inbox, host_of(actor.delivery_inbox))


async def withdraw(group: Group, actor: Actor) -> None:
    """Stop sending to the actor's server, unless another member reads through the same inbox."""
    if actor.local or await _others_behind(group.id, actor):
        return
    for stream in streams_for(group.id, "unknown"):
        await streams.unsubscribe(stream, actor.delivery_inbox)


async def _others_behind(group_id: int, actor: Actor) -> bool:
    found = await storage.row(
        "SELECT 1 AS one FROM member JOIN actor ON actor.id = member.actor_id "
        "WHERE member.group_id = ? AND member.state = 'member' AND actor.id <> ? "
        "AND (actor.shared_inbox = ? OR (actor.shared_inbox = '' AND actor.inbox = ?)) LIMIT 1",
        group_id,
        actor.id,
        actor.delivery_inbox,
        actor.delivery_inbox,
    )
    return found is not None


async def reroute(host: str, family: str) -> None:
    """Move a host, whose software was learned, to the streams of its own dialect."""
    for row in await storage.rows(
        "SELECT DISTINCT stream, inbox FROM subscription "
        "WHERE host = ? AND (stream LIKE 'group:%:thread' OR stream LIKE 'group:%:microblog')",
        host,
    ):
        group_id = int(row["stream"].split(":")[1])
        wanted = streams_for(group_id, family)
        if row["stream"] not in wanted:
            await streams.unsubscribe(row["stream"], row["inbox"])
        for stream in wanted:
            await streams.subscribe(stream, row["inbox"], host)
