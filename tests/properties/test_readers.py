"""Whatever happens to memberships, actors and hosts, those read who should, and miss nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import neighbour
import scenery
from federation import storage
from federation.errors import Malformed
from federation.models import Actor, Peer
from fedigroups.groups import membership, readers, routing
from fedigroups.groups.distribute import Hosted
from fedigroups.groups.models import Group, Member
from fedigroups.store import Store
from network import Network
from outbox import streams
from outbox.publish import Draft, Outgoing, Place
from village import Here

pytestmark = pytest.mark.anyio

FAST = settings(
    max_examples=25,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],  # to make a failing example smaller takes minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
PEOPLE = ("ann@m.example", "amy@m.example", "bob@l.example", "vic@h.example", "olga@groups.example")
GROUPS = ("welders", "bakers")
TABLES = (
    *("subscription", "log_entry", "stream", "lane", "activity", "peer", "follower_digest"),
    *("member", "groups"),
)

person, group = st.sampled_from(PEOPLE), st.sampled_from(GROUPS)
host = st.sampled_from(["m.example", "l.example", "h.example"])
acts = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["join", "leave", "ban", "pardon", "remove"]), person, group),
        st.tuples(st.just("inbox"), person, st.sampled_from(["", "shared", "other"])),
        st.tuples(st.just("state"), person, st.sampled_from(["live", "suspended", "gone"])),
        st.tuples(st.just("host"), host, st.sampled_from(["thread", "microblog", "unknown"])),
    ),
    min_size=5,
    max_size=40,
)


@dataclass
class Town:
    """The people and groups of one example; all that was there before is gone."""

    here: Here
    people: dict[str, Actor] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)

    @classmethod
    async def begin(cls, here: Here, names: tuple[str, ...] = PEOPLE) -> Town:
        for table in (*TABLES, "actor WHERE uri NOT LIKE '%/actor'"):
            await storage.execute(f"DELETE FROM {table}")
        town = cls(here)
        for name in names:
            town.people[name] = await here.remote(name, shared=False)
        for name in GROUPS:
            town.groups[name] = await scenery.group(name)
        here.hosted = Hosted(town.groups["welders"], await town.groups["welders"].actor)
        return town

    async def act(self, verb: str, who: str, what: str) -> None:
        """Let it happen, each act a transaction of its own as in life; some cannot."""
        try:
            async with storage.transaction():
                await self._act(verb, who, what)
        except Malformed:
            pass

    async def _act(self, verb: str, who: str, what: str) -> None:
        if verb == "host":
            await self.here.family(who, what)
            await routing.host_changed(who)
            return
        actor = self.people[who]
        if verb in {"inbox", "state"}:
            column = "shared_inbox" if verb == "inbox" else "state"
            value = f"https://{actor.host}/{what}" if verb == "inbox" and what else what
            await Actor.filter(id=actor.id).update(**{column: value})
            await routing.actor_changed(actor.id)
        elif verb == "join":
            await self.here.join(actor, group=self.groups[what])
        elif verb in {"leave", "pardon"}:
            await getattr(membership, verb)(self.groups[what], actor)
        else:
            await getattr(membership, verb)(self.here.wire, self.groups[what], actor, "why")

    async def should_read(self) -> set[tuple[str, str]]:
        """Who should read what, said once more in plain words."""
        families = {peer.host: peer.family for peer in await Peer.all()}
        found = set()
        for member in await Member.all().select_related("actor"):
            actor = member.actor
            if member.state != "member" or actor.state != "live" or actor.local:
                continue
            family = families.get(actor.host, "unknown")
            inbox = actor.shared_inbox or actor.inbox
            if family != "microblog":
                found.add((f"group:{member.group_id}:thread", inbox))
            if family != "thread":
                found.add((f"group:{member.group_id}:microblog", inbox))
        return found

    async def reads(self) -> set[tuple[str, str]]:
        rows = await storage.rows("SELECT stream, inbox FROM subscription")
        return {(row["stream"], row["inbox"]) for row in rows if row["stream"].startswith("group:")}


@pytest.fixture
async def here(database: Store) -> AsyncIterator[Here]:
    wire = await neighbour.instance(Network(), watch=routing.watch())
    group = await scenery.group()
    yield Here(wire, wire.http, Hosted(group, await group.actor))  # type: ignore[arg-type]
    await wire.close()


@FAST
@given(story=acts)
async def test_after_any_story_exactly_those_read_who_should(
    here: Here, story: list[tuple[str, str, str]]
) -> None:
    town = await Town.begin(here)
    for act in story:
        await town.act(*act)
        assert await town.reads() == await town.should_read(), act
    assert not await readers.drift()


moves = st.lists(
    st.one_of(
        st.just(("say", 0)),
        st.tuples(st.just("deliver"), st.integers(0, 3)),
        st.tuples(st.just("move"), st.integers(0, 2)),
    ),
    min_size=5,
    max_size=30,
)


@FAST
@given(story=moves)
async def test_servers_whose_inboxes_move_get_all_that_is_said_once(
    here: Here, story: list[tuple[str, int]]
) -> None:
    people = ("ann@m.example", "bob@l.example", "vic@h.example")
    town = await Town.begin(here, people)
    for name in people:
        await town.act("join", name, "welders")
    said, got = 0, Counter[tuple[str, int]]()
    for step, (verb, number) in enumerate(story):
        if verb == "say":
            said += 1
            await _say(here, said)
        elif verb == "move":
            await town.act("inbox", people[number], f"inbox/{step}")
        else:
            got += await _deliver(number)
    got += await _deliver(said)
    hosts = ("m.example", "l.example", "h.example")
    assert got == Counter({(host, number): 1 for host in hosts for number in range(1, said + 1)})


async def _say(here: Here, number: int) -> None:
    outgoing = Outgoing(f"https://groups.example/activities/{number}", here.actor.uri, "A", b"{}")
    await here.publish([Draft(outgoing, (Place(streams.thread(here.group.id), "post"),))])


async def _deliver(most: int) -> Counter[tuple[str, int]]:
    """Each inbox gets the next few things on the stream; host and number of each."""
    got = Counter[tuple[str, int]]()
    for row in await storage.rows(
        "SELECT s.id, s.host, s.cursor, t.head FROM subscription s"
        " JOIN stream t ON t.name = s.stream WHERE s.stream LIKE 'group:%:thread'"
    ):
        reached = min(row["cursor"] + most, row["head"])
        got.update((row["host"], number) for number in range(row["cursor"] + 1, reached + 1))
        await storage.execute("UPDATE subscription SET cursor = ? WHERE id = ?", reached, row["id"])
    return got
