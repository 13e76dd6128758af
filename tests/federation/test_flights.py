"""Those who want the same thing at the same time share one errand for it."""

from __future__ import annotations

import asyncio

import pytest

from federation.errors import OverBudget, Unreachable
from federation.flights import Flights

pytestmark = pytest.mark.anyio


class Errand:
    """One that waits for the door, counts, and then brings a number or raises."""

    def __init__(self, *ends: int | Exception) -> None:
        self.ends = list(ends)
        self.runs = 0
        self.door = asyncio.Event()

    async def __call__(self) -> int:
        end = self.ends[self.runs]
        self.runs += 1
        await self.door.wait()
        if isinstance(end, Exception):
            raise end
        return end


async def test_all_who_ask_meanwhile_get_what_one_errand_brings() -> None:
    flights: Flights[int] = Flights()
    errand = Errand(7, 8)
    asking = [asyncio.create_task(flights.share("a", errand)) for _ in range(3)]
    await asyncio.sleep(0)
    errand.door.set()

    assert await asyncio.gather(*asking) == [7, 7, 7]
    assert await flights.share("a", errand) == 8
    assert len(flights) == 0


async def test_an_error_is_raised_for_all() -> None:
    flights: Flights[int] = Flights()
    errand = Errand(Unreachable("down"))
    asking = [asyncio.create_task(flights.share("a", errand)) for _ in range(3)]
    await asyncio.sleep(0)
    errand.door.set()

    ends = await asyncio.gather(*asking, return_exceptions=True)

    assert [type(end) for end in ends] == [Unreachable] * 3
    assert len(flights) == 0


async def test_the_budget_of_another_is_not_ours() -> None:
    flights: Flights[int] = Flights()
    errand = Errand(OverBudget("spent"), 7)
    asking = [asyncio.create_task(flights.share("a", errand)) for _ in range(3)]
    await asyncio.sleep(0)
    errand.door.set()

    ends = await asyncio.gather(*asking, return_exceptions=True)

    assert [type(ends[0]), *ends[1:]] == [OverBudget, 7, 7]
    assert errand.runs == 2


async def test_an_errand_goes_on_without_the_one_who_started_it() -> None:
    flights: Flights[int] = Flights()
    errand = Errand(7)
    first = asyncio.create_task(flights.share("a", errand))
    await asyncio.sleep(0)
    second = asyncio.create_task(flights.share("a", errand))
    await asyncio.sleep(0)

    first.cancel()
    errand.door.set()

    assert await second == 7
    assert errand.runs == 1


async def test_an_error_that_nobody_waits_for_is_nobodys() -> None:
    flights: Flights[int] = Flights()
    errand = Errand(Unreachable("down"))
    only = asyncio.create_task(flights.share("a", errand))
    await asyncio.sleep(0)

    only.cancel()
    errand.door.set()
    for _ in range(5):
        await asyncio.sleep(0)

    assert only.cancelled()
    assert len(flights) == 0


async def test_different_things_are_different_errands() -> None:
    flights: Flights[int] = Flights()
    errand = Errand(1, 2)
    errand.door.set()

    both = await asyncio.gather(flights.share("a", errand), flights.share("b", errand))

    assert list(both) == [1, 2]


async def test_an_errand_that_is_cancelled_is_forgotten() -> None:
    flights: Flights[int] = Flights()
    errand = Errand(7, 8)
    before = asyncio.all_tasks()
    asking = asyncio.create_task(flights.share("a", errand))
    await asyncio.sleep(0)
    for task in asyncio.all_tasks() - before - {asking}:
        task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await asking

    assert len(flights) == 0


async def test_an_errand_that_just_failed_for_want_of_budget_is_run_on_ones_own() -> None:
    """It ended, and whoever started it was not told yet: nobody else may take it for under way."""
    flights: Flights[str] = Flights()

    async def poor() -> str:
        raise OverBudget("spent")

    async def rich() -> str:
        return "the actor"

    first = asyncio.create_task(flights.share("actor", poor))
    await asyncio.sleep(0)
    second = asyncio.create_task(flights.share("actor", rich))
    said = await asyncio.gather(first, second, return_exceptions=True)
    assert isinstance(said[0], OverBudget)
    assert said[1] == "the actor"
    assert len(flights) == 0
