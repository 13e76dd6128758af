"""This module is one trial: an instance, the hosts around it, and a judge of both."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import httpx

from crash.audit import Audit, waiting
from crash.crowd import PEOPLE, Crowd, Person
from crash.fleet import Fleet, Process, until
from federation import clock, ids, nodeinfo, storage
from federation.models import Actor, Peer
from federation.strict_json import dumps
from federation.vocabulary import AS2
from fedigroups.accounts.people import person_named
from fedigroups.groups import lookup, membership, speaking
from fedigroups.groups.models import Member, Post
from fedigroups.groups.readers import mend
from fedigroups.groups.speaking import Text
from outbox import streams
from outbox.publish import Draft, Outgoing, Place, publish

READER = "reader"
"""Who makes a host read the group, and never says anything."""
STILL_SECONDS = 1.2
"""When nothing goes on for longer than hurried workers look, the rest waits for its time."""
LEASE_SECONDS = 61
"""After so long a lane that a dead worker held is free."""


@dataclass(repr=False)
class Trial:
    """What happens at one instance, by whose hand, and whether its promises were kept."""

    fleet: Fleet
    crowd: Crowd
    client: httpx.AsyncClient
    audit: Audit = field(init=False)

    def __post_init__(self) -> None:
        self.audit = Audit(self.fleet, self.crowd)

    # Who is there

    async def enroll(self, hosts: Iterable[str] | None = None) -> None:
        """Somebody on each of these hosts (all, unless told) is a member, as after a Follow."""
        hosts = self.crowd.hosts if hosts is None else list(hosts)
        async with self.fleet.hand(), storage.transaction():
            group = await lookup.any_group("welders")
            readers = [self._reader(host) for host in hosts]
            await Actor.bulk_create(readers)
            await Member.bulk_create(
                Member(id=ids.new(), group_id=group.id, actor_id=reader.id, state="member")
                for reader in readers
            )
            await Peer.bulk_create(self._peer(host) for host in hosts)
            await mend()
        await self.audit.begin()

    def _reader(self, host: str) -> Actor:
        uri = f"{self.crowd.scheme}://{host}{PEOPLE}{READER}"
        return Actor(
            id=ids.new(), uri=uri, kind="Person", host=host, username=READER,
            inbox=f"{uri}/inbox", shared_inbox=self.crowd.inbox(host), fetched_at=clock.now_ms(),
        )  # fmt: skip

    def _peer(self, host: str) -> Peer:
        now, software = clock.now_ms(), self.crowd.software
        return Peer(
            host=host, software=software, version="1.0", family=nodeinfo.family_of(software),
            asked_at=now, first_seen_at=now,
        )  # fmt: skip

    def person(self, place: int, name: str = "ann") -> Person:
        """Somebody on the host of that place in the crowd."""
        return Person(self.crowd, self.crowd.hosts[place], self.fleet, self.client, name)

    async def insist(self, person: Person, *activities: dict[str, Any]) -> None:
        """Send these until each is taken; the audit knows what was answered 2xx."""
        for activity in activities:
            self.audit.expect(activity)
            await person.insist(activity)
            self.audit.note(activity)

    async def join(self, *people: Person) -> None:
        """They follow the group, and are members."""
        follows = [one.follow() for one in people]
        pairs = zip(people, follows, strict=True)
        await asyncio.gather(*(self.insist(one, follow) for one, follow in pairs))
        await until(lambda: self._are_members(len(people)))

    async def _are_members(self, count: int) -> bool:
        found = await self.fleet.rows(
            "SELECT COUNT(*) AS n FROM member m JOIN actor a ON a.id = m.actor_id"
            " WHERE m.state = 'member' AND m.role = 'member' AND a.username <> ?",
            READER,
        )
        return bool(found[0]["n"] >= count)

    async def standing(self, person: Person) -> str:
        """How they stand in the group, empty for a stranger."""
        found = await self.fleet.rows(
            "SELECT m.state FROM member m JOIN actor a ON a.id = m.actor_id WHERE a.uri = ?",
            person.uri,
        )
        return str(found[0]["state"]) if found else ""

    async def put_aside(self, attempt: int) -> None:
        """Wait until what could not be sent waits for that attempt."""
        sql = "SELECT id FROM subscription WHERE stream LIKE ? AND cursor = 0"
        await until(lambda: self.fleet.rows(sql, f"again:{attempt}:%"))

    async def reads(self, host: str) -> list[str]:
        """The streams of the group that a host reads."""
        found = await self.fleet.rows(
            "SELECT stream FROM subscription WHERE host = ? AND stream LIKE 'group:%'", host
        )
        return [row["stream"] for row in found]

    async def announced(self, person: Person) -> list[str]:
        """The posts of theirs that the group announced to microblogs, in that order."""
        rows = await self.fleet.rows(
            "SELECT object_uri FROM log_entry WHERE stream LIKE 'group:%:microblog'"
            " AND undoes = 0 ORDER BY seq"
        )
        return [row["object_uri"] for row in rows if row["object_uri"].startswith(f"{person.uri}/")]

    # What Olga does

    async def write(self, *titles: str) -> list[str]:
        """Olga starts threads; the ids of what the group announces to microblogs."""
        async with self.fleet.hand() as instance:
            olga = await person_named(instance.wire, "olga")
            group = await lookup.any_group("welders")
            rows: list[storage.Row] = []
            for title in titles:
                post = await speaking.write(instance.wire, olga, group, Text("Hello.", title))
                rows += await storage.rows(
                    "SELECT a.uri FROM log_entry e JOIN activity a ON a.id = e.activity_id"
                    " WHERE e.stream = ? AND e.object_uri = ? AND e.undoes = 0",
                    streams.microblog(group.id),
                    post.uri,
                )
        return [row["uri"] for row in rows]

    async def say(self, name: str, thread: str = "t", *, commit_after: float = 0.0) -> str:
        """The group announces something, committed after so many seconds; the activity's id."""
        async with self.fleet.hand() as instance:
            group = await lookup.any_group("welders")
            actor = (await group.actor).uri
            uri = instance.wire.uris.activity(name)
            body = dumps({"@context": AS2, "id": uri, "type": "Announce", "actor": actor})
            place = Place(streams.microblog(group.id), "post", f"o:{name}", thread)
            async with storage.transaction():
                await publish([Draft(Outgoing(uri, actor, "Announce", body), (place,))])
                await asyncio.sleep(commit_after)
        return uri

    async def remove(self, post_uri: str) -> None:
        """Olga removes somebody's post."""
        async with self.fleet.hand() as instance:
            olga = await person_named(instance.wire, "olga")
            post = await Post.get(uri=post_uri).select_related("author", "thread__group__actor")
            await speaking.remove(instance.wire, olga, post, "off topic")

    async def ban(self, uri: str) -> None:
        """Olga bans somebody."""
        async with self.fleet.hand() as instance:
            hosted = await lookup.hosted_named("welders")
            actor = await Actor.get(uri=uri)
            async with storage.transaction():
                await publish(await membership.ban(instance.wire, hosted.group, actor, "spam"))

    # What goes wrong

    async def kill(self, *processes: Process) -> None:
        """These die; what they left is judged, and the leases that they held come to an end."""
        for process in processes:
            self.audit.deaths += process.process is not None
            process.kill()
        await self.audit.hold()
        self.fleet.clock.forward(LEASE_SECONDS)

    async def begin_anew(self) -> None:
        """Workers that start look at everything; those that run do so once in a minute."""
        await self.kill(*self.fleet.workers)
        self.fleet.start()

    async def stop(self, process: Process) -> tuple[int, float]:
        """Ask it to stop; its exit status, and how many seconds that took."""
        ended = await process.stopped()
        self.audit.stops += 1
        return ended

    async def idle(self, seconds: float = 90) -> None:
        """Wait until nothing is to be done; what waits for its time need not wait long for it.

        Of `seconds` those are counted in which nothing is got done.
        """
        for process in self.fleet.processes:
            if process.process is not None:
                await asyncio.to_thread(process.ready)
        async with self.fleet.looking():
            still, done, jump = time.monotonic(), -1, STILL_SECONDS
            while left := await waiting():
                await asyncio.sleep(0.1)
                stillness = time.monotonic() - still
                assert stillness < seconds, f"{len(left)} wait, such as {left[:3]}"
                if len(self.crowd.came) > done:
                    still, done, jump = time.monotonic(), len(self.crowd.came), STILL_SECONDS
                elif stillness > jump and not self.crowd.flying.total():
                    jump += STILL_SECONDS
                    self.fleet.clock.forward(LEASE_SECONDS)

    async def settle(self, seconds: float = 90) -> None:
        """Wait until nothing is to be done, and judge."""
        await self.idle(seconds)
        await self.audit.settled()
