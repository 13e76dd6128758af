"""One inbox reads one dialect, both while nobody knows its software, and none without a member."""

from __future__ import annotations

import pytest

import scenery
from federation import storage
from federation.models import Actor
from fedigroups.groups import membership, routing
from fedigroups.groups.models import Group, Member
from fedigroups.groups.routing import enroll, reroute, streams_for, withdraw
from outbox import streams
from village import Here

pytestmark = pytest.mark.anyio

M, L = "https://m.example/inbox", "https://l.example/inbox"
BOTH = {("thread", M), ("microblog", M)}


async def join(here: Here, actor: Actor, family: str = "microblog") -> None:
    await scenery.join(here.group, actor)
    await enroll(here.group, actor, family)


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
        await join(here, await here.remote(f"{name}@m.example"))
    assert await here.readers() == {("microblog", M)}


async def test_a_host_without_a_shared_inbox_reads_once_for_each_member(here: Here) -> None:
    people = [await here.remote(f"{name}@m.example", shared=False) for name in ("ann", "amy")]
    for person in people:
        await join(here, person)
    assert await here.readers() == {("microblog", person.inbox) for person in people}
    await withdraw(here.group, people[0])
    assert await here.readers() == {("microblog", people[1].inbox)}


async def test_people_here_read_pages_and_nothing_is_sent_to_them(here: Here) -> None:
    olga = await scenery.person("olga@groups.example")
    await join(here, olga)
    await withdraw(here.group, olga)
    assert await here.readers() == set()


async def test_only_the_last_member_behind_an_inbox_takes_it_along(here: Here) -> None:
    ann, amy = await here.remote("ann@m.example"), await here.remote("amy@m.example")
    for actor in (ann, amy):
        await join(here, actor)
    await membership.leave(here.group, ann)
    assert await here.readers() == {("microblog", M)}
    await membership.leave(here.group, amy)
    assert await here.readers() == set()


@pytest.mark.parametrize("state", ["asked", "left", "banned", "removed", "refused", "invited"])
async def test_whoever_is_not_in_does_not_keep_an_inbox_reading(here: Here, state: str) -> None:
    ann, amy = await here.remote("ann@m.example"), await here.remote("amy@m.example")
    for actor in (ann, amy):
        await join(here, actor)
    await Member.filter(actor_id=amy.id).update(state=state)
    await membership.leave(here.group, ann)
    assert await here.readers() == set()


async def test_a_member_of_another_group_does_not_keep_the_inbox_reading_this_one(
    here: Here,
) -> None:
    bakers = await scenery.group("bakers", "Bakers")
    ann = await here.remote("ann@m.example")
    await join(here, ann)
    await scenery.join(bakers, ann)
    await enroll(bakers, ann, "microblog")
    await withdraw(here.group, ann)
    assert await here.readers() == set()
    rows = await storage.rows("SELECT stream FROM subscription")
    assert [row["stream"] for row in rows] == [streams.microblog(bakers.id)]


async def test_a_host_that_is_unknown_reads_both_until_its_software_is_learned(
    here: Here,
) -> None:
    await join(here, await here.remote("ann@m.example"), "unknown")
    await join(here, await here.remote("bob@l.example"), "thread")
    assert await here.readers() == BOTH | {("thread", L)}
    await reroute("m.example", "microblog")
    assert await here.readers() == {("microblog", M), ("thread", L)}


async def test_a_host_that_changes_its_software_changes_its_dialect(here: Here) -> None:
    await join(here, await here.remote("ann@m.example"), "microblog")
    await reroute("m.example", "thread")
    assert await here.readers() == {("thread", M)}


async def test_rerouting_leaves_direct_streams_alone(here: Here) -> None:
    await streams.subscribe(streams.direct(M), M, "m.example")
    await reroute("m.example", "thread")
    rows = await storage.rows("SELECT stream FROM subscription")
    assert [row["stream"] for row in rows] == [streams.direct(M)]


async def test_a_member_whose_host_is_known_by_now_ends_the_double_dialect(here: Here) -> None:
    bakers: Group = await scenery.group("bakers", "Bakers")
    ann, amy = await here.remote("ann@m.example"), await here.remote("amy@m.example")
    await join(here, ann, "unknown")
    await scenery.join(bakers, ann)
    await enroll(bakers, ann, "unknown")
    await join(here, amy, "microblog")
    assert await here.readers() == {("microblog", M)}
    rows = await storage.rows("SELECT stream FROM subscription")
    assert {row["stream"] for row in rows} == {
        streams.microblog(here.group.id),
        streams.microblog(bakers.id),
    }


async def test_withdrawing_ends_both_dialects(here: Here) -> None:
    ann = await here.remote("ann@m.example")
    await join(here, ann, "unknown")
    await routing.withdraw(here.group, ann)
    assert await here.readers() == set()
