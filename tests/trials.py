"""The place where bad things are tried: our instance, honest Vic who is a member, and Eve."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from federation import signatures, storage
from federation.keys import Signer
from federation.origin import host_of
from federation.vocabulary import ACTIVITY_JSON
from neighbour import rsa
from servers import GROUP, Member, Server
from world import Town, World

INBOX = f"{GROUP}/inbox"
KEPT = {
    "actor": "uri, kind, name, inbox, shared_inbox, followers, state, moved_to",
    "key": "uri, algorithm, public",
    "groups": "name, state, members_count, threads_count",
    "member": "actor_id, group_id, state, role, follow_uri",
    "thread": "title, posts_count, locked, visible",
    "post": "uri, author_id, parent_id, title, content, state, updated_at, likes_count, "
    "dislikes_count, boosts_count",
    "reaction": "actor_uri, kind, activity_uri",
    "announced": "object_uri, form, activity_uri, undone, waiting",
    "tombstone": "uri, actor_uri, kind",
    "report": "activity_uri",
    "activity": "uri, kind",
    "subscription": "stream, inbox",
}
"""What an activity that is ignored must leave as it was."""
FAULT = re.compile(r"[A-Z]\w*: ")
"""How the reason begins of what this program failed at: with the kind of the error."""

Rows = dict[str, list[tuple[Any, ...]]]


@dataclass
class Scene:
    """Our instance with two neighbours; whatever is tried, Vic is served afterwards."""

    world: World
    ours: Town
    home: Server
    evil: Server
    vic: Member
    eve: Member

    async def settle(self) -> None:
        await self.world.settle()

    async def send(self, activity: dict[str, Any], by: Member | None = None) -> int:
        """What the inbox answers; everything that follows from it has happened then."""
        status = await (by or self.eve).send(activity)
        await self.settle()
        return status

    async def post(self, text: str = "Which rod?", by: Member | None = None) -> dict[str, Any]:
        """A note in the group, by Vic unless somebody else is named."""
        author = by or self.vic
        note = author.note(text)
        assert await self.send(author.create(note), author) == 202
        assert await self.ours.post(note["id"]) is not None
        return note

    async def raw(self, body: bytes, headers: Mapping[str, str], path: str = INBOX) -> int:
        """The status of a request that was made by hand."""
        request = httpx.Request("POST", path, content=body, headers=dict(headers))
        return (await self.world.network.handle_async_request(request)).status_code

    def signed(
        self,
        body: bytes,
        by: Member | None = None,
        *,
        url: str = INBOX,
        key_id: str = "",
        method: str = "POST",
    ) -> dict[str, str]:
        """The headers of a good request; what is wrong with it the test adds."""
        who = by or self.eve
        signer = Signer(key_id or f"{who.uri}#main-key", "rsa", rsa(who.name))
        signed = signatures.sign(signer, method, url, body or None, "cavage")
        return {"Content-Type": ACTIVITY_JSON} | signed

    async def why(self) -> tuple[str, str]:
        """State and reason of what arrived last."""
        _, state, reason = (await self.ours.outcomes())[-1]
        return state, reason

    async def faults(self) -> list[str]:
        """At what this program failed: it is tried again before it is given up."""
        rows = await self.ours.outcomes()
        again = [reason for _, state, reason in rows if state == "received" and FAULT.match(reason)]
        return again + [reason for _, state, reason in rows if state == "failed"]

    async def receipts(self) -> int:
        return len(await self.ours.outcomes())

    async def rows(self) -> Rows:
        """All that activities can change."""
        with self.ours.instance.store.context():
            return {
                table: [
                    tuple(row.values())
                    for row in await storage.rows(f"SELECT {columns} FROM {table} ORDER BY id")
                ]
                for table, columns in KEPT.items()
            }

    @asynccontextmanager
    async def nothing_changes(
        self, *, but: tuple[str, ...] = (), asks: tuple[str, ...] = (), told: Member | None = None
    ) -> AsyncIterator[None]:
        """Inside the block no row changes, nothing is delivered, and only `asks` are fetched from.

        A first look at the actor who acts is no change; `but` names tables that may. Whoever is
        `told` may be written to, and their server asked what it runs: why what they sent is not
        taken.
        """
        answers = f"{told.uri}/inbox" if told else ""
        but = (*but, "activity", "subscription") if told else but
        asks = (*asks, host_of(told.uri)) if told else asks
        before, requests = await self.rows(), len(self.world.network.log)
        yield
        await self.settle()
        after = await self.rows()
        changed = [table for table in KEPT if before[table] != after[table] and table not in but]
        assert changed == [], {table: (before[table], after[table]) for table in changed}
        made = [
            one for one in self.world.network.log[requests:] if "groups.example" not in one.host
        ]
        assert [one.url for one in made if one.method == "POST" and one.url != answers] == []
        assert [one.url for one in made if one.host not in asks and one.url != answers] == []

    async def still_serves(self) -> None:
        """An honest request after all that: Vic posts and is announced, and pages are shown."""
        assert await self.faults() == []
        note = await self.post("And now?")
        assert (await self.why())[0] == "done"
        with self.ours.instance.store.context():
            announced = await storage.rows(
                "SELECT form FROM announced WHERE object_uri = ?", note["id"]
            )
        assert {row["form"] for row in announced} == {"create", "boost"}
        request = httpx.Request("GET", GROUP, headers={"Accept": "text/html"})
        assert (await self.world.network.handle_async_request(request)).status_code == 200


async def set_up(world: World) -> Scene:
    """Vic is a member and known, Eve is known and none."""
    ours = await world.town()
    home = Server.at(world.network, "h.example", "mastodon")
    evil = Server.at(world.network, "evil.example", "mastodon")
    made = Scene(world, ours, home, evil, home.member("vic"), evil.member("eve"))
    assert await made.vic.send(made.vic.follow()) == 202
    assert await made.eve.send(made.eve.act("Like", f"{GROUP}/threads/0")) == 202
    await world.settle()
    return made


def as_bytes(activity: dict[str, Any]) -> bytes:
    return json.dumps(activity).encode()
