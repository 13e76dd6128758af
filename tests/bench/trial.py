"""What a benchmark is: ours against its floor, in turns, and what their ratio must be."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from statistics import median
from typing import Any

Measured = Callable[[], Awaitable[float]]
"""One measurement, in the unit of its trial."""
Work = Callable[[], Awaitable[object]]


@dataclass(frozen=True)
class Size:
    """How much is measured: so many rounds, and a tenth or so of everything when `short`."""

    rounds: int
    short: bool

    def of(self, normal: int, short: int) -> int:
        return short if self.short else normal


@dataclass(frozen=True)
class Goal:
    """What the median of the ratios has to be: of `ours / floor`, or with `floor_first` reversed.

    With a `limit` it is of `ours / limit`; the floor then only shows what there is to gain.
    """

    at_most: float = 0.0
    at_least: float = 0.0
    floor_first: bool = False
    limit: float = 0.0

    def ratio(self, ours: float, floor: float) -> float:
        if self.limit:
            return ours / self.limit
        return floor / ours if self.floor_first else ours / floor

    def met(self, ratio: float) -> bool:
        return ratio <= self.at_most if self.at_most else ratio >= self.at_least

    def __str__(self) -> str:
        return f"<= {self.at_most:g}" if self.at_most else f">= {self.at_least:g}"


@dataclass
class Trial:
    """The rounds of one benchmark; `held` is whatever else its goal demands."""

    name: str
    unit: str
    goal: Goal
    ours: list[float] = field(default_factory=list)
    floor: list[float] = field(default_factory=list)
    note: str = ""
    held: bool = True

    @property
    def ratio(self) -> float:
        return median(map(self.goal.ratio, self.ours, self.floor))

    def report(self) -> dict[str, Any]:
        """What `bench.json` says of it."""
        return {
            "ratio": round(self.ratio, 4),
            "ours": round(median(self.ours), 4),
            "floor": round(median(self.floor), 4),
            "unit": self.unit,
            "rounds": len(self.ours),
            "goal": str(self.goal),
            "met": self.held and self.goal.met(self.ratio),
            "note": self.note,
        }


def cpu(count: int, work: Work, per_second: float = 1e6) -> Measured:
    """The CPU of this process, all its threads, for each of `count` operations of `work`: in µs."""

    async def measured() -> float:
        before = time.process_time()
        await work()
        return (time.process_time() - before) / count * per_second

    return measured


async def race(trial: Trial, size: Size, ours: Measured, floor: Measured) -> Trial:
    """Both, in turns, after one round of each to warm up."""
    await floor()
    await ours()
    for number in range(size.rounds):
        first, second = (ours, floor) if number % 2 else (floor, ours)
        found = {first: await first(), second: await second()}
        trial.ours.append(found[ours])
        trial.floor.append(found[floor])
    return trial


def table(reports: dict[str, dict[str, Any]]) -> str:
    """The reports for people."""
    lines = [f"{'':26}{'ours':>10}{'floor':>10}  {'unit':22}{'ratio':>7}  {'goal':8}verdict"]
    for name, one in reports.items():
        if "error" in one:
            lines.append(f"{name:26}{one['error']}")
            continue
        verdict = "met" if one["met"] else "MISSED"
        lines.append(
            f"{name:26}{one['ours']:>10.4g}{one['floor']:>10.4g}  {one['unit']:22}"
            f"{one['ratio']:>7.3f}  {one['goal']:8}{verdict:8}{one['note']}"
        )
    return "\n".join(lines)
