"""Each week a group opens a thread in which its members may promote what they make."""

from __future__ import annotations

import pytest

from federation import clock
from fedigroups.groups import weekly
from fedigroups.groups.models import Group, Post
from fedigroups.moderation import watching
from fedigroups.moderation.automatic import Rule
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
