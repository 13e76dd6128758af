"""Who reads a group is derived from who is in it, where they live, and what their host runs."""

from __future__ import annotations

import asyncio

import pytest

import scenery
from federation import clock, ids, storage
from federation.models import Actor
from fedigroups.groups import membership, readers, routing
from fedigroups.groups.models import Group, Member
from fedigroups.groups.readers import Drift
from fedigroups.groups.routing import streams_for
from neighbour import Neighbour, rsa
from outbox import streams
from outbox.publish import Draft, Outgoing, Place
from village import Here, counted

pytestmark = pytest.mark.anyio

M, L = "https://m.example/inbox", "https://l.example/inbox"
BOTH = {("thread", M), ("microblog", M)}


async def leave(here: Here, actor: Actor) -> None:
    async with storage.transaction():
        await membership.leave(here.group, actor)


async def host_is(here: Here, host: str, family: str) -> None:
    """We learn what a host runs."""
    async with storage.transaction():
        await here.family(host, family)
        await routing.host_changed(host)


async def change(actor: Actor, **columns: str) -> None:
    """We learn something of an actor."""
    async with storage.transaction():
        await Actor.filter(id=actor.id).update(**columns)
        await routing.actor_changed(actor.id)


async def say(here: Here, name: str) -> None:
    uri = f"https://groups.example/activities/{name}"
    outgoing = Outgoing(uri, here.actor.uri, "Announce", b"{}")
    await here.publish([Draft(outgoing, (Place(streams.microblog(here.group.id), "post"),))])


async def owed(here: Here) -> dict[str, list[str]]:
    """What each inbox is yet to be sent, waiting attempts included."""
    rows = await storage.rows(
        "SELECT s.inbox, a.uri FROM subscription s JOIN log_entry e"
        " ON e.stream = s.stream AND e.seq > s.cursor JOIN activity a ON a.id = e.activity_id"
        " WHERE s.stream LIKE ? ORDER BY a.id",
        f"%group:{here.group.id}:%",
    )
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row["inbox"], []).append(row["uri"].rsplit("/", 1)[1])
    return found


async def sent(inbox: str, seq: int) -> None:
    await storage.execute(
        "UPDATE subscription SET cursor = ?, claimed = ? WHERE inbox = ? AND stream LIKE 'group:%'",
        seq,
        seq,
        inbox,
    )


async def refused(here: Here, inbox: str, name: str) -> None:
    """The host did not take it yet: it waits for another attempt, as `outbox.settle` does it."""
    stream = streams.microblog(here.group.id)
    row = await storage.rows(
        "SELECT e.seq, e.activity_id FROM log_entry e JOIN activity a ON a.id = e.activity_id"
        " WHERE a.uri LIKE ? AND e.stream = ?",
        f"%/{name}",
        stream,
    )
    waits = streams.again(stream, inbox, 2)
    async with storage.transaction():
        await streams.subscribe(waits, inbox, "m.example")
        number = await streams.advance(waits, 1)
        entry = (row[0]["activity_id"], "post", "", "", "", row[0]["seq"], clock.now_ms())
        await streams.append(streams.Entry(ids.new(), waits, number, *entry))
        await sent(inbox, row[0]["seq"])


@pytest.mark.parametrize(
    ("family", "dialects"),
    [
        ("thread", [streams.thread(7)]),
        ("microblog", [streams.microblog(7)]),
        ("unknown", [streams.thread(7), streams.microblog(7)]),
        ("something new", [streams.thread(7), streams.microblog(7)]),
    ],
)
def test_each_family_reads_its_dialect_and_the_unknown_both_the_wrapped_one_first(
    family: str, dialects: list[str]
) -> None:
    assert streams_for(7, family) == dialects


async def test_members_of_one_host_share_what_they_read(here: Here) -> None:
    for name in ("ann", "amy"):
        await here.join(await here.remote(f"{name}@m.example"), "microblog")
    assert await here.readers() == {("microblog", M)}


async def test_a_host_without_a_shared_inbox_reads_once_for_each_member(here: Here) -> None:
    people = [await here.remote(f"{name}@m.example", shared=False) for name in ("ann", "amy")]
    for person in people:
        await here.join(person, "microblog")
    assert await here.readers() == {("microblog", person.inbox) for person in people}
    await leave(here, people[0])
    assert await here.readers() == {("microblog", people[1].inbox)}


async def test_people_here_read_pages_and_nothing_is_sent_to_them(here: Here) -> None:
    olga = await scenery.person("olga@groups.example")
    await Actor.filter(id=olga.id).update(inbox=f"{olga.uri}/inbox")
    await here.join(olga)
    assert await here.readers() == set()


async def test_only_the_last_member_behind_an_inbox_takes_it_along(here: Here) -> None:
    ann, amy = await here.remote("ann@m.example"), await here.remote("amy@m.example")
    for actor in (ann, amy):
        await here.join(actor, "microblog")
    await leave(here, ann)
    assert await here.readers() == {("microblog", M)}
    await leave(here, amy)
    assert await here.readers() == set()


