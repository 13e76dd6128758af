"""A hosted group as rows, and people elsewhere: what the rules of groups are tried on."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import scenery
from federation import clock, storage
from federation.models import Actor, Peer
from federation.wire import Wire
from fedigroups.groups import membership
from fedigroups.groups.distribute import Hosted
from fedigroups.groups.models import Group, Member
from network import Network
from outbox.publish import Draft, publish


@dataclass
class Here:
    """The group `welders` of ours, not yet with anybody in it."""

    wire: Wire
    network: Network
    hosted: Hosted

    @property
    def group(self) -> Group:
        return self.hosted.group

    @property
    def actor(self) -> Actor:
        return self.hosted.actor

    async def change(self, **columns: Any) -> None:
        """Change the group's row, and the copy in hand."""
        await Group.filter(id=self.group.id).update(**columns)
        self.hosted = replace(self.hosted, group=await Group.get(id=self.group.id))

    async def members_count(self) -> int:
        return (await Group.get(id=self.group.id)).members_count

    async def standing(self, actor: Actor) -> tuple[str, str]:
        """State and role of somebody, both empty for a stranger."""
        member = await Member.get_or_none(group_id=self.group.id, actor_id=actor.id)
        return (member.state, member.role) if member else ("", "")

    async def remote(self, handle: str, *, shared: bool = True, kind: str = "Person") -> Actor:
        """Somebody elsewhere who can be written to."""
        actor = await scenery.person(handle)
        inboxes = {
            "inbox": f"{actor.uri}/inbox",
            "shared_inbox": f"https://{actor.host}/inbox" if shared else "",
            "kind": kind,
        }
        await Actor.filter(id=actor.id).update(**inboxes)
        return await Actor.get(id=actor.id)

    async def publish(self, drafts: list[Draft]) -> list[Draft]:
        """Publish as a caller does; the drafts come back."""
        async with storage.transaction():
            await publish(drafts)
        return drafts

    async def readers(self) -> set[tuple[str, str]]:
        """Dialect and inbox of all who read the group."""
        rows = await storage.rows(
            "SELECT stream, inbox FROM subscription WHERE stream LIKE ?",
            f"group:{self.group.id}:%",
        )
        return {(row["stream"].split(":")[2], row["inbox"]) for row in rows}

    async def join(self, actor: Actor, family: str = "", group: Group | None = None) -> None:
        """Somebody is let in; `family` is what their host is found to run meanwhile."""
        if family:
            await self.family(actor.host, family)
        follow = {"id": f"{actor.uri}/follow", "actor": actor.uri}
        async with storage.transaction():
            await membership.ask(self.wire, group or self.group, self.actor, actor, follow)

    async def family(self, host: str, family: str, software: str = "") -> None:
        """From now on we know what a host runs."""
        await Peer.filter(host=host).delete()
        now = clock.now_ms()
        await Peer.create(
            host=host, family=family, software=software, asked_at=now, first_seen_at=now
        )


EACH_SECOND = re.compile(r'FROM (?:"?(?:instance_text|announcement)\b|peer WHERE blocked = )')
"""What is read anew every few seconds, whoever asks."""


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that are said meanwhile, but for those that the clock asks for."""
    link = storage.connection()
    said: list[str] = []
    names = ("execute_query", "execute_query_dict")
    real = {name: getattr(link, name) for name in names}

    def counting(name: str) -> Callable[..., Awaitable[object]]:
        async def call(query: str, values: list[object] | None = None) -> object:
            if not EACH_SECOND.search(query):
                said.append(query)
            return await real[name](query, values)

        return call

    for name in names:
        setattr(link, name, counting(name))
    try:
        yield said
    finally:
        for name in names:
            delattr(link, name)
