"""This module knows how far a load of parcels is: which are under way, which a cursor may pass."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence

from outbox.outcome import Verdict
from outbox.owed import Parcel
from outbox.settle import Settled

Send = Callable[[Parcel], Awaitable[Verdict]]

REACH = 16
"""How far beyond the first parcel that is not settled another of its cursor may be sent."""


class Batch:
    """The parcels of one load, and what became of them."""

    def __init__(self, parcels: Sequence[Parcel]) -> None:
        self._parcels = list(parcels)
        self._settled: dict[int, Settled] = {}
        self._rows: defaultdict[int, list[Parcel]] = defaultdict(list)
        """By cursor."""
        self._place: dict[int, int] = {}
        self._first, self._last = Counter[int](), Counter[int]()
        for parcel in parcels:
            row = self._rows[parcel.lag.id]
            self._place[id(parcel)] = len(row)
            row.append(parcel)

    def settle(self, settled: Iterable[Settled]) -> None:
        """Note what became of some of them."""
        for one in settled:
            cursor = one.parcel.lag.id
            self._settled[id(one.parcel)] = one
            self._last[cursor] = max(self._last[cursor], self._place[id(one.parcel)])
            row = self._rows[cursor]
            while self._first[cursor] < len(row) and id(row[self._first[cursor]]) in self._settled:
                self._first[cursor] += 1

    def is_near(self, parcel: Parcel) -> bool:
        """Whether few others would be sent again, were it sent now and the turn over then."""
        return self._place[id(parcel)] < self._first[parcel.lag.id] + REACH

    def is_overtaken(self, parcel: Parcel) -> bool:
        """Whether something after it is settled, which no cursor passes before it."""
        return self._place[id(parcel)] < self._last[parcel.lag.id]

    def passable(self) -> list[Settled]:
        """What each cursor may pass: all that is settled before the first that is not."""
        stopped = set[int]()
        found = list[Settled]()
        for parcel in self._parcels:
            one = self._settled.get(id(parcel))
            if one is None:
                stopped.add(parcel.lag.id)
            elif parcel.lag.id not in stopped:
                found.append(one)
        return found

    def passed(self, settled: Sequence[Settled]) -> None:
        """Forget what the cursors have passed."""
        gone = {id(one.parcel) for one in settled}
        self._parcels = [parcel for parcel in self._parcels if id(parcel) not in gone]

    @property
    def open(self) -> bool:
        """Whether some are not settled."""
        return any(id(parcel) not in self._settled for parcel in self._parcels)


class Crew:
    """The deliveries under way to one host."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._tasks: dict[asyncio.Task[Verdict], Parcel] = {}

    @property
    def busy(self) -> bool:
        """Whether any are."""
        return bool(self._tasks)

    def hire(
        self,
        waiting: list[Parcel],
        width: int,
        closed: Iterable[tuple[str, str]],
        may: Callable[[Parcel], bool],
    ) -> None:
        """Start as many as there is room for that `may`, one of each key, none of `closed`."""
        taken = {parcel.key for parcel in self._tasks.values()} | set(closed)
        for parcel in list(waiting):
            if len(self._tasks) >= width:
                return
            if parcel.key not in taken and may(parcel):
                waiting.remove(parcel)
                self._tasks[asyncio.ensure_future(self._send(parcel))] = parcel
            taken.add(parcel.key)

    async def report(self, seconds: float) -> list[tuple[Parcel, Verdict]]:
        """What was finished, as soon as something is; nothing when `seconds` are over.

        What got no place in time (`Slots.closed`) was not sent, and is not reported.
        """
        done, _ = await asyncio.wait(
            self._tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED
        )
        ended = [(self._tasks.pop(task), task) for task in done]
        return [(parcel, task.result()) for parcel, task in ended if not task.cancelled()]

    async def dismiss(self) -> None:
        """Stop what is under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
