"""What a benchmark is: ours against its floor, round about, in CPU time of the measured process."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Size:
    """How much is measured: so many rounds, and a tenth or so of everything when `short`."""

    rounds: int
    short: bool

    def of(self, normal: int, short: int) -> int:
        return short if self.short else normal


@dataclass(frozen=True)
class Goal:
    """What the median of the ratios has to be; `ours / floor`, or with `floor_first` reversed."""

    at_most: float = 0.0
    at_least: float = 0.0
    floor_first: bool = False

    def met(self, ratio: float) -> bool:
        return ratio <= self.at_most if self.at_most else ratio >= self.at_least

    def __str__(self) -> str:
        return f"<= {self.at_most:g}" if self.at_most else f">= {self.at_least:g}"


@dataclass
class Trial:
    """The rounds of one benchmark."""

    name: str
    unit: str
    goal: Goal
    ours: list[float] = field(default_factory=list)
    floor: list[float] = field(default_factory=list)
    note: str = ""

    @property
    def ratio(self) -> float:
        pairs = zip(self.ours, self.floor, strict=True)
        if self.goal.floor_first:
            return median(floor / ours for ours, floor in pairs)
        return median(ours / floor for ours, floor in pairs)

    def report(self) -> dict[str, Any]:
        """What `bench.json` says of it."""
        return {
            "ratio": round(self.ratio, 4),
            "ours": round(median(self.ours), 4),
            "floor": round(median(self.floor), 4),
            "unit": self.unit,
            "rounds": len(self.ours),
            "goal": str(self.goal),
            "met": self.goal.met(self.ratio),
            "note": self.note,
        }


Work = Callable[[], Awaitable[object]]


async def cpu(work: Work, count: int) -> float:
    """The CPU µs of this process, all its threads, for each of `count` operations."""
    before = time.process_time()
    await work()
    return (time.process_time() - before) / count * 1e6


async def race(trial: Trial, size: Size, ours: Work, floor: Work, count: int) -> Trial:
    """Both, in turns, after one round of each to warm up."""
    await floor()
    await ours()
    for number in range(size.rounds):
        first, second = (ours, floor) if number % 2 else (floor, ours)
        spent = {first: await cpu(first, count), second: await cpu(second, count)}
        trial.ours.append(spent[ours])
        trial.floor.append(spent[floor])
    return trial


def table(reports: dict[str, dict[str, Any]]) -> str:
    """The reports for people."""
    lines = [f"{'':26}{'ours':>10}{'floor':>10}  {'unit':18}{'ratio':>7}  {'goal':8}verdict"]
    for name, one in reports.items():
        if "error" in one:
            lines.append(f"{name:26}{one['error']}")
            continue
        verdict = "met" if one["met"] else "MISSED"
        lines.append(
            f"{name:26}{one['ours']:>10.4g}{one['floor']:>10.4g}  {one['unit']:18}"
            f"{one['ratio']:>7.3f}  {one['goal']:8}{verdict}  {one['note']}"
        )
    return "\n".join(lines)