async def test_a_ban_ends_the_reading_in_the_same_transaction(here: Here) -> None:
    eve = await here.remote("eve@evil.example")
    await here.join(eve)
    async with storage.transaction():
        await membership.ban(here.wire, here.group, eve, "spam")
        assert await here.readers() == set()


@pytest.mark.parametrize("state", ["asked", "left", "banned", "removed", "refused", "invited"])
async def test_whoever_is_not_in_does_not_keep_an_inbox_reading(here: Here, state: str) -> None:
    ann, amy = await here.remote("ann@m.example"), await here.remote("amy@m.example")
    for actor in (ann, amy):
        await here.join(actor, "microblog")
    await Member.filter(actor_id=amy.id).update(state=state)
    await routing.reconcile(here.group.id, amy.id)
    await leave(here, ann)
    assert await here.readers() == set()


async def test_a_member_of_another_group_does_not_keep_the_inbox_reading_this_one(
    here: Here,
) -> None:
    bakers = await scenery.group("bakers", "Bakers")
    ann = await here.remote("ann@m.example")
    await here.join(ann, "microblog")
    await here.join(ann, group=bakers)
    await leave(here, ann)
    assert await here.readers() == set()
    rows = await storage.rows("SELECT stream FROM subscription")
    assert [row["stream"] for row in rows] == [streams.microblog(bakers.id)]


async def test_a_host_that_is_unknown_reads_both_until_its_software_is_learned(
    here: Here,
) -> None:
    await here.join(await here.remote("ann@m.example"))
    await here.join(await here.remote("bob@l.example"), "thread")
    assert await here.readers() == BOTH | {("thread", L)}
    await host_is(here, "m.example", "microblog")
    assert await here.readers() == {("microblog", M), ("thread", L)}


async def test_a_host_that_changes_its_software_changes_its_dialect_in_every_group(
    here: Here,
) -> None:
    bakers: Group = await scenery.group("bakers", "Bakers")
    ann = await here.remote("ann@m.example")
    await here.join(ann, "microblog")
    await here.join(ann, group=bakers)
    await host_is(here, "m.example", "thread")
    rows = await storage.rows("SELECT stream FROM subscription")
    assert {row["stream"] for row in rows} == {
        streams.thread(here.group.id),
        streams.thread(bakers.id),
    }


async def test_a_host_that_tells_its_software_is_rerouted_with_that_very_commit(
    here: Here,
) -> None:
    m = Neighbour.on(here.network, "m.example")
    await here.join(await here.remote("ann@m.example"))
    m.serve_nodeinfo("mastodon")
    assert await here.wire.peers.family("m.example") == "microblog"
    assert await here.readers() == {("microblog", M)}


async def test_another_dialect_leaves_answers_that_are_under_way_alone(here: Here) -> None:
    await streams.subscribe(streams.direct(M), M, "m.example")
    await host_is(here, "m.example", "thread")
    rows = await storage.rows("SELECT stream FROM subscription")
    assert [row["stream"] for row in rows] == [streams.direct(M)]


async def test_a_new_reader_gets_nothing_that_was_said_before(here: Here) -> None:
    await say(here, "old")
    await here.join(await here.remote("ann@m.example"), "microblog")
    await say(here, "new")
    assert await owed(here) == {M: ["new"]}


async def test_an_inbox_that_moved_is_owed_what_the_old_one_was_and_nothing_else(
    here: Here,
) -> None:
    ann = await here.remote("ann@m.example", shared=False)
    await here.join(ann, "microblog")
    for name in ("one", "two", "three"):
        await say(here, name)
    await sent(ann.inbox, 1)
    await change(ann, shared_inbox=M)
    assert await owed(here) == {M: ["two", "three"]}


async def test_what_waits_for_another_attempt_moves_along(here: Here) -> None:
    ann = await here.remote("ann@m.example", shared=False)
    await here.join(ann, "microblog")
    await say(here, "one")
    await refused(here, ann.inbox, "one")
    await change(ann, shared_inbox=M)
    assert await owed(here) == {M: ["one"]}
    await leave(here, ann)
    assert await owed(here) == {}


async def test_whoever_still_reads_through_the_old_inbox_goes_on_beside_the_new_one(
    here: Here,
) -> None:
    ann, amy = await here.remote("ann@m.example"), await here.remote("amy@m.example")
    for actor in (ann, amy):
        await here.join(actor, "microblog")
    for name in ("one", "two", "three"):
        await say(here, name)
    await refused(here, M, "one")
    await change(ann, shared_inbox="")
    assert await owed(here) == {M: ["one", "two", "three"], ann.inbox: ["one", "two", "three"]}


async def test_an_inbox_that_joins_one_that_reads_already_adds_nothing(here: Here) -> None:
    ann, amy = [await here.remote(f"{name}@m.example", shared=False) for name in ("ann", "amy")]
    for actor in (ann, amy):
        await here.join(actor, "microblog")
    await say(here, "one")
    await change(ann, shared_inbox=M)
    await sent(M, 1)
    await refused(here, amy.inbox, "one")
    await change(amy, shared_inbox=M)
    assert await owed(here) == {}
    assert await here.readers() == {("microblog", M)}


