"""This module draws numbers as bars, for pages to show as SVG, with a table of the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 600
HEIGHT = 160
FOOT = 24
"""For the words below the bars."""
GAP = 0.3
"""Of a bar's place, what stays empty."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A number with its name; `part` of it is drawn darker."""

    label: str
    whole: int
    part: int = 0


@dataclass(frozen=True, slots=True)
class Column:
    """A bar as it is drawn, in units of the picture."""

    bar: Bar
    left: float
    width: float
    top: float
    height: float
    part_top: float
    part_height: float
    middle: float


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture of bars, and what its table says."""

    title: str
    names: tuple[str, ...]
    """Of the table's columns: the label, the whole, and the part if there is one."""
    columns: tuple[Column, ...]
    most: int
    width: int = WIDTH
    height: int = HEIGHT
    foot: int = FOOT

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw."""
        return all(column.bar.whole == 0 for column in self.columns)


def chart(title: str, names: Sequence[str], bars: Sequence[Bar]) -> Chart:
    """The bars side by side, the highest as high as the picture."""
    most = max((bar.whole for bar in bars), default=0)
    place = WIDTH / max(len(bars), 1)
    return Chart(
        title,
        tuple(names),
        tuple(_column(bar, number * place, place, most) for number, bar in enumerate(bars)),
        most,
    )


def _column(bar: Bar, left: float, place: float, most: int) -> Column:
    height = _high(bar.whole, most)
    part = _high(bar.part, most)
    return Column(
        bar=bar,
        left=round(left + place * GAP / 2, 1),
        width=round(place * (1 - GAP), 1),
        top=round(HEIGHT - height, 1),
        height=height,
        part_top=round(HEIGHT - part, 1),
        part_height=part,
        middle=round(left + place / 2, 1),
    )


def _high(value: int, most: int) -> float:
    return round(HEIGHT * value / most, 1) if most else 0.0
