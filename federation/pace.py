"""This module remembers, in bounded memory, what was tried of late and how often it may be."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from federation import clock, limits

MINUTE_SECONDS = 60.0
HOUR_SECONDS = 3_600.0

T = TypeVar("T")


@dataclass(slots=True)
class Memory(Generic[T]):
    """What is known of a key until its time is up; the oldest entry makes room for a new one."""

    entries: int = limits.NEGATIVE_ENTRIES
    _kept: OrderedDict[str, tuple[int, T]] = field(default_factory=OrderedDict)

    def get(self, key: str) -> T | None:
        """What was put under `key`, or None when there is nothing or its time is up."""
        found = self._kept.get(key)
        if found is None:
            return None
        until, value = found
        if until > clock.now_ms():
            return value
        del self._kept[key]
        return None

    def put(self, key: str, value: T, seconds: float) -> None:
        """Remember `value` under `key` for so many seconds."""
        self._kept[key] = (clock.now_ms() + int(seconds * clock.SECOND), value)
        self._kept.move_to_end(key)
        while len(self._kept) > self.entries:
            self._kept.popitem(last=False)

    def forget(self, key: str) -> None:
        """Know nothing of `key` any more."""
        self._kept.pop(key, None)

    def __len__(self) -> int:
        return len(self._kept)


@dataclass(slots=True)
class Allowance:
    """At most `count` times for each key in a window of `seconds`, which opens with the first."""

    count: int
    seconds: float
    _spent: Memory[list[int]] = field(default_factory=Memory)

    def take(self, key: str) -> bool:
        """Whether it may be done once more; counts it when so."""
        spent = self._spent.get(key)
        if spent is None:
            self._spent.put(key, [1], self.seconds)
            return True
        if spent[0] >= self.count:
            return False
        spent[0] += 1
        return True

    def is_spent(self, key: str) -> bool:
        """Whether `take` would refuse; counts nothing."""
        spent = self._spent.get(key)
        return spent is not None and spent[0] >= self.count


@dataclass(slots=True)
class Buckets:
    """Token buckets: for each key `burst` at once, and as many again over `seconds`.

    Who is forgotten for want of room, the one least lately seen, begins with a full one.
    """

    burst: int
    seconds: float
    entries: int = limits.NEGATIVE_ENTRIES
    _left: OrderedDict[str, tuple[float, int]] = field(default_factory=OrderedDict)

    def take(self, key: str) -> float:
        """0 when one more was taken; else after how many seconds there is room for some again."""
        now = clock.now_ms()
        left = self._at(key, now)
        self._left[key] = (left - 1 if left >= 1 else left, now)
        if len(self._left) > self.entries:
            self._left.popitem(last=False)
        return 0.0 if left >= 1 else self._wait(left)

    def wait(self, key: str) -> float:
        """What `take` would answer; takes nothing."""
        left = self._at(key, clock.now_ms())
        return 0.0 if left >= 1 else self._wait(left)

    def left(self, key: str) -> int:
        """How many more may be taken at once; takes nothing."""
        return int(self._at(key, clock.now_ms()))

    def _at(self, key: str, now: int) -> float:
        found = self._left.get(key)
        if found is None:
            return self.burst
        self._left.move_to_end(key)
        left, at = found
        if at > now:  # the clock was set back: that must lock nobody out
            self._left[key] = (left, now)
        return min(left + max(now - at, 0) * self.burst / (self.seconds * 1_000), self.burst)

    def _wait(self, left: float) -> float:
        """Until a tenth is there again: to come back for one at a time helps nobody."""
        return (max(self.burst / 10, 1.0) - left) * self.seconds / self.burst

    def __len__(self) -> int:
        return len(self._left)
