"""Each week a group opens a thread in which its members may promote what they make."""

from __future__ import annotations

import pytest

import scenery
from federation import clock
from federation.documents import read_object
from fedigroups.groups import founding, lookup, weekly
from fedigroups.groups.founding import Profile
from fedigroups.groups.models import Group, Post
from fedigroups.moderation import watching
from fedigroups.moderation.automatic import Rule
from fedigroups.moderation.models import PromotionThread
from servers import GROUP, Member, Server
from world import Town, World

pytestmark = pytest.mark.anyio

MONDAY = 1_799_020_800_000  # 4 January 2027, 0:00 UTC
NINE = 9 * clock.HOUR
SHOP = '<a href="https://shop.example/rods">my shop</a>'


@pytest.mark.parametrize("late", [0, 1, clock.DAY, 7 * clock.DAY - 1])
def test_the_day_of_a_week_is_the_last_that_was(late: int) -> None:
    for day in range(1, 8):
        due = MONDAY + (day - 1) * clock.DAY + NINE
        assert weekly.latest(day, due + late) == due
        assert weekly.latest(day, due - 1) == due - 7 * clock.DAY


async def test_the_thread_is_opened_once_a_week_by_the_group_and_takes_promotion(
    world: World,
) -> None:
    ours = await world.town()
    ann = Server.at(world.network, "m.example", "mastodon").member("ann")
    bob = Server.at(world.network, "l.example", "lemmy").member("bob")
    for one in (ann, bob):
        await one.send(one.follow())
    await world.settle()
    with clock.held(MONDAY):
        await ours.run(_make_rules)

    async def opened() -> list[Post]:
        await weekly.open_due(ours.wire)
        found = Post.filter(author__kind="Group").order_by("id")
        return await found.select_related("author", "thread")

    for after, threads in (
        *((0, 0), (NINE - 1, 0), (NINE, 1), (NINE + 1, 1), (NINE + clock.HOUR, 1)),
        *((7 * clock.DAY + NINE - 1, 1), (7 * clock.DAY + NINE, 2)),
    ):
        with clock.held(MONDAY + after):
            found = await ours.run(opened)
        assert len(found) == threads, after
    first = found[0]
    assert (first.title, first.author.uri, first.state) == ("Show your work", GROUP, "live")
    await _promote(world, ours, ann, first)
    told = [one["object"]["object"]["id"] for one in bob.home.came("Announce{Create}")]
    assert told[:1] == [first.uri]
    document = await bob.read(first.uri)
    assert (document.status_code, document.json()["attributedTo"]) == (200, GROUP)


async def _promote(world: World, ours: Town, ann: Member, thread: Post) -> None:
    """She links to her shop: once for nothing, in the thread as often as she likes."""
    said = (
        *((SHOP, "", "live"), (SHOP, thread.uri, "live"), (f"{SHOP}!", thread.uri, "live")),
        *((f"{SHOP}!!", "", "held"),),
    )
    for number, (text, parent, state) in enumerate(said):
        with clock.held(MONDAY + 8 * clock.DAY + number * clock.MINUTE):
            note = ann.note(text, reply_to=parent)
            await ann.send(ann.create(note))
            await world.settle()
        stored = await ours.post(note["id"])
        assert stored is not None
        assert stored.state == state, text


async def _make_rules() -> None:
    group = await Group.get(name="welders")
    await watching.add(group, Rule("promotion", 1, 30))
    await watching.add(group, Rule("weekly", 1, words=("Show your work",)))


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_no_thread_is_opened_for_a_closed_group_for_a_time_before_the_rule_or_twice_at_once(
    world: World,
) -> None:
    ours = await world.town()

    async def look(**changes: str) -> int:
        await Group.filter(name="welders").update(**changes)
        return await weekly.open_due(ours.wire)

    async def rows() -> list[tuple[int, int]]:
        return [(one.id, one.due_at) for one in await PromotionThread.all()]

    with clock.held(MONDAY + NINE + 1):
        await ours.run(_make_rules)  # a minute too late for this week
        assert await ours.run(look) == 0
        assert await ours.run(rows) == []
    next_week = MONDAY + 7 * clock.DAY + NINE
    with clock.held(next_week):
        assert await ours.run(lambda: look(state="suspended")) == 0
        assert await ours.run(rows) == []

        async def begun() -> None:
            """Another worker has begun, and has not written yet."""
            group = await Group.get(name="welders")
            await PromotionThread.create(
                id=7, group_id=group.id, due_at=next_week, tried_at=next_week
            )

        await ours.run(begun)
        assert await ours.run(lambda: look(state="open")) == 0
    with clock.held(next_week + weekly.LEASE_MS - 1):
        assert await ours.run(look) == 0
    with clock.held(next_week + weekly.LEASE_MS):
        assert await ours.run(look) == 1  # it died
        assert await ours.run(look) == 0
        assert await ours.run(rows) == [(7, next_week)]
    with clock.held(next_week + 2 * weekly.LEASE_MS):
        assert await ours.run(look) == 0

    async def opened() -> list[Post]:
        return await Post.filter(author__kind="Group")

    (post,) = await ours.run(opened)
    assert post.id == 7


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_the_groups_own_thread_waits_for_nobody_though_only_moderators_start_threads(
    world: World,
) -> None:
    ours = await world.town()
    with clock.held(MONDAY):
        await ours.run(_make_rules)
        await ours.change(approve="everyone", post_policy="moderators")

    async def look() -> list[str]:
        await watching.add(await Group.get(name="welders"), Rule("words", words=("work",)))
        await weekly.open_due(ours.wire)
        return [one.state for one in await Post.all()]

    with clock.held(MONDAY + NINE):
        assert await ours.run(look) == ["live"]


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_a_thread_for_promotion_in_one_group_is_none_in_another(world: World) -> None:
    ours = await world.town()

    async def reasons() -> list[str]:
        tom, olga = await lookup.person("tom"), await lookup.person("olga")
        smiths = await founding.found(ours.wire, "smiths", olga, Profile(title="Smiths"))
        welders = await Group.get(name="welders")
        found = []
        for group in (welders, smiths.group):
            await watching.add(group, Rule("promotion", 1, 30))
        await watching.add(welders, Rule("weekly", 1, words=("Show your work",)))
        with clock.held(MONDAY + NINE):
            await weekly.open_due(ours.wire)
        thread = await Post.get(author_id=welders.actor_id)
        note = {"type": "Note", "attributedTo": tom.uri, "content": SHOP}
        for group in (welders, smiths.group):
            said = read_object(note | {"id": f"{tom.uri}/{group.name}", "inReplyTo": thread.uri})
            await scenery.thread(group, tom, content=SHOP, received_at=MONDAY - 1)
            found.append(await watching.reason(group, tom, said))
        return found

    with clock.held(MONDAY):
        first, second = await ours.run(reasons)
    assert first == ""
    assert "leads to the same place" in second
