"""This module draws QR codes as the path of an SVG picture."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import segno

BORDER = 4


@dataclass(frozen=True, slots=True)
class Code:
    """A code: `size` modules wide with its border, and the path of its dark modules."""

    size: int
    path: str


@lru_cache(maxsize=256)
def code(text: str) -> Code:
    """The QR code of `text`; for `viewBox="0 0 size size"`."""
    rows = segno.make_qr(text, error="m").matrix
    runs = [
        f"M{x + BORDER} {y + BORDER}h{width}v1h-{width}z"
        for y, row in enumerate(rows)
        for x, width in _runs(row)
    ]
    return Code(len(rows) + 2 * BORDER, "".join(runs))


def _runs(row: bytearray) -> list[tuple[int, int]]:
    """Where dark modules begin in a row, and how many follow one another."""
    found: list[tuple[int, int]] = []
    for x, dark in enumerate(row):
        if not dark:
            continue
        if found and sum(found[-1]) == x:
            found[-1] = (found[-1][0], found[-1][1] + 1)
        else:
            found.append((x, 1))
    return found