async def test_an_inbox_that_joins_one_that_came_later_is_still_sent_what_it_was_owed(
    here: Here,
) -> None:
    ann = await here.remote("ann@m.example", shared=False)
    await here.join(ann, "microblog")
    await say(here, "one")
    await here.join(await here.remote("amy@m.example"))
    await say(here, "two")
    await change(ann, shared_inbox=M)
    assert await owed(here) == {M: ["one", "two"]}


async def test_an_actor_whose_document_names_another_inbox_is_read_to_there(here: Here) -> None:
    m = Neighbour.on(here.network, "m.example")
    uri = m.serve_person("ann", rsa("ann"), endpoints=None)
    ann = await here.wire.directory.refresh(uri)
    await here.join(ann, "microblog")
    assert await here.readers() == {("microblog", f"{uri}/inbox")}
    m.serve_person("ann", rsa("ann"))
    await here.wire.directory.refresh(uri)
    assert await here.readers() == {("microblog", M)}
    await here.wire.directory.bury(uri)
    assert await here.readers() == set()


@pytest.mark.parametrize("state", ["suspended", "gone"])
async def test_whoever_is_suspended_or_gone_is_sent_nothing_more(here: Here, state: str) -> None:
    ann = await here.remote("ann@m.example")
    await here.join(ann)
    await change(ann, state=state)
    assert await here.readers() == set()
    assert await here.standing(ann) == ("member", "member")


async def test_a_follow_costs_the_same_in_a_group_of_two_and_of_two_hundred(here: Here) -> None:
    costs = []
    for crowd in (2, 200):
        for number in range(crowd):
            await here.join(await here.remote(f"p{crowd}x{number}@m.example"))
        late = await here.remote(f"late{crowd}@m.example")
        with counted() as said:
            await membership.ask(here.wire, here.group, here.actor, late, {})
        costs.append(len(said))
    assert costs[0] == costs[1]
    if storage.dialect() == "sqlite":  # PostgreSQL rightly scans so few rows
        for sql in said:
            if sql.startswith("SELECT"):
                plan = await storage.rows(f"EXPLAIN QUERY PLAN {sql}", *[0] * sql.count("?"))
                assert not [row for row in plan if row["detail"].startswith("SCAN")], sql


async def test_an_inbox_that_moves_while_its_owner_joins_is_the_one_that_reads(
    here: Here,
) -> None:
    ann = await here.remote("ann@m.example", shared=False)
    joined, commit = asyncio.Event(), asyncio.Event()

    async def join() -> None:
        async with storage.transaction():
            await membership.ask(here.wire, here.group, here.actor, ann, {})
            joined.set()
            await commit.wait()

    async def move() -> None:
        await joined.wait()
        await change(ann, shared_inbox=M)

    async with asyncio.TaskGroup() as both:
        both.create_task(join())
        moving = both.create_task(move())
        await asyncio.wait([moving], timeout=0.2)
        commit.set()
    assert await here.readers() == BOTH


async def test_joining_leaving_and_moving_at_once_leaves_nothing_wrong(here: Here) -> None:
    people = [await here.remote(f"p{number}@m.example", shared=False) for number in range(12)]
    for actor in people[:6]:
        await here.join(actor, "microblog")

    async def move(actor: Actor, number: int) -> None:
        inbox = f"https://m.example/shared/{number % 2}"
        for shared in (inbox, "", inbox):
            await change(actor, shared_inbox=shared)

    await asyncio.gather(
        *(leave(here, actor) for actor in people[:6:2]),
        *(here.join(actor) for actor in people[6:]),
        *(move(actor, number) for number, actor in enumerate(people)),
        host_is(here, "m.example", "thread"),
    )
    assert not await readers.drift()
    assert {stream for stream, _ in await here.readers()} == {"thread"}


async def test_drift_is_found_and_mended(here: Here) -> None:
    ann, bob = await here.remote("ann@m.example"), await here.remote("bob@l.example")
    vic = await here.remote("vic@h.example")
    for actor, family in ((ann, "microblog"), (bob, "thread"), (vic, "thread")):
        await here.join(actor, family)
    assert not await readers.drift()
    thread, v = streams.thread(here.group.id), "https://h.example/inbox"
    await streams.subscribe(thread, M, "m.example")
    await streams.subscribe(streams.again(thread, v, 2), v, "h.example")
    await streams._end([thread], v)
    await streams.unsubscribe(thread, L)
    await Member.filter(actor_id=bob.id).update(inbox="")
    await storage.execute(
        "UPDATE follower_digest SET digest = ? WHERE host = 'm.example'", "0" * 64
    )
    assert await readers.drift() == Drift(
        1,
        frozenset({(thread, v)}),
        frozenset({(thread, M)}),
        frozenset({(here.actor.uri, "m.example"), (here.actor.uri, "l.example")}),
    )
    await readers.mend()
    assert not await readers.drift()
    assert await here.readers() == {("microblog", M), ("thread", L), ("thread", v)}
