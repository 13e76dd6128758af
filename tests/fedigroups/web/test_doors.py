"""Every door of the app at once: what holds for one kind of answer holds for all."""

from __future__ import annotations

from itertools import product

import pytest

import doors
import scenery
from federation import ids
from fedigroups.app import make_app
from fedigroups.groups import indexing, lookup
from fedigroups.groups.models import Post, Thread
from fedigroups.web import presented
from watchdog import Watch
from world import Town, World

pytestmark = pytest.mark.anyio


async def costs(town: Town, known: doors.Known, watch: Watch) -> dict[tuple[str, str], int]:
    """How many statements each door says, with nothing kept from before."""
    said = {}
    for path, accept in product(doors.addresses(make_app(town.instance), known), doors.KINDS):
        watch.requests.clear()
        answer = await doors.ask(town, path, accept, Cookie="seen=yes")
        assert answer.status_code < 500, path
        said[path, accept] = watch.requests[-1].said.total()
    return said


async def fill(town: Town, root: Post, times: int) -> None:
    """More of everything that a door shows: threads, pinned ones, answers, members, hosts."""

    async def work() -> None:
        group, tom = await lookup.any_group("welders"), await lookup.person("tom")
        thread = await Thread.get(id=root.thread_id)
        for number in range(times):
            ann = await scenery.person(f"ann{ids.new()}@m{number}.example")
            await scenery.join(group, ann, "moderator")
            made, _ = await scenery.thread(group, tom if number % 2 else ann, f"Thread {number}")
            await Thread.filter(id=made.id).update(pinned_at=number % 3)
            await scenery.post(thread, ann, root)
            await scenery.post(thread, tom, root)
        await indexing.start_over()
        await indexing.catch_up()

    await town.run(work)


async def test_no_door_asks_the_database_more_often_when_there_is_more(
    world: World, watchdog: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presented, "FRESH_SECONDS", 3600.0)  # which request looks is chance
    # H186: a page of a hundred answers by a hundred people takes what a page of one takes
    town = await world.town()
    root = await town.write("tom", "Which rod for thin sheet?", "Thin sheet")
    await fill(town, root, 3)
    known = doors.Known(
        people=("tom", "olga"), threads=(root.thread_id,), posts=(root.id,), activities=("1",)
    )
    await costs(town, known, watchdog)  # what is remembered for good, such as our own keys
    few = await costs(town, known, watchdog)
    await fill(town, root, 30)
    more = await costs(town, known, watchdog)
    assert {key: cost for key, cost in more.items() if cost > few[key]} == {}
    assert max(cost for (path, _), cost in few.items() if "/api/v2/search" not in path) <= 5
    assert max(few.values()) <= 8  # accounts, posts and hashtags at once
